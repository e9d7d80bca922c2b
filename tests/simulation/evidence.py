"""What the memory stores and the log witness, in the audit's own terms, one test clock at a time; and the verdict.

The audit's checks are invariants 1 to 6 of the rule book; added here: nothing is parked, nothing is unsent, and a fresh
fold of the log in another legal order ends in the same balances. Must be asked only when the clock is quiet.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import orjson

from services.payouts.adapters.book_reads import StoredBooks
from services.payouts.settings import RAIL
from services.payouts.streams.balances import AccountKept
from services.payouts.streams.run import Which, processor_of
from shared.events.catalogue import BY_TOPIC, PARTITIONS, SERVICES
from shared.streams.folds import PartitionFold
from shared.streams.parking import RawRecord
from shared.streams.required_topics import inputs_of
from shared.testing.memory_log import MemoryLog, MemoryRecord
from shared.testing.memory_store import MemoryStore, Tables
from tests.simulation.stores import WatchedStore
from tests.simulation.weather import Dice
from tools.audit.checks import examine
from tools.audit.evidence import Books, Evidence, Log, Outside, Row, resource

GATEWAY = "gateway"
_ASIDE = ("hold.due", "balance.updated")


@dataclass(slots=True)
class Witnesses:
    """Reads the stores and the log; each record is decoded once."""

    stores: dict[str, WatchedStore]
    log: MemoryLog
    _decoded: dict[str, tuple[bytes, Row]] = field(default_factory=dict)
    _read: dict[tuple[str, int], int] = field(default_factory=dict)
    _by_clock: dict[str, Log] = field(default_factory=dict)
    _balances: dict[str, dict[str, Row]] = field(default_factory=dict)

    async def findings(self, clock: str) -> list[str]:
        """Return everything that is wrong with `clock`, which is quiet."""
        found = [str(finding) for finding in examine(self.evidence(clock))]
        check = await StoredBooks(_seen_aside(self.stores["payouts"])).check(clock)
        found += [f"books: {difference}" for difference in check.differences()]
        return found + self._left_over(clock)

    def _left_over(self, clock: str) -> list[str]:
        left = [f"{name}: {wrong}" for name, store in self.stores.items() for wrong in store.wrongs if clock in wrong]
        for service in SERVICES:
            tables = self.stores[service].tables
            left += [f"{service} parked {row['topic']} {row['key']}: {row['reason'][:200]}"
                     for row in tables["parked_events"].values() if row["clock"] in (None, clock)]
            left += [f"{service} has not sent {row['_id']}" for row in tables["outbox"].values()
                     if clock in row["clocks"]]
            left += [f"{service} waits in vain for {row['awaited']}: {row['topic']}"
                     for row in tables["early_events"].values() if clock in row["value"].decode()]
        return left

    def evidence(self, clock: str) -> Evidence:
        """Collect what concerns `clock`."""
        self._catch_up()
        log = self._by_clock.get(clock, Log())
        books = self._books(clock)
        parties = {row["_id"] for row in self.stores["contracts"].tables["parties"].values() if row["clock"] == clock}
        outside, rail = self._tables(GATEWAY), self._tables(RAIL)
        return Evidence(
            books=books, log=log, processors=self._balances.get(clock, {}),
            outside=Outside(
                charges=_only(outside["charges"], "client_id", parties),
                refunds=_only(outside["refunds"], "client_id", parties),
                transfers=_only(rail["transfers"], "account_id", parties)))

    def _books(self, clock: str) -> Books:
        tables = self.stores["payouts"].tables
        return Books(
            entries=list(_only(tables["entries"], "clock", {clock}).values()),
            accounts=_only(tables["accounts"], "clock", {clock}), holds=_only(tables["holds"], "clock", {clock}),
            payouts=_only(tables["payouts"], "clock", {clock}))

    def _tables(self, name: str) -> Tables:
        return self.stores[name].tables if name in self.stores else defaultdict(dict)

    def _catch_up(self) -> None:
        for topic, event in BY_TOPIC.items():
            if event.key == "clock" or event.key == "partition":
                continue
            for partition in range(PARTITIONS):
                records = self.log.partition(topic, partition)
                for record in records[self._read.get((topic, partition), 0):]:
                    self._note(record)
                self._read[(topic, partition)] = len(records)

    def _note(self, record: MemoryRecord) -> None:
        event: Row = orjson.loads(record.value or b"")
        clock, id = event["testclock"] or "live", event["id"]
        log = self._by_clock.setdefault(clock, Log())
        if record.topic == "balance.updated":
            newest = self._balances.setdefault(clock, {})
            balance = resource(event)
            known = newest.get(balance["account_id"])
            if known is None or resource(known)["version"] <= balance["version"]:
                newest[balance["account_id"]] = event
        elif id in self._decoded:
            log.copies += 1
            if self._decoded[id][0] != record.value:
                log.forged.append(id)
        elif record.topic not in _ASIDE:
            self._decoded[id] = (record.value or b"", event)
            log.events.setdefault(record.topic, []).append(event)


def _seen_aside(store: MemoryStore) -> MemoryStore:
    """Return a way to the same tables on which no outage weighs: a witness sees what stands there."""
    aside = MemoryStore()
    aside.tables = store.tables
    return aside


def _only(rows: dict[str, Row], name: str, wanted: set[str]) -> dict[str, Row]:
    return {id: row for id, row in rows.items() if row[name] in wanted}


def folded_anew(log: MemoryLog, which: Which, dice: Dice) -> dict[int, PartitionFold[Any, Any]]:
    """Fold the whole log from offset 0 in another legal order: topics drawn at random, each in its own order."""
    folds = {}
    for partition in range(PARTITIONS):
        fold: PartitionFold[Any, Any] = PartitionFold(processor_of(which), partition)
        queues = {topic: list(log.partition(topic, partition)) for topic in inputs_of(which)}
        queues = {topic: records[::-1] for topic, records in queues.items() if records}
        while queues:
            topic = dice.random.choice(sorted(queues))
            record = queues[topic].pop()
            fold.fold(RawRecord(topic, partition, record.offset, record.key, record.value))
            if not queues[topic]:
                del queues[topic]
        folds[partition] = fold
    return folds


def replays_differ(log: MemoryLog, accounts: dict[str, Row], dice: Dice) -> list[str]:
    """Say where a fresh fold of the log ends in other balances than the books (invariant 6)."""
    kept = {id: record for fold in folded_anew(log, "balances", dice).values()
            for id, record in fold.records.items()}
    wrong = []
    for id, account in accounts.items():
        record = kept.get(id)
        if not account["version"]:
            continue
        if not isinstance(record, AccountKept) or record.version != account["version"]:
            wrong.append(f"replay: {id} is at {record}, the books are at version {account['version']}")
            continue
        names = ("pending", "available", "frozen", "reserved", "paid_out", "arrears")
        books = {currency: tuple(row[name] for name in names) for currency, row in account["balances"].items()}
        if dict(record.balances) != books:
            wrong.append(f"replay: {id} ends at {record.balances}, the books say {books}")
    return wrong
