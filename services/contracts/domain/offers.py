"""Offers: what profiles and kinds offer, making an offer and sending a draft (C2, C3, C11, section 1).

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
from services.contracts.domain.policies import Cadence, Kind, ProfileVersion, Side
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
    """Turn an offer into a contract that waits for the other side's answer, or that is still drafted (C2)."""
    refused = (
        _wrong_starter(version, by)
        or _not_offered(offer, version)
        or known_elsewhere(version, standing)
        or suspended_client(by is Side.CLIENT and standing.client_suspended)
    )
    if refused:
        return refused
    cadence = offer.cadence or (Cadence.WEEKLY if offer.kind is Kind.HOURLY else None)
    terms = version.terms(offer.kind, cadence, offer.currency)
    if refused := _too_little(offer, terms.minimum_amount):
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


def _too_little(offer: Offer, minimum: Money) -> Refused | None:
    """Refuse a single payment or milestone below the minimum (C3), and a rate of nothing."""
    amounts = [offer.amount, *(each.amount for each in offer.milestones)]
    one_minor_unit = Money(1, offer.currency)
    for amount, least in (*((each, minimum) for each in amounts), (offer.hourly_rate, one_minor_unit),
                          (offer.rate, one_minor_unit)):
        if amount is not None and (refused := below_minimum(amount, least)):
            return refused
    return None


def known_elsewhere(version: ProfileVersion, standing: Standing) -> Refused | None:
    """Refuse a pair that met where this profile does not follow (C11)."""
    if standing.earlier_profiles.isdisjoint(version.not_after_profiles):
        return None
    return refuse(Code.KNOWN_FROM_MARKETPLACE,
                  f"These two met on the marketplace; {version.profile} is open to them after a conversion only.")


def suspended_client(suspended: bool) -> Refused | None:
    """Refuse what a suspended client may not do (I6)."""
    return refuse(Code.CLIENT_SUSPENDED, "The client has unpaid invoices.") if suspended else None
