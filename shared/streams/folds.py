"""One partition's fold: raw records in; state changes, outputs and answers out. Must never do I/O.

The same fold runs under Faust, in the rebuild command and in tests, so that all three end in the same state.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Generic

from shared.events.catalogue import BY_TOPIC, PARKED_ANSWERS_TOPIC
from shared.events.codec import UndecodableEvent, decode
from shared.streams.parking import (
    STATE_PREFIX,
    Parked,
    RawRecord,
    clock_of_broken,
    decode_answer,
    decode_parked,
    encode_parked,
)
from shared.streams.processors import Announcement, Handled, Index, Kept, Processor, Record


@dataclass(slots=True)
class Folded:
    """What must leave the process for the records folded so far, in this order.

    Outputs and parked records; changes of state; removals of state records, whose content the changes took over, so
    that a crash between the two loses nothing; answers. `handled` and `repeated` count records per topic, for metrics.
    """

    outputs: list[Announcement] = field(default_factory=list)
    parked: list[tuple[RawRecord, bytes]] = field(default_factory=list)
    changes: dict[str, bytes] = field(default_factory=dict)
    removals: list[str] = field(default_factory=list)
    answers: list[Announcement] = field(default_factory=list)
    handled: Counter[str] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)


class PartitionFold(Generic[Kept, Index]):
    """The state of one partition, and how records change it. It is the processor's `StateView`."""

    def __init__(self, processor: Processor[Kept, Index], partition: int) -> None:
        self._processor = processor
        self._partition = partition
        self._records: dict[str, Kept] = {}
        self._index = processor.new_index()
        self._parked: dict[tuple[str, bytes | None], dict[int, Parked]] = {}
        self._changed: dict[str, bool] = {}
        """Keys that changed since the last `take`, and whether they are stored from before."""
        self._folded = Folded()

    @property
    def partition(self) -> int:
        """The partition whose records are folded here."""
        return self._partition

    @property
    def index(self) -> Index:
        """Sums and heaps over the state records."""
        return self._index

    @property
    def records(self) -> dict[str, Kept]:
        """The state records by key; to be read only."""
        return self._records

    @property
    def parked(self) -> list[Parked]:
        """Everything that is parked, in the order of its arrival per topic and key."""
        return [parked for place in self._parked.values() for _, parked in sorted(place.items())]

    def get(self, key: str) -> Kept | None:
        """Return the state record of `key`."""
        return self._records.get(key)

    def blocked(self, clock: str) -> tuple[str, ...]:
        """Name the parked records that belong, or may belong, to `clock`."""
        if not self._parked:
            return ()
        return tuple(parked.title for parked in self.parked if not parked.waits and parked.clock in (None, clock))

    def restore(self, key: str, raw: bytes | None) -> None:
        """Take one changelog record; `restored` must follow the last one."""
        if key.startswith(STATE_PREFIX):
            self._restore_parked(key, raw)
        elif raw is None:
            self._records.pop(key, None)
        else:
            found = self._processor.decode(raw)
            known = self._records.get(key)
            if known is None or not self._processor.goes_back(known, found):
                self._records[key] = found

    def restored(self) -> None:
        """Derive the index again, from the records; forget those that a crash left behind between two writes."""
        outdated = [key for key, kept in self._records.items() if self._processor.is_outdated(key, kept, self.get)]
        for key in outdated:
            del self._records[key]
            self._changed[key] = True
        self._index = self._processor.new_index()
        for key, kept in self._records.items():
            self._index.replace(key, None, kept)

    def fold(self, record: RawRecord) -> None:
        """Count one record, or park it; `take` gives what follows from it."""
        if record.topic == PARKED_ANSWERS_TOPIC:
            self._hear(record.value)
            return
        place = self._parked.get((record.topic, record.key))
        if place:
            already = place.get(record.offset)
            self._park(already or Parked(record, f"waits behind offset {min(place)}", waits=True,
                                         clock=clock_of_broken(record.value)))
            return
        parked = self._try(record)
        if parked is not None:
            self._park(parked)

    def _hear(self, raw: bytes | None) -> None:
        try:
            answer = decode_answer(raw)
        except (ValueError, KeyError, TypeError):
            return   # nobody waits for an answer that says nothing
        if answer.processor == self._processor.name:
            self._try_again(answer.topic, answer.key, answer.drop)

    def _try_again(self, topic: str, key: bytes | None, drop: int | None) -> None:
        """Try the parked records of a place again, in order, until one fails again; `drop` is forgotten before."""
        place = self._parked.get((topic, key), {})
        if drop is not None and place.pop(drop, None) is not None:
            self._folded.removals.append(f"{STATE_PREFIX}{topic}/{drop}")
        for offset, waiting in sorted(place.items()):
            failed = self._try(waiting.record)
            if failed is not None:
                self._park(failed)
                return
            del place[offset]
            self._folded.removals.append(waiting.state_key)
        self._parked.pop((topic, key), None)

    def take(self) -> Folded:
        """Return what must leave the process, and begin anew."""
        folded, self._folded = self._folded, Folded()
        for key, is_stored in self._changed.items():
            kept = self._records.get(key)
            if kept is not None:
                folded.changes[key] = self._processor.encode(kept)
            elif is_stored:
                folded.removals.append(key)
        self._changed.clear()
        return folded

    def _try(self, record: RawRecord) -> Parked | None:
        try:
            event = decode(record.topic, record.value)
        except UndecodableEvent as error:
            return Parked(record, f"undecodable: {error}", waits=False, clock=clock_of_broken(record.value))
        key = "" if record.key is None else record.key.decode("utf-8", "replace")
        try:
            handled = self._processor.handle(Record(record.topic, record.partition, key, event), self)
        except Exception as error:
            self.restored()  # a heap may have been read half-way
            return Parked(record, f"unhandled: {type(error).__name__}: {error}", waits=False, clock=event.clock)
        self._apply(handled)
        (self._folded.repeated if handled.repeat else self._folded.handled)[record.topic] += 1
        return None

    def _apply(self, handled: Handled[Kept]) -> None:
        for key, kept in handled.changes.items():
            old = self._records.get(key)
            if kept is None:
                self._records.pop(key, None)
            else:
                self._records[key] = kept
            self._changed.setdefault(key, old is not None)
            self._index.replace(key, old, kept)
        self._folded.outputs.extend(handled.outputs)
        self._folded.answers.extend(handled.answers)

    def _park(self, parked: Parked) -> None:
        written = encode_parked(self._processor.name, parked)
        self._folded.parked.append((parked.record, written))
        if BY_TOPIC[parked.record.topic].counted:  # a broken tick must not hold back the next one
            self._folded.changes[parked.state_key] = written
            self._parked.setdefault(parked.place, {})[parked.record.offset] = parked

    def _restore_parked(self, key: str, raw: bytes | None) -> None:
        if raw is not None:
            parked = decode_parked(raw)
            self._parked.setdefault(parked.place, {})[parked.record.offset] = parked
            return
        topic, offset = key.removeprefix(STATE_PREFIX).rsplit("/", 1)
        for place, held in list(self._parked.items()):
            if place[0] == topic and held.pop(int(offset), None) is not None and not held:
                del self._parked[place]
