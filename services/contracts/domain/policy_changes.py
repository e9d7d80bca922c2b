"""What differs between two versions of a profile, field by field. Must never judge which is better."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from services.contracts.domain.policies import ProfileVersion

_WHICH = ("version", "effective", "labelled")
"""These say which version it is, not what it says."""


@dataclass(frozen=True, slots=True)
class Change:
    """One value that is not the same; None where a version has no such value."""

    field: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        return f"{self.field:44} {self.before or '-':>24} -> {self.after or '-'}"


def changes(before: ProfileVersion, after: ProfileVersion) -> list[Change]:
    """Return every difference, in the order of the fields."""
    old, new = _flat(before), _flat(after)
    return [Change(name, old.get(name), new.get(name)) for name in {**old, **new} if old.get(name) != new.get(name)]


def _flat(version: ProfileVersion) -> dict[str, str]:
    found: dict[str, str] = {}
    for field in fields(version):
        if field.name not in _WHICH:
            _flatten(field.name, getattr(version, field.name), found)
    return found


def _flatten(name: str, value: Any, into: dict[str, str]) -> None:
    if is_dataclass(value):
        for field in fields(value):
            _flatten(f"{name}.{field.name}", getattr(value, field.name), into)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            _flatten(f"{name}.{key}", each, into)
    elif isinstance(value, tuple):
        into[name] = ", ".join(str(each) for each in value) or "none"
    else:
        into[name] = str(value).lower() if isinstance(value, bool) else str(value)
