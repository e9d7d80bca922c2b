"""Reconciliation, always running: per account, at equal version, the fold of the log and the books agree.

Reads the latest `balance.updated` of every account, without a group, a bounded number of comparisons at a time.
A difference, or money that is due and not available within its grace, raises a metric and a log line. Must never
repair anything.
"""

import asyncio
from collections import OrderedDict
from datetime import timedelta
from itertools import islice

from aiokafka import TopicPartition

from services.payouts.application.ports import BookReads
from services.payouts.domain.accounts import Balances
from services.payouts.domain.reconciliation import Verdict, compare
from services.payouts.settings import PayoutsSettings
from shared.events.catalogue import PARTITIONS
from shared.events.codec import UndecodableEvent, decode
from shared.events.funds import Balance, BalanceUpdated
from shared.messaging.log import ReaderSettings
from shared.messaging.worker import Background, Worker
from shared.observability.logs import logger
from shared.observability.metrics import Metrics

TOPIC = "balance.updated"
COMPARE_MAX = 200
POLL_MAX = 5_000
_log = logger(__name__)


def reconciliation(books: BookReads, settings: PayoutsSettings) -> Background:
    """Return the background task."""
    async def reconcile(worker: Worker) -> None:
        comparer = Comparer(books, worker.metrics)
        grace = timedelta(milliseconds=settings.available_grace_ms)
        topic = settings.topic_prefix + TOPIC
        consumer = worker.log.consumer(ReaderSettings(
            settings.kafka_bootstrap_servers, group=None, options={
                "fetch_min_bytes": 256 * 1024, "fetch_max_wait_ms": min(settings.reconciliation_interval_ms, 5_000)}))
        consumer.assign([TopicPartition(topic, partition) for partition in range(PARTITIONS)])
        await consumer.start()
        try:
            while True:
                await asyncio.sleep(settings.reconciliation_interval_ms / 1000)
                for records in (await consumer.getmany(timeout_ms=0, max_records=POLL_MAX)).values():
                    for record in records:
                        comparer.note(record.key, record.value)
                await comparer.compare_some()
                overdue = await books.overdue_holds(worker.clock.now() - grace)
                worker.metrics.set("holdfast_reconciliation_overdue_holds", to=overdue)
                if overdue:
                    _log.error("money_due_but_not_available", holds=overdue, grace_ms=settings.available_grace_ms)
        finally:
            await consumer.stop()

    return reconcile


class Comparer:
    """Keeps the latest word of the log on each account until it was compared at equal version."""

    def __init__(self, books: BookReads, metrics: Metrics) -> None:
        self._books, self._metrics = books, metrics
        self._waiting: OrderedDict[bytes, bytes] = OrderedDict()
        self.differing: set[str] = set()
        metrics.set("holdfast_reconciliation_differences", to=0)

    def note(self, key: bytes | None, value: bytes | None) -> None:
        """Take one record of the log; a later one of the same account replaces it."""
        if key is not None and value is not None:
            self._waiting[key] = value
            self._waiting.move_to_end(key)

    async def compare_some(self) -> None:
        """Compare the accounts that have waited longest, at most `COMPARE_MAX`."""
        taken = list(islice(self._waiting.items(), COMPARE_MAX))
        said: dict[bytes, Balance] = {}
        for key, raw in taken:
            balance = _read(raw)
            if balance is None:
                del self._waiting[key]
            else:
                said[key] = balance
        accounts = await self._books.accounts([balance.account_id for balance in said.values()])
        for key, balance in said.items():
            verdict = compare(accounts.get(balance.account_id), version=balance.version, balances=_balances(balance))
            if verdict is Verdict.LOG_IS_BEHIND:
                self._waiting.move_to_end(key)
                continue
            del self._waiting[key]
            self._judge(balance, agrees=verdict is Verdict.AGREE)
        self._metrics.set("holdfast_reconciliation_differences", to=len(self.differing))

    def _judge(self, balance: Balance, *, agrees: bool) -> None:
        if agrees:
            self.differing.discard(balance.account_id)
            return
        self.differing.add(balance.account_id)
        _log.error("books_and_log_differ", account=balance.account_id, version=balance.version)


def _read(raw: bytes) -> Balance | None:
    try:
        payload = decode(TOPIC, raw).data
    except UndecodableEvent as error:
        _log.error("balance_cannot_be_read", error=str(error))
        return None
    return payload.object if isinstance(payload, BalanceUpdated) else None


def _balances(balance: Balance) -> dict[str, Balances]:
    return {
        of.currency: Balances(of.pending, of.available, of.frozen, of.reserved, of.paid_out, of.arrears)
        for of in balance.balances
    }
