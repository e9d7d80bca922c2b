"""Offers: making, sending, accepting, declining them, and their expiry (C2, C3, C10, C11, section 1).

Must never look anything up: what is known about the pair and the client is passed in.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from services.contracts.domain.contracts import (
    Classification,
    Contract,
    Milestone,
    MilestoneStatus,
    Status,
    WeeklyLimit,
)
from services.contracts.domain.escrows import Escrow
from services.contracts.domain.milestones import below_minimum
from services.contracts.domain.policies import Cadence, Kind, ProfileVersion, Side, Terms
from services.contracts.domain.refusals import Code, not_a_party, refuse
from shared.kernel.decisions import Accepted, Decision, Refused
from shared.kernel.instants import Instant, week_of
from shared.kernel.money import Money

_FIELDS_OF = {
    Kind.SINGLE: ("amount",),
    Kind.MILESTONES: ("milestones",),
    Kind.HOURLY: ("hourly_rate", "weekly_limit_hours", "manual_time"),
    Kind.FIXED_RATE: ("rate",),
}
_KIND_FIELDS = tuple(name for names in _FIELDS_OF.values() for name in names)


@dataclass(frozen=True, slots=True)
class PlannedMilestone:
    """One milestone of an offer."""

    id: str
    title: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Offer:
    """What one side proposes to the other; fields that the kind does not have stay empty."""

    contract_id: str
    clock: str
    client_id: str
    freelancer_id: str
    kind: Kind
    currency: str
    cadence: Cadence | None = None
    amount: Money | None = None
    milestones: tuple[PlannedMilestone, ...] = ()
    hourly_rate: Money | None = None
    weekly_limit_hours: int | None = None
    manual_time: bool = False
    rate: Money | None = None
    classification_required: bool = False
    draft: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known about the two when an offer is made or accepted."""

    client_suspended: bool = False
    earlier_profiles: frozenset[str] = frozenset()
    """Profiles under which this pair has or had a contract (C11)."""


def make(
    offer: Offer, version: ProfileVersion, *, by: Side, standing: Standing, now: Instant, version_named: bool = False
) -> Decision[Contract]:
    """Turn an offer into a contract that waits for the other side's answer, or that is still drafted."""
    refused = (
        _wrong_starter(version, by)
        or _not_offered(offer, version)
        or _known_elsewhere(version, standing)
        or _suspended(by is Side.CLIENT and standing.client_suspended)
    )
    if refused:
        return refused
    cadence = offer.cadence or (Cadence.WEEKLY if offer.kind is Kind.HOURLY else None)
    terms = version.terms(offer.kind, cadence, offer.currency)
    for amount in (*([offer.amount] if offer.amount else []), *(each.amount for each in offer.milestones)):
        if refused := below_minimum(amount, terms.minimum_amount):
            return refused
    limit = offer.weekly_limit_hours
    return Accepted(Contract(
        id=offer.contract_id, clock=offer.clock, revision=0,
        client_id=offer.client_id, freelancer_id=offer.freelancer_id, offered_by=by,
        profile=version.profile, kind=offer.kind, cadence=cadence, currency=offer.currency,
        status=Status.DRAFTED if offer.draft else Status.SENT,
        terms=terms, escrow=Escrow(offer.currency),
        offered_at=now, offer_ends_at=now + timedelta(days=terms.offer_days),
        named_version=version.version if version_named else None,
        amount=offer.amount, hourly_rate=offer.hourly_rate, rate=offer.rate,
        milestones=_stages(offer),
        weekly_limits=() if limit is None else (WeeklyLimit(limit, week_of(now)),),
        manual_time=offer.manual_time,
        classification=Classification.REQUIRED if offer.classification_required else Classification.NOT_ASKED,
    ))


def send(contract: Contract, *, by: Side, now: Instant) -> Decision[Contract]:
    """Send a draft: its lifetime begins now (C2)."""
    if by is not contract.offered_by:
        return not_a_party(contract.offered_by.value)
    if contract.status is not Status.DRAFTED:
        return refuse(Code.OFFER_NOT_OPEN, f"The contract is {contract.status.value}.")
    ends_at = now + timedelta(days=contract.terms.offer_days)
    return Accepted(replace(contract, status=Status.SENT, offered_at=now, offer_ends_at=ends_at))


def accept(
    contract: Contract, version: ProfileVersion, *, by: Side, standing: Standing, now: Instant
) -> Decision[Contract]:
    """Accept the offer: the values of `version` are frozen into it (C2).

    The contract is accepted; `activate_at_once` decides whether it is active too.
    """
    if by is contract.offered_by:
        return not_a_party(contract.offered_by.other.value)
    if contract.kind not in version.kinds or not version.offers_currency(contract.currency):
        return refuse(Code.NOT_OFFERED, f"{version.profile} no longer offers this contract.")
    frozen = version.terms(contract.kind, contract.cadence, contract.currency)
    charged_later = not contract.staged or frozen.funding == "billing_method"
    refused = (
        _known_elsewhere(version, standing)
        or _suspended(charged_later and standing.client_suspended)
        or _classification_pending(contract)
        or _not_open(contract, now)
    )
    if refused:
        return refused
    return Accepted(replace(contract, status=Status.ACCEPTED, accepted_at=now, terms=_for_employee(contract, frozen)))


def activate_at_once(contract: Contract, *, now: Instant) -> Contract | None:
    """Return the active contract where nothing has to be deposited first (C2); None where a deposit comes first."""
    if contract.prefunded:
        return None
    milestones = contract.milestones
    if contract.kind is Kind.SINGLE:
        milestones = tuple(replace(each, status=MilestoneStatus.ACTIVE) for each in milestones)
    return replace(contract, status=Status.ACTIVE, activated_at=now, milestones=milestones)


def decline(contract: Contract, *, by: Side, now: Instant) -> Decision[Contract]:
    """Say no to an offer (C2)."""
    if by is contract.offered_by:
        return not_a_party(contract.offered_by.other.value)
    if refused := _not_open(contract, now):
        return refused
    return Accepted(_closed(contract, Status.DECLINED, now))


def expire(contract: Contract, *, now: Instant) -> Decision[Contract]:
    """End an offer that nobody answered in its lifetime (C2); a timer of an answered one changes nothing."""
    if contract.status is not Status.SENT or now < contract.offer_ends_at:
        return refuse(Code.OFFER_NOT_OPEN, f"The contract is {contract.status.value}.")
    return Accepted(_closed(contract, Status.EXPIRED, now))


def _closed(contract: Contract, status: Status, now: Instant) -> Contract:
    return replace(contract, status=status, ended_at=now, inactive_since=now, ended_reason=status.value)


def _stages(offer: Offer) -> tuple[Milestone, ...]:
    zero = Money.zero(offer.currency)
    if offer.kind is Kind.SINGLE and offer.amount is not None:
        return (Milestone(offer.contract_id, "", offer.amount, MilestoneStatus.PLANNED, zero),)
    return tuple(Milestone(each.id, each.title, each.amount, MilestoneStatus.PLANNED, zero)
                 for each in offer.milestones)


def _wrong_starter(version: ProfileVersion, by: Side) -> Refused | None:
    return None if by is version.started_by else not_a_party(version.started_by.value)


def _not_offered(offer: Offer, version: ProfileVersion) -> Refused | None:
    if offer.kind not in version.kinds:
        return refuse(Code.NOT_OFFERED, f"{version.profile} has no contracts of kind {offer.kind.value}.")
    if offer.cadence is not None and offer.kind not in version.cadence_for:
        return refuse(Code.NOT_OFFERED, f"{version.profile} has no cadence to choose for kind {offer.kind.value}.")
    foreign = [name for name in _KIND_FIELDS if _given(offer, name) and name not in _FIELDS_OF[offer.kind]]
    if foreign:
        return refuse(Code.NOT_OFFERED, f"A contract of kind {offer.kind.value} has no {' and no '.join(foreign)}.")
    if not version.offers_currency(offer.currency):
        return refuse(Code.NOT_OFFERED, f"{version.profile} has no contracts in {offer.currency}.")
    if offer.draft and not version.by_mail:
        return refuse(Code.NOT_OFFERED, f"{version.profile} sends its offers at once.")
    if offer.cadence is None and offer.kind in version.cadence_for:
        return refuse(Code.CADENCE_MISSING, f"{version.profile} needs a cadence for kind {offer.kind.value}.")
    return None


def _given(offer: Offer, name: str) -> bool:
    value = getattr(offer, name)
    return value is not None and value is not False and value != ()


def _known_elsewhere(version: ProfileVersion, standing: Standing) -> Refused | None:
    if standing.earlier_profiles.isdisjoint(version.not_after_profiles):
        return None
    return refuse(Code.KNOWN_FROM_MARKETPLACE,
                  f"These two met on the marketplace; {version.profile} is open to them after a conversion only.")


def _suspended(suspended: bool) -> Refused | None:
    return refuse(Code.CLIENT_SUSPENDED, "The client has unpaid invoices.") if suspended else None


def _classification_pending(contract: Contract) -> Refused | None:
    if contract.classification is not Classification.REQUIRED:
        return None
    return refuse(Code.CLASSIFICATION_PENDING, "Contractor or employee: that is not decided yet.")


def _not_open(contract: Contract, now: Instant) -> Refused | None:
    if contract.status is not Status.SENT:
        return refuse(Code.OFFER_NOT_OPEN, f"The contract is {contract.status.value}.")
    if now >= contract.offer_ends_at:
        return refuse(Code.OFFER_EXPIRED, "The offer has expired.")
    return None


def _for_employee(contract: Contract, terms: Terms) -> Terms:
    """An employee's time goes to the employer of record without freelancer fee (C10)."""
    return replace(terms, freelancer_fee_basis_points=0) if contract.employer_of_record else terms
