"""Each refusal of logging, changing and deleting time: just before, exactly at and just after its line."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.timesheets.domain.activity import ActivityFact
from services.timesheets.domain.entries import Source, TimeEntry
from services.timesheets.domain.spans import Span, segments_until
from services.timesheets.domain.time_rules import may_change, may_delete, may_log
from shared.kernel.decisions import Accepted, Decision, Refused
from shared.kernel.instants import Instant
from tests.unit.timesheets.builders import (
    A_MILLISECOND,
    LOCK,
    MANUAL,
    MINUTE,
    MONDAY,
    TRACKED,
    at,
    contract,
    entry,
    span,
)

WORKED = span("02-24 08:00", "02-24 10:00")


def code(decision: Decision[Any]) -> str | None:
    return decision.code if isinstance(decision, Refused) else None


def logged(what: Span = WORKED, *, now: str = "02-24 20:00", by: str = "fr_mia", source: Source = "tracker",
           **changes: Any) -> str | None:
    return code(may_log(contract(**changes), by, source, what, at(now)))


def test_tracked_time_of_an_active_contract_is_accepted() -> None:
    """Proves C1 and T4."""
    assert may_log(contract(), "fr_mia", "tracker", WORKED, at("02-24 20:00")) == Accepted(WORKED)


def test_the_client_may_not_log_time() -> None:
    assert logged(by="cl_acme") == "NOT_A_PARTY"


@pytest.mark.parametrize("kind", ["single", "milestones", "fixed_rate"])
def test_only_hourly_contracts_take_time(kind: str) -> None:
    assert logged(kind=kind) == "NOT_OFFERED"


def test_manual_time_needs_the_contracts_permission() -> None:
    """Proves T4."""
    assert logged(source="manual") == "MANUAL_TIME_NOT_ALLOWED"
    assert logged(source="manual", manual_time=True) is None
    assert logged(source="tracker", manual_time=False) is None


@pytest.mark.parametrize("status", ["drafted", "sent", "accepted", "paused", "completed", "ended", "cancelled",
                                    "declined", "expired"])
def test_new_time_needs_an_active_contract(status: str) -> None:
    """Proves C1."""
    assert logged(status=status) == "CONTRACT_NOT_ACTIVE"


def test_time_may_begin_at_the_activation_and_not_before() -> None:
    """Proves C1."""
    activated = at("02-24 08:00")
    for began, answer in (("02-24 07:50", "CONTRACT_NOT_ACTIVE"), ("02-24 08:00", None), ("02-24 08:10", None)):
        assert logged(span(began, "02-24 10:00"), activated_at=activated,
                      facts=(ActivityFact(3, activated, True),)) == answer


def test_time_while_paused_is_not_work_of_the_contract() -> None:
    """Proves C1."""
    facts = (ActivityFact(3, MONDAY, True), ActivityFact(4, at("02-24 09:00"), False),
             ActivityFact(5, at("02-24 12:00"), True))
    for start, end, answer in (
        ("02-24 08:00", "02-24 09:00", None), ("02-24 08:00", "02-24 09:10", "CONTRACT_NOT_ACTIVE"),
        ("02-24 11:50", "02-24 13:00", "CONTRACT_NOT_ACTIVE"), ("02-24 12:00", "02-24 13:00", None),
        ("02-24 08:00", "02-24 13:00", "CONTRACT_NOT_ACTIVE"),
    ):
        assert logged(span(start, end), facts=facts, revision=5) == answer


@pytest.mark.parametrize(("now", "answer"), [
    (LOCK - A_MILLISECOND, None), (LOCK, "WEEK_LOCKED"), (LOCK + A_MILLISECOND, "WEEK_LOCKED")])
def test_a_closed_week_takes_time_until_its_lock(now: Instant, answer: str | None) -> None:
    """Proves T2 and I4."""
    assert code(may_log(contract(), "fr_mia", "tracker", WORKED, now)) == answer


def test_a_session_that_reaches_into_a_locked_week_is_refused_whole() -> None:
    """Proves T2."""
    session = span("03-01 23:00", "03-02 01:00")
    assert logged(session, now="03-02 11:50") is None
    assert logged(session, now="03-02 12:00") == "WEEK_LOCKED"


def test_time_may_end_now_and_not_later() -> None:
    """Proves T4."""
    now = at("02-24 10:00")
    for end, answer in (("02-24 09:50", None), ("02-24 10:00", None), ("02-24 10:10", "TIME_IN_FUTURE")):
        assert code(may_log(contract(), "fr_mia", "tracker", span("02-24 08:00", end), now)) == answer


@pytest.mark.parametrize("off", [-A_MILLISECOND, A_MILLISECOND, MINUTE, 9 * MINUTE])
def test_start_and_end_lie_on_ten_minute_marks(off: timedelta) -> None:
    """Proves T4."""
    late_start = Span(WORKED.started_at + off, WORKED.ended_at)
    late_end = Span(WORKED.started_at, WORKED.ended_at + off)
    assert logged(late_start) == "TIME_NOT_ON_MARK"
    assert logged(late_end) == "TIME_NOT_ON_MARK"
    assert logged(WORKED) is None


def test_manual_time_lies_on_marks_too() -> None:
    """Proves T4."""
    assert logged(Span(WORKED.started_at, WORKED.ended_at + MINUTE), source="manual", manual_time=True) \
        == "TIME_NOT_ON_MARK"


def test_segments_that_end_now_need_now_on_a_mark() -> None:
    """Proves T4."""
    for now, answer in (("02-24 09:59:59.999", "TIME_NOT_ON_MARK"), ("02-24 10:00", None),
                        ("02-24 10:00:00.001", "TIME_NOT_ON_MARK")):
        assert code(may_log(contract(), "fr_mia", "tracker", segments_until(at(now), 3), at(now))) == answer


def test_time_that_ends_when_it_begins_is_refused() -> None:
    """Proves T4."""
    assert logged(span("02-24 08:00", "02-24 08:00")) == "VALIDATION"
    assert logged(span("02-24 08:00", "02-24 07:50")) == "VALIDATION"
    assert logged(span("02-24 08:00", "02-24 08:10")) is None


def test_the_first_refusal_that_applies_answers() -> None:
    """Proves C1, T2 and T4."""
    everything = Span(WORKED.started_at + MINUTE, at("05-01 00:00"))
    refusals = [
        logged(everything, by="cl_acme", source="manual", kind="single", status="paused", now="04-01 00:00"),
        logged(everything, source="manual", kind="single", status="paused", now="04-01 00:00"),
        logged(everything, source="manual", status="paused", now="04-01 00:00"),
        logged(everything, status="paused", now="04-01 00:00"),
        logged(everything, now="04-01 00:00"),
        logged(everything),
        logged(Span(WORKED.started_at + MINUTE, WORKED.ended_at)),
    ]
    assert refusals == ["NOT_A_PARTY", "NOT_OFFERED", "MANUAL_TIME_NOT_ALLOWED", "CONTRACT_NOT_ACTIVE", "WEEK_LOCKED",
                        "TIME_IN_FUTURE", "TIME_NOT_ON_MARK"]


def changed(new: TimeEntry, *, old: TimeEntry | None = None, now: str = "02-24 20:00", by: str = "fr_mia",
            **changes: Any) -> str | None:
    return code(may_change(contract(**changes), by, old or entry(), new, at(now)))


@pytest.mark.parametrize(("now", "answer"), [
    ("03-02 11:59:59.999", None), ("03-02 12:00", "WEEK_LOCKED"), ("03-02 12:00:00.001", "WEEK_LOCKED")])
def test_time_may_be_changed_and_deleted_until_the_lock(now: str, answer: str | None) -> None:
    """Proves T2 and I4."""
    assert changed(entry(end="02-24 09:00"), now=now) == answer
    assert changed(entry(), now=now) == answer
    assert changed(entry(evidence=replace(TRACKED, memo="better words")), now=now) == answer
    assert code(may_delete(contract(), "fr_mia", entry(), at(now))) == answer


def test_only_the_freelancer_changes_and_deletes_time() -> None:
    assert changed(entry(end="02-24 09:00"), by="cl_acme") == "NOT_A_PARTY"
    assert code(may_delete(contract(), "cl_acme", entry(), at("02-24 20:00"))) == "NOT_A_PARTY"


def test_time_may_be_taken_away_while_the_contract_is_paused_but_not_added() -> None:
    """Proves C1."""
    paused: dict[str, Any] = {"status": "paused",
              "facts": (ActivityFact(3, MONDAY, True), ActivityFact(4, at("02-24 18:00"), False)), "revision": 4}
    assert changed(entry(end="02-24 09:50"), **paused) is None
    assert changed(entry(), **paused) is None
    assert changed(entry(end="02-24 10:10"), **paused) == "CONTRACT_NOT_ACTIVE"
    assert code(may_delete(contract(**paused), "fr_mia", entry(), at("02-24 20:00"))) is None


def test_a_change_obeys_what_new_time_obeys() -> None:
    """Proves T4."""
    assert changed(entry(evidence=MANUAL)) == "MANUAL_TIME_NOT_ALLOWED"
    assert changed(entry(end="02-24 20:10")) == "TIME_IN_FUTURE"
    assert changed(entry(end="02-24 09:55")) == "TIME_NOT_ON_MARK"
    assert changed(entry(end="02-24 08:00")) == "VALIDATION"


def test_time_may_not_be_moved_into_a_locked_week() -> None:
    """Proves T2."""
    began = at("02-02 00:00")
    long_active: dict[str, Any] = {"activated_at": began, "facts": (ActivityFact(3, began, True),)}
    assert changed(entry("02-13 08:00", "02-13 09:00"), **long_active) == "WEEK_LOCKED"
    assert changed(entry("02-22 08:00", "02-22 09:00"), now="02-24 20:00", **long_active) == "WEEK_LOCKED"


def test_of_a_session_over_monday_only_the_open_part_may_change_after_the_lock() -> None:
    """Proves T1 and T2."""
    session = entry("03-01 23:00", "03-02 01:00")
    shorter, gone = entry("03-01 23:00", "03-02 00:30"), entry("03-01 23:00", "03-02 00:00")
    earlier = entry("03-01 22:00", "03-02 01:00")
    for new in (shorter, gone, earlier):
        assert changed(new, old=session, now="03-02 11:50") is None
    assert changed(shorter, old=session, now="03-02 12:00") is None
    assert changed(gone, old=session, now="03-02 12:00") is None
    assert changed(earlier, old=session, now="03-02 12:00") == "WEEK_LOCKED"
    assert changed(replace(session, evidence=replace(TRACKED, activity=1)), old=session, now="03-02 12:00") \
        == "WEEK_LOCKED"
    assert code(may_delete(contract(), "fr_mia", session, at("03-02 12:00"))) == "WEEK_LOCKED"
    assert changed(shorter, old=session, now="03-09 12:00") == "WEEK_LOCKED"
