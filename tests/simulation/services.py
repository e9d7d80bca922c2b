"""Every service as its own composition root builds it, on links to stores and a log in memory. Must never fake a part.

The only thing put in another's place is what stands outside: machine time, ids, MongoDB and Kafka.
"""

import asyncio
import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import httpx

from shared.messaging.bell import Bell
from shared.observability.clock import Clock
from shared.observability.metrics import Metrics
from shared.persistence.group_commit import Committer
from shared.persistence.reading import StoreReading
from shared.running import Foundation
from tests.simulation.lives import Life
from tests.simulation.logs import Broker, LogLink
from tests.simulation.stores import StoreLink, WatchedStore
from tests.simulation.weather import SeededIds


@dataclass(slots=True)
class Ground:
    """What all processes stand on."""

    clock: Clock
    ids: SeededIds
    broker: Broker
    stores: dict[str, WatchedStore] = field(default_factory=dict)

    def store(self, name: str) -> WatchedStore:
        """Return a database, made when it is first asked for."""
        return self.stores.setdefault(name, WatchedStore())


@cache
def _template(service: str, role: str) -> Foundation:
    foundation: Foundation = importlib.import_module(f"services.{service}.main").foundation(role)
    return foundation


async def migrate(ground: Ground, service: str) -> None:
    """Do what the service's `migrate` command does."""
    documents = importlib.import_module(f"services.{service}.adapters.documents").DOCUMENTS
    await ground.store(service).prepare(documents)


def foundation_of(ground: Ground, service: str, role: str, life: Life) -> Foundation:
    """Return what one life of a process stands on."""
    template = _template(service, role)
    store, metrics, bell = StoreLink(ground.store(service), life), Metrics(), Bell()
    committer = Committer(
        store, service=service, lane=f"{service}-{role}", clock=ground.clock, ids=ground.ids,
        handlers=template.committer.handlers, dues=template.committer.dues, metrics=metrics,
        announce=bell.ring)   # An api's ring reaches nobody: the relay looks by itself.
    return replace(
        template, clock=ground.clock, ids=ground.ids, metrics=metrics, store=store,
        reading=StoreReading(store, ground.clock), committer=committer, bell=bell,
        log=LogLink(ground.broker, life),
        open_store=lambda name: StoreLink(ground.store(name), life))


def worker_of(ground: Ground, service: str) -> Callable[[Life], Any]:
    """Return the work of a service's worker."""
    async def work(life: Life) -> None:
        main = importlib.import_module(f"services.{service}.main")
        await main.build_worker(foundation_of(ground, service, "worker", life)).run()

    return work


@dataclass(slots=True)
class Apis:
    """The APIs that are up, by service."""

    ground: Ground
    up: dict[str, tuple[Life, Any]] = field(default_factory=dict)

    def work(self, service: str) -> Callable[[Life], Any]:
        """Return the work of a service's API."""
        async def work(life: Life) -> None:
            main = importlib.import_module(f"services.{service}.main")
            app = main.build_api(foundation_of(self.ground, service, "api", life))
            async with app.router.lifespan_context(app):
                self.up[service] = (life, app)
                try:
                    await asyncio.Event().wait()
                finally:
                    if self.up.get(service) == (life, app):
                        del self.up[service]

        return work


class Wire(httpx.AsyncBaseTransport):
    """The callers' network: requests and answers take time and get lost, and a server may die while it answers."""

    def __init__(self, apis: Apis, hosts: Mapping[str, str]) -> None:
        self._apis, self._hosts = apis, hosts

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Let the service that listens at the host answer."""
        service = self._hosts[request.url.host]
        if service not in self._apis.up:
            raise httpx.ConnectError(f"{service} is down", request=request)
        life, app = self._apis.up[service]
        answering = asyncio.get_running_loop().create_task(
            self._answer(life, app, request), context=life.context.copy())
        try:
            return await answering
        except asyncio.CancelledError:
            if life.dead:
                raise httpx.ReadError(f"{service} died", request=request) from None
            raise

    async def _answer(self, life: Life, app: Any, request: httpx.Request) -> httpx.Response:
        await life.step()
        response = await httpx.ASGITransport(app).handle_async_request(request)
        body = await response.aread()
        await life.step()
        if life.loses_answer():
            raise httpx.ReadTimeout("the answer was lost", request=request)
        return httpx.Response(response.status_code, headers=response.headers, content=body, request=request)
