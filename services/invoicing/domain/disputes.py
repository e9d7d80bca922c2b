"""Disputes as invoicing knows them: a copy built from events. Must never be decided here."""

from dataclasses import dataclass

from shared.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Dispute:
    """A case about `amount` (gross) of one contract, and once resolved what of it goes back to the client."""

    id: str
    contract_id: str
    status: str
    about: str
    amount: Money
    to_freelancer: Money | None = None
    to_client: Money | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more will change (D4)."""
        return self.status in ("resolved", "withdrawn")
