"""Small books for stream tests: they move an account's money and publish what the real books would.

Every movement has the next version of its account, every change of a hold the next version of the hold.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel

from shared.events.catalogue import BY_TOPIC, LIVE, envelope_of
from shared.events.clocks import ClockAdvanced, ClockRound, ClockTick, ClockTicked
from shared.events.codec import encode
from shared.events.envelope import Envelope
from shared.events.funds import Deltas, Hold, Movement
from shared.events.payouts import Payout
from shared.kernel.ids import derived_id
from shared.kernel.instants import Instant
from shared.kernel.money import Money

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""A Monday noon."""


def usd(amount_minor: int) -> Money:
    """US dollars."""
    return Money(amount_minor, "USD")


def event(topic: str, payload: BaseModel, *, key: str, subject: str, sequence: int, clock: str = LIVE,
          time: Instant = START) -> Envelope[Any]:
    """Wrap `payload` as its owner would."""
    kind = BY_TOPIC[topic]
    return envelope_of(topic)(
        id=derived_id("evt", topic, subject, str(sequence)), source=f"/billing/{kind.owner}", type=kind.type,
        subject=subject, time=time, dataschema=kind.dataschema, partitionkey=key, sequence=sequence,
        causationid="cmd_test", correlationid=derived_id("cor", subject), livemode=clock == LIVE,
        testclock=None if clock == LIVE else clock, data=payload,
    )


@dataclass
class Books:
    """One account's books."""

    account_id: str
    clock: str = LIVE
    version: int = 0
    balances: dict[str, dict[str, int]] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)
    events: list[tuple[str, Envelope[Any]]] = field(default_factory=list)
    history: dict[int, dict[str, dict[str, int]]] = field(default_factory=dict)
    """The balances as of each version: what anybody may ever see."""
    sequences: dict[str, int] = field(default_factory=dict)

    def hold(self, amount_minor: int, *, due_at: Instant = START + timedelta(days=5), currency: str = "USD") -> str:
        """Hold the net of a payment."""
        hold_id = derived_id("hld", self.account_id, str(len(self.holds)))
        hold = Hold(
            id=hold_id, version=1, account_id=self.account_id, clock=self.clock, contract_id="ct_test",
            invoice_id=derived_id("inv", hold_id), amount=Money(amount_minor, currency),
            frozen=Money.zero(currency), state="pending", reason="security_period", rule="P1", started_at=START,
            due_at=due_at, caused_by="evt_paid",
        )
        self._publish("funds.held", hold, Deltas(pending=amount_minor))
        return hold_id

    def mature(self, hold_id: str) -> None:
        """Make what is pending of a hold available."""
        hold = self.holds[hold_id]
        pending = (hold.amount - hold.frozen).amount_minor
        state: Literal["pending", "matured"] = "pending" if hold.frozen else "matured"
        self._publish("funds.available", self._next(hold, amount=hold.frozen, state=state),
                      Deltas(pending=-pending, available=pending))

    def freeze(self, hold_id: str, amount_minor: int) -> None:
        """Block a part of a hold."""
        hold = self.holds[hold_id]
        frozen = hold.frozen + Money(amount_minor, hold.amount.currency)
        self._publish("funds.frozen", self._next(hold, frozen=frozen),
                      Deltas(pending=-amount_minor, frozen=amount_minor))

    def unfreeze(self, hold_id: str) -> None:
        """Take the block away."""
        hold = self.holds[hold_id]
        amount = hold.frozen.amount_minor
        self._publish("funds.unfrozen", self._next(hold, frozen=Money.zero(hold.amount.currency)),
                      Deltas(pending=amount, frozen=-amount))

    def refund(self, hold_id: str, amount_minor: int) -> None:
        """Give a part of what is pending back to the client."""
        hold = self.holds[hold_id]
        left = hold.amount - Money(amount_minor, hold.amount.currency)
        state: Literal["pending", "refunded"] = "pending" if left else "refunded"
        self._publish("funds.refunded", self._next(hold, amount=left, state=state), Deltas(pending=-amount_minor))

    def pay_out(self, amount_minor: int, currency: str = "USD") -> None:
        """Pay out, in its three steps; the middle one moves nothing."""
        payout_id = derived_id("po", self.account_id, str(self.version))
        amount = Money(amount_minor, currency)
        for status, deltas in (
            ("requested", Deltas(available=-amount_minor, reserved=amount_minor)),
            ("released", Deltas()),
            ("settled", Deltas(reserved=-amount_minor, paid_out=amount_minor)),
        ):
            payout = Payout(id=payout_id, clock=self.clock, account_id=self.account_id, method_id="pm_test",
                            method_kind="bank", amount=amount, fee=Money.zero(currency), status=status,  # type: ignore[arg-type]
                            requested_at=START)
            self._emit(f"payout.{status}", payout, payout_id, currency, deltas)

    def balance(self) -> dict[str, dict[str, int]]:
        """All currencies that were ever touched."""
        return {currency: dict(amounts) for currency, amounts in sorted(self.balances.items())}

    def _next(self, hold: Hold, **changes: Any) -> Hold:
        return hold.model_copy(update={"version": hold.version + 1, **changes})

    def _publish(self, topic: str, hold: Hold, deltas: Deltas) -> None:
        self.holds[hold.id] = hold
        self._emit(topic, hold, hold.id, hold.amount.currency, deltas)

    def _emit(self, topic: str, resource: BaseModel, subject: str, currency: str, deltas: Deltas) -> None:
        self.version += 1
        amounts = self.balances.setdefault(currency, dict.fromkeys(Deltas.model_fields, 0))
        for name, change in deltas.model_dump().items():
            amounts[name] += change
        self.history[self.version] = self.balance()
        movement = Movement(account_id=self.account_id, clock=self.clock, version=self.version, currency=currency,
                            deltas=deltas, entry_id=None, at=START + timedelta(seconds=self.version))
        self.sequences[topic] = self.sequences.get(topic, 0) + 1
        payload = BY_TOPIC[topic].payload(object=resource, movement=movement)
        self.events.append((topic, event(topic, payload, key=self.account_id, subject=subject, clock=self.clock,
                                         sequence=self.sequences[topic])))


def tick(now: Instant, number: int, partition: int, *, phase: int = 4) -> Envelope[Any]:
    """A live tick for one partition."""
    payload = ClockTicked(object=ClockTick(clock=LIVE, now=now, phase=phase, number=number))
    return event("clock.ticked", payload, key=str(partition), subject=LIVE, sequence=number, time=now)


def round_of(clock: str, wave: int, now: Instant, phase: int) -> Envelope[Any]:
    """A round of a test clock."""
    payload = ClockAdvanced(object=ClockRound(clock=clock, wave=wave, now=now, phase=phase, status="advancing"))
    return event("clock.advanced", payload, key=clock, subject=clock, sequence=wave, clock=clock, time=now)


def as_bytes(envelope: Envelope[Any]) -> bytes:
    """What the broker stores."""
    return encode(envelope)
