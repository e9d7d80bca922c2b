"""The committed offset: it neither crawls behind what was acknowledged nor runs ahead of it.

Each test shows Faust's own bookkeeping going wrong first, then ours going right, on the same history.
"""

from collections import defaultdict
from typing import Any

import pytest
from faust.transport.drivers.aiokafka import Consumer as FaustConsumer
from faust.types import TP
from intervaltree import IntervalTree  # type: ignore[import-untyped]

from shared.streams import apps
from shared.streams.consumers import DeliveredOffsets, ExactConsumer

PLACE = TP("funds.held", 0)


class Offsets:
    """Only the offsets of a consumer: `kind` is whose rules apply to them."""

    def __init__(self, kind: type[Any], *, committed: int) -> None:
        self.consumer: Any = object.__new__(kind)
        self.consumer._acked = defaultdict(list)
        self.consumer._acked_index = defaultdict(set)
        self.consumer._gap = defaultdict(IntervalTree)
        self.consumer._committed_offset = defaultdict(lambda: None, {PLACE: committed})
        self.consumer._read_offset = DeliveredOffsets()

    def deliver(self, *offsets: int) -> None:
        """Hand records over."""
        for offset in offsets:
            self.consumer._read_offset[PLACE] = offset

    def seek(self, offset: int) -> None:
        """Jump, as Faust does when it has recovered."""
        self.consumer._read_offset.update({PLACE: offset})

    async def meet(self, offset: int) -> None:
        """Hand over a record that is not the next one after the last read."""
        await self.consumer._add_gap(PLACE, self.consumer._read_offset[PLACE] + 1, offset)
        self.deliver(offset)

    def acknowledge(self, *offsets: int) -> None:
        """Finish records."""
        self.consumer._acked[PLACE] += offsets

    def furthest_commit(self) -> int:
        """Where the commit timer comes to, while nothing more is acknowledged."""
        return max(offset for offset in (self.commit() for _ in range(10)) if offset)

    def commit(self) -> int | None:
        """One round of the commit timer."""
        offset: int | None = self.consumer._new_offset(PLACE)
        if offset is not None:
            self.consumer._committed_offset[PLACE] = offset
        return offset


@pytest.mark.parametrize(("kind", "first_commit"), [(FaustConsumer, 11), (ExactConsumer, 14)])
def test_offsets_acknowledged_twice_do_not_make_the_commit_crawl(kind: type[Any], first_commit: int) -> None:
    offsets = Offsets(kind, committed=10)
    offsets.acknowledge(10, 11, 12, 13, 10, 11, 12, 13)
    assert offsets.commit() == first_commit


@pytest.mark.parametrize(("kind", "commit"), [(FaustConsumer, 17), (ExactConsumer, 13)])
async def test_a_jump_back_is_no_gap_and_what_is_still_handled_is_not_committed(kind: type[Any], commit: int) -> None:
    offsets = Offsets(kind, committed=10)
    offsets.deliver(10, 11, 12, 13, 14, 15)
    offsets.seek(10)
    await offsets.meet(16)           # the rest of what had been fetched before the jump
    offsets.acknowledge(10, 11, 12)  # 13 to 16 are still being handled
    assert offsets.furthest_commit() == commit


@pytest.mark.parametrize("kind", [FaustConsumer, ExactConsumer])
async def test_a_real_gap_is_stepped_over(kind: type[Any]) -> None:
    offsets = Offsets(kind, committed=10)
    offsets.deliver(10)
    await offsets.meet(20)
    offsets.acknowledge(10, 20, 21)
    assert offsets.furthest_commit() == 22


def test_a_build_of_faust_without_its_compiled_iterator_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apps, "_CStreamIterator", None)
    with pytest.raises(apps.FaultyFaust, match="loses records"):
        apps.build_app("payouts-holds", bootstrap_servers="127.0.0.1:1", instance_id="one")
