"""Bytes to events and back, with the CloudEvents headers. Must never change a published event's bytes."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from shared.events.catalogue import BY_TOPIC, LIVE, envelope_of
from shared.events.envelope import Envelope
from shared.kernel.instants import Instant

REDELIVERY_HEADER = "redelivery"
"""Set, to the id of the redelivery, on events that were published again on request."""


class UndecodableEvent(ValueError):
    """The bytes are not an event of their topic: to be parked."""


def encode(envelope: Envelope[Any]) -> bytes:
    """Write structured JSON."""
    return envelope.model_dump_json(exclude_none=False).encode()


def decode(topic: str, raw: bytes | None) -> Envelope[BaseModel]:
    """Read the event of `topic` from `raw`; UndecodableEvent names the first fault."""
    if topic not in BY_TOPIC:
        raise UndecodableEvent(f"no event is published on {topic}")
    if raw is None:
        raise UndecodableEvent("the record has no value")
    try:
        return envelope_of(topic).model_validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise UndecodableEvent(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def enveloped(
    topic: str, payload: BaseModel, *, source: str, key: str, subject: str, id: str, time: Instant, cause: str,
    clock: str = LIVE, sequence: int = 0,
) -> Envelope[Any]:
    """Wrap a payload of the clock's own topics, which no outbox numbers."""
    event = BY_TOPIC[topic]
    return envelope_of(topic)(
        id=id, source=f"/billing/{source}", type=event.type, subject=subject, time=time, dataschema=event.dataschema,
        partitionkey=key, sequence=sequence, causationid=cause, correlationid=cause, livemode=clock == LIVE,
        testclock=None if clock == LIVE else clock, data=payload)


def headers_of(topic: str, event_id: str, redelivery: str | None = None) -> list[tuple[str, bytes]]:
    """Mirror the attributes that routers want, as `ce_*` headers."""
    event = BY_TOPIC[topic]
    headers = [
        ("ce_specversion", b"1.0"), ("ce_id", event_id.encode()), ("ce_type", event.type.encode()),
        ("ce_source", f"/billing/{event.owner}".encode()), ("content-type", b"application/cloudevents+json"),
    ]
    return headers if redelivery is None else [*headers, (REDELIVERY_HEADER, redelivery.encode())]


def redelivery_of(headers: Sequence[tuple[str, bytes]]) -> str | None:
    """Return the redelivery's id where the record is one."""
    return next((value.decode() for name, value in headers if name == REDELIVERY_HEADER), None)
