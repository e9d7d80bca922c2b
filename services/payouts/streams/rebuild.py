"""`--rebuild`: does the log, folded again from offset 0, end in what the processors say? Publishes nothing.

`balances` is compared with the newest record per account of `balance.updated`; `holds` with its own stored state.
"""

from dataclasses import dataclass
from typing import Any

from services.payouts.streams.balances import BalancesProcessor
from services.payouts.streams.holds import ClosedHold, HoldsProcessor, OpenHold
from services.payouts.streams.moments import ClockKept
from shared.events.codec import decode
from shared.events.envelope import Envelope
from shared.streams.logs_read_whole import whole_logs
from shared.streams.parking import STATE_PREFIX
from shared.streams.rebuilds import rebuild

CLOCK_TOPICS = ("clock.advanced", "clock.ticked")
"""Kept for an hour only, so a rebuild does without: what is pending until when does not follow from ticks."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """How many accounts or holds were compared, how many moved on meanwhile, and one line for each that differs."""

    what: str
    compared: int
    moved_on: int
    differences: tuple[str, ...]


Versioned = dict[str, tuple[int, Any]]
"""By key: a version, and what there is at that version."""


async def compare_balances(bootstrap_servers: str, *, prefix: str) -> Comparison:
    """Rebuild `balances` and compare it with what was published."""
    rebuilt = await rebuild(BalancesProcessor(), bootstrap_servers, prefix=prefix, leave_out=CLOCK_TOPICS)
    expected: Versioned = {
        key: (announced.event.sequence, announced.event.data.object)
        for (_, key), announced in rebuilt.last_outputs.items()
    }
    published: Versioned = {}
    async for record in whole_logs(bootstrap_servers, ["balance.updated"], prefix=prefix):
        event: Envelope[Any] = decode("balance.updated", record.value)
        if published.get(event.partitionkey, (0,))[0] <= event.sequence:
            published[event.partitionkey] = event.sequence, event.data.object
    return _compared("accounts", expected, published)


async def compare_holds(bootstrap_servers: str, *, prefix: str) -> Comparison:
    """Rebuild `holds` and compare what waits until when with the stored state."""
    processor = HoldsProcessor()
    rebuilt = await rebuild(processor, bootstrap_servers, prefix=prefix, leave_out=CLOCK_TOPICS)
    expected: Versioned = {
        key: (kept.version, _lasting(kept))
        for fold in rebuilt.folds.values() for key, kept in fold.records.items() if not isinstance(kept, ClockKept)
    }
    stored: Versioned = {}
    async for record in whole_logs(bootstrap_servers, ["payouts-holds-state-changelog"], prefix=prefix):
        key = (record.key or b"").decode()
        if key.startswith(STATE_PREFIX) or record.value is None:
            continue
        kept = processor.decode(record.value)
        if not isinstance(kept, ClockKept):
            stored[key] = kept.version, _lasting(kept)
    return _compared("holds", expected, stored)


def _compared(what: str, expected: Versioned, found: Versioned) -> Comparison:
    """Compare at equal versions; what is further than the log was when it was read has moved on."""
    moved_on = {key for key, (version, _) in found.items() if version > expected.get(key, (0,))[0]}
    differences = tuple(
        f"{key}: the log gives {expected.get(key)}, but there is {found.get(key)}"
        for key in sorted(expected) if key not in moved_on and expected[key] != found.get(key)
    )
    return Comparison(what, len(expected.keys() - moved_on), len(moved_on), differences)


def _lasting(kept: OpenHold | ClosedHold) -> tuple[object, ...]:
    """What follows from the log alone, without what ticks have made of it."""
    if isinstance(kept, OpenHold):
        return "open", kept.clock, kept.account_id, kept.due_ms, kept.matures
    return "closed", kept.clock
