"""Register a way to charge a client (I5). Must never store what the gateway alone may know."""

from dataclasses import dataclass

from services.invoicing.application.collections import PARTIES, WALLETS
from services.invoicing.application.ownership import Actor
from services.invoicing.domain.billing_methods import BillingMethod, Wallet, add_method
from shared.kernel.decisions import NotFound, Refusal
from shared.persistence.unit import Unit


@dataclass(frozen=True, slots=True)
class RegisterBillingMethod:
    """The client, or an operator for it, adds a billing method; `primary` puts it in front."""

    actor: Actor
    client_id: str
    kind: str
    primary: bool = False


@dataclass(frozen=True, slots=True)
class RegisteredMethod:
    """A billing method and its place in the order of an attempt, counted from 1."""

    client_id: str
    method: BillingMethod
    place: int


async def register_billing_method(unit: Unit, command: RegisterBillingMethod) -> RegisteredMethod:
    """Add it to the client's wallet; the next attempt tries it in its place."""
    party = await unit.get(PARTIES, command.client_id)
    if party is None or not (command.actor.operator or command.actor.id == party.id):
        raise NotFound("client")
    if party.role != "client":
        raise Refusal("NOT_A_CLIENT", "Only clients are charged.", status=422)
    wallet = await unit.get(WALLETS, party.id) or Wallet(id=party.id, clock=party.clock)
    method = BillingMethod(unit.new_id("bm"), command.kind, unit.now)
    wallet = add_method(wallet, method, primary=command.primary)
    unit.put(WALLETS, wallet)
    return RegisteredMethod(party.id, method, wallet.method_ids.index(method.id) + 1)
