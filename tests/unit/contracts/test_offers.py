"""Offers: what profiles and kinds offer, minimums, which refusal answers first."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.contracts.domain import answers, offers
from services.contracts.domain.contracts import Classification, Status
from services.contracts.domain.offers import PlannedMilestone, Standing
from services.contracts.domain.policies import Cadence, Kind, Side
from shared.kernel.decisions import Accepted, Refused
from shared.kernel.money import Money
from tests.unit.contracts.builders import NOW, accepted, an_offer, sent, starter, usd, version

NOBODY_SPECIAL = Standing()
MARKED = Standing(client_suspended=True, earlier_profiles=frozenset({"marketplace"}))


def made(profile: str, kind: Kind, standing: Standing = NOBODY_SPECIAL, by: Side | None = None, **fields: Any) -> Any:
    """Decide about an offer."""
    return offers.make(an_offer(profile, kind, **fields), version(profile), by=by or starter(profile),
                       standing=standing, now=NOW)


@pytest.mark.parametrize("profile", ["any_hire", "marketplace", "byo", "direct"])
@pytest.mark.parametrize("kind", list(Kind))
def test_every_profile_offers_every_kind_but_direct_fixed_rates(profile: str, kind: Kind) -> None:
    decision = made(profile, kind)
    if (profile, kind) == ("direct", Kind.FIXED_RATE):
        assert decision.code == "NOT_OFFERED"
    else:
        assert decision.unwrap().status is Status.SENT


@pytest.mark.parametrize(
    ("profile", "kind", "fields", "code"),
    [
        ("marketplace", Kind.HOURLY, {"cadence": Cadence.WEEKLY}, "NOT_OFFERED"),
        ("marketplace", Kind.SINGLE, {"cadence": Cadence.BI_WEEKLY}, "NOT_OFFERED"),
        ("any_hire", Kind.SINGLE, {"hourly_rate": usd("1.00")}, "NOT_OFFERED"),
        ("any_hire", Kind.SINGLE, {"weekly_limit_hours": 0}, "NOT_OFFERED"),
        ("any_hire", Kind.FIXED_RATE, {"manual_time": True}, "NOT_OFFERED"),
        ("any_hire", Kind.HOURLY, {"amount": usd("9.00")}, "NOT_OFFERED"),
        ("any_hire", Kind.HOURLY, {"currency": "CLF"}, "NOT_OFFERED"),
        ("any_hire", Kind.HOURLY, {"draft": True}, "NOT_OFFERED"),
        ("any_hire", Kind.HOURLY, {"cadence": None}, "CADENCE_MISSING"),
        ("marketplace", Kind.FIXED_RATE, {"cadence": None}, "CADENCE_MISSING"),
        ("any_hire", Kind.SINGLE, {"amount": Money(600, "EUR")}, "CURRENCY_DIFFERS"),
    ],
)
def test_what_is_not_offered(profile: str, kind: Kind, fields: dict[str, Any], code: str) -> None:
    assert made(profile, kind, **fields).code == code


@pytest.mark.parametrize(("amount", "enough"), [("4.99", False), ("5.00", True), ("5.01", True)])
def test_the_minimum_of_a_payment_and_of_every_milestone(amount: str, enough: bool) -> None:
    """Proves C3."""
    single = made("any_hire", Kind.SINGLE, amount=usd(amount))
    second = (PlannedMilestone("ms_1", "a", usd("9.00")), PlannedMilestone("ms_2", "b", usd(amount)))
    milestones = made("marketplace", Kind.MILESTONES, milestones=second)
    for decision in (single, milestones):
        assert isinstance(decision, Accepted) if enough else decision.code == "AMOUNT_BELOW_MINIMUM"
        assert enough or decision.status == 422


@pytest.mark.parametrize(("rate", "enough"), [("0.00", False), ("0.01", True)])
def test_a_rate_is_more_than_nothing(rate: str, enough: bool) -> None:
    hourly = made("marketplace", Kind.HOURLY, hourly_rate=usd(rate))
    fixed = made("any_hire", Kind.FIXED_RATE, rate=usd(rate), cadence=Cadence.WEEKLY)
    for decision in (hourly, fixed):
        assert isinstance(decision, Accepted) if enough else decision.code == "AMOUNT_BELOW_MINIMUM"


def test_the_first_refusal_that_applies_answers() -> None:
    """Proves C3, C11 and I6."""
    tiny: dict[str, Any] = {"amount": usd("1.00"), "hourly_rate": usd("1.00")}
    assert made("any_hire", Kind.SINGLE, MARKED, Side.FREELANCER, **tiny).code == "NOT_A_PARTY"
    assert made("any_hire", Kind.SINGLE, MARKED, **tiny).code == "NOT_OFFERED"
    del tiny["hourly_rate"]
    assert made("any_hire", Kind.SINGLE, MARKED, **tiny).code == "KNOWN_FROM_MARKETPLACE"
    assert made("any_hire", Kind.SINGLE, Standing(client_suspended=True), **tiny).code == "CLIENT_SUSPENDED"
    assert made("any_hire", Kind.SINGLE, **tiny).code == "AMOUNT_BELOW_MINIMUM"
    assert isinstance(made("marketplace", Kind.SINGLE, Standing(earlier_profiles=MARKED.earlier_profiles)), Accepted)


def accept(contract: Any, *, by: Side = Side.FREELANCER, standing: Standing = NOBODY_SPECIAL, days: int = 1) -> Any:
    """Decide about an acceptance."""
    return answers.accept(contract, version(contract.profile), by=by, standing=standing,
                         now=NOW + timedelta(days=days))


def test_the_first_refusal_of_an_acceptance_answers() -> None:
    """Proves C10, C11 and I6."""
    contract = replace(sent("any_hire", classification_required=True), status=Status.DECLINED)
    assert accept(contract, by=Side.CLIENT, standing=MARKED).code == "NOT_A_PARTY"
    assert accept(contract, standing=MARKED).code == "KNOWN_FROM_MARKETPLACE"
    assert accept(contract, standing=Standing(client_suspended=True)).code == "CLIENT_SUSPENDED"
    assert accept(contract).code == "CLASSIFICATION_PENDING"
    assert accept(replace(contract, classification=Classification.CONTRACTOR)).code == "OFFER_NOT_OPEN"


def test_a_suspended_clients_prefunded_offer_may_be_accepted_as_its_activation_is_refused() -> None:
    """Proves I6."""
    suspended = Standing(client_suspended=True)
    assert isinstance(accept(sent("marketplace", Kind.SINGLE), standing=suspended), Accepted)
    assert accept(sent("marketplace", Kind.HOURLY), standing=suspended).code == "CLIENT_SUSPENDED"


def test_an_offer_lives_thirty_days_and_not_its_last_instant() -> None:
    """Proves C2 and I4."""
    contract = sent()
    end = contract.offer_ends_at
    assert end == NOW + timedelta(days=30)

    def at(instant: Any) -> tuple[Any, Any]:
        by = Side.FREELANCER
        return (answers.accept(contract, version("any_hire"), by=by, standing=Standing(), now=instant),
                answers.decline(contract, by=by, now=instant))

    assert all(isinstance(decision, Accepted) for decision in at(end - timedelta(milliseconds=1)))
    for instant in (end, end + timedelta(milliseconds=1)):
        assert [decision.code for decision in at(instant)] == ["OFFER_EXPIRED", "OFFER_EXPIRED"]
        assert answers.expire(contract, now=instant).unwrap().status is Status.EXPIRED
    assert isinstance(answers.expire(contract, now=end - timedelta(milliseconds=1)), Refused)


def test_terms_are_frozen_on_acceptance() -> None:
    """Proves C2."""
    dearer = replace(version("marketplace"), freelancer_fee_basis_points=1200, version="2026-03-03")
    contract = sent("marketplace", Kind.HOURLY)
    assert contract.terms.freelancer_fee_basis_points == 1000
    agreed = answers.accept(contract, dearer, by=Side.FREELANCER, standing=Standing(), now=NOW).unwrap()
    assert (agreed.terms.freelancer_fee_basis_points, agreed.terms.version) == (1200, "2026-03-03")
    gone = replace(dearer, kinds=(Kind.SINGLE,))
    assert answers.accept(contract, gone, by=Side.FREELANCER, standing=Standing(), now=NOW).code == "NOT_OFFERED"  # type: ignore[union-attr]


def test_hours_are_weekly_where_no_cadence_is_chosen() -> None:
    assert sent("marketplace", Kind.HOURLY).cadence is Cadence.WEEKLY
    assert sent("marketplace", Kind.SINGLE).cadence is None


def test_an_accepted_contract_knows_when_it_became_active() -> None:
    """Proves C2."""
    assert accepted("any_hire", Kind.MILESTONES).activated_at == NOW
    assert accepted("marketplace", Kind.MILESTONES).activated_at is None
