"""Envelopes of what processors publish. Must never draw an id or an instant from anywhere but the cause."""

from datetime import UTC, datetime, timedelta

from pydantic import BaseModel

from shared.events.catalogue import BY_TOPIC, LIVE, envelope_of
from shared.kernel.ids import derived_id
from shared.kernel.instants import Instant
from shared.streams.processors import Announcement

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def to_ms(value: Instant) -> int:
    """Return whole milliseconds since 1970: how instants are kept in state records and heaps."""
    return (value - _EPOCH) // _MILLISECOND


def from_ms(value_ms: int) -> Instant:
    """Return the instant of `value_ms`."""
    return _EPOCH + value_ms * _MILLISECOND


def announce(
    topic: str, payload: BaseModel, *, key: str, subject: str, sequence: int, clock: str, time: Instant,
    cause: str, correlation: str, identity: tuple[str, ...],
) -> Announcement:
    """Wrap `payload` for `topic`; the event's id follows from `identity` and repeats with it."""
    kind = BY_TOPIC[topic]
    event = envelope_of(topic).model_construct(
        specversion="1.0", datacontenttype="application/json", traceparent=None,
        id=derived_id("evt", topic, *identity), source=f"/billing/{kind.owner}", type=kind.type, subject=subject,
        time=time, dataschema=kind.dataschema, partitionkey=key, sequence=sequence, causationid=cause,
        correlationid=correlation, livemode=clock == LIVE, testclock=None if clock == LIVE else clock, data=payload,
    )
    return Announcement(topic, event)
