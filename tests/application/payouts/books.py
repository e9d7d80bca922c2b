"""A payouts service on the store in memory: events in, commands in, books out. No server, no sleeping."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from services.payouts.adapters.policy_files import method_policies
from services.payouts.adapters.simulated_rail import SimulatedRail
from services.payouts.application import add_payout_method, request_payout, send_payout, set_payout_schedule
from services.payouts.application.collections import ACCOUNTS, ENTRIES, HOLDS, PAYOUTS
from services.payouts.application.handlers import due_handlers, event_handlers
from services.payouts.application.ports import RailSilent
from services.payouts.domain.accounts import Account, Balances
from services.payouts.domain.holds import Hold
from services.payouts.domain.ledger import Entry
from services.payouts.domain.payout_methods import MethodKind, PayoutMethod
from services.payouts.domain.payout_schedules import Every, Schedule
from services.payouts.domain.payouts import Payout
from shared.events.catalogue import BY_TOPIC, LIVE
from shared.events.codec import decode
from shared.events.envelope import Envelope
from shared.events.funds import DueHold, HoldDue
from shared.events.invoices import Invoice, InvoiceLine, InvoicePaid
from shared.events.parties import Party, PartyRegistered
from shared.kernel.instants import parse_instant
from shared.kernel.money import Money
from shared.persistence.group_commit import Committer
from shared.persistence.records import DUES, INTENTS, OUTBOX
from shared.persistence.unit import Due, Phase
from shared.testing.clocks import CountingIds, FixedClock
from shared.testing.memory_store import MemoryStore

MIA = "fr_mia"
ACME = "cl_acme"
CONTRACT = "ct_one"
MONDAY = parse_instant("2026-02-23T00:00:00Z")
LOCK = parse_instant("2026-03-02T12:00:00Z")
FRIDAY = parse_instant("2026-03-06T12:00:00Z")


def usd(text: str) -> Money:
    """Read dollars."""
    return Money.parse(text, "USD")


class Books:
    """The service under test, with the words of the tests."""

    def __init__(self) -> None:
        self.store, self.rail_store = MemoryStore(), MemoryStore()
        self.clock = FixedClock(MONDAY)
        self.policies = method_policies()
        self.committer = Committer(
            self.store, service="payouts", lane="test", clock=self.clock, ids=CountingIds(),
            handlers=event_handlers(), dues=due_handlers(self.policies))
        self.rail = SimulatedRail(self.rail_store, clock=self.clock)
        self._sequence = 0

    async def __aenter__(self) -> "Books":
        await self.committer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.committer.stop()

    # ---- what happens -----------------------------------------------------------------------------------------

    async def hears(self, topic: str, payload: Any, *, key: str = MIA, id: str | None = None) -> bool:
        """Hand an event to the service at its clock's now; False where it was a repeat."""
        return await self.committer.handle(topic, self.envelope(topic, payload, key=key, id=id))

    def envelope(self, topic: str, payload: Any, *, key: str = MIA, id: str | None = None) -> Envelope[Any]:
        """Wrap a payload."""
        self._sequence += 1
        spec = BY_TOPIC[topic]
        id = id or f"evt_{self._sequence}"
        return Envelope(
            id=id, source="/billing/test", type=spec.type, subject=key, time=self.clock.now(),
            dataschema=spec.dataschema, partitionkey=key, sequence=self._sequence, causationid=id, correlationid=id,
            livemode=True, data=payload)

    async def knows(self, *freelancers: str) -> None:
        """Register freelancers."""
        for id in freelancers or (MIA,):
            await self.hears("party.registered", PartyRegistered(object=Party(
                id=id, role="freelancer", clock=LIVE, registered_at=self.clock.now())), key=id)

    async def is_paid(
        self, net: str, *, at: datetime = LOCK, id: str = "inv_one", hold_days: int = 4, **more: Any
    ) -> None:
        """Hear that an invoice was paid."""
        self.clock.set(max(at, self.clock.now()))
        await self.hears("invoice.paid", InvoicePaid(object=paid(net, at=at, id=id, hold_days=hold_days, **more)),
                         key=more.get("freelancer_id", MIA))

    async def comes_due(self, hold: Hold, *, now: datetime | None = None, id: str | None = None) -> None:
        """Hear from the processor that a hold's time has come."""
        now = now or hold.due_at
        await self.hears("hold.due", HoldDue(object=DueHold(
            hold_id=hold.id, hold_version=hold.version, account_id=hold.account_id, clock=hold.clock,
            due_at=hold.due_at, now=now)), key=hold.account_id, id=id)

    async def earns(self, net: str, *, account_id: str = MIA) -> None:
        """Let money become available."""
        id = f"inv_earned_{self._sequence}"
        await self.is_paid(net, at=self.clock.now(), id=id, hold_days=0, freelancer_id=account_id)
        for hold in [hold for hold in await self.holds() if hold.invoice_id == id]:
            await self.comes_due(hold)

    async def adds_method(self, kind: MethodKind = MethodKind.BANK, *, account_id: str = MIA) -> PayoutMethod:
        """Add a payout method now."""
        command = add_payout_method.AddPayoutMethod(account_id, kind)
        use_case = partial(add_payout_method.add_payout_method, policies=self.policies)
        added: add_payout_method.AddedMethod = await self.committer.run(
            use_case, command, clock=LIVE, reads=add_payout_method.reads(command))
        return added.method

    async def asks_for(self, amount: str | None, *, account_id: str = MIA, **more: Any) -> Payout:
        """Request a payout; None asks for all."""
        command = request_payout.RequestPayout(account_id, usd(amount) if amount is not None else None, **more)
        use_case = partial(request_payout.request_payout, policies=self.policies)
        payout: Payout = await self.committer.run(use_case, command, clock=LIVE, reads=request_payout.reads(command))
        return payout

    async def has_a_payee_with(self, available: str, kind: MethodKind = MethodKind.BANK) -> None:
        """Register Mia with a usable method and money."""
        await self.knows()
        await self.adds_method(kind)
        self.clock.advance(timedelta(days=3))
        await self.earns(available)

    async def chooses(self, every: Every, threshold: str | None = None) -> None:
        """Choose a schedule."""
        command = set_payout_schedule.SetPayoutSchedule(
            MIA, Schedule(every, usd(threshold) if threshold is not None else None))
        await self.committer.run(set_payout_schedule.set_payout_schedule, command, clock=LIVE)

    async def calls_the_rail(self) -> list[str]:
        """Ask the rail for every open promise and record what it answers; returns the payouts that it was asked for."""
        asked = []
        for row in await self.store.find(INTENTS.name, {}):
            payout = await self.payout(row["ref"])
            asked.append(payout.id)
            try:
                answer = await self.rail.send(send_payout.rail_order(payout))
            except RailSilent:
                continue
            await self.committer.run(send_payout.record_rail_answer, answer, clock=LIVE)
        return asked

    async def runs_until(self, instant: datetime) -> None:
        """Let every due item up to `instant` happen, in order."""
        while True:
            rows = await self.store.find(DUES.name, {"due_at": {"$lte": instant}}, sort="due_at", limit=1)
            if not rows:
                break
            row = DUES.from_document(rows[0])
            self.clock.set(row.due_at)
            await self.committer.fire(Due(row.kind, row.ref, row.clock, row.due_at, Phase(row.phase)))
        self.clock.set(instant)

    # ---- what is true -----------------------------------------------------------------------------------------

    async def account(self, id: str = MIA) -> Account:
        """Return an account."""
        (found,) = await self.store.load(ACCOUNTS.name, [id])
        return ACCOUNTS.from_document(found)

    async def balances(self, id: str = MIA, currency: str = "USD") -> Balances:
        """Return one currency's balances."""
        return (await self.account(id)).of(currency)

    async def holds(self) -> list[Hold]:
        """Return every hold, by due instant."""
        return [HOLDS.from_document(row) for row in await self.store.find(HOLDS.name, {}, sort="due_at")]

    async def payouts(self) -> list[Payout]:
        """Return every payout."""
        return [PAYOUTS.from_document(row) for row in await self.store.find(PAYOUTS.name, {}, sort="requested_at")]

    async def payout(self, id: str) -> Payout:
        """Return one payout."""
        (found,) = await self.store.load(PAYOUTS.name, [id])
        return PAYOUTS.from_document(found)

    async def entries(self) -> list[Entry]:
        """Return the journal."""
        return [ENTRIES.from_document(row) for row in await self.store.find(ENTRIES.name, {})]

    async def ledger(self) -> Mapping[str, int]:
        """Return the sums of all postings per ledger account."""
        sums: dict[str, int] = {}
        for entry in await self.entries():
            for posting in entry.postings:
                sums[posting.ledger_account] = sums.get(posting.ledger_account, 0) + posting.amount_minor
        return sums

    async def published(self) -> list[tuple[str, Envelope[Any]]]:
        """Return the outbox's events, in order."""
        rows = await self.store.find(OUTBOX.name, {}, sort="_id")
        return [(event["topic"], decode(event["topic"], event["value"])) for row in rows for event in row["events"]]

    async def topics(self) -> list[str]:
        """Return the topics of the published events, in order."""
        return [topic for topic, _ in await self.published()]


def paid(
    net: str, *, at: datetime = LOCK, id: str = "inv_one", hold_days: int = 4, fee: str = "0.00",
    client_fee: str = "0.00", initiation_fee: str = "0.00", lines: tuple[InvoiceLine, ...] | None = None, **more: Any,
) -> Invoice:
    """Return a paid invoice of one line, unless `lines` says otherwise."""
    gross = usd(net) + usd(fee)
    line = InvoiceLine(id=f"{id}_line", kind="submission", gross=gross, fee=usd(fee), net=usd(net),
                       client_fee=usd(client_fee))
    fields: dict[str, Any] = {
        "id": id, "clock": LIVE, "contract_id": CONTRACT, "client_id": ACME, "freelancer_id": MIA,
        "profile": "any_hire",
        "contract_kind": "single", "number": 1, "contract_number": 1, "status": "paid", "paid_from": "charge",
        "currency": "USD", "lines": lines or (line,), "gross": gross, "fee": usd(fee), "net": usd(net),
        "client_fee": usd(client_fee), "initiation_fee": usd(initiation_fee),
        "client_total": gross + usd(client_fee) + usd(initiation_fee), "hold_seconds": hold_days * 86_400,
        "issued_at": at, "paid_at": at,
    }
    return Invoice(**{**fields, **more})
