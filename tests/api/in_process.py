"""The APIs of all services in this process, over a real store, with events carried by hand instead of by Kafka.

What it leaves out: Kafka, the stream processors, live timers and test clocks. It exists for tests of wrong input: they
need states to protect, and fast answers. Must never be used to prove the story of the money.
"""

import asyncio
import hashlib
import importlib
import os
import threading
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import bson
import httpx2

from shared.events.catalogue import BY_TOPIC, LIVE, SERVICES
from shared.events.codec import decode
from shared.kernel.instants import Instant
from shared.persistence.mongo import MongoStore
from shared.persistence.records import ARCHIVE, CLOCKS, OUTBOX, TECHNICAL, ClockRow
from shared.persistence.unit import Unit
from shared.running import Foundation
from shared.settings import ServiceSettings
from shared.testing.environments import environment
from shared.web.app import served
from shared.web.dev_issuer import DevIssuer

T = TypeVar("T")
_TECHNICAL = {collection.name for collection in TECHNICAL}
OPERATOR = ("op_tests", "operator")


@dataclass
class InProcessSuite:
    """Running APIs by service name, and tokens for their callers."""

    issuer: DevIssuer
    loop: asyncio.AbstractEventLoop
    grounds: dict[str, Foundation] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    client: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=30))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` where the services run."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def url(self, service: str) -> str:
        """Where the service's API is."""
        return f"http://127.0.0.1:{self.ports[service]}"

    def headers(self, caller: tuple[str, str]) -> dict[str, str]:
        """The headers of a caller (subject, role)."""
        return {"Authorization": f"Bearer {self.issuer.token(*caller)}"}

    def ask(
        self, service: str, method: str, path: str, caller: tuple[str, str] | None, **sent: Any
    ) -> httpx2.Response:
        """Send one request."""
        headers = {**(self.headers(caller) if caller is not None else {}), **sent.pop("headers", {})}
        return self.client.request(method, self.url(service) + path, headers=headers, **sent)

    def act(self, service: str, method: str, path: str, caller: tuple[str, str], **body: Any) -> dict[str, Any]:
        """Do what must succeed, then let everybody hear of it; returns the answer."""
        answer = self.ask(service, method, path, caller, json=body)
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text}"
        self.settle()
        answered: dict[str, Any] = answer.json() if answer.content else {}
        return answered

    def openapi(self, service: str) -> dict[str, Any]:
        """The service's description of itself."""
        document: dict[str, Any] = self.client.get(self.url(service) + "/openapi.json").json()
        return document

    def settle(self) -> None:
        """Carry every published event to its readers until nothing is left."""
        self.run(_settle(self.grounds))

    def set_clock(self, clock: str, now: Instant) -> None:
        """Let a test clock stand at `now` everywhere; nothing that is due on the way happens."""
        for ground in self.grounds.values():
            self.run(ground.committer.run(_set_clock, (clock, now), clock=LIVE))

    def state(self, service: str) -> str:
        """A hash over every document of the service's database but the technical ones."""
        return self.run(_state(self.grounds[service]))


async def _set_clock(unit: Unit, command: tuple[str, Instant]) -> None:
    clock, now = command
    row = await unit.get(CLOCKS, clock) or ClockRow(id=clock)
    unit.put(CLOCKS, replace(row, now=now, advancing=False))


async def _settle(grounds: dict[str, Foundation]) -> None:
    carried = True
    while carried:
        carried = False
        for ground in grounds.values():
            for row in await ground.store.find(OUTBOX.name, {}, sort="_id"):
                carried = True
                for event in row["events"]:
                    await _carry(grounds, ground, event)
                await ground.store.delete_range(OUTBOX.name, row["_id"], row["_id"])


async def _carry(grounds: dict[str, Foundation], owner: Foundation, event: dict[str, Any]) -> None:
    envelope = decode(event["topic"], event["value"])
    for reader in BY_TOPIC[event["topic"]].readers:
        if reader in grounds and BY_TOPIC[event["topic"]].counted:
            await grounds[reader].committer.handle(event["topic"], envelope)
    kept = {"_id": event["id"], **{name: event[name] for name in (
        "topic", "key", "contract_id", "clock", "time", "sequence", "value")}}
    await owner.store.insert_new(ARCHIVE.name, [kept])


def _database(ground: Foundation) -> Any:
    if not isinstance(ground.store, MongoStore):
        raise TypeError("this suite runs over a real store")
    return ground.store.database


async def _state(ground: Foundation) -> str:
    digest, database = hashlib.sha256(), _database(ground)
    for name in sorted(await database.list_collection_names()):
        if name in _TECHNICAL or name.startswith("system."):
            continue
        for document in sorted(await ground.store.find(name, {}), key=lambda found: str(found["_id"])):
            digest.update(name.encode() + bson.encode(document))
    return digest.hexdigest()


@contextmanager
def in_process_suite(mongodb_uri: str, home: Path) -> Iterator[InProcessSuite]:
    """Serve every service's API until the block is left."""
    issuer = DevIssuer.load_or_create(home)
    settings = {
        "MONGODB_URI": mongodb_uri, "DATABASE_PREFIX": f"api_{os.getpid()}_", "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "AUTH_JWKS_FILE": str(issuer.jwks_file), "TEST_CLOCKS_ENABLED": "true", "HTTP_PORT": "0",
        "STATE_DIR": str(home / "state"), "LOG_LEVEL": "error",
    }
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="in-process suite", daemon=True)
    thread.start()
    suite, stack = InProcessSuite(issuer, loop), AsyncExitStack()
    try:
        with environment(settings):   # Read while the services are built, and by nobody who comes later.
            suite.run(_serve(suite, stack))
        yield suite
    finally:
        suite.run(_end(suite, stack))
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


async def _serve(suite: InProcessSuite, stack: AsyncExitStack) -> None:
    for service in SERVICES:
        main = importlib.import_module(f"services.{service}.main")
        documents = importlib.import_module(f"services.{service}.adapters.documents")
        ground: Foundation = main.foundation("api")
        suite.grounds[service] = ground
        await ground.store.prepare(documents.DOCUMENTS)
        suite.ports[service] = await stack.enter_async_context(
            served(main.build_api(ground), ServiceSettings(http_port=0)))


async def _end(suite: InProcessSuite, stack: AsyncExitStack) -> None:
    await stack.aclose()
    for ground in suite.grounds.values():
        database = _database(ground)
        await database.client.drop_database(database.name)
