"""What this service knows of a party: its role and its clock. Must never hold a name or an address."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KnownParty:
    """A registered party; `clock` is "live" or a test clock's id."""

    id: str
    role: str
    clock: str
