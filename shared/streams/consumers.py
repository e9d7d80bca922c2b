"""Faust's consumer with its bookkeeping of offsets corrected. Must never commit an offset below which work is open.

Faust resumes the partitions, hands over what it had fetched, and then seeks back to the committed offset: so records
come twice. Three of its habits do not survive that:
- an offset acknowledged twice stops the committed offset at the next one, which then crawls by one per interval;
- the jump back looks like a gap in the log, and Faust takes every offset of a gap for acknowledged: it commits beyond
  records that are still being handled, and a crash then loses them;
- while it has paused every partition after a recovery, a fetch returns the records of all of them, and Faust drops
  those: the jump back brings them again, but not where nothing was ever committed, as there Faust does not jump.
"""

from collections.abc import Iterator
from typing import Any

from faust.transport.drivers import aiokafka as driver

from shared.streams.eager import EagerWaits


class DeliveredOffsets(dict[Any, int | None]):
    """The offset last delivered, per partition (Faust's own record), and the highest ever delivered.

    Faust writes deliveries by item and seeks by `update`; only the former tell what was handed over.
    """

    def __init__(self) -> None:
        super().__init__()
        self._highest: dict[Any, int] = {}

    def __missing__(self, tp: Any) -> int | None:
        return None

    def __setitem__(self, tp: Any, offset: int | None) -> None:
        super().__setitem__(tp, offset)
        if offset is not None:
            self._highest[tp] = max(offset, self._highest.get(tp, -1))

    def pop(self, tp: Any, *default: Any) -> Any:
        """Forget a partition that was taken away."""
        self._highest.pop(tp, None)
        return super().pop(tp, *default)

    def highest(self, tp: Any) -> int:
        """Return the highest offset handed over, -1 for none."""
        return self._highest.get(tp, -1)


class ExactConsumer(EagerWaits, driver.Consumer):  # type: ignore[misc]
    """A consumer whose committed offset keeps up with what was acknowledged, and never runs ahead of it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._read_offset = DeliveredOffsets()

    async def perform_seek(self) -> None:
        """Jump to the committed offset of every partition; to the beginning of those that have none."""
        await super().perform_seek()
        fresh = {tp for tp in self.assignment() if not self._is_changelog_tp(tp) and not self._committed_offset[tp]}
        if fresh:
            await self.seek_wait(await self.earliest_offsets(*fresh))

    def _new_offset(self, tp: Any) -> int | None:
        """Return the offset to commit; what was acknowledged twice, or committed before, counts once."""
        acked = self._acked[tp]
        if not acked:
            return None
        committed = self._committed_offset[tp] or 0
        acked[:] = sorted({offset for offset in acked if offset >= committed})
        return super()._new_offset(tp) if acked else None

    async def _add_gap(self, tp: Any, offset_from: int, offset_to: int) -> None:
        """Note offsets that the log does not have: those between the highest delivered one and `offset_to`."""
        first_missing = max(offset_from, self._read_offset.highest(tp) + 1)
        if first_missing < offset_to:
            await super()._add_gap(tp, first_missing, offset_to - 1)


def lags(consumer: Any) -> Iterator[tuple[Any, int]]:
    """Yield, per partition, how many records lie between the committed offset and the end that was last heard of."""
    for tp in consumer.assignment():
        end = consumer.highwater(tp)
        if end is not None:
            yield tp, end - (consumer._committed_offset[tp] or 0)
