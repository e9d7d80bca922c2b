"""`GET /v1/events` and `POST /v1/events/redeliver`: a service's own events over HTTP, the same bytes as on Kafka.

Operators see everything; a party sees events whose key is its id or whose resource names it. Without a contract or a
key a party reads the events of its own key: for a freelancer that is everything. Must never change an event, and
redelivers only on an operator's word.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from shared.events.catalogue import BY_TOPIC
from shared.kernel.instants import Instant, NaiveInstant, format_instant, parse_instant
from shared.web.auth import Caller, CallerDep, require_role
from shared.web.pages import (
    LIMIT_DEFAULT,
    CursorQuery,
    FromQuery,
    LimitQuery,
    UntilQuery,
    cursor_invalid,
    decode_cursor,
    encode_cursor,
)
from shared.web.problems import WebProblem
from shared.web.schemas import ClockIn, RequestModel

SCAN_PAGES_MAX = 5
"""How many pages one request reads at most while it looks for events that the caller may see."""


class ArchivedEvent(Protocol):
    """An event as it was published."""

    @property
    def id(self) -> str: ...
    @property
    def topic(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def time(self) -> Instant: ...
    @property
    def value(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class EventFilter:
    """What of the archive is asked for; None means any."""

    contract_id: str | None = None
    key: str | None = None
    topic: str | None = None
    clock: str | None = None
    since: Instant | None = None
    until: Instant | None = None


class EventArchive(Protocol):
    """Where a service keeps what it has published."""

    async def page(
        self, wanted: EventFilter, after: tuple[Instant, str] | None, limit: int
    ) -> Sequence[ArchivedEvent]:
        """Return at most `limit` events in the order of (time, id), from behind `after`."""

    async def redeliver(self, topic: str, clock: str | None) -> int:
        """Publish every archived event of `topic` (and `clock`) again; return how many."""


class RedeliverIn(RequestModel):
    """Which events to publish again."""

    topic: str = Field(max_length=100, examples=["invoice.paid"])
    test_clock: ClockIn | None = None


class RedeliverOut(BaseModel):
    """How many events will be published again, with their old ids and bytes."""

    topic: str
    events: int


class EventsOut(BaseModel):
    """A page of CloudEvents, oldest first."""

    items: list[dict[str, Any]]
    next_cursor: str | None


_ShortQuery = Query(max_length=100)


def event_routes(archive: EventArchive) -> APIRouter:
    """Return the routes over one service's archive."""
    routes = APIRouter(prefix="/v1/events", tags=["events"])

    @routes.get("", response_model=None, responses={200: {"model": EventsOut}}, summary="Read this service's events")
    async def list_events(
        caller: CallerDep,
        contract_id: Annotated[str | None, _ShortQuery] = None,
        key: Annotated[str | None, _ShortQuery] = None,
        type: Annotated[str | None, Query(max_length=100, examples=["invoice.paid"])] = None,
        test_clock: Annotated[str | None, _ShortQuery] = None,
        since: FromQuery = None,
        until: UntilQuery = None,
        limit: LimitQuery = LIMIT_DEFAULT,
        cursor: CursorQuery = None,
    ) -> Response:
        """List events in the order of their business time; `type` is a topic or a full CloudEvents type.

        `from` and `until` bound the business time.

        Operators see everything. A party names a contract or a key; with neither it reads the events of its own key.
        """
        if not caller.is_operator and contract_id is None and key is None:
            key = caller.subject   # Nobody reads the whole archive to find a few events in it.
        wanted = EventFilter(contract_id, key, _topic_of(type), test_clock, since, until)
        after = None if cursor is None else _position_of(cursor)
        items, last = await _visible(archive, wanted, after, limit, caller)
        following = None if last is None else encode_cursor(format_instant(last[0]), last[1])
        body = b'{"items":[' + b",".join(items) + b'],"next_cursor":' + orjson.dumps(following) + b"}"
        return Response(body, media_type="application/json")

    @routes.post("/redeliver", response_model=None, status_code=202, responses={202: {"model": RedeliverOut}},
                 summary="Publish events again")
    async def redeliver(body: RedeliverIn, caller: CallerDep) -> Response:
        """Publish every event of a topic again (operator). Ids and bytes stay; readers drop what they know."""
        require_role(caller, "operator")
        if body.topic not in BY_TOPIC:
            raise _unknown_topic("body.topic")
        events = await archive.redeliver(body.topic, body.test_clock)
        return Response(orjson.dumps({"topic": body.topic, "events": events}), 202, media_type="application/json")

    return routes


def _topic_of(type: str | None) -> str | None:
    """Read `invoice.paid` or `billing.invoice.paid.v1`."""
    if type is None or type in BY_TOPIC:
        return type
    topic = type.removeprefix("billing.").rpartition(".v")[0]
    if topic not in BY_TOPIC:
        raise _unknown_topic("query.type")
    return topic


def _unknown_topic(field: str) -> WebProblem:
    wrong = {"field": field, "code": "topic_unknown", "message": "No such event in the catalogue"}
    return WebProblem(422, "VALIDATION", "the request is not valid", errors=[wrong])


def _position_of(cursor: str) -> tuple[Instant, str]:
    time, id = decode_cursor(cursor, parts=2)
    try:
        return parse_instant(time), id
    except (NaiveInstant, ValueError):
        raise cursor_invalid() from None


async def _visible(
    archive: EventArchive, wanted: EventFilter, after: tuple[Instant, str] | None, limit: int, caller: Caller,
) -> tuple[list[bytes], tuple[Instant, str] | None]:
    """Return up to `limit` events that the caller may see, and where to go on (None at the end)."""
    items: list[bytes] = []
    for _ in range(SCAN_PAGES_MAX):
        found = await archive.page(wanted, after, limit + 1)
        for event in found[:limit]:
            if len(items) == limit:
                return items, after
            after = (event.time, event.id)
            if may_see(caller, event):
                items.append(event.value)
        if len(found) <= limit:
            return items, None
        if len(items) == limit:
            break
    return items, after


def may_see(caller: Caller, event: ArchivedEvent) -> bool:
    """Return whether the event is the caller's own."""
    if caller.is_operator or event.key == caller.subject:
        return True
    resource = orjson.loads(event.value).get("data", {}).get("object", {})
    return caller.subject in (resource.get("client_id"), resource.get("freelancer_id"))
