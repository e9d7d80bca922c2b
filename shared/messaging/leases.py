"""Leases: one relay works at a time per service; a restarted instance takes its own lease over at once."""

import asyncio
from datetime import timedelta

from shared.persistence.group_commit import Committer
from shared.persistence.records import LEASES, LeaseRow
from shared.persistence.store import StoreUnavailable
from shared.persistence.unit import Unit

LEASE = timedelta(seconds=12)


class Lease:
    """One named right, held by one instance until it stops renewing. Time is the machine's."""

    def __init__(self, committer: Committer, name: str, holder: str) -> None:
        self._committer, self._name, self._holder = committer, name, holder

    async def acquire(self) -> None:
        """Return once this instance holds it."""
        while True:
            if await self._try():
                return
            await asyncio.sleep(1.0)

    async def keep(self) -> None:
        """Renew for ever; returns when it was lost."""
        while True:
            await asyncio.sleep(LEASE.total_seconds() / 3)
            if not await self._try():
                return

    async def _try(self) -> bool:
        try:
            return bool(await self._committer.run(self._take, None, clock="live"))
        except StoreUnavailable:
            await asyncio.sleep(0.5)
            return False

    async def _take(self, unit: Unit, _: None) -> bool:
        now = self._committer.machine_now()
        row = await unit.get(LEASES, self._name)
        if row is not None and row.holder != self._holder and row.until > now:
            return False
        unit.put(LEASES, LeaseRow(id=self._name, holder=self._holder, until=now + LEASE))
        return True
