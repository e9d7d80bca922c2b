"""A contracts service on the store in memory: commands and events in, contracts and events out. No server, no sleep."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from pydantic import BaseModel

from services.contracts.adapters.policy_files import SHIPPED, read_policies
from services.contracts.application.accept_contract import AcceptContract, accept_contract
from services.contracts.application.activate_milestone import ActivateMilestone, activate_milestone
from services.contracts.application.collections import CONTRACTS, MAILS
from services.contracts.application.end_contract import EndContract, end_contract
from services.contracts.application.handlers import due_handlers, event_handlers
from services.contracts.application.offer_contract import OfferContract, OfferRules, offer_contract
from services.contracts.application.register_party import RegisterParty, register_party
from services.contracts.domain.contracts import Contract
from services.contracts.domain.mails import Mail
from services.contracts.domain.parties import Party, Role
from services.contracts.domain.policies import Cadence, Kind, PolicyBook
from shared.events import contracts as events
from shared.events.catalogue import BY_PAYLOAD, LIVE
from shared.events.codec import decode
from shared.events.disputes import Dispute, DisputeOpened, DisputeResolved
from shared.events.envelope import Envelope
from shared.events.invoices import (
    Client,
    ClientReinstated,
    ClientSuspended,
    Invoice,
    InvoiceChargeFailed,
    InvoiceLine,
    InvoicePaid,
    Review,
    WorkApproved,
    WorkChangesRequested,
)
from shared.events.work import Submission, WorkSubmitted
from shared.kernel.ids import derived_id
from shared.kernel.instants import parse_instant
from shared.kernel.money import Money
from shared.persistence.group_commit import Committer
from shared.persistence.records import DUES, OUTBOX
from shared.persistence.unit import Due, Phase
from shared.testing.clocks import CountingIds, FixedClock
from shared.testing.memory_store import MemoryStore

START = parse_instant("2026-03-02T00:00:00Z")
POLICIES: PolicyBook = read_policies([SHIPPED])


def usd(text: str) -> Money:
    """Read dollars."""
    return Money.parse(text, "USD")


class CountingTokens:
    """Tokens token-1, token-2, …"""

    def __init__(self) -> None:
        self._last = 0

    def new(self) -> str:
        """Return the next token."""
        self._last += 1
        return f"token-{self._last}"


class Office:
    """The service, with a client `acme` and a freelancer `mia` registered."""

    def __init__(self) -> None:
        self.clock, self.store = FixedClock(START), MemoryStore()
        self.committer = Committer(
            self.store, service="contracts", lane="test", clock=self.clock, ids=CountingIds(),
            handlers=event_handlers(), dues=due_handlers())
        self.rules = OfferRules(POLICIES, CountingTokens())
        self.acme = self.mia = ""
        self._told = 0

    async def __aenter__(self) -> "Office":
        await self.committer.start()
        self.acme = (await self.register(Role.CLIENT)).id
        self.mia = (await self.register(Role.FREELANCER)).id
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.committer.stop()

    # ---- commands ---------------------------------------------------------------------------------------------

    async def act(self, use_case: Any, command: Any) -> Any:
        """Run any use case for the party of its command."""
        return await self.committer.run(use_case, command, caller=getattr(command, "party_id", None))

    async def register(self, role: Role) -> Party:
        """Register a party."""
        party: Party = await self.committer.run(register_party, RegisterParty(role), clock=LIVE)
        return party

    async def offer(self, profile: str = "any_hire", kind: Kind = Kind.HOURLY, **fields: Any) -> Contract:
        """Offer a contract between acme and mia; what the kind needs is filled in."""
        direct = profile == "direct"
        needs: dict[Kind, dict[str, Any]] = {
            Kind.SINGLE: {"amount": usd("800.00")},
            Kind.MILESTONES: {"milestones": (("design", usd("600.00")), ("build", usd("400.00")))},
            Kind.HOURLY: {"hourly_rate": usd("45.00")},
            Kind.FIXED_RATE: {"rate": usd("500.00"), "cadence": Cadence.WEEKLY},
        }
        needed = needs[kind]
        if profile == "any_hire":
            needed["cadence"] = Cadence.WEEKLY
        command = OfferContract(**{
            "party_id": self.mia if direct else self.acme, "other_id": self.acme if direct else self.mia,
            "profile": profile, "kind": kind, "currency": "USD", **needed, **fields})
        contract: Contract = await self.act(partial(offer_contract, rules=self.rules), command)
        return contract

    async def accept(self, contract: Contract, by: str | None = None) -> Contract:
        """Accept as the other side."""
        other = self.acme if contract.profile == "direct" else self.mia
        command = AcceptContract(by or other, contract.id)
        accepted: Contract = await self.act(partial(accept_contract, policies=POLICIES), command)
        return accepted

    async def agreed(self, profile: str = "any_hire", kind: Kind = Kind.HOURLY, **fields: Any) -> Contract:
        """Offer and accept."""
        return await self.accept(await self.offer(profile, kind, **fields))

    async def activate(self, contract: Contract, number: int | None = None, by: str | None = None) -> Contract:
        """Activate the milestone with that number (from 0), or the single payment."""
        milestone = None if number is None else contract.milestones[number].id
        activated: Contract = await self.act(
            activate_milestone, ActivateMilestone(by or self.acme, contract.id, milestone))
        return activated

    async def end(self, contract: Contract, *, refund: bool = False, by: str | None = None) -> Contract:
        """End it as the client."""
        ended: Contract = await self.act(end_contract, EndContract(by or self.acme, contract.id, refund))
        return ended

    # ---- events -----------------------------------------------------------------------------------------------

    async def hear(self, payload: BaseModel, key: str | None = None) -> bool:
        """Deliver an event as its owner would publish it now."""
        self._told += 1
        return await self.hear_again(self.enveloped(payload, key or self.mia, self._told))

    async def hear_again(self, envelope: Envelope[Any]) -> bool:
        """Deliver this very event."""
        topic = BY_PAYLOAD[type(envelope.data)].topic
        return await self.committer.handle(topic, envelope)

    def enveloped(self, payload: BaseModel, key: str, number: int) -> Envelope[Any]:
        """Wrap `payload`; `number` tells it apart."""
        spec = BY_PAYLOAD[type(payload)]
        return Envelope(
            id=derived_id("evt", spec.topic, key, str(number)), source=f"/billing/{spec.owner}", type=spec.type,
            subject=key, time=self.clock.now(), dataschema=spec.dataschema, partitionkey=key, sequence=number,
            causationid="cmd_1", correlationid="cor_1", livemode=True, data=payload)

    async def deposit_answered(self, contract: Contract, *, captured: bool = True) -> Contract:
        """Answer the deposit that was asked for last."""
        requested = (await self.published("deposit.requested", contract.id))[-1]
        answer = events.DepositCaptured if captured else events.DepositDeclined
        await self.hear(answer(object=requested.model_copy(
            update={"status": "captured" if captured else "declined"})))
        return await self.contract(contract.id)

    async def funded(self, contract: Contract, number: int | None = None) -> Contract:
        """Activate and capture."""
        return await self.deposit_answered(await self.activate(contract, number))

    async def submitted(self, contract: Contract, number: int | None = None, *, submission: int = 1) -> None:
        """The freelancer handed work in."""
        await self.hear(WorkSubmitted(object=Submission(
            id=f"sub_{submission}", clock=LIVE, contract_id=contract.id, client_id=self.acme, freelancer_id=self.mia,
            kind="work", number=submission, milestone_id=_id_of(contract, number), submitted_at=self.clock.now())))

    def _review(self, contract: Contract, number: int | None, submission: int, **fields: Any) -> Review:
        return Review(**{
            "submission_id": f"sub_{submission}", "clock": LIVE, "contract_id": contract.id,
            "milestone_id": _id_of(contract, number), "client_id": self.acme, "freelancer_id": self.mia,
            "number": submission, "status": "approved", "opened_at": self.clock.now(), "ends_at": None, **fields})

    async def approved(
        self, contract: Contract, number: int | None = None, *, amount: str | None = None, submission: int = 1
    ) -> Contract:
        """Work was approved, whole or less."""
        await self.hear(WorkApproved(object=self._review(
            contract, number, submission, amount=usd(amount) if amount else None)))
        return await self.contract(contract.id)

    async def sent_back(self, contract: Contract, number: int | None = None, *, submission: int = 1) -> Contract:
        """The client asked for changes."""
        await self.hear(WorkChangesRequested(object=self._review(
            contract, number, submission, status="changes_requested")))
        return await self.contract(contract.id)

    def _invoice(self, contract: Contract, id: str, number: int | None, kind: Any, **fields: Any) -> Invoice:
        zero, gross = usd("0.00"), usd("600.00")
        line = InvoiceLine(id="iln_1", kind=kind, gross=gross, fee=zero, net=gross, client_fee=zero,
                           milestone_id=_id_of(contract, number))
        return Invoice(**{
            "id": id, "clock": LIVE, "contract_id": contract.id, "client_id": self.acme, "freelancer_id": self.mia,
            "profile": contract.profile, "contract_kind": contract.kind.value, "number": 1, "contract_number": 1,
            "status": "paid", "paid_from": "charge", "currency": "USD", "lines": (line,), "gross": gross, "fee": zero,
            "net": gross, "client_fee": zero, "initiation_fee": zero, "client_total": gross, "hold_seconds": 0,
            "issued_at": self.clock.now(), "attempts": 1, **fields})

    async def invoice_paid(
        self, contract: Contract, number: int | None = None, *, id: str = "inv_1", kind: str = "submission",
        attempts: int = 1,
    ) -> Contract:
        """An invoice of the contract was paid."""
        await self.hear(InvoicePaid(object=self._invoice(contract, id, number, kind, attempts=attempts)))
        return await self.contract(contract.id)

    async def charge_failed(self, contract: Contract, *, id: str = "inv_1", attempts: int = 1) -> Contract:
        """A charge attempt failed."""
        await self.hear(InvoiceChargeFailed(object=self._invoice(
            contract, id, None, "hours", status="charge_failed", attempts=attempts)))
        return await self.contract(contract.id)

    async def client_is(self, status: str, revision: int) -> None:
        """The client's standing changed."""
        client = Client(id=self.acme, clock=LIVE, status=status, revision=revision)  # type: ignore[arg-type]
        event = ClientSuspended if status == "suspended" else ClientReinstated
        await self.hear(event(object=client), key=self.acme)

    def _dispute(self, contract: Contract, about: Any, **fields: Any) -> Dispute:
        return Dispute(**{
            "id": "dsp_1", "clock": LIVE, "contract_id": contract.id, "client_id": self.acme,
            "freelancer_id": self.mia, "status": "open", "about": about, "amount": usd("600.00"),
            "opened_at": self.clock.now(), **fields})

    async def disputed(self, contract: Contract, about: str = "hours") -> Contract:
        """A dispute was filed."""
        await self.hear(DisputeOpened(object=self._dispute(contract, about)))
        return await self.contract(contract.id)

    async def decided(self, contract: Contract, about: str = "hours", **amounts: Money) -> Contract:
        """The dispute was decided, or withdrawn where no amounts are named."""
        status = "resolved" if amounts else "withdrawn"
        await self.hear(DisputeResolved(object=self._dispute(contract, about, status=status, **amounts)))
        return await self.contract(contract.id)

    # ---- time -------------------------------------------------------------------------------------------------

    async def wait(self, **by: int) -> None:
        """Move the machine's clock on and let everything due happen, in order."""
        until = self.clock.now() + timedelta(**by)
        while True:
            rows = await self.store.find(DUES.name, {"due_at": {"$lte": until}})
            if not rows:
                break
            first = min(rows, key=lambda row: (row["due_at"], row["phase"]))
            self.clock.set(max(first["due_at"], self.clock.now()))
            await self.committer.fire(Due(first["kind"], first["ref"], first["clock"], first["due_at"],
                                          Phase(first["phase"])))
        self.clock.set(until)

    def now(self) -> datetime:
        """The machine's clock."""
        return self.clock.now()

    # ---- what is there now ------------------------------------------------------------------------------------

    async def contract(self, id: str) -> Contract:
        """The contract as it is kept."""
        return CONTRACTS.from_document((await self.store.load(CONTRACTS.name, [id]))[0])

    async def events(self, contract_id: str | None = None) -> list[tuple[str, Any]]:
        """Every published event with its resource, oldest first."""
        rows = await self.store.find(OUTBOX.name, {}, sort="_id")
        published: list[Mapping[str, Any]] = [event for row in rows for event in row["events"]]
        decoded = [(each["topic"], decode(each["topic"], each["value"]).data) for each in published
                   if contract_id is None or each["contract_id"] == contract_id]
        return [(topic, data.object) for topic, data in decoded]  # type: ignore[attr-defined]

    async def topics(self, contract_id: str) -> list[str]:
        """What was published about a contract."""
        return [topic for topic, _ in await self.events(contract_id)]

    async def published(self, topic: str, contract_id: str) -> list[Any]:
        """The resources of one topic."""
        return [resource for name, resource in await self.events(contract_id) if name == topic]

    async def mails(self) -> list[Mail]:
        """Mails that were written."""
        return [MAILS.from_document(row) for row in await self.store.find(MAILS.name, {}, sort="_id")]


def _id_of(contract: Contract, number: int | None) -> str | None:
    return None if number is None else contract.milestones[number].id
