"""Parked records: what could not be decoded or handled, and what waits behind it. Must never drop or reorder a record.

A parked record goes to the topic `parked` as it came; the later records of its key on its topic follow it there, marked
as waiting, until an operator's answer arrives. Kafka's place of a record (topic, partition, offset) is the identity of
a parked one: bytes that cannot be read have no version of their own.
"""

import base64
from dataclasses import dataclass

import orjson

STATE_PREFIX = "parked/"
"""State keys that begin so belong to the loop, not to the processor."""


@dataclass(frozen=True, slots=True)
class RawRecord:
    """A record as Kafka gave it; `topic` without the prefix of the installation."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Parked:
    """Why a record is parked; `waits` where nothing is wrong with it but an earlier one of its key."""

    record: RawRecord
    reason: str
    waits: bool
    clock: str | None
    """The clock it belongs to, where even broken bytes tell; None stands for every clock."""

    @property
    def state_key(self) -> str:
        """Under which the loop remembers it."""
        return f"{STATE_PREFIX}{self.record.topic}/{self.record.offset}"

    @property
    def place(self) -> tuple[str, bytes | None]:
        """What later records must match to wait behind it."""
        return self.record.topic, self.record.key

    @property
    def id(self) -> str:
        """How an operator names it."""
        return f"{self.record.topic}:{self.record.partition}:{self.record.offset}"

    @property
    def title(self) -> str:
        """One line for reports and operators."""
        return f"{self.record.topic}[{self.record.partition}]@{self.record.offset}: {self.reason}"


@dataclass(frozen=True, slots=True)
class ParkedAnswer:
    """What an operator decided: try the records parked for a key of a topic again, perhaps without the one dropped."""

    processor: str
    topic: str
    key: bytes | None
    drop: int | None


def encode_answer(answer: ParkedAnswer) -> bytes:
    """Write an answer for the topic `parked.answered`."""
    return orjson.dumps({"processor": answer.processor, "topic": answer.topic, "key": _written(answer.key),
                         "drop": answer.drop})


def decode_answer(raw: bytes | None) -> ParkedAnswer:
    """Read what `encode_answer` wrote; ValueError, KeyError or TypeError where it is something else."""
    found = orjson.loads(raw or b"")
    return ParkedAnswer(found["processor"], found["topic"], _read(found["key"]), found["drop"])


def clock_of_broken(value: bytes | None) -> str | None:
    """Return the clock that `value` names, if it is JSON enough to name one."""
    try:
        found = orjson.loads(value or b"")
        clock = found.get("testclock") or ("live" if found.get("livemode") is True else None)
    except (orjson.JSONDecodeError, AttributeError):
        return None
    return clock if isinstance(clock, str) else None


def encode_parked(processor: str, parked: Parked) -> bytes:
    """Write a parked record: for the topic `parked`, and for the state."""
    record = parked.record
    return orjson.dumps({
        "processor": processor, "topic": record.topic, "partition": record.partition, "offset": record.offset,
        "key": _written(record.key), "reason": parked.reason, "waits": parked.waits, "clock": parked.clock,
        "raw": _written(record.value),
    })


def decode_parked(raw: bytes) -> Parked:
    """Read what `encode_parked` wrote."""
    found = orjson.loads(raw)
    record = RawRecord(found["topic"], found["partition"], found["offset"], _read(found["key"]), _read(found["raw"]))
    return Parked(record, found["reason"], found["waits"], found["clock"])


def _written(value: bytes | None) -> str | None:
    return None if value is None else base64.b64encode(value).decode()


def _read(value: str | None) -> bytes | None:
    return None if value is None else base64.b64decode(value)
