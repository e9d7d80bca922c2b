"""One story's world as the rule book describes it: everything happens at once, in order, in one place.

Acts answer None where they are granted and a refusal code where they are not; a refused act changes nothing. Must never
import from the services: it is there to disagree with them.
"""

import heapq
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from tests.reference.rules import (
    DAY,
    INITIATION,
    MINIMUM,
    NOON,
    PAYOUT_MINIMUM,
    PROFILES,
    WEEK,
    Profile,
    first_week_percent,
    half_up,
    monday,
    pair_end,
    review_days,
    runs_on,
)

LOCKS, QUESTIONS, CHARGES, MATURITIES, RUNS = range(5)
"""The order of what is due at one instant."""
SEGMENT = timedelta(minutes=10)
RETRIES = 5


@dataclass
class Client:
    """One client."""

    charged: Counter[str] = field(default_factory=Counter)
    failed: set[int] = field(default_factory=set)
    suspended: bool = False
    outcomes: list[str] = field(default_factory=list)
    always_declined: bool = False

    def captures(self) -> bool:
        """Ask the gateway once."""
        if self.always_declined:
            return False
        return not self.outcomes or self.outcomes.pop(0) == "ok"


@dataclass
class Hold:
    """Net money of one invoice that waits."""

    invoice: "Invoice"
    amount: int
    due: datetime
    over: bool = False


@dataclass
class Purse:
    """One currency of one freelancer."""

    pending: int = 0
    available: int = 0
    paid_out: int = 0


@dataclass
class Freelancer:
    """One freelancer. `busy` holds every segment that was logged, by its start."""

    purses: dict[str, Purse] = field(default_factory=dict)
    holds: list[Hold] = field(default_factory=list)
    busy: dict[datetime, str] = field(default_factory=dict)
    has_method: bool = True
    every: str = "none"
    choices: int = 0
    thresholds: dict[str, int] = field(default_factory=dict)
    moved: datetime | None = None
    rail: list[str] = field(default_factory=list)

    def purse(self, currency: str) -> Purse:
        """The purse, empty at first."""
        return self.purses.setdefault(currency, Purse())


@dataclass
class Line:
    """One line of an invoice; `floor` is the instant before which its money never matures."""

    gross: int
    fee: int
    client_fee: int
    hold: timedelta
    floor: datetime | None = None


@dataclass
class Invoice:
    """One invoice."""

    id: int
    contract: "Contract"
    number: int
    lines: list[Line]
    issued: datetime
    of_time: bool
    initiation: int = 0
    status: str = "open"
    attempts: int = 0
    first_attempt: datetime | None = None
    last_attempt: datetime | None = None
    next_attempt: datetime | None = None
    objection: bool = False
    delay: timedelta = timedelta(0)

    @property
    def gross(self) -> int:
        """The sum of the lines."""
        return sum(line.gross for line in self.lines)

    @property
    def fee(self) -> int:
        """What the freelancer leaves."""
        return sum(line.fee for line in self.lines)

    @property
    def client_total(self) -> int:
        """What the client pays, or has paid with its deposits."""
        return self.gross + sum(line.client_fee for line in self.lines) + self.initiation


@dataclass
class Milestone:
    """A milestone, or a single payment."""

    ref: str
    amount: int
    status: str = "planned"
    deposit: int = 0
    paid: bool = False


@dataclass
class Layer:
    """One deposit in escrow."""

    amount: int
    fee: int
    used: int = 0


@dataclass
class Submission:
    """Work that was handed in."""

    ref: str
    contract: "Contract"
    milestone: Milestone
    status: str = "in_review"
    ends: datetime | None = None


@dataclass
class TimeEntry:
    """Logged time."""

    contract: "Contract"
    start: datetime
    end: datetime

    def marks(self) -> list[datetime]:
        """The starts of its segments."""
        return [self.start + step * SEGMENT for step in range((self.end - self.start) // SEGMENT)]


@dataclass
class Contract:
    """One contract."""

    ref: str
    client: str
    freelancer: str
    profile: str
    kind: str
    currency: str
    cadence: str | None
    expires: datetime
    rate: int = 0
    manual: bool = False
    limits: list[tuple[datetime, int | None]] = field(default_factory=list)
    milestones: list[Milestone] = field(default_factory=list)
    status: str = "sent"
    agreed: bool = False
    started: datetime | None = None
    ended: datetime | None = None
    active: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    pauses: set[str] = field(default_factory=set)
    failed: set[int] = field(default_factory=set)
    layers: list[Layer] = field(default_factory=list)
    initiation_charged: bool = False
    question: datetime | None = None
    invoices: list[Invoice] = field(default_factory=list)
    bonuses: list[tuple[datetime, int]] = field(default_factory=list)
    entries: dict[str, TimeEntry] = field(default_factory=dict)
    locked: dict[datetime, int | None] = field(default_factory=dict)
    """Closed weeks, and the limit in hours that held."""
    billed_weeks: set[datetime] = field(default_factory=set)
    submissions: list[Submission] = field(default_factory=list)
    events: Counter[str] = field(default_factory=Counter)

    @property
    def rules(self) -> Profile:
        """The row of section 1."""
        return PROFILES[self.profile]

    @property
    def staged(self) -> bool:
        """Paid by submission."""
        return self.kind in ("single", "milestones")

    @property
    def prefunded(self) -> bool:
        """Paid from escrow."""
        return self.staged and self.rules.prefunded

    @property
    def escrow(self) -> int:
        """What is in escrow."""
        return sum(layer.amount - layer.used for layer in self.layers)

    @property
    def in_work(self) -> Milestone | None:
        """The active one."""
        return next((one for one in self.milestones if one.status in ("active", "submitted")), None)

    def lock_of(self, week: datetime) -> datetime:
        """The lock that ends the cadence of the week."""
        return (pair_end(week) if self.cadence == "bi_weekly" else week + WEEK) + NOON

    def limit_in(self, week: datetime) -> int | None:
        """The weekly limit in hours."""
        hours: int | None = None
        for begins, value in self.limits:
            if begins <= week:
                hours = value
        return hours

    def was_active_in(self, begin: datetime, end: datetime) -> bool:
        """At any instant of `[begin, end)`."""
        return any(start < end and (stop is None or stop > begin or start == stop >= begin)
                   for start, stop in self.active)

    def was_active_throughout(self, begin: datetime, end: datetime) -> bool:
        """From end to end."""
        return any(start <= begin and (stop is None or end <= stop) for start, stop in self.active)


class World:
    """Parties, contracts and what is due."""

    def __init__(self, start: datetime) -> None:
        self.now = start
        self.clients: dict[str, Client] = {}
        self.freelancers: dict[str, Freelancer] = {}
        self.contracts: dict[str, Contract] = {}
        self.submissions: dict[str, Submission] = {}
        self.payouts: dict[str, tuple[str, int]] = {}
        self._agenda: list[tuple[datetime, int, int, Callable[[], None]]] = []
        self._order, self._invoice_ids = count(), count(1)
        self._runs_from = start

    # ---- time -------------------------------------------------------------------------------------------------

    def due(self, at: datetime, phase: int, what: Callable[[], None]) -> None:
        """Let `what` happen at `at`."""
        heapq.heappush(self._agenda, (at, phase, next(self._order), what))

    def next_due(self) -> datetime | None:
        """The next instant at which something is due."""
        return self._agenda[0][0] if self._agenda else None

    def advance(self, to: datetime) -> None:
        """Let everything happen up to and at `to`."""
        while self._agenda and self._agenda[0][0] <= to:
            at, _, _, what = heapq.heappop(self._agenda)
            self.now = max(self.now, at)
            what()
        self.now = to

    def settle(self) -> None:
        """Let what an act has caused happen."""
        self.advance(self.now)

    # ---- offers and contracts ---------------------------------------------------------------------------------

    def offer(self, by: str, contract: Contract, wrong_field: bool = False) -> str | None:
        """contract.offer."""
        if (by in self.clients) != (contract.rules.started_by == "client"):
            return "NOT_A_PARTY"
        if contract.kind not in contract.rules.kinds or wrong_field:
            return "NOT_OFFERED"
        if self._known(contract):
            return "KNOWN_FROM_MARKETPLACE"
        if by in self.clients and self.clients[by].suspended:
            return "CLIENT_SUSPENDED"
        if any(one.amount < MINIMUM[contract.currency] for one in contract.milestones):
            return "AMOUNT_BELOW_MINIMUM"
        self.contracts[contract.ref] = contract
        self.due(contract.expires, LOCKS, lambda: self._expire(contract))
        return None

    def _known(self, contract: Contract) -> bool:
        """Whether the pair of an `any_hire` offer has or had a marketplace contract."""
        pair = (contract.client, contract.freelancer)
        return contract.profile == "any_hire" and any(
            other.profile == "marketplace" and other.agreed and (other.client, other.freelancer) == pair
            for other in self.contracts.values())

    def _expire(self, contract: Contract) -> None:
        if contract.status == "sent":
            contract.status = "expired"

    def accept(self, by: str, contract: Contract) -> str | None:
        """contract.accept."""
        if by == (contract.client if contract.rules.started_by == "client" else contract.freelancer):
            return "NOT_A_PARTY"
        if self._known(contract):
            return "KNOWN_FROM_MARKETPLACE"
        if contract.status != "sent":
            return "OFFER_NOT_OPEN"
        contract.status, contract.agreed = "accepted", True
        if not contract.prefunded:
            self._activate(contract)
        return None

    def decline(self, by: str, contract: Contract) -> str | None:
        """contract.decline."""
        if by == (contract.client if contract.rules.started_by == "client" else contract.freelancer):
            return "NOT_A_PARTY"
        if contract.status != "sent":
            return "OFFER_NOT_OPEN"
        contract.status = "declined"
        return None

    def _activate(self, contract: Contract) -> None:
        contract.status, contract.started = "active", self.now
        contract.active.append((self.now, None))
        if contract.kind == "single":
            contract.milestones[0].status = "active"
        if not contract.staged:
            self._schedule_lock(contract, monday(self.now))

    def _schedule_lock(self, contract: Contract, week: datetime) -> None:
        self.due(week + WEEK + NOON, LOCKS, lambda: self._lock(contract, week))

    def pause(self, contract: Contract) -> str | None:
        """contract.pause."""
        if contract.status not in ("active", "paused") or "party" in contract.pauses:
            return "CONTRACT_NOT_ACTIVE"
        self._pause(contract, "party")
        return None

    def _pause(self, contract: Contract, why: str) -> None:
        if contract.status not in ("active", "paused"):
            return
        if contract.status == "active":
            self._stop(contract)
        contract.pauses.add(why)
        contract.status = "paused"

    def _stop(self, contract: Contract) -> None:
        if contract.active and contract.active[-1][1] is None:
            contract.active[-1] = (contract.active[-1][0], self.now)

    def resume(self, contract: Contract) -> str | None:
        """contract.resume."""
        if contract.status not in ("active", "paused"):
            return "CONTRACT_NOT_ACTIVE"
        if "party" not in contract.pauses:
            return "CONTRACT_NOT_PAUSED"
        self._unpause(contract, "party")
        return None

    def _unpause(self, contract: Contract, why: str) -> None:
        contract.pauses.discard(why)
        if contract.status == "paused" and not contract.pauses:
            contract.status = "active"
            contract.active.append((self.now, None))

    def end(self, by: str, contract: Contract, *, refund: bool) -> str | None:
        """contract.end."""
        if refund and not contract.prefunded:
            return "NOT_OFFERED"
        if contract.status in ("sent", "accepted"):
            contract.status = "cancelled"
            self._drop_future(contract)
            return None
        living = contract.status in ("active", "paused")
        if not living and not (contract.status in ("ended", "completed") and refund and contract.escrow):
            return "CONTRACT_NOT_ACTIVE"
        if contract.escrow and not refund:
            return "ESCROW_NOT_EMPTY"
        if living:
            self._stop(contract)
            contract.status, contract.ended, contract.pauses = "ended", self.now, set()
            self._drop_future(contract)
        elif contract.question is not None and by in self.clients:
            return "REFUND_ALREADY_ASKED"
        if not contract.escrow:
            return None
        if by in self.freelancers:
            self._refund_escrow(contract)
            return None
        asked = contract.question = self.now + 7 * DAY
        self.due(asked, QUESTIONS, lambda: self._silence_refunds(contract, asked))
        return None

    def _drop_future(self, contract: Contract) -> None:
        for one in contract.milestones:
            if one.status in ("planned", "proposed"):
                one.status = "cancelled"

    def _silence_refunds(self, contract: Contract, asked: datetime) -> None:
        if contract.question == asked:
            self._refund_escrow(contract)

    def answer_refund(self, by: str, contract: Contract, *, accepted: bool) -> str | None:
        """refund.accept and refund.decline."""
        if by in self.clients:
            return "NOT_A_PARTY"
        if not contract.prefunded:
            return "NOT_OFFERED"
        if contract.question is None:
            return "REFUND_NOT_ASKED"
        if accepted:
            self._refund_escrow(contract)
        contract.question = None
        return None

    def _refund_escrow(self, contract: Contract) -> None:
        amount = contract.escrow
        fee = self._take(contract, amount)
        contract.question = None
        for one in contract.milestones:
            if one.status in ("active", "submitted"):
                one.status = "cancelled"
        if amount:
            self.clients[contract.client].charged[contract.currency] -= amount + fee
            contract.events["escrow.refunded"] += 1

    def _take(self, contract: Contract, amount: int) -> int:
        """Take from the oldest deposits first; return the client fee that goes along."""
        fee = 0
        for layer in contract.layers:
            step = min(amount, layer.amount - layer.used)
            before = half_up(layer.fee * layer.used, layer.amount)
            layer.used += step
            fee += half_up(layer.fee * layer.used, layer.amount) - before
            amount -= step
        return fee

    # ---- milestones -------------------------------------------------------------------------------------------

    def describe(self, by: str, contract: Contract, ref: str, amount: int) -> str | None:
        """milestone.add and milestone.propose."""
        if contract.kind != "milestones":
            return "NOT_OFFERED"
        if contract.status not in ("accepted", "active"):
            return "CONTRACT_NOT_ACTIVE"
        if amount < MINIMUM[contract.currency]:
            return "AMOUNT_BELOW_MINIMUM"
        contract.milestones.append(Milestone(ref, amount, "planned" if by in self.clients else "proposed"))
        return None

    def accept_milestone(self, by: str, contract: Contract, one: Milestone) -> str | None:
        """milestone.accept."""
        if by in self.freelancers:
            return "NOT_A_PARTY"
        if contract.status not in ("accepted", "active"):
            return "CONTRACT_NOT_ACTIVE"
        if one.status != "proposed":
            return "MILESTONE_NOT_PROPOSED"
        one.status = "planned"
        return None

    def edit_milestone(self, by: str, contract: Contract, one: Milestone, amount: int) -> str | None:
        """milestone.edit."""
        if (by in self.freelancers) != (one.status == "proposed"):
            return "NOT_A_PARTY"
        if contract.status not in ("accepted", "active"):
            return "CONTRACT_NOT_ACTIVE"
        if one.status not in ("planned", "proposed"):
            return "MILESTONE_NOT_EDITABLE"
        if amount < MINIMUM[contract.currency]:
            return "AMOUNT_BELOW_MINIMUM"
        one.amount = amount
        return None

    def activate(self, by: str, contract: Contract, one: Milestone) -> str | None:
        """milestone.activate."""
        if by in self.freelancers:
            return "NOT_A_PARTY"
        if not contract.prefunded and contract.kind != "milestones":
            return "NOT_OFFERED"
        if self.clients[by].suspended:
            return "CLIENT_SUSPENDED"
        if contract.status not in ("accepted", "active"):
            return "CONTRACT_NOT_ACTIVE"
        if contract.in_work is not None:
            return "MILESTONE_ALREADY_ACTIVE"
        if one is not next((each for each in contract.milestones if each.status == "planned"), None):
            return "MILESTONE_OUT_OF_ORDER"
        self.due(self.now, CHARGES, lambda: self._fund(contract, one))
        return None

    def _fund(self, contract: Contract, one: Milestone) -> None:
        missing = max(0, one.amount - contract.escrow) if contract.prefunded else 0
        client = self.clients[contract.client]
        if missing:
            fee = half_up(missing * contract.rules.client_fee, 10_000)
            initiation = self._initiation(contract)
            if not client.captures():
                contract.events["deposit.declined"] += 1
                return
            contract.initiation_charged = True
            client.charged[contract.currency] += missing + fee + initiation
            contract.layers.append(Layer(missing, fee))
        one.status, one.deposit = "active", missing
        if contract.status == "accepted":
            contract.status, contract.started = "active", self.now
            contract.active.append((self.now, None))

    def _initiation(self, contract: Contract) -> int:
        due = contract.rules.initiation and not contract.initiation_charged
        return INITIATION[contract.currency] if due else 0

    # ---- work -------------------------------------------------------------------------------------------------

    def submit(self, by: str, contract: Contract, ref: str, one: Milestone | None) -> str | None:
        """work.submit."""
        if by in self.clients:
            return "NOT_A_PARTY"
        if not contract.staged:
            return "NOT_OFFERED"
        if contract.status != "active":
            return "CONTRACT_NOT_ACTIVE"
        one = one or contract.milestones[0]
        if one.status not in ("active", "submitted"):
            return "MILESTONE_NOT_ACTIVE"
        if any(each.milestone is one and each.status == "in_review" for each in contract.submissions):
            return "ALREADY_IN_REVIEW"
        one.status = "submitted"
        found = Submission(ref, contract, one)
        if contract.rules.silence:
            found.ends = self.now + review_days(contract.profile, contract.cadence) * DAY
            self.due(found.ends, LOCKS, lambda: self._silence_approves(found))
        contract.submissions.append(found)
        self.submissions[ref] = found
        return None

    def _silence_approves(self, found: Submission) -> None:
        if found.status == "in_review":
            self._approved(found, None)

    def approve(self, by: str, found: Submission, amount: int | None) -> str | None:
        """work.approve."""
        contract = found.contract
        if by in self.freelancers:
            return "NOT_A_PARTY"
        if amount not in (None, found.milestone.amount) and not contract.prefunded:
            return "NOT_OFFERED"
        if found.status != "in_review":
            return "REVIEW_WINDOW_CLOSED"
        self._approved(found, amount)
        return None

    def request_changes(self, by: str, found: Submission) -> str | None:
        """work.request_changes."""
        if by in self.freelancers:
            return "NOT_A_PARTY"
        if found.status != "in_review":
            return "REVIEW_WINDOW_CLOSED"
        found.status = "changes_requested"
        if found.milestone.status == "submitted":
            found.milestone.status = "active"
        return None

    def _approved(self, found: Submission, amount: int | None) -> None:
        contract, one = found.contract, found.milestone
        found.status = "approved"
        if one.status not in ("active", "submitted"):
            return
        one.status = "released"
        gross = one.amount if amount is None else amount
        line = self._line(contract, gross, DAY * contract.rules.hold_days)
        if not contract.prefunded:
            self._invoice(contract, [line], milestone=one)
            return
        line.client_fee = self._take(contract, gross)
        if not contract.escrow:
            contract.question = None
        invoice = self._number(contract, [line], of_time=False)
        self._paid(invoice)
        one.paid = True
        self._complete(contract)

    def _line(self, contract: Contract, gross: int, hold: timedelta, floor: datetime | None = None) -> Line:
        return Line(gross, half_up(gross * contract.rules.freelancer_fee, 10_000),
                    half_up(gross * contract.rules.client_fee, 10_000), hold, floor)

    def _complete(self, contract: Contract) -> None:
        counting = [one for one in contract.milestones if one.status not in ("proposed", "cancelled")]
        if contract.status not in ("active", "paused") or not contract.staged or not counting:
            return
        if all(one.status == "released" and one.paid for one in counting):
            self._stop(contract)
            contract.status, contract.ended, contract.pauses = "completed", self.now, set()
            self._drop_future(contract)

    # ---- time -------------------------------------------------------------------------------------------------

    def set_limit(self, contract: Contract, hours: int) -> str | None:
        """limit.set."""
        if contract.kind != "hourly":
            return "NOT_OFFERED"
        if contract.status not in ("active", "paused"):
            return "CONTRACT_NOT_ACTIVE"
        week = monday(self.now)
        current = contract.limit_in(week)
        contract.limits = [each for each in contract.limits if each[0] <= week]
        raised = current is not None and hours > current
        if hours != current:
            contract.limits.append((week if raised else week + WEEK, hours))
        return None

    def log(self, by: str, contract: Contract, ref: str, start: datetime, end: datetime, *, manual: bool) -> str | None:
        """time.log."""
        if by in self.clients:
            return "NOT_A_PARTY"
        if contract.kind != "hourly":
            return "NOT_OFFERED"
        if manual and not contract.manual:
            return "MANUAL_TIME_NOT_ALLOWED"
        refused = self._may_keep(contract, start, end)
        if refused:
            return refused
        entry = TimeEntry(contract, start, end)
        busy = self.freelancers[contract.freelancer].busy
        if any(mark in busy for mark in entry.marks()):
            return "OVERLAPPING_TIME"
        busy.update(dict.fromkeys(entry.marks(), ref))
        contract.entries[ref] = entry
        return None

    def _may_keep(self, contract: Contract, start: datetime, end: datetime) -> str | None:
        if contract.status != "active" or not contract.was_active_throughout(start, end):
            return "CONTRACT_NOT_ACTIVE"
        if self.now >= monday(start) + WEEK + NOON:
            return "WEEK_LOCKED"
        if (start - monday(start)) % SEGMENT or (end - monday(end)) % SEGMENT:
            return "TIME_NOT_ON_MARK"
        return None

    def delete(self, contract: Contract, ref: str) -> str | None:
        """time.delete."""
        entry = contract.entries[ref]
        if self.now >= monday(entry.start) + WEEK + NOON:
            return "WEEK_LOCKED"
        busy = self.freelancers[contract.freelancer].busy
        for mark in entry.marks():
            busy.pop(mark, None)
        del contract.entries[ref]
        return None

    def _segments(self, contract: Contract, week: datetime) -> int:
        return sum(week <= mark < week + WEEK for entry in contract.entries.values() for mark in entry.marks())

    def _lock(self, contract: Contract, week: datetime) -> None:
        if contract.was_active_in(week, week + WEEK):
            contract.locked[week] = contract.limit_in(week)
            contract.events["period.closed"] += 1
            if self._segments(contract, week):
                contract.events["work.submitted"] += 1
        if self.now == contract.lock_of(week):
            self._bill(contract, week)
        if contract.status in ("active", "paused") or self.now < contract.lock_of(week) or contract.was_active_in(
                week + WEEK, week + 2 * WEEK):
            self._schedule_lock(contract, week + WEEK)

    def _bill(self, contract: Contract, week: datetime) -> None:
        first = week - WEEK if contract.cadence == "bi_weekly" else week
        weeks = [each for each in (first, week) if each in contract.locked and each not in contract.billed_weeks]
        weeks = list(dict.fromkeys(weeks))
        contract.billed_weeks.update(weeks)
        lines = self._time_lines(contract, weeks)
        of_time = bool(lines)
        lines += [self._line(contract, gross, DAY * contract.rules.hold_days) for _, gross in contract.bonuses]
        contract.bonuses = []
        if lines:
            self._invoice(contract, lines, of_time=of_time)

    def _time_lines(self, contract: Contract, weeks: list[datetime]) -> list[Line]:
        hold = DAY * contract.rules.hold_days
        lines = []
        if contract.kind == "hourly":
            for week in weeks:
                segments, hours = self._segments(contract, week), contract.locked[week]
                counted = segments if hours is None else min(segments, hours * 6)
                gross = half_up(counted * contract.rate, 6)
                if gross:
                    lines.append(self._line(contract, gross, hold, self._floor(contract, week)))
        elif weeks:
            gross = self._fixed_rate(contract, weeks[0])
            floor = self._floor(contract, weeks[-1]) if contract.profile == "any_hire" else None
            lines.append(self._line(contract, gross, hold, floor))
        return lines

    def _fixed_rate(self, contract: Contract, week: datetime) -> int:
        started = contract.started
        assert started is not None
        two = contract.cadence == "bi_weekly"
        cadence_start = pair_end(week) - 2 * WEEK if two else week
        if started < cadence_start:
            return contract.rate
        percent = first_week_percent(started) if contract.profile in ("marketplace", "byo") else 100
        if two and monday(started) == cadence_start:
            percent += 100
        return half_up(contract.rate * percent, 200 if two else 100)

    def _floor(self, contract: Contract, week: datetime) -> datetime | None:
        if contract.profile in ("marketplace", "byo"):
            return week + 17 * DAY - timedelta(minutes=1)
        if contract.profile == "any_hire":
            return contract.lock_of(week) + 4 * DAY
        return None

    # ---- invoices ---------------------------------------------------------------------------------------------

    def bonus(self, by: str, contract: Contract, amount: int) -> str | None:
        """bonus.give."""
        if by in self.freelancers:
            return "NOT_A_PARTY"
        if self.clients[by].suspended:
            return "CLIENT_SUSPENDED"
        days = 0 if contract.profile == "any_hire" else 365
        if contract.started is None or (contract.ended is not None and self.now >= contract.ended + days * DAY):
            return "CONTRACT_NOT_ACTIVE"
        if contract.profile == "any_hire" and not contract.staged:
            contract.bonuses.append((self.now, amount))
        else:
            self._invoice(contract, [self._line(contract, amount, DAY * contract.rules.hold_days)])
        return None

    def _number(self, contract: Contract, lines: list[Line], *, of_time: bool) -> Invoice:
        invoice = Invoice(next(self._invoice_ids), contract, len(contract.invoices) + 1, lines, self.now, of_time)
        contract.invoices.append(invoice)
        contract.events["invoice.issued"] += 1
        return invoice

    def _invoice(
        self, contract: Contract, lines: list[Line], *, of_time: bool = False, milestone: Milestone | None = None
    ) -> None:
        invoice = self._number(contract, lines, of_time=of_time)
        if not contract.prefunded:
            invoice.initiation = self._initiation(contract)
            contract.initiation_charged = True
        invoice.next_attempt = self.now
        self.due(self.now, CHARGES, lambda: self._attempt(invoice, milestone, by_hand=False))

    def _attempt(self, invoice: Invoice, milestone: Milestone | None, *, by_hand: bool) -> None:
        contract = invoice.contract
        client = self.clients[contract.client]
        if invoice.status == "paid":
            return
        invoice.first_attempt = invoice.first_attempt or self.now
        if not by_hand:
            invoice.attempts += 1
            invoice.next_attempt = None
        if client.captures():
            invoice.delay = self.now - invoice.first_attempt
            client.charged[contract.currency] += invoice.client_total
            self._recovered(invoice)
            self._paid(invoice)
            if milestone is not None:
                milestone.paid = True
                self._complete(contract)
            return
        invoice.status = "charge_failed"
        contract.events["invoice.charge_failed"] += 1
        client.failed.add(invoice.id)
        contract.failed.add(invoice.id)
        self._pause(contract, "charge")
        if by_hand:
            return
        if invoice.attempts <= RETRIES:
            invoice.next_attempt = self.now + DAY
            self.due(self.now + DAY, CHARGES, lambda: self._attempt(invoice, milestone, by_hand=False))
        else:
            client.suspended = True

    def _recovered(self, invoice: Invoice) -> None:
        contract, client = invoice.contract, self.clients[invoice.contract.client]
        invoice.next_attempt = None
        client.failed.discard(invoice.id)
        client.suspended = client.suspended and bool(client.failed)
        contract.failed.discard(invoice.id)
        if not contract.failed:
            self._unpause(contract, "charge")

    def pay_by_hand(self, by: str, invoice: Invoice) -> str | None:
        """invoice.pay."""
        if by in self.freelancers:
            return "NOT_A_PARTY"
        if invoice.status != "charge_failed":
            return "INVOICE_NOT_PAYABLE"
        unpaid = (one for one in invoice.contract.milestones if one.status == "released" and not one.paid)
        milestone = next(unpaid, None)
        self.due(self.now, CHARGES, lambda: self._attempt(invoice, milestone, by_hand=True))
        return None

    def _paid(self, invoice: Invoice) -> None:
        contract = invoice.contract
        invoice.status = "paid"
        contract.events["invoice.paid"] += 1
        freelancer = self.freelancers[contract.freelancer]
        gathered: Counter[datetime] = Counter()
        for line in invoice.lines:
            due = self.now + line.hold
            if line.floor is not None:
                due = max(due, line.floor + invoice.delay)
            gathered[due] += line.gross - line.fee
        for due, amount in sorted(gathered.items()):
            if not amount:
                continue
            hold = Hold(invoice, amount, due)
            freelancer.holds.append(hold)
            freelancer.purse(contract.currency).pending += amount
            freelancer.moved = self.now
            self._mature_later(hold, due)

    def _mature_later(self, hold: Hold, at: datetime) -> None:
        self.due(at, MATURITIES, lambda: self._mature(hold))

    def _mature(self, hold: Hold) -> None:
        if hold.over or hold.invoice.objection:
            return
        contract = hold.invoice.contract
        freelancer = self.freelancers[contract.freelancer]
        purse = freelancer.purse(contract.currency)
        hold.over = True
        purse.pending -= hold.amount
        purse.available += hold.amount
        freelancer.moved = self.now

    def object(self, by: str, contract: Contract) -> str | None:
        """hours.object."""
        if by in self.freelancers:
            return "NOT_A_PARTY"
        if contract.profile != "any_hire" or contract.staged:
            return "NOT_OFFERED"
        latest = next((one for one in reversed(contract.invoices) if one.of_time), None)
        if latest is None:
            return "REVIEW_WINDOW_CLOSED"
        if latest.objection:
            return None
        if latest.status != "charge_failed" and self.now >= latest.issued + 4 * DAY + latest.delay:
            return "REVIEW_WINDOW_CLOSED"
        latest.objection = True
        return None

    def withdraw(self, by: str, contract: Contract) -> str | None:
        """hours.withdraw_objection."""
        if by in self.freelancers:
            return "NOT_A_PARTY"
        if contract.profile != "any_hire" or contract.staged:
            return "NOT_OFFERED"
        if not any(one.objection for one in contract.invoices):
            return "NO_OBJECTION"
        for hold in self.freelancers[contract.freelancer].holds:
            if hold.invoice.contract is contract and hold.invoice.objection and not hold.over:
                self._mature_later(hold, max(hold.due, self.now))
        for one in contract.invoices:
            one.objection = False
        return None

    # ---- payouts ----------------------------------------------------------------------------------------------

    def payout(self, by: str, ref: str, currency: str, amount: int | None) -> str | None:
        """payout.request, to the default method, a bank."""
        freelancer = self.freelancers[by]
        purse = freelancer.purse(currency)
        wanted = purse.available if amount is None else amount
        if not freelancer.has_method:
            return "PAYOUT_METHOD_MISSING"
        if wanted < PAYOUT_MINIMUM[currency]:
            return "PAYOUT_BELOW_MINIMUM"
        if wanted > purse.available:
            return "INSUFFICIENT_AVAILABLE"
        self._pay_out(freelancer, ref, currency, wanted)
        return None

    def _pay_out(self, freelancer: Freelancer, ref: str | None, currency: str, amount: int) -> None:
        purse = freelancer.purse(currency)
        outcome = freelancer.rail.pop(0) if freelancer.rail else "settled"
        freelancer.moved = self.now
        status = outcome if outcome in ("failed", "returned") else "settled"
        if status == "settled":
            purse.available -= amount
            purse.paid_out += amount
        if ref is not None:
            self.payouts[ref] = (status, amount)

    def schedule(self, by: str, every: str, thresholds: dict[str, int]) -> None:
        """payout.schedule."""
        freelancer = self.freelancers[by]
        freelancer.every, freelancer.thresholds = every, thresholds
        freelancer.choices += 1
        if every != "none":
            self._schedule_run(freelancer, freelancer.choices)

    def _schedule_run(self, freelancer: Freelancer, choice: int) -> None:
        wednesday = monday(self.now) + 2 * DAY + NOON
        while wednesday <= self.now or not runs_on(freelancer.every, wednesday):
            wednesday += WEEK
        self.due(wednesday, RUNS, lambda: self._run(freelancer, choice))

    def _run(self, freelancer: Freelancer, choice: int) -> None:
        if freelancer.choices != choice:
            return
        self._schedule_run(freelancer, choice)
        dormant = freelancer.moved is not None and self.now - freelancer.moved >= 180 * DAY
        for currency, purse in freelancer.purses.items():
            enough = dormant or purse.available >= freelancer.thresholds.get(currency, 0)
            if enough and purse.available >= PAYOUT_MINIMUM[currency]:
                self._pay_out(freelancer, None, currency, purse.available)
