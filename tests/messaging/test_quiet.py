"""When is the suite quiet? Decided on reports alone."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.events.catalogue import SERVICES
from shared.events.clocks import ClockReport, Moment
from shared.messaging.clock_owner import PARTICIPANTS, in_flight, is_quiet, next_moment

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def reports(**changed: ClockReport) -> dict[str, ClockReport]:
    still = {name: ClockReport(clock="clk_1", wave=1, participant=name) for name in PARTICIPANTS}
    return still | {name.replace("_", ":"): report for name, report in changed.items()}


def said(participant: str, **fields: object) -> ClockReport:
    return ClockReport.model_validate({"clock": "clk_1", "wave": 1, "participant": participant, **fields})


def test_two_equal_waves_in_which_all_is_handled_are_quiet_and_one_is_not() -> None:
    assert is_quiet(reports(), reports())
    assert not is_quiet(None, reports())


def test_a_published_event_is_under_way_until_every_reader_has_handled_it() -> None:
    published = said("invoicing", published={"invoice.paid": 2})
    readers = {name: said(name, handled={"invoice.paid": 2}) for name in ("payouts", "contracts", "disputes")}
    assert in_flight(reports(invoicing=published, **readers)) == []
    late = readers | {"disputes": said("disputes", handled={"invoice.paid": 1})}
    assert in_flight(reports(invoicing=published, **late)) == ["invoice.paid: 1 of 2 handled by disputes"]


def test_what_moved_between_two_waves_is_not_quiet() -> None:
    before = reports(timesheets=said("timesheets", published={"period.closed": 1}),
                     invoicing=said("invoicing", handled={"period.closed": 1}))
    assert not is_quiet(reports(), before)
    assert is_quiet(before, before)


def test_what_wrote_without_publishing_between_two_waves_is_not_quiet() -> None:
    """A charge fell due and was promised; its answer came between the readings of the row and of the open promises."""
    before, promised = reports(invoicing=said("invoicing", acts=12)), reports(invoicing=said("invoicing", acts=13))
    assert not is_quiet(before, promised)
    assert is_quiet(promised, promised)


@pytest.mark.parametrize("service", SERVICES)
def test_a_busy_service_is_not_quiet(service: str) -> None:
    busy = reports(**{service: said(service, busy=1)})
    assert not is_quiet(busy, busy)


def test_processors_apply_every_version_and_no_redelivered_copy() -> None:
    moved = said("payouts", published={"funds.held": 3}, republished={"funds.held": 1})
    held = said("holds:1", handled_total=2)
    assert in_flight(reports(payouts=moved, holds_1=held, balances_0=said("balances:0", handled_total=2))) == []
    behind = reports(payouts=moved, holds_1=held, balances_0=said("balances:0", handled_total=1))
    assert in_flight(behind) == ["balances has applied 1 of 2"]


def test_the_next_moment_is_the_earliest_and_not_beyond_the_destination() -> None:
    due = reports(timesheets=said("timesheets", next_due=Moment(at=NOW + timedelta(hours=2), phase=1)),
                  invoicing=said("invoicing", next_due=Moment(at=NOW + timedelta(hours=1), phase=2)))
    assert next_moment(due, NOW + timedelta(days=1)) == (NOW + timedelta(hours=1), 2)
    assert next_moment(due, NOW + timedelta(hours=1)) == (NOW + timedelta(hours=1), 2)
    assert next_moment(due, NOW + timedelta(minutes=59)) is None
