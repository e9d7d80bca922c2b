"""Objections and bonuses, each refusal on both sides of its line (I3, I5, I7)."""

from datetime import timedelta

import pytest

from services.invoicing.domain.bonuses import may_give_bonus, rides_next_cadence
from services.invoicing.domain.contracts import Kind
from services.invoicing.domain.invoices import InvoiceStatus
from services.invoicing.domain.objections import end_objection, object_to
from shared.kernel.decisions import Accepted, AlreadyDone, Refused
from shared.kernel.instants import DAY, Instant
from tests.unit.invoicing.builders import LOCK, MONDAY, contract, invoice, terms, usd

MS = timedelta(milliseconds=1)
DELAY = 172_800


@pytest.mark.parametrize(("delay", "now", "code"), [
    (0, LOCK + 4 * DAY - MS, None), (0, LOCK + 4 * DAY, "REVIEW_WINDOW_CLOSED"),
    (0, LOCK + 4 * DAY + MS, "REVIEW_WINDOW_CLOSED"), (DELAY, LOCK + 6 * DAY - MS, None),
    (DELAY, LOCK + 6 * DAY, "REVIEW_WINDOW_CLOSED"),
])
def test_the_window_to_object_is_half_open_and_grows_by_the_delay(delay: int, now: Instant, code: str | None) -> None:
    """Proves I3, I4 and I5."""
    decided = object_to(contract(), invoice(delay_seconds=delay), now=now)
    assert getattr(decided, "code", None) == code


def test_while_a_charge_fails_the_window_has_no_end() -> None:
    """Proves I3 and I5."""
    failing = invoice(status=InvoiceStatus.CHARGE_FAILED)
    assert isinstance(object_to(contract(), failing, now=LOCK + 100 * DAY), Accepted)


def test_a_refunded_invoice_and_none_at_all_have_no_window() -> None:
    """Proves I3."""
    for missing in (None, invoice(status=InvoiceStatus.REFUNDED)):
        decided = object_to(contract(), missing, now=LOCK)
        assert isinstance(decided, Refused)
        assert decided.code == "REVIEW_WINDOW_CLOSED"


@pytest.mark.parametrize(("kind", "hours_review", "offered"), [
    (Kind.HOURLY, "objection", True), (Kind.FIXED_RATE, "objection", True), (Kind.SINGLE, "objection", False),
    (Kind.MILESTONES, "objection", False), (Kind.HOURLY, "friday", False), (Kind.FIXED_RATE, "none", False),
])
def test_who_may_object_at_all(kind: Kind, hours_review: str, offered: bool) -> None:
    """Proves I3."""
    decided = object_to(contract(kind, terms=terms(hours_review=hours_review)), invoice(), now=LOCK)
    assert getattr(decided, "code", None) == (None if offered else "NOT_OFFERED")


def test_objecting_twice_is_once_and_ending_twice_too() -> None:
    """Proves I3."""
    objected = object_to(contract(), invoice(), now=LOCK).unwrap()
    assert object_to(contract(), objected, now=LOCK + 100 * DAY) == AlreadyDone(objected)
    ended = end_objection(objected).unwrap()
    assert end_objection(ended) == AlreadyDone(ended)


@pytest.mark.parametrize(("now", "code"), [
    (MONDAY + 365 * DAY - MS, None), (MONDAY + 365 * DAY, "CONTRACT_NOT_ACTIVE"),
    (MONDAY + 365 * DAY + MS, "CONTRACT_NOT_ACTIVE"),
])
def test_a_bonus_is_late_a_year_after_the_end(now: Instant, code: str | None) -> None:
    """Proves I7."""
    ended = contract(terms=terms(bonus_days_after_end=365), ended_at=MONDAY)
    decided = may_give_bonus(ended, usd("1.00"), client_suspended=False, now=now)
    assert getattr(decided, "code", None) == code


def test_without_days_after_the_end_the_end_itself_is_too_late() -> None:
    """Proves I7."""
    decided = may_give_bonus(contract(ended_at=MONDAY), usd("1.00"), client_suspended=False, now=MONDAY)
    assert isinstance(decided, Refused)


@pytest.mark.parametrize(("amount", "code"), [("0.00", "AMOUNT_BELOW_MINIMUM"), ("0.01", None)])
def test_a_bonus_is_more_than_nothing(amount: str, code: str | None) -> None:
    """Proves I7."""
    decided = may_give_bonus(contract(), usd(amount), client_suspended=False, now=LOCK)
    assert getattr(decided, "code", None) == code


def test_a_suspension_answers_before_the_contracts_state() -> None:
    """Proves I6."""
    decided = may_give_bonus(contract(activated_at=None), usd("1.00"), client_suspended=True, now=LOCK)
    assert isinstance(decided, Refused)
    assert decided.code == "CLIENT_SUSPENDED"


@pytest.mark.parametrize(("kind", "bonus", "rides"), [
    (Kind.HOURLY, "next_cadence", True), (Kind.FIXED_RATE, "next_cadence", True), (Kind.SINGLE, "next_cadence", False),
    (Kind.MILESTONES, "next_cadence", False), (Kind.HOURLY, "at_once", False),
])
def test_only_contracts_with_a_cadence_let_a_bonus_ride(kind: Kind, bonus: str, rides: bool) -> None:
    """Proves I7."""
    assert rides_next_cadence(contract(kind, terms=terms(bonus=bonus))) is rides
