"""Review windows: each refusal just before, at and after its line (I2, I4, C7)."""

from datetime import timedelta
from typing import Any

import pytest

from services.invoicing.domain.reviews import (
    Review,
    ReviewStatus,
    approve,
    approve_by_silence,
    open_review,
    request_changes,
    supersede,
)
from shared.kernel.decisions import Accepted, AlreadyDone, Refused
from shared.kernel.instants import DAY, Instant
from shared.kernel.money import Money
from tests.unit.invoicing.builders import MONDAY, contract, terms, usd

MS = timedelta(milliseconds=1)
END = MONDAY + 7 * DAY


def review(**changed: Any) -> Review:
    return open_review(
        contract(terms=terms(**changed)), submission_id="sub", milestone_id=None, number=1, whole=usd("600.00"),
        opened_at=MONDAY)


def test_a_window_is_half_open() -> None:
    """Proves I2 and I4."""
    assert review().ends_at == END
    assert review().is_open_at(END - MS)
    assert not review().is_open_at(END)
    assert not review().is_open_at(END + MS)


@pytest.mark.parametrize(("now", "code"), [(END - MS, None), (END, "REVIEW_WINDOW_CLOSED"),
                                           (END + MS, "REVIEW_WINDOW_CLOSED")])
def test_an_approval_and_a_request_for_changes_at_the_end_are_late(now: Instant, code: str | None) -> None:
    """Proves I2 and I4."""
    for decided in (approve(review(), prefunded=True, now=now),
                    request_changes(review(), now=now)):
        assert getattr(decided, "code", None) == code


@pytest.mark.parametrize(("now", "kind"), [(END - MS, Refused), (END, Accepted), (END + MS, Accepted)])
def test_silence_approves_at_the_end_and_not_before(now: Instant, kind: type) -> None:
    """Proves I2 and I4."""
    decided = approve_by_silence(review(), now=now)
    assert isinstance(decided, kind)
    if isinstance(decided, Accepted):
        assert decided.value.decided_at == END


def test_a_timer_of_a_decided_review_is_harmless() -> None:
    """Proves I2."""
    for decided in (approve(review(), prefunded=True, now=MONDAY), request_changes(review(), now=MONDAY),
                    supersede(review())):
        assert isinstance(approve_by_silence(decided.unwrap(), now=END), AlreadyDone)


def test_silence_never_approves_where_the_terms_say_so() -> None:
    """Proves I2."""
    direct = review(silence_approves=False)
    assert isinstance(approve_by_silence(direct, now=END + 1000 * DAY), AlreadyDone)
    assert direct.is_open_at(END + 1000 * DAY)


@pytest.mark.parametrize(("amount", "code", "released"), [
    ("0.00", "AMOUNT_BELOW_MINIMUM", None), ("0.01", None, "0.01"), ("599.99", None, "599.99"),
    ("600.00", None, "600.00"), ("600.01", "APPROVED_AMOUNT_TOO_HIGH", None),
])
def test_a_prefunded_approval_releases_more_than_nothing_and_at_most_the_whole(
    amount: str, code: str | None, released: str | None
) -> None:
    """Proves C7."""
    decided = approve(review(), prefunded=True, now=MONDAY, amount=usd(amount))
    assert getattr(decided, "code", None) == code
    if released is not None:
        assert decided.unwrap().approved_amount == usd(released)


def test_the_whole_is_not_kept_as_a_part() -> None:
    """Proves C7."""
    assert approve(review(), prefunded=True, now=MONDAY, amount=usd("600.00")).unwrap().amount is None


@pytest.mark.parametrize(("amount", "code"), [("599.99", "NOT_OFFERED"), ("600.00", None), ("600.01", "NOT_OFFERED")])
def test_without_escrow_only_the_whole_is_approved(amount: str, code: str | None) -> None:
    """Proves C7."""
    assert getattr(approve(review(), prefunded=False, now=MONDAY, amount=usd(amount)), "code", None) == code


def test_what_is_not_offered_answers_before_the_window() -> None:
    """Proves C7."""
    decided = approve(review(), prefunded=False, now=END, amount=usd("1.00"))
    assert isinstance(decided, Refused)
    assert decided.code == "NOT_OFFERED"


def test_an_amount_of_another_currency_is_refused() -> None:
    """Proves C7."""
    decided = approve(review(), prefunded=True, now=MONDAY, amount=Money(100, "EUR"))
    assert isinstance(decided, Refused)
    assert decided.code == "CURRENCY_MISMATCH"


def test_only_an_undecided_review_is_superseded() -> None:
    """Proves I2."""
    approved = approve(review(), prefunded=True, now=MONDAY).unwrap()
    assert supersede(approved) == AlreadyDone(approved)
    assert supersede(review()).unwrap().status is ReviewStatus.SUPERSEDED
