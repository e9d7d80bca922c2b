"""Who heard what, how often, and in which order: proof that every reader met repeats and disorder. Must never act."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson

from shared.events.catalogue import BY_TOPIC, EVENTS
from shared.messaging.log import Headers, Outgoing
from shared.testing.memory_log import MemoryRecord


@dataclass(slots=True)
class Heard:
    """What became of one topic at one reader."""

    first: int = 0
    """Events that came for the first time."""
    repeated: int = 0
    """Copies of events that had come before."""
    late: int = 0
    """Events that came after a later one of another topic had come."""
    late_of_key: int = 0
    """The same, where both had the same key."""
    after_sequel: int = 0
    """Events that came after one that they had caused."""

    def add(self, other: "Heard") -> None:
        """Count another run's too."""
        for name in ("first", "repeated", "late", "late_of_key", "after_sequel"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True)
class _Published:
    number: int
    cause: str


@dataclass(slots=True)
class Hearing:
    """Counts per (topic, reader)."""

    pairs: dict[tuple[str, str], Heard] = field(default_factory=dict)
    _events: dict[str, _Published] = field(default_factory=dict)
    _seen: set[tuple[str, str]] = field(default_factory=set)
    _latest: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    """(reader, key or "") → topic → number of the latest event."""
    _sequels: set[tuple[str, str]] = field(default_factory=set)
    """(reader, id of an event whose sequel that reader has heard)."""

    def published(self, record: Outgoing) -> None:
        """Take an event as it is published for the first time."""
        id = _id_of(record.headers)
        if id is not None and id not in self._events:
            self._events[id] = _Published(len(self._events), str(orjson.loads(record.value)["causationid"]))

    def number_of(self, record: MemoryRecord) -> int:
        """Return the place of an event in the order of publication; -1 for what is no event of the suite's."""
        known = self._events.get(_id_of(record.headers) or "")
        return -1 if known is None else known.number

    def heard(self, reader: str, records: Sequence[MemoryRecord]) -> None:
        """Take what a reader was handed, in its order."""
        for record in records:
            event = BY_TOPIC.get(record.topic)
            id = _id_of(record.headers)
            if event is not None and event.counted and id in self._events and id is not None:
                self._note(reader, record, id)

    def add(self, other: "Hearing") -> None:
        """Count another run's too."""
        for pair, heard in other.pairs.items():
            self.pairs.setdefault(pair, Heard()).add(heard)

    def lines(self) -> list[str]:
        """Tell each pair's counts, those of the catalogue that were never heard included."""
        told = []
        for event in (event for event in EVENTS if event.counted):
            for reader in event.readers:
                heard = self.pairs.get((event.topic, reader), Heard())
                told.append(f"{event.topic:26} {reader:11} first {heard.first:5} repeated {heard.repeated:6} late "
                            f"{heard.late:5} of key {heard.late_of_key:5} after sequel {heard.after_sequel:5}")
        return told

    def _note(self, reader: str, record: MemoryRecord, id: str) -> None:
        heard = self.pairs.setdefault((record.topic, reader), Heard())
        if (reader, id) in self._seen:
            heard.repeated += 1
            return
        self._seen.add((reader, id))
        known = self._events[id]
        heard.first += 1
        heard.late += self._is_late(reader, "", record.topic, known.number)
        heard.late_of_key += self._is_late(reader, (record.key or b"").decode(), record.topic, known.number)
        heard.after_sequel += (reader, id) in self._sequels
        self._sequels.add((reader, known.cause))

    def _is_late(self, reader: str, key: str, topic: str, number: int) -> bool:
        latest = self._latest.setdefault((reader, key), {})
        late = any(other != topic and seen > number for other, seen in latest.items())
        latest[topic] = max(latest.get(topic, -1), number)
        return late


def _id_of(headers: Headers) -> str | None:
    return next((value.decode() for name, value in headers if name == "ce_id"), None)
