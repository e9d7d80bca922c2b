"""Read and accept a direct contract by the link that was mailed (C9)."""

from dataclasses import dataclass

from services.contracts.application.accept_contract import accept_as
from services.contracts.application.collections import CONTRACTS, LINKS
from services.contracts.domain import links
from services.contracts.domain.contracts import Contract
from services.contracts.domain.links import Link
from services.contracts.domain.policies import PolicyBook, Side
from shared.kernel.decisions import NotFound
from shared.persistence.unit import Unit


@dataclass(frozen=True, slots=True)
class AcceptByLink:
    """Whoever holds the token accepts as the client."""

    token: str


async def read_by_link(unit: Unit, token: str) -> Contract:
    """Return the contract while its link is good."""
    link, contract = await _linked(unit, token)
    links.check(link, now=unit.now).unwrap()
    return contract


async def accept_by_link(unit: Unit, command: AcceptByLink, *, policies: PolicyBook) -> Contract:
    """Accept, and use the link up in the same step."""
    link, contract = await _linked(unit, command.token)
    unit.put(LINKS, links.use(link, now=unit.now).unwrap())
    return await accept_as(unit, contract, Side.CLIENT, policies=policies)


async def _linked(unit: Unit, token: str) -> tuple[Link, Contract]:
    link = await unit.get(LINKS, links.link_id(token))
    if link is None:
        raise NotFound("link")
    contract = await unit.get(CONTRACTS, link.contract_id)
    if contract is None:
        raise NotFound("link")
    return link, contract
