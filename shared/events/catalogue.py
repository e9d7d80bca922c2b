"""The catalogue: every event once, with owner, topic, key, keeping and readers. Topics, schemas and docs follow it.

Must never be bypassed: an event that is not here cannot be published or read.
"""

from dataclasses import dataclass
from functools import cache
from typing import Literal

from pydantic import BaseModel

from shared.events import clocks, contracts, disputes, funds, invoices, parties, payouts, work
from shared.events.envelope import Envelope

PARTITIONS = 4
"""Every topic has as many, so that one worker sees everything of one payee in each topic."""

LIVE = "live"
"""The clock of everything that is not under a test clock."""

PARKED_TOPIC = "parked"
"""Where the processors put records that they cannot decode or handle."""

PARKED_ANSWERS_TOPIC = "parked.answered"
"""What an operator decided about records that a processor has parked."""

Service = Literal["contracts", "timesheets", "invoicing", "payouts", "disputes"]
SERVICES: tuple[Service, ...] = ("contracts", "timesheets", "invoicing", "payouts", "disputes")
PROCESSORS = ("holds", "balances")


@dataclass(frozen=True, slots=True)
class EventType:
    """One kind of event. `topic` is its name; `key` says what the Kafka key is; `readers` handle it."""

    topic: str
    owner: str
    payload: type[BaseModel]
    readers: tuple[str, ...]
    public: bool = True
    key: Literal["freelancer", "party", "client", "clock", "partition"] = "freelancer"
    keep: Literal["for_ever", "compacted", "one_hour"] = "for_ever"
    version: int = 1

    @property
    def meaning(self) -> str:
        """One sentence."""
        return (self.payload.__doc__ or "").strip().splitlines()[0]

    @property
    def type(self) -> str:
        """CloudEvents type: billing.invoice.paid.v1."""
        return f"billing.{self.topic}.v{self.version}"

    @property
    def dataschema(self) -> str:
        """Where the JSON Schema of this version stands."""
        return f"/schemas/{self.topic}.v{self.version}.json"

    @property
    def counted(self) -> bool:
        """Whether a test clock waits until its readers have handled it."""
        return self.key in ("freelancer", "party", "client") and self.keep == "for_ever"


_COPIES = ("timesheets", "invoicing", "disputes")

EVENTS: tuple[EventType, ...] = (
    EventType("party.registered", "contracts", parties.PartyRegistered,
              ("timesheets", "invoicing", "payouts", "disputes"), key="party"),
    EventType("contract.offered", "contracts", contracts.ContractOffered, _COPIES),
    EventType("contract.accepted", "contracts", contracts.ContractAccepted, _COPIES),
    EventType("contract.funded", "contracts", contracts.ContractFunded, _COPIES),
    EventType("contract.amended", "contracts", contracts.ContractAmended, _COPIES),
    EventType("contract.paused", "contracts", contracts.ContractPaused, _COPIES),
    EventType("contract.resumed", "contracts", contracts.ContractResumed, _COPIES),
    EventType("contract.ended", "contracts", contracts.ContractEnded, _COPIES),
    EventType("deposit.requested", "contracts", contracts.DepositRequested, ("invoicing",), public=False),
    EventType("escrow.released", "contracts", contracts.EscrowReleased, ("invoicing",)),
    EventType("escrow.refunded", "contracts", contracts.EscrowRefunded, ("invoicing", "payouts")),
    EventType("work.submitted", "timesheets", work.WorkSubmitted, ("invoicing", "contracts")),
    EventType("period.closed", "timesheets", work.PeriodClosed, ("invoicing",)),
    EventType("work.approved", "invoicing", invoices.WorkApproved, ("contracts", "timesheets")),
    EventType("work.changes_requested", "invoicing", invoices.WorkChangesRequested, ("contracts", "timesheets")),
    EventType("deposit.captured", "invoicing", contracts.DepositCaptured, ("contracts", "payouts")),
    EventType("deposit.declined", "invoicing", contracts.DepositDeclined, ("contracts",)),
    EventType("invoice.issued", "invoicing", invoices.InvoiceIssued, ()),
    EventType("invoice.paid", "invoicing", invoices.InvoicePaid, ("payouts", "contracts", "disputes")),
    EventType("invoice.charge_failed", "invoicing", invoices.InvoiceChargeFailed, ("contracts",)),
    EventType("invoice.objected", "invoicing", invoices.InvoiceObjected, ("payouts",)),
    EventType("invoice.objection_ended", "invoicing", invoices.InvoiceObjectionEnded, ("payouts",)),
    EventType("invoice.refunded", "invoicing", invoices.InvoiceRefunded, ("payouts",)),
    EventType("client.suspended", "invoicing", invoices.ClientSuspended, ("contracts", "timesheets"), key="client"),
    EventType("client.reinstated", "invoicing", invoices.ClientReinstated, ("contracts", "timesheets"), key="client"),
    EventType("funds.held", "payouts", funds.FundsHeld, ("holds", "balances")),
    EventType("funds.available", "payouts", funds.FundsAvailable, ("holds", "balances")),
    EventType("funds.frozen", "payouts", funds.FundsFrozen, ("holds", "balances")),
    EventType("funds.unfrozen", "payouts", funds.FundsUnfrozen, ("holds", "balances")),
    EventType("funds.refunded", "payouts", funds.FundsRefunded, ("holds", "balances")),
    EventType("hold.due", "holds", funds.HoldDue, ("payouts",), public=False),
    EventType("payout.requested", "payouts", payouts.PayoutRequested, ("balances",)),
    EventType("payout.released", "payouts", payouts.PayoutReleased, ("balances",)),
    EventType("payout.settled", "payouts", payouts.PayoutSettled, ("balances",)),
    EventType("payout.failed", "payouts", payouts.PayoutFailed, ("balances",)),
    EventType("payout.returned", "payouts", payouts.PayoutReturned, ("balances",)),
    EventType("balance.updated", "balances", funds.BalanceUpdated, (), keep="compacted"),
    EventType("dispute.opened", "disputes", disputes.DisputeOpened, ("payouts", "contracts", "invoicing")),
    EventType("dispute.resolved", "disputes", disputes.DisputeResolved, ("payouts", "contracts", "invoicing")),
    EventType("clock.advanced", "contracts", clocks.ClockAdvanced, (*SERVICES, *PROCESSORS),
              public=False, key="clock", keep="one_hour"),
    EventType("clock.reported", "contracts", clocks.ClockReported, ("contracts",),
              public=False, key="clock", keep="one_hour"),
    EventType("clock.ticked", "payouts", clocks.ClockTicked, ("holds",),
              public=False, key="partition", keep="one_hour"),
)

BY_TOPIC: dict[str, EventType] = {event.topic: event for event in EVENTS}
BY_PAYLOAD: dict[type[BaseModel], EventType] = {event.payload: event for event in EVENTS}


def read_by(reader: str) -> tuple[EventType, ...]:
    """Return the events that `reader` (a service or a processor) handles, without the clock's own."""
    return tuple(event for event in EVENTS if reader in event.readers and event.counted)


def owned_by(service: str) -> tuple[EventType, ...]:
    """Return the counted events that `service` publishes."""
    return tuple(event for event in EVENTS if event.owner == service and event.counted)


@cache
def envelope_of(topic: str) -> type[Envelope[BaseModel]]:
    """Return the typed envelope that the records of `topic` carry; KeyError where the catalogue has no such topic."""
    typed: type[Envelope[BaseModel]] = Envelope.__class_getitem__(BY_TOPIC[topic].payload)  # type: ignore[assignment]
    return typed
