"""The loop with Kafka replaced by a list: what is sent, stored and acknowledged, and in which order."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from services.payouts.streams.balances import BalancesProcessor
from services.payouts.streams.holds import HoldsProcessor
from shared.events.batches import Message
from shared.observability.metrics import Metrics
from shared.streams.folds import PartitionFold
from shared.streams.loops import ExactLoop
from tests.streams.books import START, Books, round_of
from tests.streams.replays import Published, records


@dataclass
class Log:
    """Everything that happened, in order; `fails_at` names the topic whose broker refuses."""

    lines: list[str] = field(default_factory=list)
    fails_at: str = ""

    async def send_all(self, messages: Iterable[Message]) -> None:
        """Return when the loop has turned once more, as a broker would."""
        sent = list(messages)
        self.lines += [f"send {topic}" for topic, *_ in sent]
        await asyncio.sleep(0)
        for topic, _, value, *_ in sent:
            if topic == self.fails_at:
                raise ConnectionError("the broker is gone")
            self.lines.append(f"stored {topic}" + ("" if value is not None else " removal"))


class Stream:
    """A stream of given events."""

    def __init__(self, log: Log, told: list[Published]) -> None:
        self._log = log
        self._events = [SimpleNamespace(message=record) for record in records(told)]

    def noack(self) -> "Stream":
        """Nothing is acknowledged by itself here anyway."""
        return self

    async def events(self) -> AsyncIterator[Any]:
        """Yield them all at once."""
        for event in self._events:
            yield event

    async def ack(self, event: Any) -> None:
        """Note it."""
        self._log.lines.append(f"ack {event.message.topic}")


async def run(processor: Any, told: list[Published], *, fails_at: str = "") -> tuple[Log, list[str]]:
    """Run the loop over `told`; return the log, and why the process would have ended."""
    log = Log(fails_at=fails_at)
    endings: list[str] = []
    recovered = asyncio.Event()
    recovered.set()
    app = SimpleNamespace(producer=log, tables=SimpleNamespace(recovery=SimpleNamespace(completed=recovered)))
    table: Any = SimpleNamespace(folds={0: PartitionFold(processor, 0)}, changelog_topic_name="changelog")
    loop: ExactLoop[Any, Any] = ExactLoop(app, table, topic_prefix="", metrics=Metrics(), ending=endings.append)
    await loop.run(Stream(log, told))
    return log, endings


def early_and_late() -> list[Published]:
    """A movement that waits, the one it waits for, and a round."""
    books = Books("fr_one", clock="clk_a")
    books.mature(books.hold(500))
    held, available = books.events
    return [available, held, ("clock.advanced", round_of("clk_a", 1, START, 3))]


def first(log: Log, line: str) -> int:
    """Where `line` stands first."""
    return log.lines.index(line)


def last(log: Log, line: str) -> int:
    """Where `line` stands last."""
    return len(log.lines) - 1 - log.lines[::-1].index(line)


async def test_outputs_then_changes_then_answers_then_acknowledgements() -> None:
    log, endings = await run(BalancesProcessor(), early_and_late())
    assert endings == []
    assert last(log, "stored balance.updated") < first(log, "send changelog")
    assert last(log, "stored changelog") < first(log, "send clock.reported")
    assert last(log, "stored clock.reported") < first(log, "ack funds.available")
    assert log.lines.count("stored balance.updated") == 2


async def test_a_removal_follows_the_change_that_took_its_content_over() -> None:
    told = early_and_late()
    fold = PartitionFold(BalancesProcessor(), 0)
    fold.fold(records(told[:1])[0])
    fold.take()
    fold.fold(records(told[1:2])[0])
    folded = fold.take()
    assert (list(folded.changes), folded.removals) == (["fr_one"], ["fr_one/2"])


@pytest.mark.parametrize("fails_at", ["balance.updated", "changelog", "clock.reported"])
async def test_a_broker_that_fails_anywhere_ends_the_process_with_nothing_acknowledged(fails_at: str) -> None:
    log, endings = await run(BalancesProcessor(), early_and_late(), fails_at=fails_at)
    assert endings == ["ConnectionError: the broker is gone"]
    assert not [line for line in log.lines if line.startswith("ack")]


async def test_a_broker_that_refuses_what_is_due_keeps_the_state_from_being_stored() -> None:
    books = Books("fr_one", clock="clk_a")
    books.hold(500, due_at=START)
    told = [*books.events, ("clock.advanced", round_of("clk_a", 1, START, 3))]
    log, endings = await run(HoldsProcessor(), told, fails_at="hold.due")
    assert len(endings) == 1
    assert "send changelog" not in log.lines


async def test_what_cannot_be_handled_is_parked_and_acknowledged_while_the_rest_goes_on() -> None:
    class Stumbling(BalancesProcessor):
        """Cannot handle one account."""

        def handle(self, record: Any, state: Any) -> Any:
            """Stumble."""
            if record.key == "fr_bad":
                raise ZeroDivisionError("no such thing")
            return super().handle(record, state)

    bad, good = Books("fr_bad"), Books("fr_good")
    for books in (bad, good):
        books.hold(500)
        books.hold(600)
    log, endings = await run(Stumbling(), [*bad.events, *good.events])
    assert endings == []
    assert log.lines.count("stored parked") == 2
    assert log.lines.count("stored balance.updated") == 2
    assert log.lines.count("ack funds.held") == 4
