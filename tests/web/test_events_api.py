"""A service's events over HTTP: the published bytes, in order, and only what the caller may see."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from starlette.testclient import TestClient

from shared.kernel.instants import Instant, format_instant
from shared.settings import ServiceSettings
from shared.web.app import build_app
from shared.web.dev_issuer import DevIssuer
from shared.web.events_api import EventFilter, event_routes

START = datetime(2026, 2, 23, tzinfo=UTC)


@dataclass(frozen=True)
class Kept:
    """An archived event."""

    id: str
    topic: str
    key: str
    contract_id: str | None
    clock: str
    time: Instant
    value: bytes


@dataclass
class ListArchive:
    """The port, over a list."""

    events: list[Kept] = field(default_factory=list)
    redelivered: list[tuple[str, str | None]] = field(default_factory=list)

    def add(self, id: str, /, topic: str, key: str, minute: int, **resource: str) -> None:
        value = orjson.dumps({"id": id, "type": f"billing.{topic}.v1", "data": {"object": resource}})
        contract = resource.get("contract_id")
        self.events.append(Kept(id, topic, key, contract, "live", START + timedelta(minutes=minute), value))

    async def page(self, wanted: EventFilter, after: tuple[Instant, str] | None, limit: int) -> list[Kept]:
        fits = [
            event for event in sorted(self.events, key=lambda event: (event.time, event.id))
            if wanted.contract_id in (None, event.contract_id) and wanted.key in (None, event.key)
            and wanted.topic in (None, event.topic) and wanted.clock in (None, event.clock)
            and (after is None or (event.time, event.id) > after)
            and (wanted.since is None or wanted.since <= event.time)
            and (wanted.until is None or event.time < wanted.until)
        ]
        return fits[:limit]

    async def redeliver(self, topic: str, clock: str | None) -> int:
        self.redelivered.append((topic, clock))
        return sum(1 for event in self.events if event.topic == topic)


def minute(number: int) -> str:
    return format_instant(START + timedelta(minutes=number))


@pytest.fixture(name="archive")
def _archive() -> ListArchive:
    archive = ListArchive()
    archive.add("evt_1", "party.registered", "cl_1", 0, id="cl_1")
    archive.add("evt_2", "contract.offered", "fr_1", 1, contract_id="ct_1", client_id="cl_1", freelancer_id="fr_1")
    archive.add("evt_3", "invoice.paid", "fr_1", 2, contract_id="ct_1", client_id="cl_1", freelancer_id="fr_1")
    archive.add("evt_4", "invoice.paid", "fr_2", 2, contract_id="ct_2", client_id="cl_2", freelancer_id="fr_2")
    archive.add("evt_5", "invoice.paid", "fr_1", 3, contract_id="ct_3", client_id="cl_2", freelancer_id="fr_1")
    return archive


@pytest.fixture(name="issuer")
def _issuer(tmp_path: Path) -> DevIssuer:
    return DevIssuer.load_or_create(tmp_path)


@pytest.fixture(name="client")
def _client(archive: ListArchive, issuer: DevIssuer) -> Iterator[TestClient]:
    settings = ServiceSettings(auth_jwks_file=issuer.jwks_file)
    with TestClient(build_app("events", settings, [event_routes(archive)])) as client:
        yield client


def read(client: TestClient, issuer: DevIssuer, subject: str, role: str, **query: Any) -> Any:
    token = issuer.token(subject, role)
    return client.get("/v1/events", params=query, headers={"Authorization": f"Bearer {token}"})


def ids(response: Any) -> list[str]:
    assert response.status_code == 200, response.text
    return [event["id"] for event in response.json()["items"]]


@pytest.mark.parametrize(("subject", "role", "query", "expected"), [
    ("op_1", "operator", {}, ["evt_1", "evt_2", "evt_3", "evt_4", "evt_5"]),
    ("op_1", "operator", {"type": "invoice.paid"}, ["evt_3", "evt_4", "evt_5"]),
    ("op_1", "operator", {"type": "billing.invoice.paid.v1", "key": "fr_2"}, ["evt_4"]),
    ("op_1", "operator", {"contract_id": "ct_1"}, ["evt_2", "evt_3"]),
    ("op_1", "operator", {"test_clock": "clk_1"}, []),
    ("op_1", "operator", {"from": minute(2), "until": minute(3)}, ["evt_3", "evt_4"]),
    ("op_1", "operator", {"from": minute(3)}, ["evt_5"]),
    ("cl_1", "client", {}, ["evt_1"]),
    ("cl_1", "client", {"contract_id": "ct_1"}, ["evt_2", "evt_3"]),
    ("cl_1", "client", {"contract_id": "ct_2"}, []),
    ("cl_2", "client", {"key": "fr_1"}, ["evt_5"]),
    ("fr_1", "freelancer", {}, ["evt_2", "evt_3", "evt_5"]),
    ("fr_1", "freelancer", {"contract_id": "ct_2"}, []),
    ("fr_2", "freelancer", {"key": "fr_1"}, []),
    ("me_1", "mediator", {}, []),
])
def test_each_sees_its_own(
    client: TestClient, issuer: DevIssuer, subject: str, role: str, query: dict[str, str], expected: list[str]
) -> None:
    assert ids(read(client, issuer, subject, role, **query)) == expected


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_give_out_everything_once(client: TestClient, issuer: DevIssuer, limit: int) -> None:
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        answer = read(client, issuer, "fr_1", "freelancer", limit=limit, **cursor)
        seen += ids(answer)
        if answer.json()["next_cursor"] is None:
            break
        cursor = {"cursor": answer.json()["next_cursor"]}
    assert seen == ["evt_2", "evt_3", "evt_5"]


def test_a_long_stretch_of_foreign_events_is_crossed_page_by_page(
    client: TestClient, issuer: DevIssuer, archive: ListArchive
) -> None:
    archive.events.clear()
    for number in range(40):
        archive.add(f"evt_{number:02}", "invoice.paid", "fr_9", number, client_id="cl_9")
    archive.add("evt_mine", "invoice.paid", "fr_9", 99, client_id="cl_1")
    cursor: dict[str, str] = {}
    requests = 0
    seen: list[str] = []
    while not seen:
        answer = read(client, issuer, "cl_1", "client", key="fr_9", limit=2, **cursor)
        seen, requests = ids(answer), requests + 1
        cursor = {"cursor": answer.json()["next_cursor"] or ""}
    assert seen == ["evt_mine"]
    assert requests > 1


def test_the_bytes_are_the_published_ones(client: TestClient, issuer: DevIssuer, archive: ListArchive) -> None:
    assert archive.events[0].value in read(client, issuer, "cl_1", "client").content


@pytest.mark.parametrize("query", [
    {"limit": 0}, {"limit": 201}, {"limit": "x"}, {"cursor": "?"}, {"cursor": "AAAA"}, {"cursor": "WyJhIl0"},
    {"cursor": "WyJhIiwiYiJd"}, {"cursor": "x" * 600}, {"type": "no.such"}, {"key": "x" * 101}, {"cursor": ""},
])
def test_wrong_queries_are_refused(client: TestClient, issuer: DevIssuer, query: dict[str, Any]) -> None:
    refused = read(client, issuer, "op_1", "operator", **query)
    assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json")


def test_only_operators_redeliver(client: TestClient, issuer: DevIssuer, archive: ListArchive) -> None:
    def ask(role: str, **body: Any) -> Any:
        headers = {"Authorization": f"Bearer {issuer.token('x_1', role)}"}
        return client.post("/v1/events/redeliver", json=body, headers=headers)

    assert ask("client", topic="invoice.paid").json()["code"] == "ROLE"
    assert ask("operator", topic="no.such").status_code == 422
    assert ask("operator", topic="invoice.paid", test_clock="'").status_code == 422
    assert archive.redelivered == []
    answer = ask("operator", topic="invoice.paid", test_clock="clk_1")
    assert (answer.status_code, answer.json()) == (202, {"topic": "invoice.paid", "events": 3})
    assert archive.redelivered == [("invoice.paid", "clk_1")]
