"""What this service knows of a contract: its copy of what the contracts service has published. Must never be edited."""

from dataclasses import dataclass
from typing import Literal

from shared.kernel.instants import Instant

DisputePath = Literal["mediation", "assistance", "none"]


@dataclass(frozen=True, slots=True)
class KnownContract:
    """A contract as of `revision`. `disputes` is the frozen policy value: mediation, assistance, or none (D1)."""

    id: str
    revision: int
    clock: str
    client_id: str
    freelancer_id: str
    profile: str
    kind: str
    currency: str
    status: str
    disputes: DisputePath
    ended_at: Instant | None = None

    def has_party(self, party_id: str) -> bool:
        """Return whether `party_id` is one of the two."""
        return party_id in (self.client_id, self.freelancer_id)

    def is_newer_than(self, other: "KnownContract | None") -> bool:
        """Return whether this copy replaces `other`: the highest revision stays, whatever the order of arrival."""
        return other is None or self.revision > other.revision
