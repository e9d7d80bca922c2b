"""The people of a benchmark: clients who pay, freelancers who are paid, one contract for each freelancer.

Everything is made over the public HTTP APIs, as anybody would. A caller may be a moment ahead of the events: what a
service does not know yet is asked again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from shared.web.dev_issuer import DevIssuer
from tools.bench.connections import Connections

OPERATOR = "op_bench"
PROFILE, PROFILE_VERSION, CURRENCY = "any_hire", "2015-01-01.bench", "USD"
CLIENT_FOR_FREELANCERS = 10
AT_ONCE = 24
PATIENCE_S = 90.0
_AGAIN = (0, 404, 409, 503)
"""Answers that may become others in a moment."""

Say = Callable[[str], None]


class Unwilling(Exception):
    """The suite does not do what the benchmark needs; the message says what it answered."""


@dataclass(frozen=True, slots=True)
class Payee:
    """A freelancer with its token, its contract, and its client's token."""

    id: str
    token: str
    contract_id: str
    client_token: str


@dataclass(frozen=True, slots=True)
class Suite:
    """The services' addresses, and who may ask them."""

    contracts: Connections
    invoicing: Connections
    payouts: Connections
    issuer: DevIssuer
    run: str
    """Tells the runs on one platform apart."""

    def token(self, subject: str, role: str) -> str:
        """Return a bearer token."""
        return self.issuer.token(subject, role)


async def insist(service: Connections, method: str, path: str, token: str, body: Any, *, key: str) -> Any:
    """Ask until the service grants it; Unwilling where it refuses for good or for too long."""
    loop = asyncio.get_running_loop()
    until = loop.time() + PATIENCE_S
    while True:
        answer = await service.ask(method, path, token, body, key=key)
        if 200 <= answer.status < 300:
            return answer.json()
        if answer.status not in _AGAIN or loop.time() > until:
            raise Unwilling(f"{method} {path}: {answer.status} {answer.body.decode(errors='replace')[:300]}")
        await asyncio.sleep(0.1)


async def crowd(suite: Suite, payees: int, *, say: Say) -> list[Payee]:
    """Register and contract everybody."""
    operator = suite.token(OPERATOR, "operator")
    some = range(max(1, payees // CLIENT_FOR_FREELANCERS))
    clients = await _all((_client(suite, operator, number) for number in some), say, "clients")
    return await _all(
        (_payee(suite, operator, clients[number % len(clients)], number) for number in range(payees)), say,
        "freelancers")


async def fund(suite: Suite, payees: list[Payee], amounts_minor: list[int], *, load: str, say: Say) -> None:
    """Pay every freelancer by a bonus before `load`; the money is available when its hold is over."""
    async def pay(number: int) -> None:
        await bonus(suite, payees[number], amounts_minor[number], key=f"{suite.run}-fund-{load}-{number}")

    await _all((pay(number) for number in range(len(payees))), say, "accounts paid")


async def bonus(suite: Suite, payee: Payee, amount_minor: int, *, key: str) -> None:
    """Give a bonus; insist."""
    await insist(suite.invoicing, "POST", f"/v1/contracts/{payee.contract_id}/bonuses", payee.client_token,
                 {"amount": {"amount_minor": amount_minor, "currency": CURRENCY}}, key=key)


async def _client(suite: Suite, operator: str, number: int) -> tuple[str, str]:
    key = f"{suite.run}-client-{number}"
    party = await insist(suite.contracts, "POST", "/v1/parties", operator,
                         {"role": "client", "name": f"Bench client {number}"}, key=key)
    token = suite.token(party["id"], "client")
    await insist(suite.invoicing, "POST", "/v1/billing_methods", token,
                 {"client_id": party["id"], "kind": "card", "primary": True}, key=key)
    return party["id"], token


async def _payee(suite: Suite, operator: str, client: tuple[str, str], number: int) -> Payee:
    key = f"{suite.run}-payee-{number}"
    party = await insist(suite.contracts, "POST", "/v1/parties", operator,
                         {"role": "freelancer", "name": f"Bench freelancer {number}"}, key=key)
    token = suite.token(party["id"], "freelancer")
    offer = {"freelancer_id": party["id"], "profile": PROFILE, "profile_version": PROFILE_VERSION, "kind": "single",
             "currency": CURRENCY, "cadence": "weekly", "amount": {"amount_minor": 500, "currency": CURRENCY}}
    contract = await insist(suite.contracts, "POST", "/v1/contracts", client[1], offer, key=key)
    await insist(suite.contracts, "POST", f"/v1/contracts/{contract['id']}/accept", token, {}, key=key)
    await insist(suite.payouts, "POST", "/v1/payout_methods", token, {"kind": "bank"}, key=key)
    return Payee(party["id"], token, contract["id"], client[1])


async def _all(work: "Iterable[Awaitable[Any]]", say: Say, what: str) -> list[Any]:
    room, done = asyncio.Semaphore(AT_ONCE), 0
    waiting = list(work)

    async def one(item: Awaitable[Any]) -> Any:
        nonlocal done
        async with room:
            result = await item
        done += 1
        if done % 50 == 0 or done == len(waiting):
            say(f"{done}/{len(waiting)} {what}")
        return result

    return list(await asyncio.gather(*(one(item) for item in waiting)))
