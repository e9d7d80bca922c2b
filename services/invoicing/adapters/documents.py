"""Every collection of this service's database, for `migrate`. Must never drop one."""

from typing import Any

from services.invoicing.application.collections import ALL
from shared.persistence.collections import Collection
from shared.persistence.records import TECHNICAL

DOCUMENTS: tuple[Collection[Any], ...] = (*ALL, *TECHNICAL)
