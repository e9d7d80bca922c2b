"""A payout rail that ships with the product: deterministic outcomes and a durable record of its own.

Like a real one it lives outside our transactions: its own database, one document per payout id, written before it
answers. It pays an id once; the same question gets the same answer. Calls that arrive together share one bulk write.
Must never look at the books.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Final, Literal

from services.payouts.application.ports import RailOrder, RailSilent, SimulatedOutcome
from services.payouts.domain.payouts import RailAnswer, RailOutcome
from shared.kernel.ids import derived_id
from shared.observability.clock import Clock
from shared.persistence.collections import REVISION, Collection, Document
from shared.persistence.store import Conflict, Store, StoreError, Write

TRANSFERS: Final = "transfers"
OUTCOMES: Final = "outcomes"
DOCUMENTS: Final = (Collection(TRANSFERS, dict, indexes=(("account_id",),)), Collection(OUTCOMES, dict))
"""What is created in the rail's own database."""
BATCH_MAX: Final = 500

_ANSWERS: dict[str, tuple[RailOutcome, str | None]] = {
    "settled": (RailOutcome.SETTLED, None),
    "lost_answer": (RailOutcome.SETTLED, None),
    "failed": (RailOutcome.FAILED, "refused by the receiving bank"),
    "returned": (RailOutcome.RETURNED, "sent back by the receiving bank"),
}
_Call = tuple[RailOrder, "asyncio.Future[RailAnswer]"]


class SimulatedRail:
    """Pays at once. When an account's list of outcomes is used up, its payouts settle."""

    def __init__(self, store: Store, *, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._waiting: list[_Call] = []
        self._serving: asyncio.Task[None] | None = None

    async def send(self, order: RailOrder) -> RailAnswer:
        """Pay `order` once and answer; RailSilent where the answer is lost on the way."""
        call: _Call = (order, asyncio.get_running_loop().create_future())
        self._waiting.append(call)
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve(), name="simulated rail")
        return await call[1]

    async def set_outcomes(self, account_id: str, outcomes: Sequence[SimulatedOutcome]) -> None:
        """Say how the next payouts of an account end; replaces what was said before and not yet used."""
        document = await self._outcomes_of(account_id) or {"_id": account_id, "given": {}}
        await self._keep_outcomes({**document, "outcomes": list(outcomes), "next": 0})

    async def _serve(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:BATCH_MAX], self._waiting[BATCH_MAX:]
            try:
                answers = await self._pay([order for order, _ in batch])
            except StoreError as error:
                answers = [RailSilent(str(error)) for _ in batch]
            except Exception as error:  # A fault here must not leave a caller waiting for ever.
                answers = [RailSilent(repr(error)) for _ in batch]
            for (_, future), answer in zip(batch, answers, strict=True):
                _resolve(future, answer)

    async def _pay(self, orders: Sequence[RailOrder]) -> list[RailAnswer | RailSilent]:
        ids = [order.payout_id for order in orders]
        asked = {order.payout_id: order for order in orders}
        outcomes = await self._bind_outcomes(list(asked.values()))
        paid = {id: self._transfer(order, outcomes.get(id, "settled")) for id, order in asked.items()}
        first_asked = set(paid)
        if await self._store.insert_new(TRANSFERS, list(paid.values())) < len(paid):
            # One of them was asked for before, or by somebody else meanwhile: what is written counts.
            paid = {document["_id"]: document for document in await self._store.load(TRANSFERS, ids)}
            first_asked = set()
        return [_answer(paid[id], first=id in first_asked) for id in ids]

    def _transfer(self, order: RailOrder, outcome: SimulatedOutcome) -> Document:
        return {
            "_id": order.payout_id, "account_id": order.account_id, "method_id": order.method_id,
            "method_kind": order.method_kind.value, "amount_minor": order.amount.amount_minor,
            "currency": order.amount.currency, "outcome": outcome, "asked_at": self._clock.now(),
            "reference": derived_id("rail", order.payout_id),
        }

    async def _bind_outcomes(self, orders: Sequence[RailOrder]) -> dict[str, SimulatedOutcome]:
        """Bind each payout id to its account's next outcome, for good, before anything is paid."""
        accounts = list({order.account_id for order in orders})
        with_list = {document["_id"] for document in await self._store.load(OUTCOMES, accounts)}
        bound: dict[str, SimulatedOutcome] = {}
        for order in orders:
            if order.account_id in with_list:
                bound[order.payout_id] = await self._bind(order)
        return bound

    async def _bind(self, order: RailOrder) -> SimulatedOutcome:
        while True:
            document = await self._outcomes_of(order.account_id)
            if document is None:
                return "settled"
            given: SimulatedOutcome | None = document["given"].get(order.payout_id)
            if given is not None:
                return given
            if document["next"] >= len(document["outcomes"]):
                return "settled"
            outcome: SimulatedOutcome = document["outcomes"][document["next"]]
            changed = {**document, "next": document["next"] + 1,
                       "given": {**document["given"], order.payout_id: outcome}}
            try:
                await self._keep_outcomes(changed)
            except Conflict:
                continue
            return outcome

    async def _outcomes_of(self, account_id: str) -> Document | None:
        found = await self._store.load(OUTCOMES, [account_id])
        return found[0] if found else None

    async def _keep_outcomes(self, document: Document) -> None:
        revision = document.get(REVISION)
        changed = {**document, REVISION: (revision or 0) + 1}
        kind: Literal["insert", "replace"] = "insert" if revision is None else "replace"
        async with self._store.transaction() as transaction:
            await transaction.write([Write(kind, OUTCOMES, document["_id"], changed, revision)])


def _answer(transfer: Document, *, first: bool) -> RailAnswer | RailSilent:
    if first and transfer["outcome"] == "lost_answer":
        return RailSilent(f"the answer for {transfer['_id']} was lost")
    outcome, failure = _ANSWERS[transfer["outcome"]]
    return RailAnswer(transfer["_id"], outcome, transfer["reference"], failure)


def _resolve(future: "asyncio.Future[RailAnswer]", answer: Any) -> None:
    if future.done():  # The caller gave up; what was paid is on record.
        return
    if isinstance(answer, RailSilent):
        future.set_exception(answer)
    else:
        future.set_result(answer)
