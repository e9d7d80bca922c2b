"""Read payouts one by one at the price of reading them together: what is asked for meanwhile shares the next read."""

import asyncio

from services.payouts.adapters.book_reads import StoredBooks
from services.payouts.domain.payouts import Payout

_BATCH_MAX = 500
_Question = tuple[str, "asyncio.Future[Payout]"]


class BulkPayoutLoader:
    """Must never keep what it has read: a payout changes."""

    def __init__(self, books: StoredBooks) -> None:
        self._books = books
        self._waiting: list[_Question] = []
        self._reading: asyncio.Task[None] | None = None

    async def load(self, id: str) -> Payout:
        """Return a payout; LookupError where it is unknown."""
        question: _Question = (id, asyncio.get_running_loop().create_future())
        self._waiting.append(question)
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read(), name="bulk payout reads")
        return await question[1]

    async def _read(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:_BATCH_MAX], self._waiting[_BATCH_MAX:]
            try:
                found = {payout.id: payout for payout in await self._books.payouts_named([id for id, _ in batch])}
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
                    future.set_exception(LookupError(f"payout {id} is not in the books"))
