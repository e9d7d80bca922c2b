"""Moves a test clock through everything that is due, in order across all participants, quiet before the next moment.

Quiet is counted (Mattern's four counters): two waves with equal counts, as many handled as published for every topic
and reader, nobody busy. Settling (an advance to where the clock stands) leaves acts welcome; a real advance first
closes the clock for acts. Must never sleep for quiet, and never move on while a participant is silent.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from shared.events.catalogue import BY_TOPIC, EVENTS, PARTITIONS, PROCESSORS, SERVICES, read_by
from shared.events.clocks import ClockAdvanced, ClockReport, ClockRound
from shared.events.codec import UndecodableEvent, decode, encode, enveloped
from shared.kernel.ids import derived_id
from shared.kernel.instants import Instant
from shared.messaging.log import Log, Outgoing, ReaderSettings
from shared.messaging.relay import Publisher
from shared.observability.logs import logger

_log = logger("clock_owner")
ASK_AGAIN_S = 1.0
SAY_BLOCKED_AFTER = 3
PAUSES_S = (0.03, 0.04, 0.06, 0.08, 0.12)
"""A wave costs everybody an answer, and what an act causes takes some hops: asking at once is asking in vain.

Never shorter than the last wave took, up to `PAUSE_S_MAX` (somebody was away): where everybody has much to do, waves
alone would be half of it.
"""
PAUSE_S_MAX = 0.3
SAY_BUSY_AFTER = 60
REMEMBERED_CLOCKS = 10_000
WAVES_OF_ONE_DRIVE = 1_000
"""A drive begins this far behind the last saved wave: an answer to a predecessor's wave is never taken for its own."""
NO_PHASE, FIRST_PHASE, LAST_PHASE = 0, 1, 4
"""A clock that was never driven is in no phase: nothing can be due on it."""

PARTICIPANTS: tuple[str, ...] = (
    *SERVICES, *(f"{processor}:{partition}" for processor in PROCESSORS for partition in range(PARTITIONS)))
"""A static list: a participant that is away is waited for."""

Status = Literal["advancing", "ready"]
Reports = Mapping[str, ClockReport]
MomentKey = tuple[Instant, int]


def counts_of(reports: Reports) -> dict[str, int]:
    """Return every counter of a wave by name, to compare two waves."""
    counts: dict[str, int] = {}
    for name, report in reports.items():
        counts[f"{name}!"], counts[f"{name}#"] = report.handled_total, report.acts
        counts |= {f"{name}>{topic}": number for topic, number in report.published.items()}
        counts |= {f"{name}<{topic}": number for topic, number in report.handled.items()}
    return counts


def in_flight(reports: Reports) -> list[str]:
    """Return, for each topic and reader, what is published and not yet handled; and who is busy.

    A processor does not count what it publishes: it is busy until it has heard the answer.
    """
    published: Counter[str] = Counter()
    originals: Counter[str] = Counter()
    for report in reports.values():
        published.update(report.published)
        originals.update(report.published)
        originals.subtract(report.republished)
    open_ends = [f"{name} is busy" for name, report in reports.items() if report.busy]
    for event in (event for event in EVENTS if event.counted and event.owner in SERVICES):
        for reader in (reader for reader in event.readers if reader in SERVICES):
            handled = reports[reader].handled.get(event.topic, 0)
            if handled != published[event.topic]:
                open_ends.append(f"{event.topic}: {handled} of {published[event.topic]} handled by {reader}")
    for processor in PROCESSORS:
        expected = sum(originals[event.topic] for event in read_by(processor))
        handled = sum(report.handled_total for name, report in reports.items() if name.startswith(f"{processor}:"))
        if handled != expected:
            open_ends.append(f"{processor} has applied {handled} of {expected}")
    return open_ends


def is_quiet(before: Reports | None, now: Reports) -> bool:
    """Return whether nothing is under way: two equal waves, all handled."""
    return before is not None and not in_flight(now) and not in_flight(before) and counts_of(before) == counts_of(now)


def next_moment(reports: Reports, to: Instant) -> MomentKey | None:
    """Return the earliest moment that anybody has something due at, not beyond `to`."""
    due = (report.next_due for report in reports.values())
    moments = [(moment.at, moment.phase) for moment in due if moment is not None]
    earliest = min(moments, default=None)
    return earliest if earliest is not None and earliest[0] <= to else None


@dataclass(slots=True)
class _Wave:
    reports: dict[str, ClockReport] = field(default_factory=dict)
    complete: asyncio.Event = field(default_factory=asyncio.Event)


class ReportBoard:
    """Collects the answers of the waves that are under way in this process."""

    def __init__(self, settings: ReaderSettings, log: Log) -> None:
        self._settings, self._log = settings, log
        self._waves: dict[tuple[str, int], _Wave] = {}
        self.listening = asyncio.Event()

    async def run(self, _: Any = None) -> None:
        """Listen for ever."""
        consumer = self._log.consumer(self._settings, from_now=True)
        consumer.subscribe([f"{self._settings.topic_prefix}clock.reported"])
        await consumer.start()
        try:
            await consumer.seek_to_end()
            self.listening.set()
            async for message in consumer:
                try:
                    envelope: Any = decode("clock.reported", message.value)
                except UndecodableEvent as error:
                    _log.error("report_undecodable", reason=str(error))
                    continue
                self.note(envelope.data.object)
        finally:
            self.listening.clear()
            await consumer.stop()

    def note(self, report: ClockReport) -> None:
        """Take one answer."""
        wave = self._waves.get((report.clock, report.wave))
        if wave is not None:
            wave.reports[report.participant] = report
            if set(wave.reports) >= set(PARTICIPANTS):
                wave.complete.set()

    def open(self, clock: str, number: int) -> _Wave:
        """Expect answers to a wave."""
        wave = self._waves[(clock, number)] = _Wave()
        return wave

    def close(self, clock: str, number: int) -> None:
        """Expect no more."""
        self._waves.pop((clock, number), None)


@dataclass(frozen=True, slots=True)
class ClockState:
    """A test clock as its owner keeps it: durable before a wave of a new moment goes out."""

    id: str
    now: Instant
    phase: int
    to: Instant
    wave: int
    status: Status = "advancing"
    blocked: tuple[str, ...] = ()


Save = Callable[[ClockState], Awaitable[None]]


class ClockDriver:
    """Drives test clocks; one call of `drive` per clock that advances, from wherever its state stands."""

    def __init__(self, publisher: Publisher, board: ReportBoard) -> None:
        self._publisher, self._board = publisher, board
        self._quiet: OrderedDict[str, Reports] = OrderedDict()

    async def drive(self, state: ClockState, save: Save) -> ClockState:
        """Move on to `state.to` and return the ready state, saved; where it stands there already, settle."""
        settling = state.to == state.now and state.phase in (NO_PHASE, LAST_PHASE)
        now, phase, wave = state.now, LAST_PHASE if settling else FIRST_PHASE, state.wave + WAVES_OF_ONE_DRIVE
        while True:
            status: Status = "ready" if settling else "advancing"
            wave, reports = await self._until_quiet(ClockState(state.id, now, phase, state.to, wave, status), save)
            moment = next_moment(reports, state.to)
            if moment is None or settling:
                break
            now, phase = moment
            await save(ClockState(state.id, now, phase, state.to, wave))
        if not settling:
            wave += 1
            await save(ClockState(state.id, state.to, LAST_PHASE, state.to, wave))   # Heard of, it never goes back.
            await self._wave(ClockState(state.id, state.to, LAST_PHASE, state.to, wave, "ready"), save)
        ready = ClockState(state.id, state.to, LAST_PHASE, state.to, wave, "ready")
        await save(ready)
        return ready

    async def _until_quiet(self, state: ClockState, save: Save) -> tuple[int, Reports]:
        """Ask again until two waves are equal and nothing is under way; the last quiet wave of the clock counts too."""
        loop = asyncio.get_running_loop()
        before, wave, attempt = self._quiet.get(state.id), state.wave, 0
        while True:
            wave += 1
            asked_at = loop.time()
            reports = await self._wave(replace(state, wave=wave), save)
            took_s = loop.time() - asked_at
            blocked = tuple(item for report in reports.values() for item in report.blocked)
            if not blocked and is_quiet(before, reports):
                self._remember(state.id, reports)
                return wave, reports
            open_ends = in_flight(reports)
            attempt += 1
            if blocked or attempt % SAY_BUSY_AFTER == 0:
                why = blocked or tuple(open_ends)
                await save(replace(state, wave=wave, status="advancing", blocked=why))
            if blocked:
                await asyncio.sleep(ASK_AGAIN_S)
            elif open_ends:
                pause_s = max(PAUSES_S[min(attempt, len(PAUSES_S)) - 1], min(took_s, PAUSE_S_MAX))
                await asyncio.sleep(pause_s if attempt < SAY_BUSY_AFTER else ASK_AGAIN_S)
            before = reports

    def _remember(self, clock: str, reports: Reports) -> None:
        self._quiet[clock] = reports
        self._quiet.move_to_end(clock)
        while len(self._quiet) > REMEMBERED_CLOCKS:
            self._quiet.popitem(last=False)

    async def _wave(self, state: ClockState, save: Save) -> Reports:
        """Ask everybody and return all answers; asks again while somebody is silent, and says who."""
        wave = self._board.open(state.id, state.wave)
        try:
            for attempt in range(1_000_000):
                await self._board.listening.wait()
                await self._publish(state)
                try:
                    async with asyncio.timeout(ASK_AGAIN_S):
                        await wave.complete.wait()
                    return dict(wave.reports)
                except TimeoutError:
                    if attempt % SAY_BLOCKED_AFTER == SAY_BLOCKED_AFTER - 1:
                        silent = tuple(name for name in PARTICIPANTS if name not in wave.reports)
                        await save(replace(state, status="advancing", blocked=silent))
            raise TimeoutError(f"{state.id}: participants stayed silent")
        finally:
            self._board.close(state.id, state.wave)

    async def _publish(self, state: ClockState) -> None:
        round = ClockRound(clock=state.id, wave=state.wave, now=state.now, phase=state.phase, status=state.status)
        event = enveloped(
            "clock.advanced", ClockAdvanced(object=round), source=BY_TOPIC["clock.advanced"].owner, key=state.id,
            subject=state.id, id=derived_id("evt", "clock.advanced", state.id, str(state.wave)), time=state.now,
            cause=state.id, clock=state.id, sequence=state.wave)
        value = encode(event)
        await self._publisher.publish([
            Outgoing("clock.advanced", state.id, value, partition=partition) for partition in range(PARTITIONS)])
