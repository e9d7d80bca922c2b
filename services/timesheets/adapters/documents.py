"""Every collection of this service's database, for `migrate`. Must never drop one."""

from typing import Any

from services.timesheets.application.collections import (
    CLIENTS,
    CONTRACTS,
    DELIVERABLES,
    ENTRIES,
    PARTIES,
    SHEETS,
    SUBMISSIONS,
    WEEKS,
)
from shared.persistence.collections import Collection
from shared.persistence.records import TECHNICAL

DOCUMENTS: tuple[Collection[Any], ...] = (
    PARTIES, CLIENTS, CONTRACTS, ENTRIES, SHEETS, WEEKS, SUBMISSIONS, DELIVERABLES, *TECHNICAL)
