"""Group commit: what arrives within a few milliseconds shares one transaction, each with its own answer.

Members run one after another against one snapshot and see each other's writes; a refused member keeps nothing and does
not disturb its neighbours. On a conflict the whole group is tried again, in turns with the other processes, and split
when that goes on. After an unknown commit the lane document tells what happened: nothing is decided twice. Must never
call outside.
"""

import asyncio
import contextlib
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.events.catalogue import LIVE
from shared.events.envelope import Envelope
from shared.kernel.decisions import NotFound, Refusal
from shared.kernel.ids import derived_id
from shared.kernel.instants import Instant
from shared.observability.clock import Clock, IdSource
from shared.observability.failpoints import failpoint
from shared.observability.logs import correlation_id
from shared.observability.metrics import Metrics
from shared.observability.pace import Pace
from shared.persistence.collections import Collection
from shared.persistence.group import Group, GroupUnit, KnownSequence
from shared.persistence.records import ANSWERS, CLOCKS, DUES, INBOX, LANES, AnswerRow
from shared.persistence.store import CommitUnknown, Conflict, Store, StoreUnavailable, Transaction
from shared.persistence.turns import PATIENCE_S, Turns, TurnTaken
from shared.persistence.unit import Due, Early, Unit

GROUP_MAX = 500
"""Members of one transaction at most."""
CAREFUL_AFTER = 2
"""Conflicts after which new documents are looked for before they are inserted."""
SPLIT_AFTER = 6
"""Conflicts after which a group is tried in halves."""
REMEMBERED_MAX = 100_000
"""Sequences and parties' clocks that a process keeps in mind."""

Reads = Iterable[tuple[Collection[Any], str]]
UseCase = Callable[[Unit, Any], Awaitable[Any]]
Handlers = dict[str, "Handler"]


@dataclass(frozen=True, slots=True)
class Handler:
    """What a service does with one event. `reads` names the documents to fetch with the group's."""

    handle: Callable[[Unit, Any], Awaitable[None]]
    reads: Callable[[Any], Reads] = lambda event: ()


@dataclass(frozen=True, slots=True)
class DueHandler:
    """What a service does when something is due. A stale item must do nothing."""

    handle: Callable[[Unit, Due], Awaitable[None]]
    reads: Callable[[Due], Reads] = lambda due: ()


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A caller's key: the same key and body get the same answer; another body is refused (422)."""

    scope: str
    key: str
    body_hash: str

    @property
    def id(self) -> str:
        """Scope and key."""
        return f"{self.scope}|{self.key}"


@dataclass(frozen=True, slots=True)
class Answer:
    """A rendered answer, as it is recorded and given again."""

    status: int
    body: bytes


@dataclass(slots=True)
class Member:
    """One command, event or due item on its way through a group."""

    run: Callable[[GroupUnit], Awaitable[Any]]
    cause: str
    correlation: str
    reads: tuple[tuple[str, str], ...] = ()
    caller: str | None = None
    clock: str | None = None
    not_before: Instant | None = None
    is_command: bool = False
    idempotency: IdempotencyKey | None = None
    render: Callable[[Any], Answer] | None = None
    inbox_id: str | None = None
    handled_topic: str | None = None
    order_key: tuple[str, str] | None = None
    """Topic and key of an event: a later one waits behind an earlier one that failed."""
    due: Due | None = None
    future: "asyncio.Future[Any]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    outcome: Any = None
    failure: BaseException | None = None


@dataclass(slots=True)
class _Attempt:
    """What the attempts of one group have met so far."""

    conflicts: int = 0
    unknown: int | None = None
    waits_since: float | None = None
    """Since when the group waits for its turn."""


class _CommittedBefore(Exception):
    """The attempt before this one was committed after all."""


class CommandFailed(Exception):
    """A use case raised something that is neither a refusal nor an outage: a bug. Nothing was kept."""


class Committer:
    """One process's only writer: a lane of groups, committed one after another."""

    def __init__(
        self, store: Store, *, service: str, lane: str, clock: Clock, ids: IdSource, handlers: Handlers | None = None,
        metrics: Metrics | None = None, parties: str = "parties", dues: dict[str, DueHandler] | None = None,
        announce: Callable[[], None] = lambda: None,
    ) -> None:
        """`announce` is called when a group was committed that has something for the relay."""
        self.store, self.service, self.lane = store, service, lane
        self.handlers: Handlers = handlers or {}
        self.dues = dues or {}
        self._clock, self._ids, self._parties, self._metrics = clock, ids, parties, metrics
        self._turns, self._announce = Turns(lane), announce
        self._queue: deque[Member] = deque()
        self._work = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._last_row = 0
        self._pace = Pace(busy_round=8, shortest_s=0.03, per_member_s=0.001)
        """Each group costs some fifteen round trips and a durable commit, and another process may use the time."""
        self._sequences: dict[str, KnownSequence] = {}
        self._party_clocks: dict[str, str] = {}
        self.failed_keys: set[tuple[str, str]] = set()
        """Topics and keys whose event failed; the consumer clears it once they are parked."""

    def machine_now(self) -> Instant:
        """Return the machine's time: for what is technical, never for business."""
        return self._clock.now()

    async def start(self) -> None:
        """Begin committing groups."""
        self._task = asyncio.create_task(self._serve(), name=f"group-commit {self.lane}")

    async def stop(self) -> None:
        """Finish what is queued, then stop."""
        waiting = [member.future for member in self._queue]
        await asyncio.gather(*waiting, return_exceptions=True)
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    # ---- what callers ask for ---------------------------------------------------------------------------------

    async def run(
        self, use_case: UseCase, command: Any, *, caller: str | None = None, clock: str | None = None,
        reads: Reads = (), idempotency: IdempotencyKey | None = None,
        render: Callable[[Any], Answer] | None = None, correlation: str | None = None, cause: str | None = None,
    ) -> Any:
        """Run a use case and return its result, or its rendered `Answer`, once that is durable.

        Its clock is `clock`, else the clock of the party `caller`. Raises Refusal, NotFound, StoreUnavailable.
        """
        if cause is None:
            cause = derived_id("cmd", idempotency.id) if idempotency is not None else self._ids.new("cmd")
        member = Member(
            run=lambda unit: use_case(unit, command), cause=cause,
            correlation=correlation or correlation_id() or cause,
            reads=tuple((collection.name, id) for collection, id in reads), caller=caller, clock=clock,
            is_command=True, idempotency=idempotency, render=render,
        )
        return await self._submit(member)

    async def record(self, use_case: UseCase, answer: Any, *, clock: str, cause: str, reads: Reads = ()) -> Any:
        """Record what the outside answered to an intent: no command, so it may happen while a test clock advances.

        `cause` names the intent: what follows from its answer has the same ids however often it is recorded.
        """
        return await self._submit(Member(
            run=lambda unit: use_case(unit, answer), cause=cause, correlation=cause, clock=clock,
            reads=tuple((collection.name, id) for collection, id in reads)))

    def handle(
        self, topic: str, envelope: Envelope[Any], *, redelivery: str | None = None
    ) -> "asyncio.Future[bool]":
        """Handle an event once, after those that were given before; False where it had been handled before."""
        try:
            return self._enqueue(self.event_member(topic, envelope, redelivery=redelivery))
        except Exception as error:
            failed = asyncio.get_running_loop().create_future()
            failed.set_exception(error)
            return failed

    async def between_turns(self) -> None:
        """Return when no group of this process has its turn.

        For work that comes too late for that group and would make its turn longer, for which the others wait.
        """
        await self._turns.wait_between()

    async def fire(self, due: Due) -> None:
        """Let a due item happen, unless it was moved or taken back meanwhile."""
        await self._submit(self.due_member(due))

    async def _submit(self, member: Member) -> Any:
        return await self._enqueue(member)

    def _enqueue(self, member: Member) -> "asyncio.Future[Any]":
        self._queue.append(member)
        self._work.set()
        return member.future

    def event_member(self, topic: str, envelope: Envelope[Any], *, redelivery: str | None = None) -> Member:
        """Return the member that handles `envelope`; a redelivered copy is counted, and handled only if it is new."""
        handler = self.handlers[topic]

        async def handle(unit: GroupUnit) -> bool:
            if redelivery is not None and await unit.get(INBOX, envelope.id) is not None:
                return False
            if redelivery is not None:
                unit.mark_handled(envelope.id)
            try:
                await unit.attempt(lambda: handler.handle(unit, envelope))
            except Early as early:
                unit.keep_early(early.awaited, topic, envelope)
            return True

        reads = tuple((collection.name, id) for collection, id in handler.reads(envelope))
        if redelivery is not None:
            reads = (*reads, (INBOX.name, envelope.id))
        return Member(
            run=handle, cause=envelope.id, correlation=envelope.correlationid, reads=reads, clock=envelope.clock,
            not_before=envelope.time, handled_topic=topic, order_key=(topic, envelope.partitionkey),
            inbox_id=envelope.id if redelivery is None else f"{envelope.id}|{redelivery}",
        )

    def due_member(self, due: Due) -> Member:
        """Return the member that lets `due` happen."""
        handler = self.dues[due.kind]

        async def fire(unit: GroupUnit) -> None:
            row = await unit.get(DUES, due.id)
            if row is None or row.due_at != due.due_at or row.phase != int(due.phase):
                return
            unit.delete(DUES, due.id)
            await handler.handle(unit, due)

        return Member(
            run=fire, cause=f"{due.id}@{due.due_at.isoformat()}", correlation=due.ref,
            reads=((DUES.name, due.id), *((collection.name, id) for collection, id in handler.reads(due))),
            clock=due.clock, not_before=due.due_at, due=due,
        )

    # ---- groups -----------------------------------------------------------------------------------------------

    async def _serve(self) -> None:
        now_s = asyncio.get_running_loop().time
        while True:
            await self._work.wait()
            if (linger_s := self._pace.linger_s(now_s())) and len(self._queue) < GROUP_MAX:
                await asyncio.sleep(linger_s)
            if members := self._queued(GROUP_MAX):
                self._pace.note(await self.commit(members, grows=True), now_s())

    def _queued(self, at_most: int) -> list[Member]:
        """Take from the queue."""
        members = [self._queue.popleft() for _ in range(min(at_most, len(self._queue)))]
        if not self._queue:
            self._work.clear()
        return members

    async def commit(self, members: Sequence[Member], *, grows: bool = False) -> int:
        """Commit `members` together and answer each; return how many there were.

        A group that `grows` takes with it what arrives while it waits for its turn.
        """
        attempt = _Attempt()
        while True:
            try:
                with self._turns.ended():
                    await self._commit_once(members, attempt)
            except _CommittedBefore:
                self._announce()
                _answer(members)
                return len(members)
            except TurnTaken:
                await self._wait_for_turn(attempt)
                if grows and attempt.unknown is None:
                    members = [*members, *self._queued(GROUP_MAX - len(members))]
            except Conflict:
                if await self._conflicted(members, attempt):
                    return len(members)
            except CommitUnknown:
                attempt.unknown = self._last_row
                self._sequences.clear()
                await asyncio.sleep(0.05)
            except StoreUnavailable as error:
                if attempt.unknown is None:
                    _refuse_all(members, error)
                    return len(members)
                await asyncio.sleep(0.2)   # It may have happened: nobody is answered before that is known.
            except asyncio.CancelledError:
                for member in members:
                    member.future.cancel()
                raise
            except Exception as error:
                await self._broken(members, error)
                return len(members)
            else:
                _answer(members)
                return len(members)

    async def _conflicted(self, members: Sequence[Member], attempt: "_Attempt") -> bool:
        """Prepare the next attempt; True where the group was split and is done."""
        attempt.conflicts += 1
        self._sequences.clear()
        self._turns.note_conflict(len(members))
        if self._metrics is not None:
            self._metrics.count("holdfast_group_commit_conflicts_total")
        if attempt.conflicts >= SPLIT_AFTER and len(members) > 1 and attempt.unknown is None:
            middle = len(members) // 2
            await self.commit(members[:middle])
            await self.commit(members[middle:])
            return True
        await asyncio.sleep(random.uniform(0.0, 0.002 * 2 ** min(attempt.conflicts, 6)))  # noqa: S311 - jitter
        return False

    async def _wait_for_turn(self, attempt: "_Attempt") -> None:
        """Let the group that is under way finish; go without turns where it never does."""
        now = asyncio.get_running_loop().time()
        pause_s = self._turns.pause_s(first=attempt.waits_since is None)
        attempt.waits_since = attempt.waits_since or now
        if now - attempt.waits_since > PATIENCE_S:
            self._turns.give_up()
        await asyncio.sleep(pause_s * random.uniform(0.75, 1.25))  # noqa: S311 - jitter, no secret

    async def _broken(self, members: Sequence[Member], error: Exception) -> None:
        """Find the one that breaks the others by committing each alone; refuse it."""
        if len(members) > 1:
            for member in members:
                await self.commit([member])
            return
        failure = CommandFailed(repr(error))
        failure.__cause__ = error
        self.failed_keys.update(member.order_key for member in members if member.order_key is not None)
        _refuse_all(members, failure)

    async def _commit_once(self, members: Sequence[Member], attempt: "_Attempt") -> None:
        began = time.perf_counter()
        async with self.store.transaction() as transaction:
            if self._turns.contended:
                await self._turns.take(transaction, self._next_row())
            if attempt.unknown is not None:
                await self._look_up(transaction, attempt.unknown)
            group = Group(transaction, service=self.service, machine_now=self._clock.now(), ids=self._ids,
                          careful=attempt.conflicts >= CAREFUL_AFTER, sequences=self._sequences)
            await group.prefetch(self._reads_of(members))
            for member in members:
                member.outcome, member.failure = None, None
                await self._run(group, member)
            await self._run_arrived(group)
            await group.flush(lane=self.lane, number=self._next_row())
        took_s = time.perf_counter() - began
        self._turns.note_success(took_s)
        self._remember(group)
        if self._metrics is not None:
            self._metrics.observe("holdfast_group_commit_size", value=len(members))
            self._metrics.observe("holdfast_group_commit_seconds", value=took_s)
        failpoint("after_commit")
        if group.has_outbox_row:
            self._announce()

    def _remember(self, group: Group) -> None:
        """Keep the sequences that the committed group counted on to."""
        if len(self._sequences) > REMEMBERED_MAX:
            self._sequences.clear()
        self._sequences.update(group.sequences())

    async def _look_up(self, transaction: Transaction, number: int) -> None:
        """Raise _CommittedBefore where the group whose commit got no answer had happened.

        It is asked inside the next attempt, which writes the same lane document: the two cannot both commit.
        """
        rows = await transaction.load(LANES.name, [self.lane])
        if rows and rows[0]["last"] == number:
            raise _CommittedBefore

    def _next_row(self) -> int:
        microseconds = int(self._clock.now().timestamp() * 1000) * 1000
        self._last_row = max(self._last_row + 1, microseconds)
        return self._last_row

    def _reads_of(self, members: Sequence[Member]) -> Iterable[tuple[str, str]]:
        for member in members:
            yield from member.reads
            if member.inbox_id is not None:
                yield (INBOX.name, member.inbox_id)
            if member.idempotency is not None:
                yield (ANSWERS.name, member.idempotency.id)
            if member.clock is None and member.caller is not None and member.caller not in self._party_clocks:
                yield (self._parties, member.caller)
            if member.clock is not None and member.clock != LIVE:
                yield (CLOCKS.name, member.clock)

    async def _run(self, group: Group, member: Member) -> None:
        if member.order_key in self.failed_keys:
            member.failure = CommandFailed("waits behind a failed event of its key")
            return
        try:
            clock = await self._clock_of(group, member)
            unit = group.unit(
                clock=clock, cause=member.cause, correlation=member.correlation, not_before=member.not_before)
            await self._run_in(unit, member)
            group.keep(unit)
        except (Refusal, NotFound) as refusal:
            member.failure = refusal
            self._record_refusal(group, member, refusal)
        except (Conflict, StoreUnavailable, CommitUnknown, asyncio.CancelledError):
            raise
        except Exception as error:
            failure = CommandFailed(f"{type(error).__name__}: {error}")
            failure.__cause__ = error
            member.failure = failure
        if member.failure is not None and member.order_key is not None:
            self.failed_keys.add(member.order_key)

    async def _run_in(self, unit: GroupUnit, member: Member) -> None:
        if member.idempotency is not None:
            recorded = await unit.get(ANSWERS, member.idempotency.id)
            if recorded is not None:
                member.outcome = _replayed(recorded, member.idempotency)
                return
        if member.inbox_id is not None:
            if await unit.get(INBOX, member.inbox_id) is not None:
                member.outcome = False
                return
            unit.mark_handled(member.inbox_id)
            unit.count_handled(member.handled_topic or "")
        result = await member.run(unit)
        member.outcome = result if member.render is None else member.render(result)
        if member.idempotency is not None and isinstance(member.outcome, Answer):
            unit.put(ANSWERS, AnswerRow(
                id=member.idempotency.id, body_hash=member.idempotency.body_hash, kind="answer",
                status=member.outcome.status, body=member.outcome.body))

    async def _clock_of(self, group: Group, member: Member) -> str:
        if member.clock is not None:
            clock = member.clock
        elif member.caller is None:
            clock = LIVE
        else:
            clock = await self._clock_of_party(group, member.caller)
        if clock != LIVE:
            row = await group.document(CLOCKS.name, clock)
            if member.is_command and (row is None or row.get("now") is None):
                raise NotFound("test clock")
            if member.is_command and row is not None and row["advancing"]:
                raise Refusal("CLOCK_ADVANCING", "the test clock is advancing; ask again when it is ready")
        return clock

    async def _clock_of_party(self, group: Group, party_id: str) -> str:
        """Return the clock of a party, which is bound to it for ever."""
        clock = self._party_clocks.get(party_id)
        if clock is None:
            party = await group.document(self._parties, party_id)
            if party is None:
                raise NotFound("party")
            clock = str(party["clock"])
            if len(self._party_clocks) > REMEMBERED_MAX:
                self._party_clocks.clear()
            if not group.changes(self._parties, party_id):
                self._party_clocks[party_id] = clock
        return clock

    def _record_refusal(self, group: Group, member: Member, refusal: Refusal | NotFound) -> None:
        if member.idempotency is None or not isinstance(refusal, Refusal):
            return
        if refusal.code in ("CLOCK_ADVANCING", "IDEMPOTENCY_KEY_REUSED") or refusal.status >= 500:
            return
        unit = group.unit(clock=LIVE, cause=member.cause, correlation=member.correlation, not_before=None)
        if group.holds(ANSWERS.name, member.idempotency.id):
            return
        unit.put(ANSWERS, AnswerRow(
            id=member.idempotency.id, body_hash=member.idempotency.body_hash, kind="refusal", status=refusal.status,
            body=b"", code=refusal.code, detail=refusal.detail))
        group.keep(unit)

    async def _run_arrived(self, group: Group) -> None:
        """Handle remembered events whose cause this group brought, until nothing new arrives."""
        while (early := await group.take_arrived()):
            for row, envelope in early:
                handler = self.handlers[row.topic]
                unit = group.unit(clock=envelope.clock, cause=envelope.id, correlation=envelope.correlationid,
                                  not_before=envelope.time)
                if envelope.clock != LIVE:
                    await group.document(CLOCKS.name, envelope.clock)
                try:
                    await handler.handle(unit, envelope)
                except Early as again:
                    unit = group.unit(clock=envelope.clock, cause=envelope.id,
                                      correlation=envelope.correlationid, not_before=envelope.time)
                    unit.keep_early(again.awaited, row.topic, envelope)
                except (Refusal, NotFound) as refusal:
                    raise CommandFailed(f"{row.topic} {envelope.id} was refused: {refusal}") from refusal
                group.keep(unit)


def _replayed(recorded: AnswerRow, asked: IdempotencyKey) -> Answer:
    if recorded.body_hash != asked.body_hash:
        raise Refusal("IDEMPOTENCY_KEY_REUSED", "this Idempotency-Key was used with another body", status=422)
    if recorded.kind == "refusal":
        raise Refusal(recorded.code, recorded.detail, status=recorded.status)
    return Answer(recorded.status, recorded.body)


def _answer(members: Sequence[Member]) -> None:
    for member in members:
        if member.failure is not None:
            _refuse(member, member.failure)
        elif not member.future.done():
            member.future.set_result(member.outcome)


def _refuse_all(members: Sequence[Member], error: BaseException) -> None:
    for member in members:
        _refuse(member, error)


def _refuse(member: Member, error: BaseException) -> None:
    if not member.future.done():
        member.future.set_exception(error)
        member.future.exception()   # Seen: a caller that went away is no warning.
