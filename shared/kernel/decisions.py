"""Decisions: what a pure rule answers. Exceptions mean a bug or an outage, a decision is a value.

    Decision
    ├── Accepted      the new value
    ├── AlreadyDone   nothing to do: a repeat is normal
    └── Refused       a stable code, named after the rule that refuses
"""

from dataclasses import dataclass
from typing import Generic, NoReturn, TypeVar

T = TypeVar("T")


class Refusal(Exception):
    """A command was refused: `code` is stable and upper case, `detail` one sentence for people.

    `status` is the HTTP status that carries it: 409 where the state refuses, 422 where the value does.
    """

    def __init__(self, code: str, detail: str = "", *, status: int = 409) -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail, self.status = code, detail, status


class NotFound(Exception):
    """Unknown, not yet known, or not the caller's: all three look the same from outside."""

    def __init__(self, what: str = "resource") -> None:
        super().__init__(f"{what} not found")
        self.what = what


@dataclass(frozen=True, slots=True)
class Accepted(Generic[T]):
    """Yes: here is the new value."""

    value: T

    def unwrap(self) -> T:
        """Return the new value."""
        return self.value


@dataclass(frozen=True, slots=True)
class AlreadyDone(Generic[T]):
    """It has been done before; the value as it stands."""

    value: T

    def unwrap(self) -> T:
        """Return the value as it stands."""
        return self.value


@dataclass(frozen=True, slots=True)
class Refused:
    """No: `code` names the rule, `detail` says in a sentence why; ValueError without one."""

    code: str
    detail: str
    status: int = 409

    def __post_init__(self) -> None:
        if not self.detail:
            raise ValueError(f"{self.code}: a refusal says why")

    def unwrap(self) -> NoReturn:
        """Raise the refusal."""
        raise Refusal(self.code, self.detail, status=self.status)


Decision = Accepted[T] | AlreadyDone[T] | Refused
