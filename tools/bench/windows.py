"""One measurement: warm-up, a window of steady state, the drain after it; and what it says. Must never average lies:
a backlog that grows is reported as such."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from hdrh.histogram import HdrHistogram

from deploy.local.layout import Layout
from tools.bench.loads import Driver, Load
from tools.bench.measuring import LagWatch, Sample, counted, cpu_between, cpu_seconds, metrics_of
from tools.bench.watching import Watcher
from tools.bench.writes import WriteKind, writes_per_payout

DRAIN_S_MAX = 90.0
GROWS_ABOVE_S = 1.5
"""A backlog that grew by more than this many seconds of load over the window is no steady state."""
LEVEL_S = 3.0
"""A backlog is the mean over so long: holds mature at ticks of a second, so its momentary size goes up and down."""
_PERCENTILES = {"p50": 50.0, "p95": 95.0, "p99": 99.0, "p99.9": 99.9, "max": 100.0}

Say = Callable[[str], None]
Metrics = dict[str, dict[Sample, float]]


@dataclass(frozen=True, slots=True)
class Window:
    """What was seen between two instants of steady load."""

    seconds: float
    target: float
    settled: int
    sent: int
    refused: dict[str, int]
    latencies_s: list[float]
    cpu: dict[str, float]
    metrics: tuple[Metrics, Metrics]
    backlog: tuple[int, int]
    series: list[tuple[float, int, int]]
    """Seconds since the start of the load, settled so far, backlog."""
    lag_worst: dict[str, int]
    lag_last: dict[str, int]
    drain_s: float | None
    """None: not everything that was sent had arrived when patience ended."""
    left: int
    last_leg_s: list[float]

    @property
    def per_second(self) -> float:
        """The rate of the steady state."""
        return self.settled / self.seconds

    @property
    def growing(self) -> bool:
        """Whether the suite fell behind all through the window."""
        return self.backlog[1] - self.backlog[0] > max(10.0, GROWS_ABOVE_S * self.target)


async def measure(
    load: Load, layout: Layout, *, rate: float, warm_up_s: float, seconds: float, seed: str, say: Say
) -> Window:
    """Drive `load` at `rate` and return what its window shows."""
    loop = asyncio.get_running_loop()
    lag = LagWatch(layout.kafka_bootstrap_servers)
    watching = asyncio.create_task(lag.run())
    driver = Driver(load, rate, seed=seed)
    settled_before_all = len(load.ledger.settled)
    driver.start()
    series: list[tuple[float, int, int]] = []
    showing = asyncio.create_task(_show(load, driver, series, say))
    try:
        await asyncio.sleep(warm_up_s)
        before, cpu_before = await metrics_of(layout), cpu_seconds(layout)
        began, sent, settled = loop.time(), load.ledger.sent, len(load.ledger.settled)
        lag.seen.clear()
        await asyncio.sleep(seconds)
        ended, cpu_after = loop.time(), cpu_seconds(layout)
        arrived = len(load.ledger.settled) - settled
        sent_in_window = load.ledger.sent - sent
        levels = level_at(series, began - driver.started), level_at(series, ended - driver.started)
        after = await metrics_of(layout)
        worst = lag.worst()
        await driver.stop()
        stopped = loop.time()
        drain_s = await _drained(load, stopped)
    finally:
        await driver.stop()
        for task in (showing, watching):
            task.cancel()
        await asyncio.gather(showing, watching, return_exceptions=True)
    latencies = [one.settled - one.intended for one in load.ledger.settled[settled_before_all:]
                 if began <= one.intended < ended]
    last_leg = getattr(load, "payouts", None)
    legs = [one.settled - one.intended for one in last_leg.settled if began <= one.intended < ended] if last_leg else []
    return Window(
        seconds=ended - began, target=rate, settled=arrived, sent=sent_in_window, refused=dict(load.ledger.refused),
        latencies_s=latencies, cpu=cpu_between(cpu_before, cpu_after), metrics=(before, after),
        backlog=levels, series=series, lag_worst=worst, lag_last=lag.last(), drain_s=drain_s,
        left=load.ledger.backlog, last_leg_s=legs)


async def _show(load: Load, driver: Driver, series: list[tuple[float, int, int]], say: Say) -> None:
    loop = asyncio.get_running_loop()
    shown, before = 0.0, len(load.ledger.settled)
    while True:
        await asyncio.sleep(0.5)
        at = loop.time() - driver.started
        series.append((at, len(load.ledger.settled), load.ledger.backlog))
        if at - shown >= 5.0:
            rate = (len(load.ledger.settled) - before) / (at - shown)
            say(f"{load.name}: {at:.0f} s, {rate:.0f} settled/s of {driver.rate:.0f} asked, "
                f"{load.ledger.backlog} on their way"
                + (f", refused {dict(load.ledger.refused)}" if load.ledger.refused else ""))
            shown, before = at, len(load.ledger.settled)


async def _drained(load: Load, since: float) -> float | None:
    loop = asyncio.get_running_loop()
    while loop.time() < since + DRAIN_S_MAX:
        if load.ledger.backlog <= 0:
            return loop.time() - since
        await asyncio.sleep(0.02)
    return None


async def settle(load: Load, *, patience_s: float = DRAIN_S_MAX) -> bool:
    """Wait until nothing is on its way."""
    return await _drained(load, asyncio.get_running_loop().time() + patience_s - DRAIN_S_MAX) is not None


def level_at(series: list[tuple[float, int, int]], at: float) -> int:
    """Return the mean backlog of the `LEVEL_S` before `at`."""
    seen = [backlog for when, _, backlog in series if at - LEVEL_S < when <= at]
    return round(sum(seen) / len(seen)) if seen else 0


def percentiles(seconds: list[float]) -> dict[str, float]:
    """Return the percentiles in milliseconds."""
    histogram = HdrHistogram(1, 3_600_000_000, 3)
    for value in seconds:
        histogram.record_value(max(1, int(value * 1_000_000)))
    return {name: round(histogram.get_value_at_percentile(at) / 1000, 1) for name, at in _PERCENTILES.items()} \
        if seconds else dict.fromkeys(_PERCENTILES, float("nan"))


async def watched(layout: Layout, load: Load) -> Watcher:
    """Return a started watcher that feeds `load`."""
    watcher = Watcher(layout.kafka_bootstrap_servers, load.topics, load.hear)
    await watcher.start()
    return watcher


def summary(window: Window) -> dict[str, Any]:
    """Return the figures of a window, ready for JSON."""
    payouts = max(1, window.settled)
    return {
        "payouts_per_second": round(window.per_second, 1),
        "target_per_second": round(window.target, 1),
        "window_s": round(window.seconds, 1),
        "settled": window.settled,
        "sent": window.sent,
        "refused": window.refused,
        "steady": not window.growing,
        "backlog": {"at_start": window.backlog[0], "at_end": window.backlog[1]},
        "latency_ms": percentiles(window.latencies_s),
        "latency_after_available_ms": percentiles(window.last_leg_s) if window.last_leg_s else None,
        "cpu_ms_per_payout": {name: round(used * 1000 / payouts, 3) for name, used in sorted(window.cpu.items())},
        "cpu_cores": {name: round(used / window.seconds, 3) for name, used in sorted(window.cpu.items())},
        "consumer_lag": {"worst": window.lag_worst, "at_end": window.lag_last},
        "drain_s": None if window.drain_s is None else round(window.drain_s, 2),
        "not_arrived": window.left,
        "group_commits": _group_commits(*window.metrics),
        "writes_per_payout": [
            asdict(kind) | {"per_payout": round(kind.per_payout, 4)} for kind in write_set(window)],
    }


def write_set(window: Window) -> list[WriteKind]:
    """Return what was written per settled payout."""
    return writes_per_payout(*window.metrics, max(1, window.settled))


def _group_commits(before: Metrics, after: Metrics) -> dict[str, dict[str, float]]:
    """Return per process how many groups were committed, how large and slow they were, and how many collided."""
    commits = {}
    for process, page in after.items():
        groups, members, seconds, conflicts = (
            sum(counted(before.get(process, {}), page, f"holdfast_group_commit_{name}").values())
            for name in ("size_count", "size_sum", "seconds_sum", "conflicts_total"))
        if members >= 50:
            commits[process] = {
                "groups": int(groups), "mean_size": round(members / groups, 1),
                "mean_ms": round(seconds * 1000 / groups, 1), "conflicts": int(conflicts)}
    return commits
