"""Copies of foreign facts: the newest stays, whatever the order, however often it is told."""

from collections.abc import AsyncIterator

import pytest

from services.disputes.adapters.documents import DOCUMENTS
from services.disputes.application.collections import CONTRACTS, INVOICES, PARTIES
from services.disputes.application.handlers import build_handlers
from shared.events.catalogue import read_by
from shared.persistence.group_commit import Committer
from shared.persistence.reading import StoreReading
from shared.testing.clocks import CountingIds, FixedClock
from shared.testing.memory_store import MemoryStore
from tests.application.disputes.told import NOW, contract_told, invoice_told, party_told, usd


@pytest.fixture(name="store")
def _store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture(name="committer")
async def _committer(store: MemoryStore) -> AsyncIterator[Committer]:
    committer = Committer(store, service="disputes", lane="test", clock=FixedClock(), ids=CountingIds(),
                          handlers=build_handlers())
    await committer.start()
    yield committer
    await committer.stop()


@pytest.fixture(name="reading")
def _reading(store: MemoryStore) -> StoreReading:
    return StoreReading(store, FixedClock())


def test_every_event_that_the_catalogue_sends_here_has_a_handler() -> None:
    assert set(build_handlers()) == {event.topic for event in read_by("disputes")}


async def test_a_party_is_kept(committer: Committer, reading: StoreReading) -> None:
    for _ in range(2):
        await committer.handle("party.registered", party_told("cl_acme", "client"))
    party = await reading.get(PARTIES, "cl_acme")
    assert party is not None
    assert (party.role, party.clock) == ("client", "live")


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1), (3, 1, 3)])
async def test_the_highest_revision_of_a_contract_stays(
    committer: Committer, reading: StoreReading, order: tuple[int, ...]
) -> None:
    for revision in order:
        status = "paused" if revision == 3 else "active"
        await committer.handle("contract.accepted", contract_told(revision=revision, status=status))
    kept = await reading.get(CONTRACTS, "ct_marketplace")
    assert kept is not None
    assert (kept.revision, kept.status, kept.disputes) == (3, "paused", "mediation")


async def test_a_paid_week_is_kept_as_the_ceiling_of_a_dispute(committer: Committer, reading: StoreReading) -> None:
    await committer.handle("invoice.paid", invoice_told())
    kept = await reading.get(INVOICES, "inv_1")
    assert kept is not None
    assert [(week.week_start, week.gross, week.fee) for week in kept.weeks] == [(NOW, usd(16_000), usd(1_600))]


def test_migrate_knows_every_collection_once() -> None:
    names = [collection.name for collection in DOCUMENTS]
    assert len(set(names)) == len(names)
