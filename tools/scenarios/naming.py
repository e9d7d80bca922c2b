"""Names of a story while it is read: who takes part, what has been made so far, and in which currency it is.

Must never forgive: a name that nothing made is a fault, and so is one that is made twice.
"""

from dataclasses import dataclass, field

import yaml

from tools.scenarios.marks import Faults
from tools.scenarios.stories import Party, Ref


@dataclass(frozen=True, slots=True)
class Made:
    """Something an act makes: where, and its currency (None where it has none)."""

    line: int
    currency: str | None


@dataclass(slots=True)
class Names:
    """Everything that may be named at this point of the story."""

    faults: Faults
    parties: dict[str, Party] = field(default_factory=dict)
    made: dict[Ref, Made] = field(default_factory=dict)
    currencies: tuple[str, ...] = ()
    """Every currency the story's offers use."""

    @property
    def sole_currency(self) -> str | None:
        """The currency of the story; USD where it names none, None where it names several."""
        if len(self.currencies) > 1:
            return None
        return self.currencies[0] if self.currencies else "USD"

    def party(self, node: yaml.Node, name: str, roles: tuple[str, ...], what: str) -> None:
        """Check that `name` is a party in one of `roles` (any where empty)."""
        party = self.parties.get(name)
        if party is None:
            self.faults.add(node, f"{what}: no party is called {name!r}")
        elif roles and party.role not in roles:
            self.faults.add(node, f"{what}: {name} is a {party.role}, must be {' or '.join(roles)}")

    def known(self, node: yaml.Node, ref: Ref, what: str) -> None:
        """Check that an earlier act makes `ref`."""
        if ref in self.made:
            return
        others = [made.kind for made in self.made if made.name == ref.name]
        hint = f" ({ref.name} is a {others[0]})" if others else ""
        self.faults.add(node, f"{what}: no earlier act makes a {ref.kind} called {ref.name!r}{hint}")

    def make(self, ref: Ref, made: Made) -> None:
        """Remember that an act makes `ref`; twice is a fault."""
        if ref in self.made:
            self.faults.add(made.line, f"the {ref.kind} {ref.name!r} was made before, on line {self.made[ref].line}")
        else:
            self.made[ref] = made

    def currency_of(self, ref: Ref) -> str | None:
        """Return the currency of something made earlier."""
        made = self.made.get(ref)
        return made.currency if made else None
