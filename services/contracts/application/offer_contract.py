"""Offer a contract: the client's offer is sent at once, a direct one by mail, or kept as a draft (C2, C9)."""

from dataclasses import dataclass

from services.contracts.application.collections import PARTIES
from services.contracts.application.contract_events import keep
from services.contracts.application.finding import standing_of, version_of
from services.contracts.application.invite_by_mail import invite_by_mail
from services.contracts.application.ports import Tokens
from services.contracts.application.register_party import RegisterParty, register_party
from services.contracts.domain import offers
from services.contracts.domain.contracts import Contract, Status
from services.contracts.domain.offers import Offer, PlannedMilestone
from services.contracts.domain.parties import Party, Role
from services.contracts.domain.policies import Cadence, Kind, PolicyBook, Side
from services.contracts.domain.refusals import Code
from shared.kernel.decisions import NotFound, Refusal
from shared.kernel.money import Money
from shared.persistence.unit import Due, Phase, Unit

OFFER_EXPIRES = "offer.expires"


@dataclass(frozen=True, slots=True)
class OfferContract:
    """What `party_id` offers to `other_id`, or to a guest at `guest_email` (direct)."""

    party_id: str
    profile: str
    kind: Kind
    currency: str
    other_id: str | None
    guest_email: str | None = None
    cadence: Cadence | None = None
    amount: Money | None = None
    milestones: tuple[tuple[str, Money], ...] = ()
    hourly_rate: Money | None = None
    weekly_limit_hours: int | None = None
    manual_time: bool = False
    rate: Money | None = None
    classification_required: bool = False
    draft: bool = False
    profile_version: str | None = None


@dataclass(frozen=True, slots=True)
class OfferRules:
    """What offers need from outside: the policy book, tokens for links, and whether versions may be named."""

    policies: PolicyBook
    tokens: Tokens
    versions_by_name: bool = False


async def offer_contract(unit: Unit, command: OfferContract, *, rules: OfferRules) -> Contract:
    """Make the offer; NotFound for an unknown counterpart, Refusal where a rule refuses."""
    if command.profile_version is not None and not rules.versions_by_name:
        raise Refusal(Code.NOT_OFFERED.value, "A profile version cannot be named here.")
    author = await unit.get(PARTIES, command.party_id)
    if author is None or author.role not in (Role.CLIENT, Role.FREELANCER):
        raise NotFound("party")
    side = Side(author.role.value)
    version = version_of(rules.policies, command.profile, command.profile_version, unit.now)
    other = await _counterpart(unit, command, side, guests_welcome=version.by_mail)
    client, freelancer = (author, other) if side is Side.CLIENT else (other, author)
    contract = offers.make(
        _offer(unit, command, client.id, freelancer.id), version, by=side,
        standing=await standing_of(unit, client.id, freelancer.id), now=unit.now,
        version_named=command.profile_version is not None,
    ).unwrap()
    kept = keep(unit, None, contract)
    if kept.status is Status.SENT:
        await deliver(unit, kept, by_mail=version.by_mail, tokens=rules.tokens)
    return kept


async def deliver(unit: Unit, contract: Contract, *, by_mail: bool, tokens: Tokens) -> None:
    """Let the offer's lifetime run, and write the invitation where the profile invites by e-mail."""
    unit.schedule(Due(OFFER_EXPIRES, contract.id, contract.clock, contract.offer_ends_at, Phase.LOCK))
    if by_mail:
        await invite_by_mail(unit, contract, tokens=tokens)


async def _counterpart(unit: Unit, command: OfferContract, side: Side, *, guests_welcome: bool) -> Party:
    if command.other_id is None:
        if not guests_welcome or side is not Side.FREELANCER:
            raise Refusal(Code.NOT_OFFERED.value, f"{command.profile} does not invite guests.")
        return await register_party(unit, RegisterParty(Role.CLIENT, email=command.guest_email, guest=True))
    other = await unit.get(PARTIES, command.other_id)
    if other is None or other.role.value != side.other.value:
        raise NotFound("party")
    if other.clock != unit.clock:
        raise Refusal(Code.CLOCKS_DIFFER.value, "The two parties live on different clocks.", status=422)
    return other


def _offer(unit: Unit, command: OfferContract, client_id: str, freelancer_id: str) -> Offer:
    return Offer(
        contract_id=unit.new_id("ct"), clock=unit.clock, client_id=client_id, freelancer_id=freelancer_id,
        kind=command.kind, currency=command.currency, cadence=command.cadence, amount=command.amount,
        milestones=tuple(PlannedMilestone(unit.new_id("ms"), title, amount) for title, amount in command.milestones),
        hourly_rate=command.hourly_rate, weekly_limit_hours=command.weekly_limit_hours,
        manual_time=command.manual_time, rate=command.rate,
        classification_required=command.classification_required, draft=command.draft,
    )
