"""Accept an offer: terms are frozen, and what needs no deposit is active at once (C2)."""

from dataclasses import dataclass

from services.contracts.application.contract_events import keep
from services.contracts.application.finding import note_contract_of_pair, own_contract, standing_of, version_of
from services.contracts.application.offer_contract import OFFER_EXPIRES
from services.contracts.domain import answers
from services.contracts.domain.contracts import Contract
from services.contracts.domain.policies import PolicyBook, Side
from shared.persistence.unit import Unit


@dataclass(frozen=True, slots=True)
class AcceptContract:
    """The other side says yes."""

    party_id: str
    contract_id: str


async def accept_contract(unit: Unit, command: AcceptContract, *, policies: PolicyBook) -> Contract:
    """Accept as a party of the contract."""
    contract, side = await own_contract(unit, command.contract_id, command.party_id)
    return await accept_as(unit, contract, side, policies=policies)


async def accept_as(unit: Unit, contract: Contract, side: Side, *, policies: PolicyBook) -> Contract:
    """Accept for `side`: `contract.accepted`, and `contract.funded` where nothing has to be deposited first."""
    version = version_of(policies, contract.profile, contract.named_version, unit.now)
    standing = await standing_of(unit, contract.client_id, contract.freelancer_id)
    decision = answers.accept(contract, version, by=side, standing=standing, now=unit.now)
    accepted = keep(unit, contract, decision.unwrap())
    unit.unschedule(OFFER_EXPIRES, contract.id)
    await note_contract_of_pair(unit, accepted)
    active = answers.activate_at_once(accepted, now=unit.now)
    return accepted if active is None else keep(unit, accepted, active)
