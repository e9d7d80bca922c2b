"""The copy of a party: on which clock it lives. Must never be edited here: contracts owns it."""

from dataclasses import dataclass
from typing import Literal

from shared.kernel.instants import Instant


@dataclass(frozen=True, slots=True)
class Party:
    """Who takes part; ids only."""

    id: str
    role: Literal["client", "freelancer", "mediator", "operator"]
    clock: str
    registered_at: Instant
