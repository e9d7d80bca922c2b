"""Intents: calls to the outside that were decided and are asked again, on machine time, until their outcome is kept.

The intent's row was written with the decision; a crash at any point leaves it, and the call is made again under the
same key. Must never decide anything: the outcome is recorded by a use case that closes the intent.
"""

import asyncio
from collections.abc import Awaitable, Callable

from shared.observability.logs import logger
from shared.observability.metrics import Metrics
from shared.persistence.collections import Document
from shared.persistence.group_commit import Committer
from shared.persistence.records import INTENTS, IntentRow
from shared.persistence.store import Store, StoreUnavailable

_log = logger("intents")
AT_ONCE = 1_000
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0

IntentHandler = Callable[[IntentRow, Committer], Awaitable[None]]


class IntentRunner:
    """Runs every open intent of one service until it is closed."""

    def __init__(
        self, store: Store, committer: Committer, handlers: dict[str, IntentHandler], metrics: Metrics
    ) -> None:
        self._store, self._committer, self._handlers, self._metrics = store, committer, handlers, metrics
        self._running: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._room = asyncio.Semaphore(AT_ONCE)

    @property
    def open(self) -> int:
        """How many are under way."""
        return len(self._running)

    def notice(self, row: Document, fresh: bool = True) -> None:
        """Start what an outbox row intends; of one that is not fresh it may have been carried out already."""
        for hint in row.get("intents", ()):
            self._start(IntentRow(id=f"{hint['kind']}:{hint['ref']}", **hint), sure=fresh)

    async def run(self) -> None:
        """Start what a predecessor left; returns never."""
        try:
            while True:
                try:
                    for row in await self._store.find(INTENTS.name, {}):
                        self._start(INTENTS.from_document(row))
                    await asyncio.Event().wait()
                except StoreUnavailable:
                    await asyncio.sleep(0.5)
        finally:
            for task in self._running.values():
                task.cancel()

    def _start(self, intent: IntentRow, *, sure: bool = True) -> None:
        if intent.kind not in self._handlers:
            return
        if intent.id in self._running:
            if sure:
                self._again.add(intent.id)   # Intended anew while the last one ends: look once more.
            return
        task = asyncio.create_task(self._carry_out(intent, sure=sure), name=f"intent {intent.id}")
        self._running[intent.id] = task
        task.add_done_callback(lambda _: self._ended(intent))

    def _ended(self, intent: IntentRow) -> None:
        self._running.pop(intent.id, None)
        if intent.id in self._again:
            self._again.discard(intent.id)
            self._start(intent)

    async def _carry_out(self, intent: IntentRow, *, sure: bool) -> None:
        pause_s, first = FIRST_PAUSE_S, sure
        while True:
            async with self._room:
                try:
                    if not first and not await self._store.load(INTENTS.name, [intent.id]):
                        return
                    first = False
                    await self._handlers[intent.kind](intent, self._committer)
                    self._metrics.count("holdfast_intent_attempts_total", intent.kind, "answered")
                    return
                except StoreUnavailable:
                    pause_s = FIRST_PAUSE_S
                except Exception as error:
                    self._metrics.count("holdfast_intent_attempts_total", intent.kind, "asked_again")
                    _log.warning("intent_asked_again", kind=intent.kind, ref=intent.ref,
                                 error=f"{type(error).__name__}: {error}"[:300])
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
