"""Instants and the UTC billing week, on both sides of Monday 00:00."""

from datetime import datetime, timedelta, timezone

import pytest

from shared.kernel.instants import NaiveInstant, format_instant, instant, parse_instant, week_of


@pytest.mark.parametrize(("at", "monday"), [
    ("2026-03-01T23:59:59.999Z", "2026-02-23T00:00:00.000Z"),
    ("2026-03-02T00:00:00.000Z", "2026-03-02T00:00:00.000Z"),
    ("2026-03-02T00:00:00.001Z", "2026-03-02T00:00:00.000Z"),
    ("2026-03-08T23:59:59.999Z", "2026-03-02T00:00:00.000Z"),
])
def test_a_billing_week_begins_on_monday_at_midnight_utc(at: str, monday: str) -> None:
    """Proves T1."""
    assert format_instant(week_of(parse_instant(at))) == monday


def test_local_days_never_matter() -> None:
    """Proves T1."""
    monday_in_sydney = parse_instant("2026-03-02T08:00:00+11:00")
    assert format_instant(week_of(monday_in_sydney)) == "2026-02-23T00:00:00.000Z"


def test_an_instant_is_utc_in_whole_milliseconds() -> None:
    east = datetime(2026, 3, 2, 12, 0, 0, 1_999, tzinfo=timezone(timedelta(hours=2)))
    assert format_instant(instant(east)) == "2026-03-02T10:00:00.001Z"


def test_an_instant_without_an_offset_is_nobodys_midnight() -> None:
    with pytest.raises(NaiveInstant):
        instant(datetime(2026, 3, 2))  # noqa: DTZ001
