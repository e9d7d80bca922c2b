"""Choose a client's primary billing method and the order of its fall-backs (I5)."""

from dataclasses import dataclass

from services.invoicing.application.collections import WALLETS
from services.invoicing.application.ownership import Actor
from services.invoicing.domain.billing_methods import Wallet, arrange
from shared.kernel.decisions import Accepted, NotFound
from shared.persistence.unit import Unit


@dataclass(frozen=True, slots=True)
class ArrangeBillingMethods:
    """The client, or an operator for it, names all its methods in the order in which an attempt shall try them."""

    actor: Actor
    client_id: str
    method_ids: tuple[str, ...]


async def arrange_billing_methods(unit: Unit, command: ArrangeBillingMethods) -> Wallet:
    """Keep the order; an attempt that is under way goes on in the old one."""
    wallet = await unit.get(WALLETS, command.client_id)
    if wallet is None or not (command.actor.operator or command.actor.id == command.client_id):
        raise NotFound("client")
    decided = arrange(wallet, command.method_ids)
    arranged = decided.unwrap()
    if isinstance(decided, Accepted):
        unit.put(WALLETS, arranged)
    return arranged
