"""Counts what was written and committed, per collection and kind: a benchmark replays it to find the store's ceiling.

Must never cost more than an addition per write: the mean size of documents comes from a sample.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

import bson
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from shared.persistence.collections import Document
from shared.persistence.store import Write

SAMPLE_EVERY = 64

Kind = tuple[str, str, str]
"""Database, collection, and what was done: insert, replace, replace_read, save, delete, delete_range."""


class Written(Collector):
    """The counts of one process, whichever databases it writes."""

    def __init__(self) -> None:
        self.writes: Counter[Kind] = Counter()
        self.sampled: Counter[Kind] = Counter()
        self.sampled_bytes: Counter[Kind] = Counter()

    def note(self, database: str, writes: Iterable[Write], *, read: Collection[tuple[str, str]] = ()) -> None:
        """Count what was committed; what the transaction had `read` was replaced by its id alone, a cheaper write."""
        for write in writes:
            replaced_read = write.kind == "replace" and (write.collection, write.id) in read
            self._note((database, write.collection, "replace_read" if replaced_read else write.kind), write.document)

    def note_inserts(self, database: str, collection: str, documents: Sequence[Document]) -> None:
        """Count inserts outside of a transaction."""
        for document in documents:
            self._note((database, collection, "insert"), document)

    def note_range(self, database: str, collection: str) -> None:
        """Count one deletion of a range."""
        self._note((database, collection, "delete_range"), None)

    def _note(self, kind: Kind, document: Document | None) -> None:
        self.writes[kind] += 1
        if document is not None and self.writes[kind] % SAMPLE_EVERY == 1:
            self.sampled[kind] += 1
            self.sampled_bytes[kind] += len(bson.encode(document))

    def collect(self) -> Iterable[Metric]:
        """Return the counts for the metrics page."""
        labels = ("database", "collection", "kind")
        for name, meaning, counts in (
            ("holdfast_store_writes", "Writes that were committed.", self.writes),
            ("holdfast_store_sampled_documents", "Written documents whose size was taken.", self.sampled),
            ("holdfast_store_sampled_bytes", "Their bytes.", self.sampled_bytes),
        ):
            family = CounterMetricFamily(name, meaning, labels=labels)
            for kind, count in counts.items():
                family.add_metric(kind, count)
            yield family
