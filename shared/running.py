"""What every service's composition root and command line have in common. Must never know a service or hold a rule.

    python -m services.<name> api | worker | migrate | parked list | parked show ID | parked retry ID | parked drop ID

A root builds a `Foundation` for its role, plugs its routes and handlers in, and hands the result to `serve_api` or
`run_worker`. Nothing connects before that; a process whose servers are away waits.
"""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import uvloop
from fastapi import APIRouter, FastAPI

from shared.kernel.instants import format_instant
from shared.messaging.archive import MongoEventArchive
from shared.messaging.bell import Bell, heard, ringing
from shared.messaging.log import KafkaLog, Log
from shared.messaging.parking import ParkingLot
from shared.messaging.worker import Worker
from shared.observability.clock import Clock, IdSource, SystemClock, SystemIds
from shared.observability.logs import logger
from shared.observability.metrics import Metrics
from shared.observability.processes import begin_process
from shared.persistence.collections import Collection
from shared.persistence.group_commit import Committer, DueHandler, Handlers
from shared.persistence.mongo import MongoStore, connect
from shared.persistence.reading import StoreReading
from shared.persistence.store import Store, StoreUnavailable
from shared.persistence.written import Written
from shared.settings import ServiceSettings
from shared.web.app import build_app, build_worker_app, serve, served
from shared.web.events_api import event_routes

MIGRATE_WAITS_S = 120
_log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Foundation:
    """What a role of a service stands on."""

    service: str
    settings: ServiceSettings
    clock: Clock
    ids: IdSource
    metrics: Metrics
    store: Store
    reading: StoreReading
    committer: Committer
    bell: Bell
    """Rung when the committer has something for the relay."""
    log: Log
    open_store: Callable[[str], Store]
    """Opens another database of the installation by its name: the simulated gateway's, the simulated rail's."""


def lay_foundation(
    settings: ServiceSettings, *, service: str, role: str, handlers: Handlers | None = None,
    dues: Mapping[str, DueHandler] | None = None,
) -> Foundation:
    """Build what `role` stands on; connects lazily."""
    clock, ids, metrics, written, bell = SystemClock(), SystemIds(), Metrics(), Written(), Bell()
    metrics.register(written)

    def open_store(name: str) -> Store:
        return MongoStore(connect(settings.mongodb_uri), settings.database_name(name), written=written)

    store = open_store(service)
    lane = settings.instance_id or f"{service}-{role}"
    committer = Committer(store, service=service, lane=lane, clock=clock, ids=ids, handlers=handlers,
                          dues=dict(dues or {}), metrics=metrics, announce=bell.ring)
    log = KafkaLog(settings.kafka_bootstrap_servers, settings.topic_prefix)
    return Foundation(
        service, settings, clock, ids, metrics, store, StoreReading(store, clock), committer, bell, log, open_store)


def build_service_api(
    ground: Foundation, routers: Sequence[APIRouter], *, description: str,
    lifespan: Callable[[], AbstractAsyncContextManager[object]] | None = None,
) -> FastAPI:
    """Return the API of `ground` with its own routes and those over its events."""
    archive = MongoEventArchive(ground.store, ground.committer, ground.ids)

    @asynccontextmanager
    async def committing() -> AsyncIterator[None]:
        async with ringing(ground.bell, ground.settings.relay_address):
            await ground.committer.start()
            try:
                if lifespan is None:
                    yield
                else:
                    async with lifespan():
                        yield
            finally:
                await ground.committer.stop()

    return build_app(
        f"Holdfast {ground.service}", ground.settings, [*routers, event_routes(archive)], description=description,
        ready_checks={"store": ground.store.ping}, lifespan=committing, metrics=ground.metrics, clock=ground.clock,
        ids=ground.ids, before_acts=ground.committer.between_turns,
    )


def serve_api(app: FastAPI, ground: Foundation) -> None:
    """Serve until told to stop."""
    _begin(ground, "api")
    serve(app, ground.settings)


def run_worker(worker: Worker, ground: Foundation) -> None:
    """Work until told to stop, with health pages beside."""
    _begin(ground, "worker")

    async def run() -> None:
        pages = build_worker_app(ground.settings, ready_checks=worker.ready_checks(), metrics=ground.metrics)
        async with served(pages, ground.settings) as port, heard(ground.bell, ground.settings.http_host, port):
            await worker.run()

    uvloop.run(run())


def migrate(ground: Foundation, documents: Iterable[Collection[Any]]) -> None:
    """Create missing collections and indexes; waits for the store, at most `MIGRATE_WAITS_S`."""
    _begin(ground, "migrate")

    async def run() -> int:
        async with asyncio.timeout(MIGRATE_WAITS_S):
            while True:
                try:
                    await ground.store.ping()
                    return await ground.store.prepare(documents)
                except StoreUnavailable as error:
                    _log.info("migrate_waits", error=str(error)[:200])
                    await asyncio.sleep(0.5)

    made = uvloop.run(run())
    _log.info("migrated", collections_made=made)


def _begin(ground: Foundation, role: str) -> None:
    begin_process(ground.settings.log_level, service=ground.service,
                  instance=ground.settings.instance_id or f"{ground.service}-{role}", clock=ground.clock)


async def parked(ground: Foundation, act: str, id: str | None) -> None:
    """Show, retry or drop parked events; `ground` has the service's handlers."""
    lot = ParkingLot(ground.store, ground.committer)
    rows = await lot.parked()
    if act == "list":
        for row in rows:
            behind = "waits" if row.behind else "parked"
            print(f"{row.id}  {behind}  key={row.key}  {format_instant(row.parked_at)}  {row.reason[:120]}")
        print(f"{len(rows)} parked")
        return
    found = next((row for row in rows if row.id == id), None)
    if found is None:
        raise SystemExit(f"{id} is not parked")
    if act == "show":
        print(f"{found.id}\nkey: {found.key}\nreason: {found.reason}\n{found.value.decode(errors='replace')}")
        return
    await ground.committer.start()
    try:
        done = await lot.retry(found.id) if act == "retry" else [found.id]
        if act == "drop":
            await lot.drop(found.id)
    finally:
        await ground.committer.stop()
    print(f"{'handled' if act == 'retry' else 'dropped'}: {', '.join(done)}")


Roles = Mapping[str, Callable[[], None]]


def run_command(service: str, roles: Roles, parking: Callable[[], Foundation] | None = None) -> int:
    """Run what the command line names; returns the exit code."""
    parser = argparse.ArgumentParser(prog=f"python -m services.{service}")
    commands = parser.add_subparsers(dest="command", required=True)
    for role in roles:
        commands.add_parser(role)
    if parking is not None:
        acts = commands.add_parser("parked", help="events that wait for a person")
        acts.add_argument("act", choices=["list", "show", "retry", "drop"])
        acts.add_argument("id", nargs="?")
    given = parser.parse_args()
    if given.command == "parked" and parking is not None:
        if (given.act == "list") != (given.id is None):
            parser.error("list takes no ID; show, retry and drop take one")
        return _answer_for(parked(parking(), given.act, given.id))
    roles[given.command]()
    return 0


def _answer_for(work: Awaitable[None]) -> int:
    async def run() -> None:
        await work

    try:
        uvloop.run(run())
    except StoreUnavailable as error:
        print(f"the store does not answer: {error}", file=sys.stderr)
        return 1
    return 0
