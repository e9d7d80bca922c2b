"""`make bench-due`: what very many open windows and holds cost while nothing is due, and how they drain when it is.

On the store of a running (or its own) local platform, in a database of its own, with invoicing's own rules: review
windows of `any_hire`, half of them ending on one Monday noon. Silence approves each, an invoice is issued, and its
charge is attempted in the same instant's later phase. The holds are folded by the processor's own code. Bounded: the
drain ends when everything is done, or after `--most-seconds`. Writes JSON (its path is the last line printed).
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import uvloop

from deploy.local import lifecycle
from deploy.local.downloads import REPOSITORY
from deploy.local.layout import Layout
from deploy.local.store_server import StoreBuild
from deploy.local.supervision import Supervisor
from services.contracts.adapters.policy_files import SHIPPED, read_policies
from services.contracts.domain import policies
from services.invoicing.adapters.documents import DOCUMENTS
from services.invoicing.application.collections import CLIENTS, CONTRACTS, INVOICES, PARTIES, REVIEWS
from services.invoicing.application.handlers import due_handlers, event_handlers
from services.invoicing.application.open_review import REVIEW_DUE
from services.invoicing.domain.clients import ClientAccount
from services.invoicing.domain.contracts import Cadence, Contract, HoldFloor, Kind, Terms
from services.invoicing.domain.parties import Party
from services.invoicing.domain.reviews import Review, ReviewStatus
from services.payouts.streams.holds import HoldsProcessor, OpenHold
from shared.events.catalogue import BY_TOPIC, LIVE
from shared.events.clocks import ClockTick, ClockTicked
from shared.events.codec import encode, enveloped
from shared.kernel.ids import derived_id
from shared.kernel.instants import Instant
from shared.kernel.money import Money
from shared.messaging.bell import Bell
from shared.messaging.due import DueScheduler
from shared.messaging.log import Outgoing
from shared.messaging.relay import Relay
from shared.observability.clock import SystemIds
from shared.persistence.collections import REVISION, Collection, Document
from shared.persistence.group_commit import Committer
from shared.persistence.mongo import MongoStore, connect
from shared.persistence.records import DUES, DueRow
from shared.persistence.unit import Phase
from shared.streams.folds import PartitionFold
from shared.streams.parking import RawRecord

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
"""A Monday noon."""
BEFORE = NOON - timedelta(days=1)
DATABASE = "bench_due_times"
CLIENTS_MANY = 500
SEEDED_AT_ONCE = 5_000
LOOKS, LOOKS_OF_STORE = 10_000, 50
EVERY_S = 5.0
RESULTS = REPOSITORY / "bench-results"
READY_TIMEOUT_S = 300.0


class HeldClock:
    """Stands where it is put."""

    def __init__(self, now: Instant) -> None:
        self._now = now

    def now(self) -> Instant:
        """Return where it stands."""
        return self._now

    def put(self, now: Instant) -> None:
        """Stand elsewhere."""
        self._now = now


class _Nowhere:
    """A publisher for events that nobody shall hear."""

    async def publish(self, records: Sequence[Outgoing]) -> None:
        """Take them."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for."""

    windows: int
    due: int
    store: StoreBuild
    most_s: float


def say(text: str) -> None:
    """Tell progress."""
    print(f"bench-due: {text}", file=sys.stderr, flush=True)


def main() -> int:
    """Run the command."""
    asked = _asked()
    before = Layout.current()
    ran_before = Supervisor(before).is_running()
    layout = before if ran_before else replace(Layout.asked_for(), store_build=asked.store)
    try:
        lifecycle.up(layout, ready_timeout_s=READY_TIMEOUT_S)
        results = uvloop.run(measured(asked, layout.mongodb_uri))
    finally:
        if not ran_before:
            lifecycle.down(layout)
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-due-{layout.store_build}.json"
    file.write_text(json.dumps(results | {"store": str(layout.store_build)}, indent=2) + "\n")
    for name, value in results.items():
        print(f"{name:36} {value}")
    print(file)
    return 0 if results["drained"] else 1


def _asked() -> Asked:
    parser = argparse.ArgumentParser(prog="python -m tools.bench.due_times", description=__doc__)
    parser.add_argument("--windows", type=int, default=100_000, help="open review windows, and as many open holds")
    parser.add_argument("--due", type=int, default=50_000, help="how many of them are due at one instant")
    parser.add_argument("--store", type=StoreBuild, default=StoreBuild.DEFAULT)
    parser.add_argument("--most-seconds", type=float, default=900.0, help="after this the drain is given up")
    given = parser.parse_args()
    return Asked(given.windows, given.due, given.store, given.most_seconds)


async def measured(asked: Asked, uri: str) -> dict[str, Any]:
    """Seed, look and drain on the store at `uri`; return the figures."""
    client = connect(uri)
    await client.drop_database(DATABASE)
    store = MongoStore(client, DATABASE)
    try:
        await store.prepare(DOCUMENTS)
        say(f"seeding {asked.windows:,} open windows")
        await _seed(store, asked)
        return {"windows": asked.windows, "due_at_once": asked.due, **_holds(asked), **await _windows(store, asked)}
    finally:
        await client.drop_database(DATABASE)
        client.close()


# ---- windows ------------------------------------------------------------------------------------------------------


async def _windows(store: MongoStore, asked: Asked) -> dict[str, Any]:
    clock, bell = HeldClock(BEFORE), Bell()
    committer = Committer(store, service="invoicing", lane="bench", clock=clock, ids=SystemIds(),
                          handlers=event_handlers(), dues=due_handlers(), announce=bell.ring)
    await committer.start()
    scheduler = DueScheduler(store, committer, clock)
    nothing = {"clock": LIVE, "due_at": {"$gte": datetime(1970, 1, 1, tzinfo=UTC), "$lt": BEFORE}}
    of_store = await _median_ms(LOOKS_OF_STORE, lambda: store.find(DUES.name, nothing))
    clock.put(NOON - timedelta(seconds=1))
    began = time.perf_counter()
    relay = Relay(store, _Nowhere(), bell, on_row=scheduler.notice)
    working = [asyncio.create_task(relay.run()), asyncio.create_task(scheduler.run())]
    await eventually(lambda: len(scheduler.heap) >= asked.due)
    loaded_s = time.perf_counter() - began
    if scheduler.heap.next_at() != NOON:
        raise SystemExit("the heap does not know the next instant")
    looks = [_timed_ms(lambda: scheduler.heap.take_due(clock.now())) for _ in range(LOOKS)]
    say(f"noon: {asked.due:,} windows end")
    clock.put(NOON)
    try:
        rates, drained = await _drained(store, asked)
    finally:
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
        await committer.stop()
    return {
        "store_look_ms_median": round(of_store, 3), "heap_look_ms_median": round(statistics.median(looks), 4),
        "heap_look_ms_max": round(max(looks), 3), "heap_loaded_s": round(loaded_s, 1),
        "drained": drained, "drained_s": round(len(rates) * EVERY_S, 1),
        "due_items_per_second": [round(rate) for rate in rates],
        "due_items_per_second_median": round(statistics.median(rates or [0])),
    }


async def _drained(store: MongoStore, asked: Asked) -> tuple[list[float], bool]:
    """Watch until every window of noon is approved and its charge was attempted; return how many fired, per stretch."""
    left = {"clock": LIVE, "due_at": {"$lte": NOON}}
    collection, invoices = store.database[DUES.name], store.database[INVOICES.name]
    rates: list[float] = []
    done, until = 0, time.monotonic() + asked.most_s
    while time.monotonic() < until:
        began = time.monotonic()
        await asyncio.sleep(EVERY_S)
        waiting, issued = await collection.count_documents(left), await invoices.estimated_document_count()
        now_done = issued + (asked.due - waiting if issued >= asked.due else 0)
        rates.append((now_done - done) / (time.monotonic() - began))
        done = now_done
        say(f"{issued:,} invoices issued, {waiting:,} due items of noon wait; {rates[-1]:.0f}/s")
        if issued >= asked.due and waiting == 0:
            return rates, True
    return rates, False


async def eventually(holds: Callable[[], bool]) -> None:
    """Return when it holds."""
    while not holds():  # noqa: ASYNC110 - what is looked at tells nobody
        await asyncio.sleep(0.05)


async def _median_ms(many: int, look: Callable[[], Awaitable[Any]]) -> float:
    taken = []
    for _ in range(many):
        began = time.perf_counter()
        await look()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def _timed_ms(look: Callable[[], Any]) -> float:
    began = time.perf_counter()
    look()
    return (time.perf_counter() - began) * 1000


# ---- what is seeded -------------------------------------------------------------------------------------------------


async def _seed(store: MongoStore, asked: Asked) -> None:
    terms = read_policies([SHIPPED]).of("any_hire")[-1].terms(
        policies.Kind.SINGLE, policies.Cadence.WEEKLY, "USD")
    contracts = [_contract(number, terms) for number in range(CLIENTS_MANY)]
    await _insert(store, CONTRACTS, contracts)
    await _insert(store, PARTIES, (Party(id=each.client_id, role="client", clock=LIVE) for each in contracts))
    await _insert(store, CLIENTS, (ClientAccount(id=each.client_id, clock=LIVE) for each in contracts))
    reviews = [_review(number, contracts[number % CLIENTS_MANY], asked) for number in range(asked.windows)]
    await _insert(store, REVIEWS, reviews)
    await _insert(store, DUES, (
        DueRow(id=f"{REVIEW_DUE}:{each.id}", kind=REVIEW_DUE, ref=each.id, clock=LIVE, due_at=each.ends_at,
               phase=int(Phase.LOCK)) for each in reviews if each.ends_at is not None))


def _contract(number: int, terms: policies.Terms) -> Contract:
    names = Terms.__dataclass_fields__
    shared = {name: getattr(terms, name) for name in names}
    shared |= {name: HoldFloor(shared[name]) for name in ("hours_hold_floor", "fixed_rate_hold_floor")}
    return Contract(
        id=f"ct_{number}", clock=LIVE, revision=1, client_id=f"cli_{number}", freelancer_id=f"fr_{number}",
        profile="any_hire", kind=Kind.SINGLE, cadence=Cadence.WEEKLY, currency="USD", status="active",
        terms=Terms(**shared), amount=Money(10_000, "USD"), milestones=(), hourly_rate=None, rate=None,
        accepted_at=BEFORE, activated_at=BEFORE, inactive_since=None, ended_at=None, employer_of_record=False)


def _review(number: int, contract: Contract, asked: Asked) -> Review:
    ends_at = NOON if number < asked.due else NOON + timedelta(days=1, seconds=number)
    return Review(
        id=f"sub_{number:07}", clock=LIVE, contract_id=contract.id, milestone_id=None, client_id=contract.client_id,
        freelancer_id=contract.freelancer_id, number=1, status=ReviewStatus.IN_REVIEW, whole=Money(10_000, "USD"),
        opened_at=ends_at - timedelta(days=7), ends_at=ends_at)


async def _insert(store: MongoStore, collection: Collection[Any], values: Iterable[Any]) -> None:
    for chunk in _chunks(collection.to_document(value) | {REVISION: 1} for value in values):
        await store.insert_new(collection.name, chunk)


def _chunks(documents: Iterable[Document]) -> Iterator[list[Document]]:
    chunk: list[Document] = []
    for document in documents:
        chunk.append(document)
        if len(chunk) == SEEDED_AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


# ---- holds ----------------------------------------------------------------------------------------------------------


def _holds(asked: Asked) -> dict[str, Any]:
    """Fold ticks over open holds: what a tick costs while nothing is due, and what the one costs at which many are."""
    processor = HoldsProcessor()
    fold = PartitionFold(processor, 0)
    for number in range(asked.windows):
        due_at = NOON if number < asked.due else NOON + timedelta(days=1, seconds=number)
        hold = OpenHold(version=1, clock=LIVE, account_id=f"fr_{number % CLIENTS_MANY}",
                        due_ms=int(due_at.timestamp() * 1000), matures=True, said=0, said_ms=0,
                        cause="evt", correlation="cor")
        fold.restore(f"hld_{number}", processor.encode(hold))
    fold.restored()
    ticks = [_timed_ms(partial(_tick, fold, BEFORE + timedelta(seconds=second), second)) for second in range(200)]
    began = time.perf_counter()
    said = _tick(fold, NOON, 201)
    return {"tick_ms_median": round(statistics.median(ticks), 3), "tick_ms_max": round(max(ticks), 3),
            "holds_said_due": said, "said_due_in_s": round(time.perf_counter() - began, 2)}


def _tick(fold: PartitionFold[Any, Any], now: Instant, number: int) -> int:
    tick = ClockTick(clock=LIVE, now=now, phase=Phase.PAYOUT_RUN, number=number)
    event = enveloped("clock.ticked", ClockTicked(object=tick), source=BY_TOPIC["clock.ticked"].owner, key="0",
                      subject=LIVE, id=derived_id("evt", "tick", str(number)), time=now, cause="bench", clock=LIVE,
                      sequence=number)
    fold.fold(RawRecord("clock.ticked", 0, number, b"0", encode(event)))
    return len(fold.take().outputs)


if __name__ == "__main__":
    sys.exit(main())
