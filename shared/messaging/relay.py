"""The relay: outbox rows to Kafka, in order per key and topic, then to the archive, then away. At least once.

Whenever the bell is rung the whole outbox is read, from one snapshot: with a row it holds all that were committed
before, so a later sequence never seems to be a key's first. A crash after the send publishes the same bytes again at a
higher offset: readers drop repeats by id. Must never skip a sequence.
"""

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from shared.events.codec import headers_of
from shared.messaging.bell import Bell
from shared.messaging.log import Outgoing
from shared.observability.failpoints import failpoint
from shared.observability.logs import logger
from shared.observability.pace import Pace
from shared.persistence.collections import Document
from shared.persistence.records import ARCHIVE, OUTBOX
from shared.persistence.store import Store

KNOWN_KEYS_MAX = 200_000
RUNG_IN_VAIN_S = 0.005
"""After a look that found nothing: whoever rings without end cannot keep the store busy."""
DONE_MAX = 10_000
"""Rows that were sent, and wait behind one that was not to be deleted."""
_log = logger("relay")


class Publisher(Protocol):
    """Where records go."""

    async def publish(self, records: Sequence[Outgoing]) -> None:
        """Return when they are durable."""


class SequenceGuard:
    """Knows the last sequence sent per topic and key, and sorts rows so that none is skipped."""

    def __init__(self) -> None:
        self._last: OrderedDict[tuple[str, str], int] = OrderedDict()

    def sendable(self, rows: Sequence[Document]) -> tuple[list[tuple[Document, list[dict[str, Any]]]], list[Document]]:
        """Return the rows that may go now with their unsent events, in order, and the rows behind a gap."""
        lowest: dict[tuple[str, str], int] = {}
        for row in rows:
            for event in row["events"]:
                if event["redelivery"] is None:
                    key = (event["topic"], event["key"])
                    lowest[key] = min(lowest.get(key, event["sequence"]), event["sequence"])
        for key, sequence in lowest.items():
            self._last.setdefault(key, sequence - 1)
        waiting, ready = list(rows), []
        while True:
            blocked: list[Document] = []
            for row in waiting:
                events = self._take(row)
                if events is None:
                    blocked.append(row)
                else:
                    ready.append((row, events))
            if len(blocked) == len(waiting):
                break
            waiting = blocked
        while len(self._last) > KNOWN_KEYS_MAX:
            self._last.popitem(last=False)
        return ready, waiting

    def _take(self, row: Document) -> list[dict[str, Any]] | None:
        """Return the row's events that were not yet sent and advance, or None where one would leave a gap."""
        marks: dict[tuple[str, str], int] = {}
        events = []
        for event in row["events"]:
            if event["redelivery"] is not None:
                events.append(event)
                continue
            key = (event["topic"], event["key"])
            last = marks.get(key, self._last.get(key, event["sequence"] - 1))
            if event["sequence"] > last + 1:
                return None
            if event["sequence"] == last + 1:
                marks[key] = event["sequence"]
                events.append(event)
        for key, sequence in marks.items():
            self._last[key] = sequence
            self._last.move_to_end(key)
        return events


OnRow = Callable[[Document, bool], None]
"""Hears of every outbox row once; False for one that stood there at the first look."""


class Relay:
    """Publishes one service's outbox; one works at a time (see `leases`)."""

    def __init__(self, store: Store, publisher: Publisher, bell: Bell, *, on_row: OnRow | None = None) -> None:
        self._store, self._publisher, self._bell = store, publisher, bell
        self._on_row = on_row or (lambda row, fresh: None)
        self._uncleaned: list[str] = []
        self._pace = Pace(busy_round=16, shortest_s=0.02, per_member_s=0.0003)
        """Each round costs a read, a durable insert, deletions and a request per partition, here and in each reader."""
        self.depth = 0
        self.ready = False

    async def run(self) -> None:
        """Relay for ever; waits while the store or Kafka is away, and then begins anew."""
        while True:
            try:
                await self._run_once()
            except asyncio.CancelledError:
                raise
            except Exception as error:
                self.ready = False
                _log.warning("relay_waits", error=f"{type(error).__name__}: {error}"[:300])
                await asyncio.sleep(0.3)

    async def _run_once(self) -> None:
        guard, told, fresh = SequenceGuard(), set[str](), False
        done: OrderedDict[str, None] = OrderedDict()
        while True:
            self._bell.hush()
            rows = [row for row in await self._store.snapshot(OUTBOX.name) if row["_id"] not in done]
            self.ready = True
            for row in rows:   # Those of before too: nobody else tells of what they schedule and intend.
                if row["_id"] not in told:
                    self._on_row(row, fresh)
            told, fresh = {row["_id"] for row in rows}, True
            self.depth = len(rows)
            ready, held = guard.sendable(rows)
            if ready:
                await self._publish(ready)
                done.update((row["_id"], None) for row, _ in ready)
                while len(done) > DONE_MAX:
                    done.popitem(last=False)
                await self._clean_up([row["_id"] for row, _ in ready], [row["_id"] for row in held])
            self.depth = len(held)
            if held:
                _log.warning("sequence_gap", rows=len(held))
                await asyncio.sleep(0.05)   # The row before was committed: the outbox shows it.
                continue
            if ready:
                now_s = asyncio.get_running_loop().time()
                self._pace.note(sum(len(events) for _, events in ready), now_s)
                await asyncio.sleep(self._pace.linger_s(now_s))
            if not rows:
                await asyncio.sleep(RUNG_IN_VAIN_S)
            await self._bell.wait()

    async def _publish(self, ready: Sequence[tuple[Document, list[dict[str, Any]]]]) -> None:
        events = [event for _, events in ready for event in events]
        if not events:
            return
        failpoint("commit_before_send")
        await asyncio.gather(
            self._publisher.publish([_outgoing(event) for event in events]),
            self._store.insert_new(ARCHIVE.name, [_archived(event) for event in events if event["redelivery"] is None]))
        failpoint("send_before_cleanup")

    async def _clean_up(self, sent: Sequence[str], held: Sequence[str]) -> None:
        """Delete each lane's rows by range, up to the first that is held back."""
        lanes: dict[str, list[str]] = defaultdict(list)
        for id in (*self._uncleaned, *sent):
            lanes[id.rpartition(":")[0]].append(id)
        self._uncleaned = []
        for lane, ids in lanes.items():
            stops = sorted(id for id in held if id.rpartition(":")[0] == lane)
            free = sorted(id for id in ids if not stops or id < stops[0])
            if free:
                await self._store.delete_range(OUTBOX.name, free[0], free[-1])
            self._uncleaned.extend(id for id in ids if id not in free)


def _outgoing(event: dict[str, Any]) -> Outgoing:
    headers = headers_of(event["topic"], event["id"], event["redelivery"])
    return Outgoing(event["topic"], event["key"], event["value"], headers)


def _archived(event: dict[str, Any]) -> Document:
    return {"_id": event["id"], "topic": event["topic"], "key": event["key"], "contract_id": event["contract_id"],
            "clock": event["clock"], "time": event["time"], "sequence": event["sequence"], "value": event["value"]}
