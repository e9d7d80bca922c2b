"""Publishing a whole topic again on every store: nothing left out, each key in its order, however large one key is."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest

from shared.messaging import archive
from shared.messaging.archive import MongoEventArchive
from shared.persistence.collections import Document
from shared.persistence.records import ARCHIVE, OUTBOX
from shared.persistence.store import Store
from shared.testing.clocks import CountingIds
from tests.suites.test_group_commit import make
from tests.suites.test_store import store

__all__ = ["store"]
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def archived(topic: str, key: str, sequence: int, clock: str = "live") -> Document:
    """An event whose time says nothing about its place: later ones are stamped earlier."""
    return {"_id": f"evt_{topic}_{key}_{sequence * 7919 % 1000:04d}", "topic": topic, "key": key, "contract_id": None,
            "clock": clock, "time": NOW - timedelta(seconds=sequence), "sequence": sequence, "value": b"{}"}


@pytest.mark.parametrize("at_once", [3, 7, 500])
@pytest.mark.parametrize("clock", [None, "clk_a"])
async def test_a_topic_comes_again_whole_and_each_key_in_its_order(
    store: Store, monkeypatch: pytest.MonkeyPatch, at_once: int, clock: str | None,
) -> None:
    monkeypatch.setattr(archive, "AT_ONCE", at_once)
    sizes = {"fr_a": 1, "fr_b": 25, "fr_c": 2, "fr_d": 3, "fr_e": 7}
    await store.insert_new(ARCHIVE.name, [
        *(archived("invoice.paid", key, sequence, "clk_a" if key in ("fr_b", "fr_e") else "live")
          for key, size in sizes.items() for sequence in range(1, size + 1)),
        archived("invoice.issued", "fr_b", 1, "clk_a")])
    committer = make(store)
    await committer.start()
    expected = {key: size for key, size in sizes.items() if clock is None or key in ("fr_b", "fr_e")}
    try:
        assert await MongoEventArchive(store, committer, CountingIds()).redeliver("invoice.paid", clock) == sum(
            expected.values())
    finally:
        await committer.stop()
    found: dict[str, list[int]] = defaultdict(list)
    for row in sorted(await store.find(OUTBOX.name, {}), key=lambda row: str(row["_id"])):
        assert len(row["events"]) <= at_once
        for event in row["events"]:
            assert event["topic"] == "invoice.paid"
            assert event["redelivery"]
            found[event["key"]].append(event["sequence"])
    assert found == {key: list(range(1, size + 1)) for key, size in expected.items()}


async def test_a_topic_without_events_is_published_again_without_any(store: Store) -> None:
    committer = make(store)
    await committer.start()
    assert await MongoEventArchive(store, committer, CountingIds()).redeliver("invoice.paid", None) == 0
    await committer.stop()
