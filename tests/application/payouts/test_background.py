"""What runs beside the handlers: live ticks, and the comparison of log and books."""

from datetime import timedelta

from services.payouts.adapters.book_reads import StoredBooks
from services.payouts.adapters.live_ticks import TOPIC, ticks_at
from services.payouts.adapters.reconciliation import Comparer
from shared.events.catalogue import PARTITIONS
from shared.events.clocks import ClockTicked
from shared.events.codec import decode, encode
from shared.events.funds import Balance, BalanceUpdated, CurrencyBalance
from shared.kernel.instants import parse_instant
from shared.observability.metrics import Metrics
from tests.application.payouts.books import MIA, Books

NOW = parse_instant("2026-03-02T12:00:00.250Z")


def test_a_tick_goes_to_every_partition_and_reaches_everything_due_at_its_instant() -> None:
    ticks = ticks_at(NOW, timedelta(seconds=1))
    assert [tick.partition for tick in ticks] == list(range(PARTITIONS))
    for tick in ticks:
        payload = decode(TOPIC, tick.value).data
        assert isinstance(payload, ClockTicked)
        assert (payload.object.clock, payload.object.now, payload.object.phase) == ("live", NOW, 4)


def test_ticks_are_numbered_across_restarts() -> None:
    numbers = []
    for later in (0, 250, 500, 750):
        first, *_ = ticks_at(NOW + timedelta(milliseconds=later), timedelta(milliseconds=250))
        payload = decode(TOPIC, first.value).data
        assert isinstance(payload, ClockTicked)
        numbers.append(payload.object.number)
    assert numbers == list(range(numbers[0], numbers[0] + 4))


class Log:
    """What the processor says, compared with the books of a test."""

    def __init__(self, books: Books) -> None:
        self._books, self.metrics = books, Metrics()
        self.comparer = Comparer(StoredBooks(books.store), self.metrics)

    async def says(self, *, version: int, available: int) -> float | None:
        """Tell a balance, compare, and return how many accounts differ."""
        balance = Balance(account_id=MIA, clock="live", version=version,
                          balances=(CurrencyBalance(currency="USD", available=available),))
        self.comparer.note(MIA.encode(), encode(self._books.envelope(
            "balance.updated", BalanceUpdated(object=balance))))
        await self.comparer.compare_some()
        return self.metrics.value("holdfast_reconciliation_differences")


async def test_a_difference_at_equal_version_raises_an_alarm_until_it_is_gone(books: Books) -> None:
    await books.has_a_payee_with("100.00")
    log = Log(books)
    assert await log.says(version=2, available=10000) == 0
    assert await log.says(version=2, available=10001) == 1
    assert await log.says(version=2, available=10000) == 0


async def test_a_log_that_is_behind_waits_and_a_log_that_is_ahead_alarms(books: Books) -> None:
    await books.has_a_payee_with("100.00")
    log = Log(books)
    assert await log.says(version=1, available=7) == 0
    assert await log.says(version=3, available=7) == 1


async def test_money_that_is_due_and_not_available_is_counted(books: Books) -> None:
    await books.knows()
    await books.is_paid("60.00", id="inv_late")
    await books.is_paid("60.00", id="inv_young", at=NOW + timedelta(days=1))
    reads = StoredBooks(books.store)
    (late, _) = await books.holds()
    assert await reads.overdue_holds(late.due_at) == 0
    assert await reads.overdue_holds(late.due_at + timedelta(milliseconds=1)) == 1
    await books.comes_due(late)
    assert await reads.overdue_holds(late.due_at + timedelta(milliseconds=1)) == 0
