"""Collections: which dataclass lives where, and how it becomes a document. Must never know a service."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import Any, Generic, TypeVar

import cattrs
from pydantic import BaseModel

from shared.kernel.instants import instant

T = TypeVar("T")
Document = dict[str, Any]

REVISION = "_rev"
"""The guard: every write of a known document names the revision that it read."""


def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(prefer_attrib_converters=False, forbid_extra_keys=False)
    converter.register_unstructure_hook(datetime, lambda value: value)
    converter.register_structure_hook(datetime, lambda value, _: instant(value))
    converter.register_unstructure_hook(date, lambda value: value.isoformat())
    converter.register_structure_hook(date, lambda value, _: date.fromisoformat(value))
    converter.register_unstructure_hook_func(
        lambda kind: isinstance(kind, type) and issubclass(kind, Enum), lambda value: value.value)
    converter.register_unstructure_hook_func(
        lambda kind: isinstance(kind, type) and issubclass(kind, BaseModel),
        lambda value: value.model_dump(mode="python"))
    converter.register_structure_hook_func(
        lambda kind: isinstance(kind, type) and issubclass(kind, BaseModel),
        lambda value, kind: kind.model_validate(value, strict=False))
    return converter


CONVERTER = _converter()


@dataclass(frozen=True, slots=True, eq=False)
class Collection(Generic[T]):
    """The documents of one kind: `name` in the database, `kind` in code; the field `id` becomes `_id`.

    `indexes` lists keys as `("field", "other.field")`; they are made by the service's `migrate` command, which drops
    those that an earlier version made and `retired` names. An index costs at every write, also where its keys stay.
    """

    name: str
    kind: type[T]
    indexes: tuple[tuple[str, ...], ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    retired: tuple[tuple[str, ...], ...] = ()
    key: Callable[[T], str] = field(default=lambda value: value.id)

    def to_document(self, value: T) -> Document:
        """Return the document of `value`, without its revision."""
        document: Document = CONVERTER.unstructure(value, unstructure_as=self.kind)
        document.pop("id", None)
        document["_id"] = self.key(value)
        return document

    def from_document(self, document: Document) -> T:
        """Return the value that `document` holds."""
        fields = {**document, "id": document["_id"]}
        return CONVERTER.structure(fields, self.kind)
