"""The processor `holds`: what is pending until when, and `hold.due` when its time has come (P1).

It computes from the log alone and decides nothing about money: the books hear `hold.due` and judge again. It must never
read a clock; ticks and rounds bring the time.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from heapq import heappop, heappush
from sys import intern
from typing import Any

import orjson

from services.payouts.streams.moments import NEVER, ClockKept, counts, report
from shared.events.envelope import Envelope
from shared.events.funds import DueHold, Hold, HoldDue
from shared.streams.announcements import announce, from_ms, to_ms
from shared.streams.processors import Announcement, Handled, Record, StateView


@dataclass(frozen=True, slots=True)
class OpenHold:
    """A hold that waits. `matures`: nothing blocks it.

    `said`: the version for which it was last said to be due, or 0; `said_ms`: when.
    """

    version: int
    clock: str
    account_id: str
    due_ms: int
    matures: bool
    said: int
    said_ms: int
    cause: str
    correlation: str

    @property
    def waits(self) -> bool:
        """Whether its due instant is still to be watched for."""
        return self.matures and self.said < self.version

    @property
    def awaits_the_books(self) -> bool:
        """Whether it was said to be due and the books, which then change it, have not been heard yet."""
        return self.said == self.version


@dataclass(frozen=True, slots=True)
class ClosedHold:
    """A hold that is over: its last version, so that a repeat of an earlier one does not open it again."""

    version: int
    clock: str


HoldKept = OpenHold | ClosedHold | ClockKept
"""One state record: by hold id, or by clock."""


@dataclass(slots=True)
class _Totals:
    versions: int = 0
    awaiting: int = 0


@dataclass(slots=True)
class HoldIndex:
    """What follows from the records: a heap of due instants per clock, and the totals that rounds ask for."""

    heaps: dict[str, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    totals: dict[str, _Totals] = field(default_factory=lambda: defaultdict(_Totals))

    def replace(self, key: str, old: HoldKept | None, new: HoldKept | None) -> None:
        """Follow one state record. Heap entries are never removed here: what is outdated is skipped when it is met."""
        for kept, sign in ((old, -1), (new, 1)):
            if isinstance(kept, OpenHold | ClosedHold) and counts(kept.clock):
                self.totals[kept.clock].versions += sign * kept.version
                self.totals[kept.clock].awaiting += sign * (isinstance(kept, OpenHold) and kept.awaits_the_books)
        if isinstance(new, OpenHold) and new.waits:
            heappush(self.heaps[new.clock], (new.due_ms, key))

    def next_due(self, clock: str, state: "HoldState") -> tuple[int, str] | None:
        """Return due instant and id of the hold of `clock` that is due first."""
        heap = self.heaps.get(clock, [])
        while heap:
            due_ms, hold_id = heap[0]
            kept = state.get(hold_id)
            if isinstance(kept, OpenHold) and kept.waits and kept.due_ms == due_ms:
                return heap[0]
            heappop(heap)
        return None

    def pop_due(self, clock: str, moment: ClockKept, state: "HoldState") -> list[tuple[str, OpenHold]]:
        """Take the holds of `clock` that are due at `moment`, each once, in order of their instants (P1)."""
        found: dict[str, OpenHold] = {}
        while (first := self.next_due(clock, state)) is not None and moment.reaches(first[0]):
            heappop(self.heaps[clock])
            if isinstance(kept := state.get(first[1]), OpenHold):
                found[first[1]] = kept
        return list(found.items())


HoldState = StateView[HoldKept, HoldIndex]


class HoldsProcessor:
    """Keeps one record per hold: the highest version wins, in whatever order the topics bring them."""

    name = "holds"

    def new_index(self) -> HoldIndex:
        """Return an index of nothing."""
        return HoldIndex()

    def handle(self, record: Record, state: HoldState) -> Handled[HoldKept]:
        """Answer a tick, a round or a change of a hold."""
        if record.topic == "clock.ticked":
            tick = record.event.data.object
            return self._advance(tick.clock, to_ms(tick.now), tick.phase, state)
        if record.topic == "clock.advanced":
            return self._answer(record.event, state)
        return self._follow(record.event, state)

    def _follow(self, event: Envelope[Any], state: HoldState) -> Handled[HoldKept]:
        hold: Hold = event.data.object
        known = state.get(hold.id)
        if isinstance(known, OpenHold | ClosedHold) and hold.version <= known.version:
            if isinstance(known, OpenHold) and known.awaits_the_books:
                return Handled(outputs=(_due(hold.id, known),), repeat=True)
            return Handled(repeat=True)
        if hold.state != "pending":
            return Handled({hold.id: _closed(hold.version, intern(hold.clock))})
        kept = OpenHold(
            version=hold.version, clock=intern(hold.clock), account_id=intern(hold.account_id),
            due_ms=to_ms(hold.due_at), matures=_matures(hold),
            said=known.said if isinstance(known, OpenHold) else 0, said_ms=0,
            cause=event.id, correlation=event.correlationid,
        )
        moment = _moment(kept.clock, state)
        if kept.waits and moment.reaches(kept.due_ms):
            return _say([(hold.id, kept)], moment)
        return Handled({hold.id: kept})

    def _advance(self, clock: str, now_ms: int, phase: int, state: HoldState) -> Handled[HoldKept]:
        """Say what is due at (now, phase) of `clock`, and keep how far it has come for holds that arrive late."""
        before = _moment(clock, state)
        moment = before.later(now_ms, phase)
        said = _say(state.index.pop_due(clock, moment, state), moment)
        changes = said.changes if moment == before else {**said.changes, clock: moment}
        return Handled(changes, said.outputs, repeat=not changes)

    def _answer(self, event: Envelope[Any], state: HoldState) -> Handled[HoldKept]:
        """Say what is due and report: busy until the books have answered what was said.

        How often something was said is not counted: a crash may lose the memory of it, and the books' answer may come
        before the record that led to it comes again.
        """
        question = event.data.object
        handled = self._advance(question.clock, to_ms(question.now), question.phase, state)
        totals = state.index.totals[question.clock]
        next_due = state.index.next_due(question.clock, state)
        answer = report(
            event, f"{self.name}:{state.partition}", handled_total=totals.versions,
            busy=totals.awaiting + len(handled.outputs),
            next_due_ms=None if next_due is None else next_due[0], blocked=state.blocked(question.clock),
        )
        return replace(handled, answers=(answer,))

    def goes_back(self, known: HoldKept, found: HoldKept) -> bool:
        """Whether `found` is an earlier version of the hold, or an earlier moment of the clock."""
        return _progress(found) < _progress(known)

    def is_outdated(self, key: str, kept: HoldKept, get: Callable[[str], HoldKept | None]) -> bool:
        """Never: each event changes one record."""
        return False

    def encode(self, kept: HoldKept) -> bytes:
        """Write a state record as a short JSON list."""
        if isinstance(kept, ClockKept):
            return orjson.dumps(["clock", kept.now_ms, kept.phase])
        if isinstance(kept, ClosedHold):
            return orjson.dumps(["closed", kept.version, kept.clock])
        return orjson.dumps(["open", kept.version, kept.clock, kept.account_id, kept.due_ms, kept.matures, kept.said,
                             kept.said_ms, kept.cause, kept.correlation])

    def decode(self, raw: bytes) -> HoldKept:
        """Read a state record."""
        kind, *values = orjson.loads(raw)
        if kind == "clock":
            return ClockKept(*values)
        if kind == "closed":
            return _closed(values[0], intern(values[1]))
        values[1], values[2] = intern(values[1]), intern(values[2])
        return OpenHold(*values)


def _say(due: list[tuple[str, OpenHold]], moment: ClockKept) -> Handled[HoldKept]:
    said = {hold_id: replace(kept, said=kept.version, said_ms=moment.now_ms)
            for hold_id, kept in due}
    return Handled({**said}, tuple(_due(hold_id, kept) for hold_id, kept in said.items()))


def _due(hold_id: str, kept: OpenHold) -> Announcement:
    now = from_ms(kept.said_ms)
    due = DueHold(hold_id=hold_id, hold_version=kept.version, account_id=kept.account_id, clock=kept.clock,
                  due_at=from_ms(kept.due_ms), now=now)
    return announce(
        "hold.due", HoldDue(object=due), key=kept.account_id, subject=hold_id, sequence=kept.version,
        clock=kept.clock, time=now, cause=kept.cause, correlation=kept.correlation,
        identity=(hold_id, str(kept.version)),
    )


@lru_cache(maxsize=4096)
def _closed(version: int, clock: str) -> ClosedHold:
    """Return one shared record for all holds that ended alike: there are few kinds of them, and very many holds."""
    return ClosedHold(version, clock)


def _progress(kept: HoldKept) -> tuple[int, int]:
    """What only ever grows."""
    if isinstance(kept, ClockKept):
        return kept.now_ms, kept.phase
    return kept.version, kept.said if isinstance(kept, OpenHold) else kept.version


def _matures(hold: Hold) -> bool:
    """A hold with a block, or frozen as a whole, is not due; of a partly frozen one the rest is (I3, D2)."""
    wholly_frozen = bool(hold.frozen) and hold.frozen == hold.amount
    return not hold.blocked_by and not wholly_frozen


def _moment(clock: str, state: HoldState) -> ClockKept:
    kept = state.get(clock)
    return kept if isinstance(kept, ClockKept) else NEVER
