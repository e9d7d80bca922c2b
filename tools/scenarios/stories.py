"""What a scenario file says, once it has been read: parties, steps, acts and expectations with typed values.

Must never hold an unresolved word: every amount has its currency, every instant its offset, every name its kind.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.kernel.instants import Instant
from shared.kernel.money import Money


@dataclass(frozen=True, slots=True)
class PartyRef:
    """A party of the story by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Ref:
    """Something that an act of the story makes, by its kind ("contract") and its name ("c1")."""

    kind: str
    name: str


Value = Money | Instant | PartyRef | Ref | str | int | bool | tuple["Value", ...] | Mapping[str, "Value"]
Fields = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Party:
    """A party that exists before the first step."""

    name: str
    role: str
    payout_method: str


@dataclass(frozen=True, slots=True)
class Act:
    """One act of one party; `refused` is the code it must be refused with, None where it must succeed."""

    name: str
    party: PartyRef
    fields: Fields
    refused: str | None
    line: int


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must be true; only the named fields are compared."""

    name: str
    fields: Fields
    line: int


@dataclass(frozen=True, slots=True)
class Step:
    """Move the clock to `at`, act (several acts are sent at the same time), then compare."""

    number: int
    line: int
    at: Instant | None
    acts: tuple[Act, ...]
    exactly_one_refused: str | None
    expectations: tuple[Expectation, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """A whole scenario; `currency` is the one it uses, None where it uses several."""

    path: Path
    name: str
    title: str
    rules: tuple[str, ...]
    start: Instant
    currency: str | None
    parties: tuple[Party, ...]
    steps: tuple[Step, ...]

    def party(self, name: str) -> Party:
        """Return the party called `name`; StopIteration cannot happen to a story that was read."""
        return next(party for party in self.parties if party.name == name)
