"""A payment gateway that ships with the product: deterministic outcomes and a durable record of its own.

Like a real one it lives outside of our transactions: its own database, one document per idempotency key, written before
it answers. A key is charged once; the same question gets the same answer. Calls that arrive together share one
transaction. Must never look at invoices.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from services.invoicing.application.ports import (
    ChargeOutcome,
    ChargeRequest,
    ChargeResult,
    GatewayAnswerLost,
    GatewayError,
    GatewayUnavailable,
    RefundRequest,
    SimulatedOutcome,
)
from shared.observability.clock import Clock
from shared.persistence.collections import REVISION, Collection, Document
from shared.persistence.store import Conflict, Store, StoreError, Transaction, Write

CHARGES: Final = "charges"
REFUNDS: Final = "refunds"
OUTCOMES: Final = "outcomes"
DOCUMENTS: Final = (
    Collection(CHARGES, dict, indexes=(("client_id",),)), Collection(REFUNDS, dict), Collection(OUTCOMES, dict))
"""What is created in the gateway's own database."""
BATCH_MAX: Final = 500

_Answer = ChargeOutcome | GatewayError | None


class GatewayKeyReused(GatewayError):
    """The idempotency key was used with another request: nothing was charged."""


@dataclass(frozen=True, slots=True)
class _Call:
    request: ChargeRequest | RefundRequest
    answer: "asyncio.Future[ChargeOutcome | None]"


@dataclass(slots=True)
class _Batch:
    """What one transaction knows and writes."""

    charged: dict[str, Document]
    refunded: dict[str, Document]
    scripts: dict[str, Document]
    new: dict[str, Write] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)


class SimulatedGateway:
    """Captures at once. When a client's list of outcomes is used up, its charges succeed; refunds always do."""

    def __init__(self, store: Store, *, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._waiting: list[_Call] = []
        self._serving: asyncio.Task[None] | None = None

    async def charge(self, request: ChargeRequest) -> ChargeOutcome:
        """Charge once and answer; GatewayAnswerLost where the answer gets lost after the record was written."""
        outcome = await self._ask(request)
        if outcome is None:
            raise TypeError("a charge was answered like a refund")
        return outcome

    async def refund(self, request: RefundRequest) -> None:
        """Refund once."""
        await self._ask(request)

    async def set_outcomes(self, client_id: str, outcomes: Sequence[SimulatedOutcome], *, for_ever: bool) -> None:
        """Say what the next billing methods that are tried answer, one each; replaces what was not yet used.

        With `for_ever` the last outcome is never used up.
        """
        while True:
            try:
                async with self._store.transaction() as transaction:
                    known = await transaction.load(OUTCOMES, [client_id])
                    script = {"_id": client_id, "outcomes": list(outcomes), "used": 0, "for_ever": for_ever}
                    await transaction.write([_guarded(OUTCOMES, script, known[0] if known else None)])
            except Conflict:
                continue
            return

    async def _ask(self, request: ChargeRequest | RefundRequest) -> ChargeOutcome | None:
        call = _Call(request, asyncio.get_running_loop().create_future())
        self._waiting.append(call)
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve(), name="simulated gateway")
        return await call.answer

    async def _serve(self) -> None:
        while self._waiting:
            calls, self._waiting = self._waiting[:BATCH_MAX], self._waiting[BATCH_MAX:]
            answers: Sequence[_Answer]
            try:
                answers = await self._answer([call.request for call in calls])
            except Exception as error:   # A fault here must not leave a caller waiting for ever.
                answers = [GatewayUnavailable(f"{type(error).__name__}: {error}") for _ in calls]
            for call, answer in zip(calls, answers, strict=True):
                _resolve(call.answer, answer)

    async def _answer(self, requests: Sequence[ChargeRequest | RefundRequest]) -> list[_Answer]:
        while True:
            try:
                async with self._store.transaction() as transaction:
                    batch = await _read(transaction, requests)
                    answers = [self._decide(batch, request) for request in requests]
                    if batch.new:
                        scripts = [_guarded(OUTCOMES, batch.scripts[id], batch.scripts[id]) for id in batch.used]
                        await transaction.write([*batch.new.values(), *scripts])
            except Conflict:   # Another process was faster: what is written counts.
                continue
            except StoreError as error:
                return [GatewayUnavailable(str(error)) for _ in requests]
            return answers

    def _decide(self, batch: _Batch, request: ChargeRequest | RefundRequest) -> _Answer:
        if isinstance(request, RefundRequest):
            known = batch.refunded.get(request.idempotency_key)
            if known is None:
                self._keep(batch, REFUNDS, batch.refunded, request, {})
            elif not _same(known, request):
                return GatewayKeyReused(f"{request.idempotency_key} was used with another request")
            return None
        record = batch.charged.get(request.idempotency_key)
        if record is None:
            record = self._keep(batch, CHARGES, batch.charged, request, _tried(batch, request))
        elif not _same(record, request):
            return GatewayKeyReused(f"{request.idempotency_key} was used with another request")
        if request.idempotency_key in batch.new and record["answer_lost"]:
            return GatewayAnswerLost(f"the answer for {request.idempotency_key} was lost")
        return ChargeOutcome(ChargeResult(record["status"]), record["billing_method_id"])

    def _keep(
        self, batch: _Batch, collection: str, known: dict[str, Document], request: ChargeRequest | RefundRequest,
        facts: Document,
    ) -> Document:
        record = {
            "_id": request.idempotency_key, "client_id": request.client_id, "reference": request.reference,
            "amount_minor": request.amount.amount_minor, "currency": request.amount.currency,
            "asked_at": self._clock.now(), REVISION: 1, **facts,
        }
        known[request.idempotency_key] = record
        batch.new[request.idempotency_key] = Write("insert", collection, request.idempotency_key, record)
        return record


async def _read(transaction: Transaction, requests: Sequence[ChargeRequest | RefundRequest]) -> _Batch:
    charges = [request for request in requests if isinstance(request, ChargeRequest)]
    refunds = [request for request in requests if isinstance(request, RefundRequest)]
    return _Batch(
        charged=await _load(transaction, CHARGES, {request.idempotency_key for request in charges}),
        refunded=await _load(transaction, REFUNDS, {request.idempotency_key for request in refunds}),
        scripts=await _load(transaction, OUTCOMES, {request.client_id for request in charges}),
    )


async def _load(transaction: Transaction, collection: str, ids: set[str]) -> dict[str, Document]:
    if not ids:
        return {}
    return {document["_id"]: document for document in await transaction.load(collection, sorted(ids))}


def _tried(batch: _Batch, request: ChargeRequest) -> Document:
    """Try the billing methods in order, each with the client's next outcome, until one does not decline (I5)."""
    tried: list[SimulatedOutcome] = []
    for method in request.billing_method_ids:
        outcome = _next_outcome(batch, request.client_id)
        tried.append(outcome)
        if outcome != "declined":
            return {"status": "captured", "billing_method_id": method, "tried": tried,
                    "answer_lost": outcome == "lost_answer"}
    return {"status": "declined", "billing_method_id": None, "tried": tried, "answer_lost": False}


def _next_outcome(batch: _Batch, client_id: str) -> SimulatedOutcome:
    script = batch.scripts.get(client_id)
    if script is None:
        return "ok"
    outcomes, used = script["outcomes"], script["used"]
    if used >= len(outcomes):
        return "ok"
    outcome: SimulatedOutcome = outcomes[used]
    if not (script["for_ever"] and used == len(outcomes) - 1):
        batch.scripts[client_id] = {**script, "used": used + 1}
        batch.used.add(client_id)
    return outcome


def _same(known: Document, request: ChargeRequest | RefundRequest) -> bool:
    asked = (request.client_id, request.amount.amount_minor, request.amount.currency)
    return (known["client_id"], known["amount_minor"], known["currency"]) == asked


def _guarded(collection: str, document: Document, known: Document | None) -> Write:
    """Return the write of `document` over `known`, which conflicts where another process changed it meanwhile."""
    if known is None:
        return Write("insert", collection, document["_id"], {**document, REVISION: 1})
    revision = known[REVISION]
    return Write("replace", collection, document["_id"], {**document, REVISION: revision + 1}, revision)


def _resolve(future: "asyncio.Future[ChargeOutcome | None]", answer: Any) -> None:
    if future.done():   # The caller gave up; what was charged is on record.
        return
    if isinstance(answer, GatewayError):
        future.set_exception(answer)
    else:
        future.set_result(answer)
