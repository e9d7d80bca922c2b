"""Submissions: who may hand in what and when, and what decisions of invoicing make of them."""

from dataclasses import replace

import pytest

from services.timesheets.domain.contracts import Contract
from services.timesheets.domain.submissions import (
    Submission,
    approved,
    changes_requested,
    may_submit,
    target_of,
)
from shared.kernel.decisions import Accepted, AlreadyDone, Refused
from tests.unit.timesheets.builders import MONDAY, at, contract, with_milestones

SUBMITTED = Submission(
    id="sub_1", clock="live", contract_id="ct_1", client_id="cl_acme", freelancer_id="fr_mia", kind="work", number=1,
    status="in_review", submitted_at=MONDAY, place="1")


def answer(known: Contract, *, by: str = "fr_mia", target: str = "ct_1", latest: Submission | None = None) -> object:
    decision = may_submit(known, by, target, latest)
    return decision.code if isinstance(decision, Refused) else decision.unwrap()


def test_the_first_submission_has_number_one_and_the_next_one_more() -> None:
    """Proves I2."""
    assert answer(contract("single")) == 1
    assert answer(contract("single"), latest=replace(SUBMITTED, number=2, status="changes_requested")) == 3


def test_only_the_freelancer_submits() -> None:
    assert answer(contract("single"), by="cl_acme") == "NOT_A_PARTY"


@pytest.mark.parametrize("kind", ["hourly", "fixed_rate"])
def test_hours_and_fixed_rate_are_not_submitted_by_hand(kind: str) -> None:
    """Proves T4 and T8."""
    assert answer(contract(kind)) == "NOT_OFFERED"  # type: ignore[arg-type]


def test_a_single_payment_has_no_milestones() -> None:
    assert answer(contract("single"), target="ms_1") == "NOT_OFFERED"


@pytest.mark.parametrize("status", ["sent", "accepted", "paused", "completed", "ended", "cancelled"])
def test_work_needs_an_active_contract(status: str) -> None:
    """Proves C1."""
    assert answer(contract("single", status=status)) == "CONTRACT_NOT_ACTIVE"


def test_work_in_review_is_not_submitted_again() -> None:
    """Proves I2."""
    assert answer(contract("single"), latest=SUBMITTED) == "ALREADY_IN_REVIEW"


def test_approved_work_is_not_submitted_again() -> None:
    """Proves I2."""
    assert answer(contract("single"), latest=replace(SUBMITTED, status="approved")) == "ALREADY_APPROVED"


@pytest.mark.parametrize(("status", "expected"), [
    ("planned", "MILESTONE_NOT_ACTIVE"), ("proposed", "MILESTONE_NOT_ACTIVE"), ("active", 1), ("submitted", 1),
    ("released", "MILESTONE_NOT_ACTIVE"), ("cancelled", "MILESTONE_NOT_ACTIVE")])
def test_only_the_milestone_in_work_takes_work(status: str, expected: object) -> None:
    """Proves C4."""
    assert answer(with_milestones(status), target="ms_1") == expected


def test_without_a_name_the_milestone_in_work_is_meant() -> None:
    """Proves C4."""
    assert target_of(with_milestones("released", "active", "planned"), None) == "ms_2"
    assert target_of(with_milestones("released", "active"), "ms_1") == "ms_1"
    assert target_of(contract("single"), None) == "ct_1"
    nothing_in_work = with_milestones("released", "planned")
    assert answer(nothing_in_work, target=target_of(nothing_in_work, None)) == "MILESTONE_NOT_ACTIVE"


def test_the_first_refusal_that_applies_answers() -> None:
    """Proves C1 and I2."""
    assert answer(contract("hourly", status="paused"), by="cl_acme") == "NOT_A_PARTY"
    assert answer(contract("hourly", status="paused")) == "NOT_OFFERED"
    assert answer(contract("single", status="paused"), latest=SUBMITTED) == "CONTRACT_NOT_ACTIVE"


def test_an_approval_is_final() -> None:
    """Proves I2."""
    decision = approved(SUBMITTED, at("02-24 08:00"))
    assert decision == Accepted(replace(SUBMITTED, status="approved", decided_at=at("02-24 08:00")))
    final = decision.unwrap()
    assert approved(final, at("02-25 08:00")) == AlreadyDone(final)
    assert changes_requested(final, at("02-25 08:00")) == AlreadyDone(final)


def test_a_request_for_changes_stops_the_review() -> None:
    """Proves I2."""
    decision = changes_requested(SUBMITTED, at("02-24 08:00"))
    assert decision == Accepted(replace(SUBMITTED, status="changes_requested", decided_at=at("02-24 08:00")))
    assert changes_requested(decision.unwrap(), at("02-25 08:00")) == AlreadyDone(decision.unwrap())
