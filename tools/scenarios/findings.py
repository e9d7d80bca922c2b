"""What each expectation finds in the running suite, and where it differs from what was expected.

Reads as the party whose money it is. Must never wait: the suite is quiet by now.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from shared.kernel.money import Money
from tools.scenarios.comparing import Found, differences, found_word, word_of
from tools.scenarios.language import BOOKS, EXPECTATIONS
from tools.scenarios.stories import Expectation, PartyRef, Ref, Value
from tools.scenarios.suite import SERVICES, Caller
from tools.scenarios.world import StepFailed, World

Finding = Callable[[Expectation, World], Awaitable[list[str]]]
"""Returns the lines of the difference; none where the expectation holds."""


def _ref(expectation: Expectation, name: str) -> Ref:
    value = expectation.fields[name]
    if not isinstance(value, Ref):
        raise TypeError(f"{expectation.name}: {name} names nothing")
    return value


def _party(expectation: Expectation, name: str, world: World) -> Caller:
    value = expectation.fields[name]
    if not isinstance(value, PartyRef):
        raise TypeError(f"{expectation.name}: {name} is no party")
    return world.caller(value)


def _currency(expectation: Expectation, world: World) -> str:
    named = expectation.fields.get("currency") or world.story.currency
    amounts = [value.currency for value in expectation.fields.values() if isinstance(value, Money)]
    return str(named or amounts[0])


def _client_of(contract_id: str, world: World) -> Caller:
    return world.callers[world.parties_of[contract_id]["client"]]


async def find_balance(expectation: Expectation, world: World) -> list[str]:
    """The account's balance as its freelancer sees it; a currency that never moved is all zero."""
    freelancer = _party(expectation, "of", world)
    body = await world.read(freelancer, "payouts", f"/v1/accounts/{freelancer.subject}/balance")
    currency = _currency(expectation, world)
    row: Found = next((row for row in body["balances"] if row["currency"] == currency), {})
    states = EXPECTATIONS["balance"].states
    return differences(expectation, {state: _amount(row.get(state), currency) for state in states})


def _amount(found: Any, currency: str) -> Any:
    """Balances are rows of one currency: bare minor units there, money elsewhere."""
    if isinstance(found, Mapping):
        return found
    return {"amount_minor": found or 0, "currency": currency}


async def find_escrow(expectation: Expectation, world: World) -> list[str]:
    """The contract's escrow as its client sees it."""
    contract_id = world.id_of(_ref(expectation, "contract"))
    client = _client_of(contract_id, world)
    return differences(expectation, await world.read(client, "contracts", f"/v1/contracts/{contract_id}/escrow"))


async def find_invoice(expectation: Expectation, world: World) -> list[str]:
    """The n-th invoice of the contract as its client sees it."""
    contract_id = world.id_of(_ref(expectation, "contract"))
    client = _client_of(contract_id, world)
    invoices = await world.read_all(client, "invoicing", "/v1/invoices", contract_id=contract_id)
    for invoice in invoices:
        if invoice["contract_number"] == expectation.fields["number"]:
            return differences(expectation, invoice)
    return [f"expected an invoice with this number, found {len(invoices)} invoices of the contract"]


async def find_contract(expectation: Expectation, world: World) -> list[str]:
    """The contract as its client sees it."""
    contract_id = world.id_of(_ref(expectation, "ref"))
    client = _client_of(contract_id, world)
    return differences(expectation, await world.read(client, "contracts", f"/v1/contracts/{contract_id}"))


async def find_milestone(expectation: Expectation, world: World) -> list[str]:
    """A milestone in its contract."""
    milestone_id = world.id_of(_ref(expectation, "ref"))
    for contract_id in world.parties_of:
        body = await world.read(_client_of(contract_id, world), "contracts", f"/v1/contracts/{contract_id}")
        for milestone in body.get("milestones") or ():
            if milestone["id"] == milestone_id:
                return differences(expectation, milestone)
    return ["expected a milestone, found none in the story's contracts"]


async def find_submission(expectation: Expectation, world: World) -> list[str]:
    """A submission's review as the operator sees it."""
    submission_id = world.id_of(_ref(expectation, "ref"))
    return differences(expectation, await world.read(world.operator, "invoicing", f"/v1/reviews/{submission_id}"))


async def find_dispute(expectation: Expectation, world: World) -> list[str]:
    """A dispute as the operator sees it."""
    dispute_id = world.id_of(_ref(expectation, "ref"))
    return differences(expectation, await world.read(world.operator, "disputes", f"/v1/disputes/{dispute_id}"))


async def find_payout(expectation: Expectation, world: World) -> list[str]:
    """A payout; `arrives` is the estimate."""
    body = await world.read(world.operator, "payouts", f"/v1/payouts/{world.id_of(_ref(expectation, 'ref'))}")
    return differences(expectation, {**body, "arrives": body.get("arrives_at")})


async def find_client(expectation: Expectation, world: World) -> list[str]:
    """A client's standing and what was captured minus refunded."""
    client = _party(expectation, "ref", world)
    body = await world.read(client, "invoicing", f"/v1/clients/{client.subject}")
    currency = _currency(expectation, world)
    totals = [total for total in body.get("charged_total") or () if total["currency"] == currency]
    return differences(expectation, {**body, "charged_total": totals[0] if totals else _amount(0, currency)})


async def find_hold(expectation: Expectation, world: World) -> list[str]:
    """Some hold of the account matches every named field."""
    freelancer = _party(expectation, "of", world)
    currency = _currency(expectation, world)
    listed = await world.read_all(freelancer, "payouts", f"/v1/accounts/{freelancer.subject}/holds")
    holds = [hold for hold in listed if hold["amount"]["currency"] == currency]
    if any(not differences(expectation, hold) for hold in holds):
        return []
    wanted = ", ".join(f"{name} {word_of(value)}" for name, value in expectation.fields.items() if name != "of")
    seen = [", ".join(f"{name} {found_word(hold.get(name))}" for name in ("amount", "due_at", "reason", "state"))
            for hold in holds]
    return [f"expected some hold with {wanted}, found {'; '.join(seen) or 'no hold'}"]


async def find_events(expectation: Expectation, world: World) -> list[str]:
    """Which kinds of events there are, each event once however often it was delivered."""
    query = {"test_clock": world.clock}
    if "contract" in expectation.fields:
        query["contract_id"] = world.id_of(_ref(expectation, "contract"))
    if "of" in expectation.fields:
        query["key"] = _party(expectation, "of", world).subject
    pages = await asyncio.gather(
        *(world.read_all(world.operator, service, "/v1/events", **query) for service in SERVICES)
    )
    kinds = {each["id"]: str(each["type"]) for page in pages for each in page}
    return _event_differences(expectation, Counter(topic_of(kind) for kind in kinds.values()))


def topic_of(kind: str) -> str:
    """Return the event's name: billing.invoice.paid.v1 → invoice.paid."""
    name, _, version = kind.removeprefix("billing.").rpartition(".")
    return name if name and version.startswith("v") else kind


def _event_differences(expectation: Expectation, tally: Counter[str]) -> list[str]:
    lines = []
    for name in _names(expectation.fields.get("include", ())):
        if not tally[name]:
            lines.append(f"include: expected {name}, found {_tally_words(tally)}")
    for name in _names(expectation.fields.get("exclude", ())):
        if tally[name]:
            lines.append(f"exclude: expected no {name}, found {tally[name]}")
    counts = expectation.fields.get("count", {})
    for name, wanted in counts.items() if isinstance(counts, Mapping) else ():
        if tally[name] != wanted:
            lines.append(f"count: expected {name} {wanted} times, found {tally[name]} times")
    return lines


def _names(value: Value) -> Sequence[str]:
    return [str(each) for each in value] if isinstance(value, tuple) else []


def _tally_words(tally: Counter[str]) -> str:
    return ", ".join(f"{name} ×{count}" for name, count in sorted(tally.items())) or "no events"


async def find_books(_expectation: Expectation, world: World) -> list[str]:
    """The books of this story's clock are balanced: invariants 1, 2 and 5."""
    body = await world.read(world.operator, "payouts", "/v1/books/check", test_clock=world.clock)
    if body["balanced"] is True:
        return []
    return ["expected balanced books, found:", *(f"  {difference}" for difference in body.get("differences") or ())]


FINDING: dict[str, Finding] = {
    "balance": find_balance,
    "escrow": find_escrow,
    "invoice": find_invoice,
    "contract": find_contract,
    "milestone": find_milestone,
    "submission": find_submission,
    "payout": find_payout,
    "dispute": find_dispute,
    "hold": find_hold,
    "client": find_client,
    "events": find_events,
    BOOKS: find_books,
}


async def check(expectation: Expectation, world: World) -> list[str]:
    """Return the difference between what is expected and what is found; nothing where it holds."""
    try:
        return await FINDING[expectation.name](expectation, world)
    except StepFailed as failed:
        return list(failed.lines)
