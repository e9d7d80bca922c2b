"""Finding what a command is about: unknown, foreign and not yet sent look the same (404)."""

from services.contracts.application.collections import CLIENTS, CONTRACTS, PAIRS
from services.contracts.domain.contracts import Contract, Milestone, Status
from services.contracts.domain.offers import Standing
from services.contracts.domain.parties import Pair, pair_id
from services.contracts.domain.policies import PolicyBook, ProfileVersion, Side
from services.contracts.domain.refusals import Code
from shared.kernel.decisions import NotFound, Refusal
from shared.kernel.instants import Instant
from shared.persistence.unit import Unit


async def own_contract(unit: Unit, contract_id: str, party_id: str) -> tuple[Contract, Side]:
    """Return the contract and which side the party is on; NotFound for strangers, and for the other side of a draft."""
    contract = await unit.get(CONTRACTS, contract_id)
    side = None if contract is None else contract.side_of(party_id)
    if contract is None or side is None or not visible_to(contract, side):
        raise NotFound("contract")
    return contract, side


def visible_to(contract: Contract, side: Side) -> bool:
    """A draft is its author's alone."""
    return contract.status is not Status.DRAFTED or side is contract.offered_by


def own_milestone(contract: Contract, milestone_id: str | None) -> Milestone:
    """Return the contract's milestone; None stands for its single payment."""
    milestone = contract.milestone(milestone_id)
    if milestone is None:
        raise NotFound("milestone")
    return milestone


async def contract_of_event(unit: Unit, contract_id: str) -> Contract:
    """Return the contract that an event is about; contracts made it, so a missing one is a bug."""
    contract = await unit.get(CONTRACTS, contract_id)
    if contract is None:
        raise LookupError(f"an event names contract {contract_id}, which was never made here")
    return contract


async def standing_of(unit: Unit, client_id: str, freelancer_id: str) -> Standing:
    """Return what is known about the client and about the two together."""
    pair = await unit.get(PAIRS, pair_id(client_id, freelancer_id))
    return Standing(client_suspended=await is_suspended(unit, client_id),
                    earlier_profiles=frozenset(pair.profiles if pair else ()))


async def is_suspended(unit: Unit, client_id: str) -> bool:
    """Whether the client's charges failed for good, as far as heard (I6)."""
    client = await unit.get(CLIENTS, client_id)
    return client is not None and client.suspended


async def note_contract_of_pair(unit: Unit, contract: Contract) -> None:
    """Remember that these two have a contract of this profile (C11)."""
    id = pair_id(contract.client_id, contract.freelancer_id)
    pair = await unit.get(PAIRS, id) or Pair(id, (), 0)
    profiles = tuple(sorted({*pair.profiles, contract.profile}))
    unit.put(PAIRS, Pair(id, profiles, pair.contracts + 1))


def version_of(
    policies: PolicyBook, profile: str, named: str | None, at: Instant
) -> ProfileVersion:
    """Return the profile version that counts; NOT_OFFERED for a profile or a version that nobody knows."""
    version = policies.named(profile, named) if named else policies.in_force(profile, at)
    if version is None:
        which = f"in its version {named}" if named else f"at {at.date()}"
        raise Refusal(Code.NOT_OFFERED.value, f"No profile {profile} is offered {which}.")
    return version
