"""The shape of one row of the language: an act, an expectation, a condition between fields.

Must never name an act: the rows stand in `language`.
"""

from dataclasses import dataclass

from tools.scenarios.fields import Field


@dataclass(frozen=True, slots=True)
class Condition:
    """Where every field of `when` has one of its values, `needs` must be there, `forbids` must not, `who` acts.

    Not asked of an act that says `refused`: to try what is not offered is a story of its own.
    """

    when: tuple[tuple[str, tuple[str, ...]], ...]
    needs: tuple[str, ...] = ()
    forbids: tuple[str, ...] = ()
    who: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ActForm:
    """One act: who does it, its fields, what of several fields exactly one must be there."""

    name: str
    who: tuple[str, ...]
    fields: tuple[Field, ...]
    exactly_one: tuple[tuple[str, ...], ...] = ()
    """Alternatives: exactly one of these groups is there, and whole."""
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class ExpectationForm:
    """One expectation: its fields; the `keys` say what it is about, of `states` at least one must be named."""

    name: str
    fields: tuple[Field, ...]
    keys: tuple[str, ...]
    states: tuple[str, ...] = ()
