"""Acts on invoices, payouts, disputes and chargebacks as requests, and what operators tell the simulators."""

from shared.events.catalogue import BY_TOPIC
from tools.scenarios.act_fields import Asking, body_of, party_of, ref_of
from tools.scenarios.stories import Act
from tools.scenarios.suite import Question
from tools.scenarios.world import StepFailed, World


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
