"""Every collection of this service's database, for `migrate`. Must never drop one."""

from typing import Any

from services.disputes.application.collections import CONTRACTS, INVOICES, PARTIES
from shared.persistence.collections import Collection
from shared.persistence.records import TECHNICAL

DOCUMENTS: tuple[Collection[Any], ...] = (PARTIES, CONTRACTS, INVOICES, *TECHNICAL)
