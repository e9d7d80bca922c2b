"""Rebuild: a processor's state computed again from offset 0, in memory. Must never publish, store or acknowledge."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic

from shared.events.catalogue import PARTITIONS
from shared.streams.folds import PartitionFold
from shared.streams.logs_read_whole import whole_logs
from shared.streams.processors import Announcement, Index, Kept, Processor
from shared.streams.required_topics import inputs_of


@dataclass(slots=True)
class Rebuilt(Generic[Kept, Index]):
    """The folds of all partitions after the whole log, and the last output of each topic and key."""

    folds: dict[int, PartitionFold[Kept, Index]]
    last_outputs: dict[tuple[str, str], Announcement] = field(default_factory=dict)
    records: int = 0


async def rebuild(processor: Processor[Kept, Index], bootstrap_servers: str, *, prefix: str,
                  leave_out: Sequence[str] = ()) -> Rebuilt[Kept, Index]:
    """Fold the whole log of the processor's inputs, but for the topics in `leave_out`."""
    rebuilt: Rebuilt[Kept, Index] = Rebuilt({number: PartitionFold(processor, number) for number in range(PARTITIONS)})
    inputs = [topic for topic in inputs_of(processor.name) if topic not in leave_out]
    async for record in whole_logs(bootstrap_servers, inputs, prefix=prefix):
        fold = rebuilt.folds[record.partition]
        fold.fold(record)
        rebuilt.records += 1
        for announced in fold.take().outputs:
            place = announced.topic, announced.event.partitionkey
            newest = rebuilt.last_outputs.get(place)
            if newest is None or newest.event.sequence <= announced.event.sequence:
                rebuilt.last_outputs[place] = announced
    return rebuilt
