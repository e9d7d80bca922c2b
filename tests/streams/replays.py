"""Legal orders of a log, and what a crash makes of them: the ways in which a processor may be told the same story."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from shared.events.codec import encode
from shared.events.envelope import Envelope
from shared.streams.announcements import to_ms
from shared.streams.folds import PartitionFold
from shared.streams.parking import RawRecord
from shared.streams.processors import Processor
from tests.streams.books import START, Books

Published = tuple[str, Envelope[Any]]


@st.composite
def told_books(draw: st.DrawFn, account_id: str = "fr_one", clock: str = "live") -> Books:
    """Books in which anything allowed has happened."""
    books = Books(account_id, clock=clock)
    for _ in range(draw(st.integers(1, 14))):
        act = draw(st.sampled_from(["hold", "mature", "freeze", "unfreeze", "refund", "pay_out"]))
        waiting = [hold for hold in books.holds.values() if hold.state == "pending"]
        hold = draw(st.sampled_from(waiting)) if waiting else None
        pending = (hold.amount - hold.frozen).amount_minor if hold else 0
        if act == "hold" or hold is None:
            books.hold(draw(st.integers(1, 10_000)), currency=draw(st.sampled_from(["USD", "EUR", "JPY"])))
        elif act == "mature" and pending:
            books.mature(hold.id)
        elif act == "freeze" and pending:
            books.freeze(hold.id, draw(st.integers(1, pending)))
        elif act == "unfreeze" and hold.frozen:
            books.unfreeze(hold.id)
        elif act == "refund" and pending:
            books.refund(hold.id, draw(st.integers(1, pending)))
        elif act == "pay_out":
            for currency, amounts in books.balance().items():
                if amounts["available"]:
                    books.pay_out(draw(st.integers(1, amounts["available"])), currency)
                    break
    return books


@st.composite
def legal_orders(draw: st.DrawFn, events: Sequence[Published]) -> list[Published]:
    """The events in an order that Kafka allows: each topic in its own, topics in any, each event one to five times."""
    topics: dict[str, list[Published]] = {}
    for published in events:
        topics.setdefault(published[0], []).append(published)
    told: list[Published] = []
    while topics:
        topic = draw(st.sampled_from(sorted(topics)))
        told.append(topics[topic].pop(0))
        if not topics[topic]:
            del topics[topic]
        for _ in range(draw(st.integers(0, 4)) if draw(st.booleans()) else 0):
            told.append(draw(st.sampled_from(told)))
    return told


def records(told: Sequence[Published]) -> list[RawRecord]:
    """What Kafka would hand over; offsets count per topic, so that a repeat has a higher one."""
    offsets: dict[str, int] = {}
    found = []
    for topic, event in told:
        offsets[topic] = offsets.get(topic, -1) + 1
        found.append(RawRecord(topic, 0, offsets[topic], event.partitionkey.encode(), encode(event)))
    return found


@dataclass
class Life:
    """A processor's life over several crashes: what it published, and what was durable when it died."""

    processor: Processor[Any, Any]
    outputs: list[Envelope[Any]] = field(default_factory=list)
    answers: list[Envelope[Any]] = field(default_factory=list)
    parked: list[RawRecord] = field(default_factory=list)
    changelog: dict[str, bytes | None] = field(default_factory=dict)

    def born(self) -> PartitionFold[Any, Any]:
        """A fresh process: its state is what the changelog holds."""
        fold = PartitionFold(self.processor, 0)
        for key, raw in self.changelog.items():
            fold.restore(key, raw)
        fold.restored()
        return fold

    def live(self, batches: Sequence[Sequence[RawRecord]], deaths: Sequence[int | None]) -> PartitionFold[Any, Any]:
        """Handle `batches`; before batch i is acknowledged the process dies once, with deaths[i] changes written."""
        fold = self.born()
        for batch, death in zip(batches, deaths, strict=True):
            if death is not None:
                self._handle(fold, batch, written=death)
                fold = self.born()
            self._handle(fold, batch, written=None)
        return fold

    def _handle(self, fold: PartitionFold[Any, Any], batch: Sequence[RawRecord], *, written: int | None) -> None:
        for record in batch:
            fold.fold(record)
        folded = fold.take()
        self.outputs += [announced.event for announced in folded.outputs]
        self.parked += [record for record, _ in folded.parked]
        writes = [*folded.changes.items(), *((key, None) for key in folded.removals)]
        self.changelog |= dict(writes[:written])
        if written is None:
            self.answers += [announced.event for announced in folded.answers]


@st.composite
def lives(draw: st.DrawFn, told: Sequence[RawRecord]) -> tuple[list[list[RawRecord]], list[int | None]]:
    """A way of cutting the log into batches, and where the process dies."""
    batches: list[list[RawRecord]] = []
    rest = list(told)
    while rest:
        size = draw(st.integers(1, 6))
        batches.append(rest[:size])
        rest = rest[size:]
    return batches, [draw(st.none() | st.integers(0, 4)) for _ in batches]


def ms(days: float = 0, milliseconds: int = 0) -> int:
    """An instant after the start, in milliseconds."""
    return to_ms(START) + int(days * 86_400_000) + milliseconds
