"""The other rules at their lines: activation, approvals, endings, limits, links, test clocks."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.contracts.domain import (
    answers,
    classifications,
    deposits,
    endings,
    links,
    milestones,
    pauses,
    releases,
    test_clocks,
    weekly_limits,
)
from services.contracts.domain.contracts import Classification, Contract, Deposit, MilestoneStatus, Pause, Status
from services.contracts.domain.links import Link, link_id
from services.contracts.domain.policies import Kind, Side
from services.contracts.domain.test_clocks import ClockStatus, TestClock
from shared.kernel.decisions import Accepted, AlreadyDone
from shared.kernel.instants import parse_instant
from tests.unit.contracts.builders import NOW, accepted, funded, sent, usd, with_amounts

MS = timedelta(milliseconds=1)


def activate(contract: Contract, number: int = 0, by: Side = Side.CLIENT, suspended: bool = False) -> Any:
    """Decide about an activation."""
    return deposits.activate(contract, contract.milestones[number], by=by, client_suspended=suspended,
                             deposit_id="dep_2", now=NOW)


def test_the_first_refusal_of_an_activation_answers() -> None:
    """Proves C4 and I6."""
    contract = replace(funded(), status=Status.PAUSED)
    assert activate(contract, 1, Side.FREELANCER, suspended=True).code == "NOT_A_PARTY"
    assert activate(accepted("any_hire", Kind.SINGLE), suspended=True).code == "NOT_OFFERED"
    assert activate(contract, 1, suspended=True).code == "CLIENT_SUSPENDED"
    assert activate(contract, 1).code == "CONTRACT_NOT_ACTIVE"
    assert activate(replace(contract, status=Status.ACTIVE), 1).code == "MILESTONE_ALREADY_ACTIVE"
    assert activate(accepted("marketplace", Kind.MILESTONES), 1).code == "MILESTONE_OUT_OF_ORDER"


@pytest.mark.parametrize("status", [each for each in Status if each not in (Status.ACCEPTED, Status.ACTIVE)])
def test_nothing_is_activated_on_a_contract_that_is_not_there_for_it(status: Status) -> None:
    """Proves C2."""
    contract = replace(accepted("marketplace", Kind.MILESTONES), status=status)
    assert activate(contract).code == "CONTRACT_NOT_ACTIVE"


@pytest.mark.parametrize(
    ("amount", "deposit"), [("149.99", None), ("150.00", None), ("150.01", "0.01"), ("400.00", "250.00")])
def test_the_rest_in_escrow_lowers_the_next_deposit(amount: str, deposit: str | None) -> None:
    """Proves C7."""
    contract = funded()
    contract = releases.approve(contract, contract.milestones[0], amount=usd("450.00"), now=NOW).unwrap().contract
    activation = activate(with_amounts(contract, "600.00", amount), 1).unwrap()
    assert (activation.deposit and activation.deposit.amount) == (usd(deposit) if deposit else None)
    if deposit is None:
        assert activation.contract.milestones[1].status is MilestoneStatus.ACTIVE
        assert activation.contract.milestones[1].deposit == usd("0.00")


def test_the_initiation_fee_is_charged_with_the_first_captured_deposit_only() -> None:
    """Proves C6."""
    contract = accepted("marketplace", Kind.MILESTONES)
    first = activate(contract).unwrap()
    again = activate(deposits.decline(first.contract, "dep_2").unwrap()).unwrap()
    assert first.deposit.initiation_fee == again.deposit.initiation_fee == usd("4.99")
    paid = deposits.capture(again.contract, "dep_2", now=NOW).unwrap()
    done = releases.approve(paid, paid.milestones[0], amount=None, now=NOW).unwrap().contract
    assert activate(done, 1).unwrap().deposit.initiation_fee == usd("0.00")


def test_a_deposit_is_captured_once_and_only_if_it_was_asked_for() -> None:
    """Proves C6."""
    contract = funded()
    assert isinstance(deposits.capture(contract, "dep_1", now=NOW), AlreadyDone)
    with pytest.raises(ValueError, match="not waiting"):
        deposits.capture(contract, "dep_9", now=NOW)
    assert isinstance(deposits.decline(contract, "dep_1"), AlreadyDone)


@pytest.mark.parametrize(("amount", "fits"), [("0.00", False), ("0.01", True), ("600.00", True), ("600.01", False)])
def test_an_approval_is_above_nothing_and_at_most_the_milestone(amount: str, fits: bool) -> None:
    """Proves C7."""
    contract = funded()
    if fits:
        decision = releases.approve(contract, contract.milestones[0], amount=usd(amount), now=NOW)
        assert isinstance(decision, Accepted)
    else:
        with pytest.raises(ValueError, match="cannot be approved"):
            releases.approve(contract, contract.milestones[0], amount=usd(amount), now=NOW)


def test_a_proposal_that_nobody_accepted_does_not_keep_a_contract_open() -> None:
    """Proves C2 and C5."""
    contract = with_amounts(funded(), "600.00", "400.00")
    contract = replace(contract, milestones=(
        contract.milestones[0], replace(contract.milestones[1], status=MilestoneStatus.PROPOSED)))
    contract = releases.approve(contract, contract.milestones[0], amount=None, now=NOW).unwrap().contract
    done = releases.mark_paid(contract, frozenset({"ms_1"}), now=NOW).unwrap()
    assert (done.status, done.milestones[1].status) == (Status.COMPLETED, MilestoneStatus.CANCELLED)


def test_a_milestone_that_is_being_activated_is_not_edited() -> None:
    """Proves C5."""
    contract = activate(accepted("marketplace", Kind.MILESTONES)).unwrap().contract

    def edit(number: int) -> Any:
        return milestones.edit(contract, contract.milestones[number], by=Side.CLIENT, title="x", amount=None)

    assert edit(0).code == "MILESTONE_NOT_EDITABLE"
    assert edit(1).unwrap().milestones[1].title == "x"


@pytest.mark.parametrize("amount", ["4.99", "5.00", "5.01"])
def test_the_minimum_of_an_added_and_of_an_edited_milestone(amount: str) -> None:
    """Proves C3 and C5."""
    contract = funded()
    decisions: list[Any] = [
        milestones.add(contract, by=Side.CLIENT, milestone_id="ms_3", title="x", amount=usd(amount)),
        milestones.edit(contract, contract.milestones[1], by=Side.CLIENT, title=None, amount=usd(amount)),
    ]
    for decision in decisions:
        assert decision.code == "AMOUNT_BELOW_MINIMUM" if amount == "4.99" else isinstance(decision, Accepted)


@pytest.mark.parametrize("status", [each for each in Status if each not in (Status.ACCEPTED, Status.ACTIVE)])
def test_milestones_are_not_added_to_a_contract_that_is_not_open(status: Status) -> None:
    """Proves C5."""
    contract = replace(funded(), status=status)
    decision: Any = milestones.add(contract, by=Side.CLIENT, milestone_id="ms_3", title="x", amount=usd("4.00"))
    assert decision.code == "CONTRACT_NOT_ACTIVE"


def test_only_contracts_of_milestones_have_them() -> None:
    """Proves C5."""
    decision: Any = milestones.add(accepted(), by=Side.CLIENT, milestone_id="ms_3", title="x", amount=usd("4.00"))
    assert decision.code == "NOT_OFFERED"


def test_a_freelancer_edits_its_own_proposal_and_nothing_else() -> None:
    """Proves C5."""
    contract = milestones.add(funded(), by=Side.FREELANCER, milestone_id="ms_3", title="x", amount=usd("9.00")).unwrap()
    planned, proposed = contract.milestones[1:]

    def edit(milestone: Any, by: Side) -> Any:
        return milestones.edit(contract, milestone, by=by, title="y", amount=None)

    assert isinstance(edit(proposed, Side.FREELANCER), Accepted)
    assert edit(proposed, Side.CLIENT).code == "NOT_A_PARTY"
    assert edit(planned, Side.FREELANCER).code == "NOT_A_PARTY"


def test_the_question_about_escrow_is_answered_before_its_end_and_silence_speaks_from_then_on() -> None:
    """Proves C8 and I4."""
    asked = endings.end(funded(), by=Side.CLIENT, refund=True, now=NOW).unwrap().contract
    end = NOW + timedelta(days=7)
    early: Any = endings.silence_refunds(asked, now=end - MS)
    assert early.code == "REFUND_NOT_ASKED"
    for decide in (endings.accept_refund, endings.decline_refund):
        assert isinstance(decide(asked, by=Side.FREELANCER, now=end - MS), Accepted)
        for instant in (end, end + MS):
            late: Any = decide(asked, by=Side.FREELANCER, now=instant)
            assert late.code == "REFUND_NOT_ASKED"
    for instant in (end, end + MS):
        assert endings.silence_refunds(asked, now=instant).unwrap().refunded is not None


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.DECLINED, Status.EXPIRED, Status.ENDED, Status.COMPLETED])
def test_what_is_over_is_not_ended_again(status: Status) -> None:
    """Proves C2."""
    decision: Any = endings.end(replace(accepted(), status=status), by=Side.CLIENT, refund=False, now=NOW)
    assert decision.code == "CONTRACT_NOT_ACTIVE"


def test_an_end_keeps_the_instant_at_which_work_stopped() -> None:
    """Proves C2."""
    paused = pauses.pause(accepted(), now=NOW).unwrap()
    ended = endings.end(paused, by=Side.CLIENT, refund=False, now=NOW + MS).unwrap().contract
    assert (ended.inactive_since, ended.ended_at, ended.pauses) == (NOW, NOW + MS, ())


@pytest.mark.parametrize("status", [each for each in Status if each not in (Status.ACTIVE, Status.PAUSED)])
def test_only_a_living_contract_is_paused_or_resumed(status: Status) -> None:
    """Proves C2."""
    contract = replace(accepted(), status=status)
    for decision in (pauses.pause(contract, now=NOW), pauses.resume(contract, now=NOW)):
        assert decision.code == "CONTRACT_NOT_ACTIVE"  # type: ignore[union-attr]


def test_a_failed_charge_is_not_lifted_by_a_party() -> None:
    """Proves I5."""
    contract = pauses.charge_failed(accepted(), "inv_1", now=NOW).unwrap()
    assert contract.pauses == (Pause.CHARGE_FAILED,)
    assert pauses.resume(contract, now=NOW).code == "CONTRACT_NOT_PAUSED"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("now", "from_week"),
    [("2026-03-08T23:59:59.999Z", "2026-03-09"), ("2026-03-09T00:00:00Z", "2026-03-16")])
def test_a_cut_counts_from_the_next_monday_in_utc(now: str, from_week: str) -> None:
    """Proves T1 and T5."""
    contract = accepted("any_hire", Kind.HOURLY, weekly_limit_hours=40)
    changed = weekly_limits.change(contract, 39, by=Side.CLIENT, now=parse_instant(now)).unwrap()
    assert str(changed.weekly_limits[-1].from_week.date()) == from_week


@pytest.mark.parametrize(("hours", "at_once"), [(39, False), (41, True), (None, True)])
def test_one_hour_more_is_a_raise_and_one_less_a_cut(hours: int | None, at_once: bool) -> None:
    """Proves T5."""
    contract = accepted("any_hire", Kind.HOURLY, weekly_limit_hours=40)
    changed = weekly_limits.change(contract, hours, by=Side.CLIENT, now=NOW).unwrap()
    assert weekly_limits.limit_in(changed, NOW) == (hours if at_once else 40)
    assert weekly_limits.limit_in(changed, NOW + timedelta(days=7)) == hours
    assert isinstance(weekly_limits.change(contract, 40, by=Side.CLIENT, now=NOW), AlreadyDone)


def test_a_first_limit_is_a_cut() -> None:
    """Proves T5."""
    changed = weekly_limits.change(accepted(), 40, by=Side.CLIENT, now=NOW).unwrap()
    assert weekly_limits.limit_in(changed, NOW) is None
    assert weekly_limits.limit_in(changed, NOW + timedelta(days=7)) == 40


def test_a_link_is_good_until_its_end_and_once() -> None:
    """Proves C9 and I4."""
    link = Link(link_id("secret"), "ct_1", "live", "cl_1", NOW)
    assert isinstance(links.use(link, now=NOW - MS), Accepted)
    for instant in (NOW, NOW + MS):
        assert links.use(link, now=instant).code == "LINK_NOT_VALID"  # type: ignore[union-attr]
    used = links.use(link, now=NOW - MS).unwrap()
    assert links.check(used, now=NOW - MS).code == "LINK_NOT_VALID"  # type: ignore[union-attr]


def test_a_classification_comes_before_the_answer() -> None:
    """Proves C10."""
    asked = sent(classification_required=True)
    assert classifications.decide(asked, Classification.CONTRACTOR).unwrap().employer_of_record is False
    late: Any = classifications.decide(replace(asked, status=Status.DECLINED), Classification.EMPLOYEE)
    assert late.code == "OFFER_NOT_OPEN"


@pytest.mark.parametrize(("by", "code"), [(-MS, "CLOCK_BACKWARDS"), (0 * MS, None), (MS, None)])
def test_a_test_clock_never_goes_back(by: timedelta, code: str | None) -> None:
    clock = TestClock("clk_1", NOW, 4, ClockStatus.READY, NOW, 3, NOW)
    decision: Any = test_clocks.advance(clock, NOW + by)
    assert decision.code == code if code else decision.unwrap().status is ClockStatus.ADVANCING


def test_a_clock_on_its_way_is_left_alone() -> None:
    clock = TestClock("clk_1", NOW, 4, ClockStatus.ADVANCING, NOW, 3, NOW)
    decision: Any = test_clocks.advance(clock, NOW)
    assert decision.code == "CLOCK_ADVANCING"


def test_a_deposit_charges_amount_fee_and_initiation() -> None:
    """Proves C6."""
    deposit = Deposit("dep_1", "ms_1", usd("600.00"), usd("30.00"), usd("4.99"), NOW)
    assert deposit.total == usd("634.99")


def test_a_declined_and_an_expired_offer_say_when_and_why_they_ended() -> None:
    offered = sent("marketplace")
    later = NOW + timedelta(days=30)
    declined = answers.decline(offered, by=Side.FREELANCER, now=NOW).unwrap()
    expired = answers.expire(offered, now=later).unwrap()
    assert (declined.ended_at, declined.inactive_since, declined.ended_reason) == (NOW, NOW, "declined")
    assert (expired.ended_at, expired.inactive_since, expired.ended_reason) == (later, later, "expired")


def test_an_edit_changes_what_is_given_and_nothing_else() -> None:
    contract = accepted("marketplace", Kind.MILESTONES)

    def second(edited: Contract) -> tuple[str, Any]:
        return (edited.milestones[1].title, edited.milestones[1].amount)

    def edit(**fields: Any) -> Contract:
        return milestones.edit(contract, contract.milestones[1], by=Side.CLIENT,
                               **{"title": None, "amount": None, **fields}).unwrap()

    assert second(edit(title="build it")) == ("build it", usd("400.00"))
    assert second(edit(amount=usd("60.00"))) == ("build", usd("60.00"))
    assert second(edit(title="build it", amount=usd("60.00"))) == ("build it", usd("60.00"))


def test_a_milestone_that_is_added_has_nothing_in_escrow_in_the_contracts_currency() -> None:
    contract = accepted("marketplace", Kind.MILESTONES)
    added = milestones.add(contract, by=Side.CLIENT, milestone_id="ms_3", title="ship", amount=usd("5.00")).unwrap()
    assert added.milestones[2].deposit == usd("0.00")


def test_the_question_stays_while_something_is_left_in_escrow() -> None:
    asked = endings.end(funded(Kind.SINGLE), by=Side.CLIENT, refund=True, now=NOW).unwrap().contract
    assert endings.refund_escrow(asked, usd("100.00")).contract.refund_question == asked.refund_question
    assert endings.refund_escrow(asked, usd("600.00")).contract.refund_question is None


def test_what_has_no_milestones_is_never_completed() -> None:
    hours = accepted("marketplace", Kind.HOURLY)
    assert releases.complete(hours, now=NOW) == hours


def test_a_link_that_may_be_read_is_returned() -> None:
    link = Link(link_id("token"), "ct_1", "live", "cl_1", NOW + MS)
    assert links.check(link, now=NOW).unwrap() == link


@pytest.mark.parametrize(("kind", "field", "value"), [
    (Kind.SINGLE, "amount", usd("600.00")), (Kind.HOURLY, "hourly_rate", usd("45.00")),
    (Kind.FIXED_RATE, "rate", usd("500.00")),
])
def test_a_contract_keeps_what_its_kind_was_offered_for(kind: Kind, field: str, value: Any) -> None:
    contract = sent("marketplace", kind)
    assert {name: getattr(contract, name) for name in ("amount", "hourly_rate", "rate")} == {
        "amount": None, "hourly_rate": None, "rate": None, field: value}


def test_a_first_captured_deposit_activates_the_contract_then() -> None:
    assert (funded().status, funded().activated_at) == (Status.ACTIVE, NOW)


def test_the_last_paid_milestone_completes_the_contract_then_and_says_so() -> None:
    later = NOW + timedelta(days=3)
    single = funded(Kind.SINGLE)
    released = releases.approve(single, single.milestones[0], amount=None, now=NOW).unwrap().contract
    done = releases.mark_paid(released, frozenset({released.milestones[0].id}), now=later).unwrap()
    assert (done.status, done.ended_at, done.inactive_since, done.ended_reason, done.pauses) == (
        Status.COMPLETED, later, later, "completed", ())
