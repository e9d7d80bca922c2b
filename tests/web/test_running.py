"""The command line that every service shares: parked events are listed, shown, retried and dropped."""

import pytest

from services.disputes.application.collections import PARTIES
from services.disputes.application.handlers import build_handlers
from shared.events.codec import encode
from shared.messaging.bell import Bell
from shared.messaging.parking import ParkingLot, Record
from shared.observability.metrics import Metrics
from shared.persistence.group_commit import Committer
from shared.persistence.reading import StoreReading
from shared.running import Foundation, lay_foundation, parked, run_command
from shared.settings import ServiceSettings
from shared.testing.clocks import CountingIds, FixedClock
from shared.testing.memory_log import MemoryLog
from shared.testing.memory_store import MemoryStore
from tests.application.disputes.told import party_told

ID = "party.registered:0:7"


@pytest.fixture(name="ground")
async def _ground() -> Foundation:
    store, clock, ids = MemoryStore(), FixedClock(), CountingIds()
    committer = Committer(store, service="disputes", lane="test", clock=clock, ids=ids, handlers=build_handlers())
    ground = Foundation("disputes", ServiceSettings(), clock, ids, Metrics(), store,
                        StoreReading(store, clock), committer, Bell(), MemoryLog(), lambda name: MemoryStore())
    await committer.start()
    record = Record("party.registered", 0, 7, "cl_acme", encode(party_told("cl_acme", "client")))
    await ParkingLot(store, committer).park(record, "a bug, fixed since", clock="live", behind=False)
    await committer.stop()
    return ground


async def test_a_parked_event_is_listed_and_shown(ground: Foundation, capsys: pytest.CaptureFixture[str]) -> None:
    await parked(ground, "list", None)
    await parked(ground, "show", ID)
    shown = capsys.readouterr().out
    assert f"{ID}  parked  key=cl_acme  2026-02-23T00:00:00.000Z  a bug, fixed since\n1 parked" in shown
    assert '"type":"billing.party.registered.v1"' in shown


async def test_a_retried_event_is_handled_and_gone(ground: Foundation, capsys: pytest.CaptureFixture[str]) -> None:
    await parked(ground, "retry", ID)
    assert await ground.reading.get(PARTIES, "cl_acme") is not None
    await parked(ground, "list", None)
    assert capsys.readouterr().out.endswith("0 parked\n")


async def test_a_dropped_event_is_gone_unhandled(ground: Foundation) -> None:
    await parked(ground, "drop", ID)
    assert await ground.reading.get(PARTIES, "cl_acme") is None
    with pytest.raises(SystemExit, match="not parked"):
        await parked(ground, "show", ID)


def test_the_command_line_runs_the_role_that_it_names(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    monkeypatch.setattr("sys.argv", ["services.disputes", "api"])
    assert run_command("disputes", {"api": lambda: ran.append("api"), "worker": lambda: ran.append("worker")}) == 0
    assert ran == ["api"]
    monkeypatch.setattr("sys.argv", ["services.disputes", "nothing"])
    with pytest.raises(SystemExit):
        run_command("disputes", {"api": lambda: None})


def test_a_foundation_connects_to_nothing() -> None:
    settings = ServiceSettings(mongodb_uri="mongodb://127.0.0.1:1/", instance_id="disputes-api")
    ground = lay_foundation(settings, service="disputes", role="api")
    assert ground.committer.lane == "disputes-api"
