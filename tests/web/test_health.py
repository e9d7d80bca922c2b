"""Health: alive without anybody, ready only with everybody, and the answer says who is missing."""

import asyncio
import socket
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.testclient import TestClient

from shared.observability.metrics import Metrics
from shared.settings import ServiceSettings
from shared.web.app import build_app, build_worker_app, served
from shared.web.health import missing_dependencies


async def answers() -> None:
    return None


async def is_away() -> None:
    raise ConnectionError("connection refused: 127.0.0.1:27117\nsecond line")


async def hangs() -> None:
    await asyncio.Event().wait()


def test_a_process_without_its_servers_is_alive_but_not_ready() -> None:
    metrics = Metrics()
    app = build_worker_app(ServiceSettings(), ready_checks={"kafka": answers, "store": is_away}, metrics=metrics)
    with TestClient(app) as client:
        assert client.get("/livez").json() == {"status": "alive"}
        readiness = client.get("/readyz")
        assert readiness.status_code == 503
        assert readiness.json() == {"status": "waiting", "missing": [
            {"dependency": "store", "why": "connection refused: 127.0.0.1:27117"}]}
        shown = client.get("/metrics").text
        assert 'holdfast_process_ready{dependency="store"} 0.0' in shown
        assert client.get("/nothing").json()["code"] == "NOT_FOUND"
    assert metrics.value("holdfast_process_ready", "kafka") == 1


async def test_a_dependency_that_hangs_is_missing() -> None:
    missing = await missing_dependencies({"kafka": hangs, "store": answers}, timeout_s=0.01)
    assert missing == {"kafka": "no answer within 0.01 s"}


def test_an_api_without_keys_is_not_ready() -> None:
    with TestClient(build_app("x", ServiceSettings(), [], ready_checks={"store": answers})) as client:
        missing = client.get("/readyz").json()["missing"]
        assert [item["dependency"] for item in missing] == ["identity"]


async def test_health_is_served_beside_other_work() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    metrics = Metrics()
    app = build_worker_app(ServiceSettings(), ready_checks={"store": answers}, metrics=metrics)
    async with served(app, ServiceSettings(http_port=port)) as actual:
        assert actual == port
        answer = await asyncio.to_thread(urllib.request.urlopen, f"http://127.0.0.1:{port}/readyz")
        with answer:
            assert answer.status == 200


def test_the_lifespan_is_entered_and_left() -> None:
    steps: list[str] = []

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        steps.append("in")
        yield
        steps.append("out")

    with TestClient(build_app("x", ServiceSettings(), [], lifespan=lifespan)):
        assert steps == ["in"]
    assert steps == ["in", "out"]
