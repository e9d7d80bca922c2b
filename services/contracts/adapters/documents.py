"""Every collection of this service's database, for `migrate`. Must never drop one."""

from typing import Any

from services.contracts.adapters.mailboxes import MAILBOX
from services.contracts.application.collections import OWN
from shared.persistence.collections import Collection
from shared.persistence.records import TECHNICAL

DOCUMENTS: tuple[Collection[Any], ...] = (*OWN, MAILBOX, *TECHNICAL)
