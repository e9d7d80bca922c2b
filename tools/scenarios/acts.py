"""How each act reaches a service: its HTTP request, and what its answer gives a name to.

Must never decide whether an act was right: the services do.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from shared.events.catalogue import BY_TOPIC
from shared.kernel.instants import Instant, format_instant
from shared.kernel.money import Money
from tools.scenarios.stories import Act, PartyRef, Ref, Value
from tools.scenarios.suite import Answer, Question
from tools.scenarios.world import StepFailed, World

Asking = Callable[[Act, World], Awaitable[Question]]

ACTIVITY = {"idle": 0, "active": 100}


def json_of(value: Value) -> Any:
    """Write a plain value as the APIs take it: money in minor units, instants in UTC."""
    if isinstance(value, Money):
        return {"amount_minor": value.amount_minor, "currency": value.currency}
    if isinstance(value, Instant):
        return format_instant(value)
    if isinstance(value, Mapping):
        return {key: json_of(each) for key, each in value.items()}
    if isinstance(value, tuple):
        return [json_of(each) for each in value]
    if isinstance(value, PartyRef | Ref):
        raise TypeError(f"{value} must be resolved to an id")
    return value


def body_of(act: Act, *names: str) -> dict[str, Any]:
    """Return the named fields of the act that are there, as JSON."""
    return {name: json_of(act.fields[name]) for name in names if name in act.fields}


def ref_of(act: Act, name: str) -> Ref:
    """Return a field that names something made earlier."""
    value = act.fields[name]
    if not isinstance(value, Ref):
        raise TypeError(f"{act.name}: {name} names nothing")
    return value


def party_of(act: Act, name: str) -> PartyRef:
    """Return a field that names a party."""
    value = act.fields[name]
    if not isinstance(value, PartyRef):
        raise TypeError(f"{act.name}: {name} is no party")
    return value


def contract_path(act: Act, world: World, rest: str = "") -> str:
    """Return the path of the act's contract."""
    return f"/v1/contracts/{world.id_of(ref_of(act, 'contract'))}{rest}"


async def offer(act: Act, world: World) -> Question:
    """Offer a contract; milestones go without their names, which are this story's own."""
    body = body_of(act, "profile", "kind", "currency", "cadence", "amount", "hourly_rate", "weekly_limit_hours",
                   "manual_time", "rate", "classification")
    for side in ("freelancer", "client"):
        if side in act.fields:
            body[f"{side}_id"] = world.caller(party_of(act, side)).subject
    milestones = act.fields.get("milestones")
    if isinstance(milestones, tuple):
        body["milestones"] = [
            {key: json_of(each) for key, each in milestone.items() if key != "ref"}
            for milestone in milestones if isinstance(milestone, Mapping)
        ]
    return Question("contracts", "POST", "/v1/contracts", body)


def on_contract(service: str, rest: str, *fields: str, method: str = "POST") -> Asking:
    """An act on a contract whose body is some of its fields."""

    async def ask(act: Act, world: World) -> Question:
        body = None if method == "DELETE" else body_of(act, *fields)
        return Question(service, method, contract_path(act, world, rest), body)

    return ask


async def describe_milestone(act: Act, world: World) -> Question:
    """Add or propose a milestone; without a title it is called by its name."""
    body = {"title": ref_of(act, "ref").name, **body_of(act, "title", "amount")}
    return Question("contracts", "POST", contract_path(act, world, "/milestones"), body)


def on_milestone(verb: str) -> Asking:
    """Accept or activate a milestone; activate without `ref` funds a single payment."""

    async def ask(act: Act, world: World) -> Question:
        at = f"/milestones/{world.id_of(ref_of(act, 'ref'))}" if "ref" in act.fields else ""
        return Question("contracts", "POST", contract_path(act, world, f"{at}/{verb}"), body_of(act, "title", "amount"))

    return ask


async def edit_milestone(act: Act, world: World) -> Question:
    """Change a milestone that has not begun."""
    path = contract_path(act, world, f"/milestones/{world.id_of(ref_of(act, 'ref'))}")
    return Question("contracts", "PATCH", path, body_of(act, "title", "amount"))


async def submit_work(act: Act, world: World) -> Question:
    """Hand work in, for a milestone where one is named."""
    body = body_of(act, "note")
    if "milestone" in act.fields:
        body["milestone_id"] = world.id_of(ref_of(act, "milestone"))
    return Question("timesheets", "POST", contract_path(act, world, "/submissions"), body)


def on_review(verb: str) -> Asking:
    """Decide a review."""

    async def ask(act: Act, world: World) -> Question:
        path = f"/v1/reviews/{world.id_of(ref_of(act, 'submission'))}/{verb}"
        return Question("invoicing", "POST", path, body_of(act, "amount", "note"))

    return ask


def _time_body(act: Act) -> dict[str, Any]:
    body = body_of(act, "memo", "source", "activity", "segments", "started_at", "ended_at")
    if body.get("activity") in ACTIVITY:
        body["activity"] = ACTIVITY[body["activity"]]
    return body


async def log_time(act: Act, world: World) -> Question:
    """Log time on a contract."""
    return Question("timesheets", "POST", contract_path(act, world, "/time_entries"), _time_body(act))


async def edit_time(act: Act, world: World) -> Question:
    """Change logged time."""
    return Question("timesheets", "PATCH", f"/v1/time_entries/{world.id_of(ref_of(act, 'ref'))}", _time_body(act))


async def delete_time(act: Act, world: World) -> Question:
    """Take logged time back."""
    return Question("timesheets", "DELETE", f"/v1/time_entries/{world.id_of(ref_of(act, 'ref'))}")


async def invoice_id(act: Act, world: World) -> str:
    """Return the id of the n-th invoice of the act's contract, as its client or the operator sees it."""
    invoices = await world.read_all(world.operator, "invoicing", "/v1/invoices",
                                    contract_id=world.id_of(ref_of(act, "contract")))
    for invoice in invoices:
        if invoice["contract_number"] == act.fields["number"]:
            return str(invoice["id"])
    raise StepFailed(f"{ref_of(act, 'contract').name} has no invoice {act.fields['number']}")


async def pay_invoice(act: Act, world: World) -> Question:
    """Pay a failed invoice by hand."""
    return Question("invoicing", "POST", f"/v1/invoices/{await invoice_id(act, world)}/pay", {})


async def set_charges(act: Act, world: World) -> Question:
    """Tell the simulated gateway what to answer."""
    client = world.caller(party_of(act, "of")).subject
    return Question("invoicing", "PUT", "/v1/simulator/gateway", {"client_id": client, **body_of(act, "outcomes")})


async def set_rail(act: Act, world: World) -> Question:
    """Tell the simulated rail what to answer."""
    account = world.caller(party_of(act, "of")).subject
    return Question("payouts", "PUT", "/v1/simulator/rail", {"account_id": account, **body_of(act, "outcomes")})


async def add_payout_method(act: Act, _world: World) -> Question:
    """Register one more way to be paid."""
    return Question("payouts", "POST", "/v1/payout_methods", body_of(act, "kind"))


async def request_payout(act: Act, world: World) -> Question:
    """Ask for money."""
    body = body_of(act, "amount", "all", "currency")
    if "all" in body and "currency" not in body and world.story.currency:
        body["currency"] = world.story.currency
    if "method" in act.fields:
        body["method_id"] = world.id_of(ref_of(act, "method"))
    return Question("payouts", "POST", "/v1/payouts", body)


async def set_schedule(act: Act, _world: World) -> Question:
    """Choose when payouts go by themselves."""
    return Question("payouts", "PUT", "/v1/payout_schedule", body_of(act, "every", "threshold", "currency"))


async def open_dispute(act: Act, world: World) -> Question:
    """File a dispute."""
    body = {"contract_id": world.id_of(ref_of(act, "contract")), **body_of(act, "amount", "segments", "reason")}
    if "milestone" in act.fields:
        body["milestone_id"] = world.id_of(ref_of(act, "milestone"))
    return Question("disputes", "POST", "/v1/disputes", body)


def on_dispute(verb: str, *fields: str) -> Asking:
    """An act on a dispute."""

    async def ask(act: Act, world: World) -> Question:
        path = f"/v1/disputes/{world.id_of(ref_of(act, 'dispute'))}/{verb}"
        return Question("disputes", "POST", path, body_of(act, *fields))

    return ask


async def file_chargeback(act: Act, world: World) -> Question:
    """The client's bank takes a charge back."""
    return Question("invoicing", "POST", "/v1/chargebacks", {"invoice_id": await invoice_id(act, world)})


async def win_chargeback(act: Act, world: World) -> Question:
    """The bank gives the charge again."""
    number = act.fields["number"]
    if not isinstance(number, int):
        raise TypeError("number is a whole number")
    filed = world.chargebacks.get((world.id_of(ref_of(act, "contract")), number))
    if filed is None:
        raise StepFailed(f"no chargeback was filed for {ref_of(act, 'contract').name}#{number}")
    return Question("invoicing", "POST", f"/v1/chargebacks/{filed}/won", {})


async def redeliver(act: Act, world: World) -> Question:
    """Publish every event of this story on a topic again; its owner does it, payouts for the processors."""
    owner = BY_TOPIC[str(act.fields["topic"])].owner
    service = "payouts" if owner in ("holds", "balances") else owner
    body = {"topic": str(act.fields["topic"]), "test_clock": world.clock}
    return Question(service, "POST", "/v1/events/redeliver", body)


ASKING: dict[str, Asking] = {
    "contract.offer": offer,
    "contract.accept": on_contract("contracts", "/accept"),
    "contract.decline": on_contract("contracts", "/decline"),
    "contract.end": on_contract("contracts", "/end", "refund"),
    "contract.pause": on_contract("contracts", "/pause"),
    "contract.resume": on_contract("contracts", "/resume"),
    "milestone.add": describe_milestone,
    "milestone.propose": describe_milestone,
    "milestone.accept": on_milestone("accept"),
    "milestone.edit": edit_milestone,
    "milestone.activate": on_milestone("activate"),
    "limit.set": on_contract("contracts", "/weekly_limit", "weekly_limit_hours", method="PUT"),
    "work.submit": submit_work,
    "work.approve": on_review("approve"),
    "work.request_changes": on_review("request_changes"),
    "time.log": log_time,
    "time.edit": edit_time,
    "time.delete": delete_time,
    "hours.object": on_contract("invoicing", "/objection", "note"),
    "hours.withdraw_objection": on_contract("invoicing", "/objection", method="DELETE"),
    "bonus.give": on_contract("invoicing", "/bonuses", "amount"),
    "refund.give": on_contract("invoicing", "/refunds", "amount"),
    "refund.accept": on_contract("contracts", "/refund/accept"),
    "refund.decline": on_contract("contracts", "/refund/decline"),
    "invoice.pay": pay_invoice,
    "charges.set": set_charges,
    "rail.set": set_rail,
    "payout.method": add_payout_method,
    "payout.request": request_payout,
    "payout.schedule": set_schedule,
    "dispute.open": open_dispute,
    "dispute.accept": on_dispute("accept"),
    "dispute.withdraw": on_dispute("withdraw"),
    "dispute.respond": on_dispute("respond"),
    "dispute.opt_in": on_dispute("opt_in"),
    "dispute.decide": on_dispute("decide", "to_freelancer"),
    "chargeback.file": file_chargeback,
    "chargeback.won": win_chargeback,
    "classification.decide": on_contract("contracts", "/classification", "outcome"),
    "redeliver": redeliver,
}


def bind(act: Act, answer: Answer, world: World) -> None:
    """Give the names of the act to what the answer made."""
    made = act.fields.get("ref")
    if not isinstance(answer.body, Mapping):
        return
    if act.name == "contract.offer":
        _bind_contract(act, answer.body, world)
    elif act.name in ("milestone.add", "milestone.propose") and isinstance(made, Ref):
        world.ids[made] = _new_milestone(answer.body, world)
    elif act.name == "chargeback.file":
        number = act.fields["number"]
        if isinstance(number, int):
            world.chargebacks[world.id_of(ref_of(act, "contract")), number] = str(answer.body["id"])
    if isinstance(made, Ref) and made not in world.ids and "id" in answer.body:
        world.ids[made] = str(answer.body["id"])


def _bind_contract(act: Act, body: Mapping[str, Any], world: World) -> None:
    world.ids[ref_of(act, "ref")] = str(body["id"])
    other = "client" if "client" in act.fields else "freelancer"
    mine = "freelancer" if other == "client" else "client"
    world.parties_of[str(body["id"])] = {other: party_of(act, other).name, mine: act.party.name}
    named = act.fields.get("milestones")
    if isinstance(named, tuple):
        for milestone, made in zip(named, body.get("milestones") or (), strict=True):
            if isinstance(milestone, Mapping) and isinstance(milestone["ref"], Ref):
                world.ids[milestone["ref"]] = str(made["id"])


def _new_milestone(body: Mapping[str, Any], world: World) -> str:
    """Return the id of the milestone that the answer has and this story has not named yet."""
    if "milestones" not in body:
        return str(body["id"])
    known = set(world.ids.values())
    fresh = [str(each["id"]) for each in body["milestones"] if each["id"] not in known]
    if len(fresh) != 1:
        raise StepFailed(f"the contract has {len(fresh)} milestones that this story has not named")
    return fresh[0]
