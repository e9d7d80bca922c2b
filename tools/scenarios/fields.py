"""The types of fields that acts and expectations are made of: plain values, so that the language is data.

Must never read a file or know an act: `reading` turns YAML into these types' values.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """Any string."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number from `least` to `most`."""

    least: int = 0
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Flag:
    """true or false; only true where `only_true`."""

    only_true: bool = False


@dataclass(frozen=True, slots=True)
class Amount:
    """A decimal string in the currency of what it is about."""


@dataclass(frozen=True, slots=True)
class When:
    """An instant with an offset."""


@dataclass(frozen=True, slots=True)
class CurrencyCode:
    """A currency of ISO 4217."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the words."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PartyName:
    """A party of the story that has one of the roles; any role where none is named."""

    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewName:
    """The name of what the act makes."""

    kind: str


@dataclass(frozen=True, slots=True)
class KnownName:
    """The name of something that an earlier act made."""

    kind: str


@dataclass(frozen=True, slots=True)
class EventName:
    """A kind of event of the catalogue, such as invoice.paid."""


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of values of one type."""

    of: "FieldType"


@dataclass(frozen=True, slots=True)
class TallyOf:
    """A mapping from a kind of event to how many there are."""


@dataclass(frozen=True, slots=True)
class Either:
    """A value of the first type that fits its shape (scalar word, number, list)."""

    options: tuple["FieldType", ...]


@dataclass(frozen=True, slots=True)
class Record:
    """A mapping with fields of its own."""

    fields: tuple["Field", ...]


FieldType = (
    Text | Whole | Flag | Amount | When | CurrencyCode | Choice | PartyName | NewName | KnownName | EventName
    | ListOf | TallyOf | Either | Record
)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an act or an expectation."""

    name: str
    type: FieldType
    required: bool = True


def need(name: str, kind: FieldType) -> Field:
    """A field that must be there."""
    return Field(name, kind)


def may(name: str, kind: FieldType) -> Field:
    """A field that may be left out."""
    return Field(name, kind, required=False)
