"""The write set of one payout, as the suite's own processes counted it. Must never guess: what is not counted is not
replayed."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from tools.bench.measuring import Sample, counted

_UNKNOWN_BYTES = 400
"""Of a document whose size nobody sampled in the window."""


@dataclass(frozen=True, slots=True)
class WriteKind:
    """One kind of write, per settled payout."""

    database: str
    collection: str
    kind: str
    per_payout: float
    mean_bytes: int


def writes_per_payout(
    before: Mapping[str, Mapping[Sample, float]], after: Mapping[str, Mapping[Sample, float]], payouts: int
) -> list[WriteKind]:
    """Return what all processes together wrote and committed between two looks, most frequent first."""
    writes, sampled, sizes = (
        _summed(before, after, f"holdfast_store_{name}_total")
        for name in ("writes", "sampled_documents", "sampled_bytes"))
    kinds = [
        WriteKind(*key, per_payout=count / payouts,
                  mean_bytes=int(sizes[key] / sampled[key]) if sampled[key] else _UNKNOWN_BYTES)
        for key, count in writes.items() if count
    ]
    return sorted(kinds, key=lambda kind: (-kind.per_payout, kind.database, kind.collection, kind.kind))


def _summed(
    before: Mapping[str, Mapping[Sample, float]], after: Mapping[str, Mapping[Sample, float]], name: str
) -> Counter[tuple[str, str, str]]:
    total: Counter[tuple[str, str, str]] = Counter()
    for process, page in after.items():
        for (_, labels), grown in counted(before.get(process, {}), page, name).items():
            named = dict(labels)
            total[(named["database"], named["collection"], named["kind"])] += int(grown)
    return total
