"""An invoicing service on the store in memory: events and commands in, invoices and charges out. No server."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from services.invoicing.adapters.simulated_gateway import CHARGES as GATEWAY_CHARGES
from services.invoicing.adapters.simulated_gateway import REFUNDS as GATEWAY_REFUNDS
from services.invoicing.adapters.simulated_gateway import SimulatedGateway
from services.invoicing.application.approve_work import ApproveWork, approve_work
from services.invoicing.application.ask_gateway import ask_gateway, record_gateway_answer
from services.invoicing.application.charge_invoice import PayInvoice, pay_invoice
from services.invoicing.application.collections import CHARGES, CLIENTS, INVOICES, REVIEWS
from services.invoicing.application.give_bonus import Bonus, GiveBonus, give_bonus
from services.invoicing.application.handlers import due_handlers, event_handlers
from services.invoicing.application.object_to_hours import ObjectToHours, object_to_hours, withdraw_objection
from services.invoicing.application.ownership import Actor
from services.invoicing.application.ports import GatewayError, SimulatedOutcome
from services.invoicing.application.register_billing_method import RegisterBillingMethod, register_billing_method
from services.invoicing.application.request_changes import RequestChanges, request_changes_of_work
from services.invoicing.domain.clients import ClientAccount
from services.invoicing.domain.invoices import Invoice
from services.invoicing.domain.reviews import Review
from shared.events import contracts as published
from shared.events.catalogue import BY_TOPIC, LIVE
from shared.events.codec import decode
from shared.events.contracts import (
    Deposit,
    DepositRequested,
    EscrowRefund,
    EscrowRefunded,
    EscrowRelease,
    EscrowReleased,
)
from shared.events.envelope import Envelope
from shared.events.parties import Party, PartyRegistered
from shared.events.terms import Terms
from shared.events.work import Period, PeriodClosed, Submission, WorkSubmitted
from shared.kernel.instants import WEEK, parse_instant
from shared.kernel.money import Money
from shared.persistence.group_commit import Committer
from shared.persistence.reading import StoreReading
from shared.persistence.records import DUES, INTENTS, OUTBOX
from shared.persistence.unit import Due, Phase, Unit
from shared.testing.clocks import CountingIds, FixedClock
from shared.testing.memory_store import MemoryStore

C = TypeVar("C")
R = TypeVar("R")
ACME, MIA, CONTRACT = "cl_acme", "fr_mia", "ct_one"
START = parse_instant("2026-02-16T00:00:00Z")
"""A Monday that begins a pair of weeks."""
LOCK_AFTER_WEEK = timedelta(hours=12)

_EVENTS = {
    "contract.accepted": published.ContractAccepted, "contract.funded": published.ContractFunded,
    "contract.amended": published.ContractAmended, "contract.paused": published.ContractPaused,
    "contract.resumed": published.ContractResumed, "contract.ended": published.ContractEnded,
}


def usd(text: str) -> Money:
    """Read dollars."""
    return Money.parse(text, "USD")


def at(text: str) -> datetime:
    """Read an instant: 2026-03-02T12:00 is UTC."""
    return parse_instant(text + ("Z" if "T" in text else "T00:00:00Z"))


ANY_HIRE = Terms(
    profile="any_hire", version="test", funding="billing_method", review_days=7, silence_approves=True,
    hours_review="objection", objection_days=4, hold_seconds=4 * 86_400, hours_hold_floor="friday_after_lock",
    fixed_rate_hold_floor="friday_after_lock", fixed_rate_first_week_prorated=False, bonus="next_cadence",
    bonus_days_after_end=0, freelancer_fee_basis_points=0, client_fee_basis_points=0, initiation_fee=usd("0.00"),
    minimum_amount=usd("5.00"), offer_days=30, escrow_question_days=7, disputes="none", protection=False,
)
MARKETPLACE = ANY_HIRE.model_copy(update={
    "profile": "marketplace", "funding": "escrow", "review_days": 14, "hours_review": "friday", "objection_days": 0,
    "hold_seconds": 5 * 86_400, "hours_hold_floor": "wednesday_16_days", "fixed_rate_hold_floor": "none",
    "fixed_rate_first_week_prorated": True, "bonus": "at_once", "bonus_days_after_end": 365,
    "freelancer_fee_basis_points": 1000, "client_fee_basis_points": 500, "initiation_fee": usd("4.99"),
    "disputes": "mediation", "protection": True,
})
DIRECT = MARKETPLACE.model_copy(update={
    "profile": "direct", "silence_approves": False, "hours_review": "none", "hold_seconds": 0,
    "freelancer_fee_basis_points": 340, "client_fee_basis_points": 300, "initiation_fee": usd("0.00"),
})


def contract(terms: Terms = ANY_HIRE, kind: str = "hourly", **more: Any) -> published.Contract:
    """Return an active contract as its owner publishes it."""
    fields: dict[str, Any] = {
        "id": CONTRACT, "clock": LIVE, "revision": 2, "client_id": ACME, "freelancer_id": MIA,
        "profile": terms.profile, "kind": kind, "cadence": "weekly", "currency": "USD", "status": "active",
        "funding_mode": "billing_method", "terms": terms, "escrow": usd("0.00"), "offered_at": START,
        "accepted_at": START, "activated_at": START, "hourly_rate": usd("45.00") if kind == "hourly" else None,
        "rate": usd("500.00") if kind == "fixed_rate" else None,
        "amount": usd("800.00") if kind == "single" else None,
    }
    return published.Contract(**{**fields, **more})


class Desk:
    """The service under test, with the words of the tests."""

    def __init__(self) -> None:
        self.store, self.gateway_store = MemoryStore(), MemoryStore()
        self.clock = FixedClock(START)
        self.committer = Committer(
            self.store, service="invoicing", lane="test", clock=self.clock, ids=CountingIds(),
            handlers=event_handlers(), dues=due_handlers())
        self.reading = StoreReading(self.store, self.clock)
        self.gateway = SimulatedGateway(self.gateway_store, clock=self.clock)
        self._sequence = 0

    async def __aenter__(self) -> "Desk":
        await self.committer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.committer.stop()

    # ---- what happens -----------------------------------------------------------------------------------------

    async def hears(self, topic: str, payload: Any, *, key: str = MIA, id: str | None = None) -> bool:
        """Hand an event to the service at its clock's now, then let everything due now happen."""
        new = await self.committer.handle(topic, self.envelope(topic, payload, key=key, id=id))
        await self.settles()
        return new

    def envelope(self, topic: str, payload: Any, *, key: str = MIA, id: str | None = None) -> Envelope[Any]:
        """Wrap a payload."""
        self._sequence += 1
        spec, id = BY_TOPIC[topic], id or f"evt_{self._sequence}"
        return Envelope(
            id=id, source="/billing/test", type=spec.type, subject=key, time=self.clock.now(),
            dataschema=spec.dataschema, partitionkey=key, sequence=self._sequence, causationid=id, correlationid=id,
            livemode=True, data=payload)

    async def knows_parties(self, *, billing_methods: int = 1) -> None:
        """Register the client, with working billing methods, and the freelancer."""
        for id, role in ((ACME, "client"), (MIA, "freelancer")):
            await self.hears("party.registered", PartyRegistered.model_validate({"object": Party.model_validate({
                "id": id, "role": role, "clock": LIVE, "registered_at": START})}), key=id)
        for _ in range(billing_methods):
            await self.committer.run(
                register_billing_method, RegisterBillingMethod(Actor(ACME), ACME, "card"), clock=LIVE)

    async def knows(self, resource: published.Contract, topic: str = "contract.funded") -> None:
        """Hear of a contract."""
        await self.hears(topic, _EVENTS[topic](object=resource))

    async def works_under(self, terms: Terms = ANY_HIRE, kind: str = "hourly", **more: Any) -> None:
        """Know both parties and one active contract."""
        await self.knows_parties()
        await self.knows(contract(terms, kind, **more))

    async def week_closes(self, week: str, segments: int, *, contract_id: str = CONTRACT, **more: Any) -> datetime:
        """Move to the lock of the week that begins on `week`, and hear its period; returns the lock."""
        start = at(week)
        lock = start + WEEK + LOCK_AFTER_WEEK
        await self.runs_until(lock - timedelta(milliseconds=1))
        self.clock.set(lock)
        period = Period(
            id=f"per_{contract_id}_{week}", clock=LIVE, contract_id=contract_id, client_id=ACME, freelancer_id=MIA,
            week_start=start, week_end=start + WEEK, locked_at=lock, segments=segments, billable_segments=segments,
            **more)
        await self.hears("period.closed", PeriodClosed(object=period))
        return lock

    async def work_is_submitted(
        self, id: str = "sub_one", number: int = 1, *, milestone_id: str | None = None, contract_id: str = CONTRACT
    ) -> None:
        """Hear that the freelancer handed work in."""
        await self.hears("work.submitted", WorkSubmitted(object=Submission(
            id=id, clock=LIVE, contract_id=contract_id, client_id=ACME, freelancer_id=MIA, kind="work", number=number,
            milestone_id=milestone_id, submitted_at=self.clock.now())))

    async def escrow_is_released(
        self, amount: str, client_fee: str, *, id: str = "rel_one", submission_id: str = "sub_one"
    ) -> None:
        """Hear from contracts that escrow left for an approved submission."""
        await self.hears("escrow.released", EscrowReleased(object=EscrowRelease(
            id=id, clock=LIVE, contract_id=CONTRACT, milestone_id=None, submission_id=submission_id, client_id=ACME,
            freelancer_id=MIA, amount=usd(amount), client_fee=usd(client_fee), released_at=self.clock.now())))

    async def escrow_is_refunded(self, amount: str, client_fee: str, *, id: str = "ref_one") -> None:
        """Hear from contracts that escrow goes back."""
        await self.hears("escrow.refunded", EscrowRefunded(object=EscrowRefund(
            id=id, clock=LIVE, contract_id=CONTRACT, client_id=ACME, freelancer_id=MIA, amount=usd(amount),
            client_fee=usd(client_fee), total=usd(amount) + usd(client_fee), refunded_at=self.clock.now())))

    async def deposit_is_requested(
        self, amount: str, client_fee: str, initiation_fee: str, *, id: str = "dep_one"
    ) -> None:
        """Hear that contracts asks for a deposit."""
        total = usd(amount) + usd(client_fee) + usd(initiation_fee)
        await self.hears("deposit.requested", DepositRequested(object=Deposit(
            id=id, clock=LIVE, contract_id=CONTRACT, milestone_id=None, client_id=ACME, freelancer_id=MIA,
            amount=usd(amount), client_fee=usd(client_fee), initiation_fee=usd(initiation_fee), total=total,
            status="requested", requested_at=self.clock.now())))

    async def approves(self, id: str = "sub_one", amount: str | None = None, *, actor: str = ACME) -> Review:
        """Let the client approve."""
        command = ApproveWork(Actor(actor), id, None if amount is None else usd(amount))
        return await self._runs(approve_work, command)

    async def requests_changes(self, id: str = "sub_one", *, actor: str = ACME) -> Review:
        """Let the client ask for changes."""
        return await self._runs(request_changes_of_work, RequestChanges(Actor(actor), id, "smaller logo"))

    async def gives_bonus(self, amount: str, *, actor: str = ACME) -> Bonus:
        """Let the client give a bonus."""
        return await self._runs(give_bonus, GiveBonus(Actor(actor), CONTRACT, usd(amount)))

    async def objects(self, *, actor: str = ACME) -> Invoice:
        """Let the client object to the hours."""
        return await self._runs(object_to_hours, ObjectToHours(Actor(actor), CONTRACT))

    async def withdraws(self, *, actor: str = ACME) -> Invoice:
        """Let the client withdraw its objections."""
        return await self._runs(withdraw_objection, ObjectToHours(Actor(actor), CONTRACT))

    async def pays(self, contract_number: int = 1, *, actor: str = ACME) -> Invoice:
        """Let the client pay an invoice by hand."""
        invoice = await self.invoice(contract_number)
        return await self._runs(pay_invoice, PayInvoice(Actor(actor), invoice.id))

    async def _runs(self, use_case: Callable[[Unit, C], Awaitable[R]], command: C) -> R:
        result: R = await self.committer.run(use_case, command, clock=LIVE)
        await self.settles()
        return result

    async def gateway_answers(self, *outcomes: SimulatedOutcome, for_ever: bool = False) -> None:
        """Say what the simulated gateway answers next."""
        await self.gateway.set_outcomes(ACME, outcomes, for_ever=for_ever)

    # ---- time -------------------------------------------------------------------------------------------------

    async def settles(self) -> None:
        """Let everything due now happen, and ask the gateway until nothing is promised."""
        while await self._fires_one(self.clock.now()) or await self.calls_the_gateway():
            pass

    async def runs_until(self, instant: datetime) -> None:
        """Let every due item up to `instant` happen, in the order of instants and phases."""
        while await self._fires_one(instant):
            await self.settles()
        self.clock.set(instant)

    async def _fires_one(self, until: datetime) -> bool:
        rows = [DUES.from_document(row) for row in await self.store.find(DUES.name, {"due_at": {"$lte": until}})]
        if not rows:
            return False
        row = min(rows, key=lambda row: (row.due_at, row.phase))
        self.clock.set(max(row.due_at, self.clock.now()))
        await self.committer.fire(Due(row.kind, row.ref, row.clock, row.due_at, Phase(row.phase)))
        return True

    async def calls_the_gateway(self) -> list[str]:
        """Ask for every open promise once and record what is answered; returns the charges that were asked for."""
        asked = []
        for row in await self.store.find(INTENTS.name, {}):
            (found,) = await self.store.load(CHARGES.name, [row["ref"]])
            charge = CHARGES.from_document(found)
            asked.append(charge.id)
            try:
                answer = await ask_gateway(self.gateway, charge)
            except GatewayError:
                continue
            await self.committer.record(record_gateway_answer, answer, clock=LIVE, cause=row["_id"])
        return asked

    async def records_again(self, charge_id: str) -> None:
        """Ask the gateway about an answered charge and record its answer once more."""
        (found,) = await self.store.load(CHARGES.name, [charge_id])
        answer = await ask_gateway(self.gateway, CHARGES.from_document(found))
        await self.committer.record(record_gateway_answer, answer, clock=LIVE, cause=f"gateway.charge:{charge_id}")

    # ---- what is true -----------------------------------------------------------------------------------------

    async def invoices(self) -> list[Invoice]:
        """Return every invoice, in the order of their numbers."""
        return [INVOICES.from_document(row) for row in await self.store.find(INVOICES.name, {}, sort="number")]

    async def invoice(self, contract_number: int = 1) -> Invoice:
        """Return the n-th invoice of the contract."""
        (row,) = await self.store.find(INVOICES.name, {"contract_id": CONTRACT, "contract_number": contract_number})
        return INVOICES.from_document(row)

    async def review(self, id: str = "sub_one") -> Review:
        """Return a review."""
        (row,) = await self.store.load(REVIEWS.name, [id])
        return REVIEWS.from_document(row)

    async def client(self) -> ClientAccount:
        """Return the client's standing."""
        (row,) = await self.store.load(CLIENTS.name, [ACME])
        return CLIENTS.from_document(row)

    async def charged(self) -> str:
        """Return what was captured from the client minus what went back, in dollars."""
        sums: Mapping[str, Money] = {money.currency: money for money in (await self.client()).charged}
        return str(sums.get("USD", usd("0.00")))

    async def gateway_record(self) -> tuple[int, int]:
        """Return what the gateway itself says it captured and gave back, in cents."""
        charged = await self.gateway_store.find(GATEWAY_CHARGES, {"status": "captured"})
        refunded = await self.gateway_store.find(GATEWAY_REFUNDS, {})
        return sum(row["amount_minor"] for row in charged), sum(row["amount_minor"] for row in refunded)

    async def published(self, topic: str) -> list[Envelope[Any]]:
        """Return the events of one topic, in order."""
        rows = await self.store.find(OUTBOX.name, {}, sort="_id")
        return [decode(event["topic"], event["value"])
                for row in rows for event in row["events"] if event["topic"] == topic]

    async def topics(self) -> list[str]:
        """Return the topics of the published events, in order."""
        return [event["topic"] for row in await self.store.find(OUTBOX.name, {}, sort="_id") for event in row["events"]]
