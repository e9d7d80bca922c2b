"""Parties as invoicing knows them: a copy built from events. Must never hold names or addresses."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Party:
    """Who takes part, in which role, on which clock."""

    id: str
    role: str
    clock: str
