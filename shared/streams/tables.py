"""The processor's state in Faust's terms: a table whose records live in one fold per partition.

Faust's own store keeps one dictionary for all partitions: it shows keys that the process no longer owns, and forgets
deletions of partitions that went and came back. Here a partition's fold goes with it. This file must never let a
changelog record get lost in silence: a fault while recovering ends the process.
"""

from collections.abc import Callable, Iterable
from typing import Any, Generic

import faust

from shared.streams.folds import PartitionFold
from shared.streams.processors import Index, Kept, Processor


class PartitionedTable(faust.Table, Generic[Kept, Index]):  # type: ignore[misc]
    """A table whose partitions are folds; `ending` ends the process with a reason, acknowledging nothing."""

    def __init__(self, app: Any, *, processor: Processor[Kept, Index], ending: Callable[[str], None],
                 **options: Any) -> None:
        super().__init__(app, **options)
        self._processor = processor
        self._ending = ending
        self.folds: dict[int, PartitionFold[Kept, Index]] = {}

    async def on_rebalance(self, assigned: set[Any], revoked: set[Any], newly_assigned: set[Any],
                           generation_id: int = 0) -> None:
        """Drop the folds of partitions that went, and changelog records of the time before."""
        self.app.tables.changelog_queue.clear()
        owned = self._partitions(assigned)
        for partition in [partition for partition in self.folds if partition not in owned]:
            del self.folds[partition]
        for partition in self._partitions(newly_assigned):
            self.folds[partition] = PartitionFold(self._processor, partition)
        await super().on_rebalance(assigned, revoked, newly_assigned, generation_id)

    async def on_changelog_event(self, event: Any) -> None:
        """Restore one state record at once. Faust logs and swallows what goes wrong here: so nothing is left to it."""
        try:
            message = event.message
            if message.generation_id != self.app.consumer_generation_id:
                raise RuntimeError(f"changelog record of generation {message.generation_id}")
            self.folds[message.partition].restore(message.key.decode(), message.value)
        except Exception as error:
            self._ending(f"recovery failed: {error!r}")

    def apply_changelog_batch(self, batch: Iterable[Any]) -> None:
        """Do nothing: each record was restored when it was read."""

    async def on_recovery_completed(self, active_tps: set[Any], standby_tps: set[Any]) -> None:
        """Derive the indexes of all folds from their records."""
        for fold in self.folds.values():
            fold.restored()
        await super().on_recovery_completed(active_tps, standby_tps)

    def _partitions(self, places: set[Any]) -> set[int]:
        return {tp.partition for tp in places if tp.topic == self.changelog_topic_name}
