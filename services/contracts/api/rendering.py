"""How contracts' resources look over HTTP: the published resource, and what only its parties need to see."""

from typing import Literal

from pydantic import BaseModel, Field

from services.contracts.application.contract_events import resource_of
from services.contracts.domain.contracts import Contract, Milestone
from services.contracts.domain.parties import Party
from services.contracts.domain.policies import AmountTable, ProfileVersion
from services.contracts.domain.test_clocks import TestClock
from shared.events import contracts as events
from shared.events.catalogue import LIVE
from shared.events.fields import InstantField, MoneyField, Payload
from shared.persistence.group_commit import Answer


class DepositOut(Payload):
    """A deposit that is being charged."""

    id: str
    milestone_id: str | None
    amount: MoneyField
    client_fee: MoneyField
    initiation_fee: MoneyField
    total: MoneyField
    requested_at: InstantField


class RefundQuestionOut(Payload):
    """Escrow was asked back; the freelancer answers before `ends_at`, silence refunds."""

    asked_at: InstantField
    ends_at: InstantField


class ContractOut(events.Contract):
    """A contract as its parties see it. Before acceptance `terms` is what would be frozen now."""

    offered_by: Literal["client", "freelancer"]
    offer_ends_at: InstantField
    classification: Literal["not_asked", "required", "contractor", "employee"]
    deposit_in_flight: DepositOut | None = None
    refund_question: RefundQuestionOut | None = None


class ContractsOut(BaseModel):
    """A page of contracts, newest first."""

    items: list[ContractOut]
    next_cursor: str | None


class EscrowOut(Payload):
    """What is in escrow now, and the client fee that was paid with it."""

    contract_id: str
    amount: MoneyField
    client_fee: MoneyField


class PartyOut(Payload):
    """A party. `name` and `email` are shown to the party itself and to operators."""

    id: str = Field(examples=["cl_01jnq8v3k5e7z9x2c4b6n8m0qr"])
    role: Literal["client", "freelancer", "mediator", "operator"]
    test_clock: str | None
    livemode: bool
    registered_at: InstantField
    name: str | None = None
    email: str | None = None
    guest: bool = False


class TestClockOut(Payload):
    """A test clock. `blocked` names who keeps it from being ready."""

    __test__ = False

    id: str = Field(examples=["clk_01jnq8v3k5e7z9x2c4b6n8m0qr"])
    now: InstantField
    status: Literal["ready", "advancing"]
    to: InstantField
    wave: int
    blocked: tuple[str, ...]


class PolicyVersionOut(BaseModel):
    """One dated version of a profile: every window, hold, fee and default outcome."""

    profile: str = Field(examples=["marketplace"])
    version: str = Field(examples=["2015-01-01"])
    effective: str = Field(examples=["2015-01-01"])
    by_name_only: bool
    started_by: Literal["client", "freelancer"]
    kinds: list[str]
    cadence_for: list[str]
    not_after_profiles: list[str]
    by_mail: bool
    funding: Literal["escrow", "billing_method"]
    review_days: dict[str, int]
    silence_approves: bool
    hours_review: dict[str, str]
    objection_days: int
    hold_seconds: int
    hold_floor: dict[str, str]
    fixed_rate_first_week_prorated: bool
    bonus: dict[str, str]
    bonus_days_after_end: int
    freelancer_fee_basis_points: int
    client_fee_basis_points: int
    initiation_fee_minor: dict[str, int] = Field(description="By currency, else by digits of the minor unit.")
    minimum_amount_minor: dict[str, int] = Field(description="By currency, else by digits of the minor unit.")
    offer_days: int
    escrow_question_days: int
    disputes: str
    protection: bool


def contract_out(contract: Contract) -> ContractOut:
    """Return the contract as its parties see it."""
    deposit, question = contract.deposit, contract.refund_question
    return ContractOut(
        **dict(resource_of(contract)), offered_by=contract.offered_by.value, offer_ends_at=contract.offer_ends_at,
        classification=contract.classification.value,
        deposit_in_flight=None if deposit is None else DepositOut(
            id=deposit.id, milestone_id=None if deposit.milestone_id == contract.id else deposit.milestone_id,
            amount=deposit.amount, client_fee=deposit.client_fee, initiation_fee=deposit.initiation_fee,
            total=deposit.total, requested_at=deposit.requested_at),
        refund_question=None if question is None else RefundQuestionOut(
            asked_at=question.asked_at, ends_at=question.ends_at),
    )


def milestone_out(milestone: Milestone) -> events.Milestone:
    """Return one milestone."""
    return events.Milestone(
        id=milestone.id, title=milestone.title, amount=milestone.amount, status=milestone.status.value,
        deposit=milestone.deposit)


def party_out(party: Party, *, private: bool) -> PartyOut:
    """Return the party, with name and address only for who may see them."""
    return PartyOut(
        id=party.id, role=party.role.value, test_clock=None if party.clock == LIVE else party.clock,
        livemode=party.clock == LIVE, registered_at=party.registered_at, guest=party.guest,
        name=party.name if private else None, email=party.email if private else None)


def clock_out(clock: TestClock) -> TestClockOut:
    """Return the clock."""
    return TestClockOut(id=clock.id, now=clock.now, status=clock.status.value, to=clock.to, wave=clock.wave,
                        blocked=clock.blocked)


def policy_out(version: ProfileVersion) -> PolicyVersionOut:
    """Return one profile version."""
    def amounts(table: AmountTable) -> dict[str, int]:
        return {**{f"{digits} digits": minor for digits, minor in table.by_exponent.items()}, **table.by_currency}

    return PolicyVersionOut(
        profile=version.profile, version=version.version, effective=version.effective.isoformat(),
        by_name_only=version.labelled, started_by=version.started_by.value,
        kinds=[kind.value for kind in version.kinds], cadence_for=[kind.value for kind in version.cadence_for],
        not_after_profiles=list(version.not_after_profiles), by_mail=version.by_mail, funding=version.funding,
        review_days=dict(version.review_days), silence_approves=version.silence_approves,
        hours_review={kind.value: review for kind, review in version.hours_review.items()},
        objection_days=version.objection_days, hold_seconds=version.hold_seconds,
        hold_floor={kind.value: floor for kind, floor in version.hold_floor.items()},
        fixed_rate_first_week_prorated=version.fixed_rate_first_week_prorated,
        bonus={kind.value: timing for kind, timing in version.bonus.items()},
        bonus_days_after_end=version.bonus_days_after_end,
        freelancer_fee_basis_points=version.freelancer_fee_basis_points,
        client_fee_basis_points=version.client_fee_basis_points,
        initiation_fee_minor=amounts(version.initiation_fee),
        minimum_amount_minor=amounts(version.minimum_amount),
        offer_days=version.offer_days, escrow_question_days=version.escrow_question_days,
        disputes=version.disputes, protection=version.protection,
    )


def rendered(status: int, resource: BaseModel) -> Answer:
    """Return the resource as a recorded answer."""
    return Answer(status, resource.model_dump_json().encode())
