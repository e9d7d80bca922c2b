"""Which hours qualify for protection, and who is told: the answers of the API and the events of the lock."""

from typing import Any

from shared.events.envelope import Envelope
from shared.events.invoices import Client, ClientReinstated, ClientSuspended
from tests.application.timesheets.desk import ACME, LOCK, MONDAY, TERMS, ContractsDesk, Desk, at, hours, told

PROTECTING = TERMS.model_copy(update={"profile": "byo", "protection": True})


def standing(kind: Any, status: Any, revision: int) -> Envelope[Any]:
    """What invoicing says of the client."""
    return told(kind(object=Client(id=ACME, clock="live", status=status, revision=revision)), ACME, MONDAY)


async def protecting(desk: Desk) -> ContractsDesk:
    """A contract of a profile with protection, in force."""
    contracts = ContractsDesk(terms=PROTECTING)
    await desk.hears(contracts.funded())
    return contracts


async def test_hours_that_qualify_are_told_with_the_week(desk: Desk) -> None:
    """Proves T7."""
    await protecting(desk)
    tracked = await desk.logs(hours("02-24 08:00", 2))
    manual = await desk.logs(hours("02-24 12:00", 1), memo=None)
    assert (tracked.protected_segments, manual.protected_segments) == (12, 0)
    await desk.reaches(LOCK)
    submitted, closed = await desk.published("work.submitted"), await desk.published("period.closed")
    assert (submitted[0].data.object.protected_segments, closed[0].data.object.protected_segments) == (12, 12)
    assert [each.protected_segments for each in submitted[0].data.object.entries] == [12, 0]
    assert [week.protected_segments for week in await desk.weeks()] == [12, 0]


async def test_time_that_is_logged_while_the_client_is_suspended_stays_without_protection(desk: Desk) -> None:
    """Proves T7 and I6."""
    await protecting(desk)
    before = await desk.logs(hours("02-24 08:00"))
    await desk.hears(standing(ClientSuspended, "suspended", 1))
    meanwhile = await desk.logs(hours("02-24 10:00"))
    await desk.hears(standing(ClientReinstated, "good", 2), standing(ClientSuspended, "suspended", 1))
    after = await desk.logs(hours("02-24 12:00"))
    assert [each.protected_segments for each in (before, meanwhile, after)] == [6, 0, 6]
    assert (await desk.changes(meanwhile, memo="backend, with tests")).protected_segments == 0


async def test_time_that_is_added_later_is_judged_when_it_is_added(desk: Desk) -> None:
    """Proves T7."""
    await protecting(desk)
    entry = await desk.logs(hours("02-24 08:00", 2))
    await desk.hears(standing(ClientSuspended, "suspended", 1))
    assert (await desk.changes(entry, ended_at=at("02-24 09:00"))).protected_segments == 6
    assert (await desk.changes(entry, ended_at=at("02-24 10:00"))).protected_segments == 0
