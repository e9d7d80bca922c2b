"""Read charges one by one at the price of reading them together: what is asked for meanwhile shares the next read."""

import asyncio

from services.invoicing.application.collections import CHARGES
from services.invoicing.domain.charges import Charge
from shared.persistence.reading import Reading

_BATCH_MAX = 500
_Question = tuple[str, "asyncio.Future[Charge]"]


class BulkChargeLoader:
    """Must never keep what it has read: a charge changes."""

    def __init__(self, reading: Reading) -> None:
        self._reading_from = reading
        self._waiting: list[_Question] = []
        self._reading: asyncio.Task[None] | None = None

    async def load(self, id: str) -> Charge:
        """Return a charge; LookupError where it is unknown."""
        question: _Question = (id, asyncio.get_running_loop().create_future())
        self._waiting.append(question)
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read(), name="bulk charge reads")
        return await question[1]

    async def _read(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:_BATCH_MAX], self._waiting[_BATCH_MAX:]
            try:
                found = await self._reading_from.get_many(CHARGES, [id for id, _ in batch])
            except Exception as error:
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
                continue
            for id, future in batch:
                if future.done():
                    continue
                if id in found:
                    future.set_result(found[id])
                else:
                    future.set_exception(LookupError(f"charge {id} was never promised"))
