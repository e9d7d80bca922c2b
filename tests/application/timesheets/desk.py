"""A timesheets service on the store in memory: events and commands in, facts out. No server, no sleeping."""

from datetime import timedelta
from typing import Any

from services.timesheets.application.change_time import ChangeTime, change_time
from services.timesheets.application.collections import WEEKS
from services.timesheets.application.counted_entries import CountedEntry
from services.timesheets.application.delete_time import DeleteTime, delete_time
from services.timesheets.application.handlers import due_handlers, event_handlers
from services.timesheets.application.log_time import LogTime, log_time
from services.timesheets.application.read_time import Range, WeekView, list_weeks
from services.timesheets.application.submit_work import SubmitWork, submit_work
from services.timesheets.application.visibility import Viewer
from services.timesheets.domain.closings import ClosedWeek
from services.timesheets.domain.entries import Evidence, Source
from services.timesheets.domain.spans import Span
from services.timesheets.domain.submissions import Submission
from shared.events import contracts as contract_events
from shared.events.catalogue import BY_PAYLOAD, LIVE
from shared.events.codec import decode
from shared.events.contracts import Contract, Milestone, WeeklyLimit
from shared.events.envelope import Envelope
from shared.events.invoices import Review, WorkApproved
from shared.events.parties import Party, PartyRegistered, Role
from shared.events.terms import Terms
from shared.kernel.decisions import NotFound, Refusal
from shared.kernel.ids import derived_id
from shared.kernel.instants import Instant, parse_instant, week_of
from shared.kernel.money import Money
from shared.persistence.collections import REVISION
from shared.persistence.group_commit import Committer
from shared.persistence.reading import StoreReading
from shared.persistence.records import CLOCKS, DUES, OUTBOX, ClockRow
from shared.persistence.unit import Due, Phase
from shared.testing.clocks import CountingIds, FixedClock
from shared.testing.memory_store import MemoryStore

ACME, MIA, TALA = "cl_acme", "fr_mia", "fr_tala"
C1 = "ct_one"
MONDAY = parse_instant("2026-02-23T00:00:00Z")
LOCK = parse_instant("2026-03-02T12:00:00Z")


def at(text: str) -> Instant:
    """Read `02-24 08:00` of 2026, UTC."""
    day, time = text.split()
    return parse_instant(f"2026-{day}T{time}+00:00")


def usd(cents: int) -> Money:
    """An amount of dollars."""
    return Money(cents, "USD")


TERMS = Terms(
    profile="any_hire", version="2026-01-01", funding="billing_method", review_days=7, silence_approves=True,
    hours_review="objection", objection_days=4, hold_seconds=345_600, hours_hold_floor="friday_after_lock",
    fixed_rate_hold_floor="friday_after_lock", fixed_rate_first_week_prorated=False, bonus="next_cadence",
    bonus_days_after_end=0, freelancer_fee_basis_points=0, client_fee_basis_points=0, initiation_fee=usd(0),
    minimum_amount=usd(500), offer_days=30, escrow_question_days=7, disputes="none", protection=False)


class ContractsDesk:
    """Tells one contract's story as the contracts service would: one revision per event."""

    def __init__(self, id: str = C1, kind: Any = "hourly", **fields: Any) -> None:
        self._told = 0
        self.contract = Contract(**{
            "id": id, "clock": LIVE, "revision": 0, "client_id": ACME, "freelancer_id": MIA, "profile": "any_hire",
            "kind": kind, "cadence": "weekly", "currency": "USD", "status": "sent", "funding_mode": "billing_method",
            "terms": TERMS, "hourly_rate": usd(4500) if kind == "hourly" else None, "escrow": usd(0),
            "offered_at": MONDAY, **fields})

    def _next(self, kind: Any, when: Instant, **change: Any) -> Envelope[Any]:
        self.contract = self.contract.model_copy(update={**change, "revision": self.contract.revision + 1})
        return told(kind(object=self.contract), self.contract.freelancer_id, when, clock=self.contract.clock)

    def offered(self, when: Instant = MONDAY) -> Envelope[Any]:
        """An offer was sent."""
        return self._next(contract_events.ContractOffered, when)

    def funded(self, when: Instant = MONDAY) -> Envelope[Any]:
        """It is active."""
        return self._next(contract_events.ContractFunded, when, status="active", activated_at=when)

    def paused(self, when: Instant) -> Envelope[Any]:
        """Work is paused."""
        return self._next(contract_events.ContractPaused, when, status="paused", inactive_since=when, pauses=("party",))

    def resumed(self, when: Instant) -> Envelope[Any]:
        """Work goes on."""
        return self._next(contract_events.ContractResumed, when, status="active", inactive_since=None, pauses=())

    def ended(self, when: Instant) -> Envelope[Any]:
        """It is over."""
        since = self.contract.inactive_since or when
        return self._next(contract_events.ContractEnded, when, status="ended", inactive_since=since, ended_at=when)

    def limited(self, when: Instant, *limits: tuple[int | None, Instant]) -> Envelope[Any]:
        """Its weekly limits are these."""
        return self._next(contract_events.ContractAmended, when, weekly_limits=tuple(
            WeeklyLimit(hours=hours, from_week=week) for hours, week in limits))

    def with_milestones(self, when: Instant, *statuses: Any) -> Envelope[Any]:
        """Its milestones ms_1, ms_2, … have these statuses."""
        return self._next(contract_events.ContractAmended, when, milestones=tuple(
            Milestone(id=f"ms_{number}", title=f"part {number}", amount=usd(10_000), status=status, deposit=usd(0))
            for number, status in enumerate(statuses, 1)))


def told(payload: Any, key: str, when: Instant, clock: str = LIVE) -> Envelope[Any]:
    """Wrap a payload as its owner would."""
    spec = BY_PAYLOAD[type(payload)]
    revision = str(getattr(payload.object, "revision", ""))
    subject = getattr(payload.object, "id", key)
    id = derived_id("evt", spec.topic, subject, revision, payload.model_dump_json())
    return Envelope(
        id=id, source=f"/billing/{spec.owner}", type=spec.type, subject=subject, time=when,
        dataschema=spec.dataschema, partitionkey=key, sequence=1, causationid=id, correlationid=id,
        livemode=clock == LIVE, testclock=None if clock == LIVE else clock, data=payload)


def reviewed(submission: Submission, kind: Any, when: Instant) -> Envelope[Any]:
    """What invoicing decided about a submission."""
    status: Any = "approved" if kind is WorkApproved else "changes_requested"
    return told(kind(object=Review(
        submission_id=submission.id, clock=submission.clock, contract_id=submission.contract_id,
        milestone_id=submission.milestone_id, client_id=submission.client_id, freelancer_id=submission.freelancer_id,
        number=submission.number, status=status, opened_at=submission.submitted_at, ends_at=None, decided_at=when)),
        submission.freelancer_id, when, clock=submission.clock)


class Desk:
    """The service under test, in the words of the tests."""

    def __init__(self) -> None:
        self.store, self.clock, self.ids = MemoryStore(), FixedClock(MONDAY), CountingIds()
        self.committer = self.another_process("first")
        self.reading = StoreReading(self.store, self.clock)

    def another_process(self, lane: str) -> Committer:
        """A committer on the same store."""
        return Committer(self.store, service="timesheets", lane=lane, clock=self.clock, ids=self.ids,
                         handlers=event_handlers(), dues=due_handlers())

    async def __aenter__(self) -> "Desk":
        await self.committer.start()
        roles: dict[str, Role] = {ACME: "client", MIA: "freelancer", TALA: "freelancer"}
        await self.hears(*(
            told(PartyRegistered(object=Party(id=id, role=role, clock=LIVE, registered_at=MONDAY)), id, MONDAY)
            for id, role in roles.items()))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.committer.stop()

    # ---- what happens -----------------------------------------------------------------------------------------

    async def hears(self, *events: Envelope[Any]) -> None:
        """Hand events to the service, in this order."""
        for event in events:
            await self.committer.handle(event.type.removeprefix("billing.").removesuffix(".v1"), event)

    async def logs(
        self, when: Span | int, *, now: Instant | None = None, by: str = MIA, contract_id: str = C1,
        source: Source = "tracker", memo: str | None = "backend", activity: int = 80,
        committer: Committer | None = None,
    ) -> CountedEntry:
        """Log time; the clock goes to `now`, else to the end of the span."""
        if now is not None or isinstance(when, Span):
            self.clock.set(max(self.clock.now(), now or when.ended_at))  # type: ignore[union-attr]
        entry: CountedEntry = await (committer or self.committer).run(
            log_time, LogTime(contract_id, by, Evidence(source, memo, activity), when), caller=by)
        return entry

    async def changes(self, entry: CountedEntry, *, by: str = MIA, **fields: Any) -> CountedEntry:
        """Change an entry."""
        command = ChangeTime(entry.entry.id, by, **fields)
        changed: CountedEntry = await self.committer.run(change_time, command, caller=by)
        return changed

    async def deletes(self, entry: CountedEntry, *, by: str = MIA) -> None:
        """Take an entry back."""
        await self.committer.run(delete_time, DeleteTime(entry.entry.id, by), caller=by)

    async def submits(self, *, by: str = MIA, contract_id: str = C1, committer: Committer | None = None,
                      **fields: Any) -> Submission:
        """Hand work in."""
        submission: Submission = await (committer or self.committer).run(
            submit_work, SubmitWork(contract_id, by, **fields), caller=by)
        return submission

    async def reaches(self, instant: Instant) -> None:
        """Let every due item up to `instant` happen, in order."""
        while rows := await self.store.find(DUES.name, {"due_at": {"$lte": instant}}, sort="due_at", limit=1):
            row = DUES.from_document(rows[0])
            self.clock.set(max(self.clock.now(), row.due_at))
            await self.committer.fire(Due(row.kind, row.ref, row.clock, row.due_at, Phase(row.phase)))
        self.clock.set(max(self.clock.now(), instant))

    # ---- what is true -----------------------------------------------------------------------------------------

    async def dues(self) -> list[Due]:
        """Return what is scheduled, in order."""
        rows = [DUES.from_document(row) for row in await self.store.find(DUES.name, {}, sort="due_at")]
        return [Due(row.kind, row.ref, row.clock, row.due_at, Phase(row.phase)) for row in rows]

    async def published(self, topic: str | None = None) -> list[Envelope[Any]]:
        """Return the outbox's events of a topic, in order."""
        rows = [OUTBOX.from_document(row) for row in await self.store.find(OUTBOX.name, {}, sort="_id")]
        return [decode(event["topic"], event["value"]) for row in rows for event in row.events
                if topic in (None, event["topic"])]

    async def closed_weeks(self, contract_id: str = C1) -> list[ClosedWeek]:
        """Return the closed weeks of a contract, in order."""
        rows = await self.store.find(WEEKS.name, {"contract_id": contract_id}, sort="week_start")
        return [WEEKS.from_document(row) for row in rows]

    async def weeks(self, contract_id: str = C1, by: str = MIA, wanted: Range | None = None) -> list[WeekView]:
        """Return the weeks as people see them."""
        return list(await list_weeks(self.reading, contract_id, Viewer(by), wanted or Range(), 100))

    async def runs_a_test_clock(self, id: str, now: Instant) -> None:
        """Let this service know a test clock."""
        row = CLOCKS.to_document(ClockRow(id=id, now=now))
        await self.store.insert_new(CLOCKS.name, [{**row, REVISION: 1}])


async def refused(act: Any) -> str:
    """Return the code with which `act` is refused."""
    try:
        await act
    except Refusal as refusal:
        return refusal.code
    except NotFound:
        return "NOT_FOUND"
    return "accepted"


def hours(start: str, count: int = 1) -> Span:
    """Return a span of whole hours."""
    return Span(at(start), at(start) + timedelta(hours=count))


__all__ = ["ACME", "C1", "LOCK", "MIA", "MONDAY", "TALA", "ContractsDesk", "Desk", "at", "hours", "refused", "reviewed",
           "told", "usd", "week_of"]
