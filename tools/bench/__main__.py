"""`make bench`: how many payouts per second, how fast, at what cost, and how far from what the store can do at most.

Uses the platform that runs, or starts one with the store that is asked for and stops it again. Writes a JSON file (its
path is the last line printed), a table and a picture into `bench-results/`. Exit code 1 where the audit fails.
"""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import uvloop

from deploy.local import lifecycle
from deploy.local.downloads import REPOSITORY
from deploy.local.layout import SERVICES, Layout
from deploy.local.problems import PlatformProblem
from deploy.local.store_server import StoreBuild, takes_requests
from deploy.local.supervision import Supervisor
from shared.web.dev_issuer import DevIssuer
from tools.bench.ceilings import ceiling
from tools.bench.connections import Connections
from tools.bench.crowds import Payee, Suite, Unwilling, crowd, fund
from tools.bench.loads import EventLoad, HttpLoad, Load, probe
from tools.bench.pictures import Series, picture
from tools.bench.tables import BARS, table
from tools.bench.watching import Watcher
from tools.bench.windows import Window, measure, settle, summary, watched, write_set

LOADS = ("http", "events")
POLICIES = Path(__file__).parent / "policies"
RESULTS = REPOSITORY / "bench-results"
READY_TIMEOUT_S = 300.0
CEILING_S = 15.0
STORE_BACK_S, STORE_GONE_S = 60.0, 0.2
PROBE_S = 12.0
PROBE_AT_ONCE = {StoreBuild.DEFAULT: {"http": 128, "events": 600}, StoreBuild.FAST: {"http": 256, "events": 1_000}}
"""More than the rate that is found times the latency: half a second with `http`, more than four with `events`."""
FIRST_SHARE, NEXT_SHARE, TRIES = 0.9, 0.8, 3
"""Of what the probe saw, and of the rate before where that did not hold."""
ABOVE_BAR = 1.015
"""A bar is tried where the probe saw less: its arrivals come in bursts, which are harder than a stream."""
_FUNDS_MINOR, _HOT_FUNDS_MINOR = 50_000_000, 2_000_000_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for."""

    seconds: float
    store: StoreBuild
    loads: tuple[str, ...]
    rate: float | None
    accounts: int
    seed: int
    warm_up_s: float


def say(text: str) -> None:
    """Tell progress."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def main() -> int:
    """Run the command."""
    asked = _asked()
    os.environ.update(POLICIES_DIR=str(POLICIES / "contracts"), PROFILE_VERSIONS_BY_NAME="true",
                      PAYOUT_METHODS_FILE=str(POLICIES / "payout_methods.yaml"))
    before = Layout.current()
    ran_before = Supervisor(before).is_running()
    layout = before if ran_before else replace(Layout.asked_for(), store_build=asked.store)
    if ran_before and before.store_build is not asked.store:
        say(f"the running platform has the store {before.store_build}, not {asked.store}: `make down` first, "
            f"or run the benchmark with STORE={before.store_build}.")
        return 1
    try:
        lifecycle.up(layout, ready_timeout_s=READY_TIMEOUT_S)
        return uvloop.run(_bench(asked, layout, own=not ran_before))
    except PlatformProblem as problem:
        say(str(problem))
        return 1
    except Unwilling as refused:
        say(f"{refused}. The platform must run with the benchmark's policies: `make down`, then run this again."
            if ran_before else str(refused))
        return 1
    finally:
        if not ran_before:
            lifecycle.down(layout)


def _asked() -> Asked:
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="length of the measured window")
    parser.add_argument("--store", type=StoreBuild, default=StoreBuild.DEFAULT)
    parser.add_argument("--loads", choices=(*LOADS, "both"), default="both")
    parser.add_argument("--rate", type=float, help="payouts per second; without it the sustainable rate is looked for")
    parser.add_argument("--accounts", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--warm-up", type=float, default=10.0)
    given = parser.parse_args()
    loads = LOADS if given.loads == "both" else (given.loads,)
    return Asked(given.seconds, given.store, loads, given.rate, given.accounts, given.seed, given.warm_up)


async def _bench(asked: Asked, layout: Layout, *, own: bool) -> int:
    started = datetime.now(UTC)
    suite = Suite(
        contracts=Connections(layout.api_url("contracts")), invoicing=Connections(layout.api_url("invoicing")),
        payouts=Connections(layout.api_url("payouts")),
        issuer=DevIssuer.load_or_create(layout.issuer_dir), run=f"bench-{started:%Y%m%d%H%M%S}-{asked.seed}")
    load_before = os.getloadavg()
    payees = await crowd(suite, asked.accounts, say=say)
    results: dict[str, Any] = {}
    series: dict[str, Series] = {}
    windows: dict[str, Window] = {}
    for name in asked.loads:
        load = await _prepared(name, suite, payees, layout, asked)
        watcher = await watched(layout, load)
        try:
            window = await _steady(load, layout, asked)
        finally:
            await watcher.stop()
        series[name] = window.series
        results[name] = summary(window)
        say(f"{name}: {results[name]['payouts_per_second']} payouts/s, {results[name]['latency_ms']}")
        windows[name] = window
        _written({**results, "run": _run_facts(asked, layout, started, load_before)}, started, asked)
    passed = await asyncio.to_thread(_audit, layout)
    for name, window in windows.items():   # After all loads: what a replay leaves behind slows the store down.
        if own:
            await asyncio.to_thread(_begin_store_anew, layout)
        results[name] |= await _compared(window, layout, asked)
    results |= {"run": _run_facts(asked, layout, started, load_before), "audit": "passed" if passed else "FAILED"}
    file = _written(results, started, asked)
    picture(results, series, file.with_suffix(".png"))
    file.with_suffix(".txt").write_text(table(results))
    print(table(results))
    print(file)
    return 0 if passed else 1


async def _prepared(name: str, suite: Suite, payees: list[Payee], layout: Layout, asked: Asked) -> Load:
    """Pay every account once, whatever the load: then every service knows every contract."""
    available: set[str] = set()
    watcher = Watcher(layout.kafka_bootstrap_servers, ("funds.available",),
                      lambda topic, event: available.add(str(event["partitionkey"])))
    await watcher.start()
    try:
        amounts = [_HOT_FUNDS_MINOR, *[_FUNDS_MINOR] * (len(payees) - 1)]
        await fund(suite, payees, amounts, load=name, say=say)
        until = time.monotonic() + 120
        while not available.issuperset(payee.id for payee in payees):
            if time.monotonic() > until:
                raise Unwilling(f"only {len(available)} of {len(payees)} accounts have money after two minutes")
            await asyncio.sleep(0.2)
    finally:
        await watcher.stop()
    return (EventLoad if name == "events" else HttpLoad)(suite, payees, seed=f"{asked.seed}")


async def _steady(load: Load, layout: Layout, asked: Asked) -> Window:
    """Measure at the rate that is asked for, or at the highest that holds."""
    if asked.rate is not None:
        return await measure(load, layout, rate=asked.rate, warm_up_s=asked.warm_up_s, seconds=asked.seconds,
                             seed=str(asked.seed), say=say)
    at_once = PROBE_AT_ONCE[layout.store_build][load.name]
    seen = await probe(load, seconds=PROBE_S + asked.warm_up_s, at_once=at_once, tell=lambda at, settled: None)
    say(f"{load.name}: {seen:.0f}/s settle with {at_once} always on their way")
    await settle(load)
    bar = BARS.get(str(layout.store_build), {}).get(load.name, 0)
    rate = max(1.0, seen * FIRST_SHARE, bar * ABOVE_BAR)
    for attempt in range(TRIES):
        window = await measure(load, layout, rate=rate, warm_up_s=asked.warm_up_s, seconds=asked.seconds,
                               seed=f"{asked.seed}-{attempt}", say=say)
        if not window.growing:
            return window
        say(f"{load.name}: {rate:.0f}/s does not hold: the backlog grew from {window.backlog[0]} to "
            f"{window.backlog[1]}")
        if attempt < TRIES - 1:
            rate = max(1.0, min(rate, window.per_second) * NEXT_SHARE)
            await settle(load)
    return window


async def _compared(window: Window, layout: Layout, asked: Asked) -> dict[str, Any]:
    """Return the ceiling of the same store in the same run, and the share of it that was reached."""
    say("replaying the payouts' writes without the suite")
    highest = await ceiling(layout.mongodb_uri, write_set(window), seconds=min(CEILING_S, asked.seconds))
    return {
        "ceiling_per_second": round(highest.per_second, 1), "ceiling_group": highest.group,
        "ratio_to_ceiling": round(window.per_second / highest.per_second, 3)}


def _begin_store_anew(layout: Layout) -> None:
    """End the store of this run's own platform; its supervisor begins a fresh one, with an empty cache."""
    os.kill(int((layout.run_dir / "store.pid").read_text()), signal.SIGKILL)
    until = time.monotonic() + STORE_BACK_S
    time.sleep(STORE_GONE_S)
    while not takes_requests(layout.store_port):
        if time.monotonic() > until:
            raise Unwilling("the store did not come back")
        time.sleep(STORE_GONE_S)


def _audit(layout: Layout) -> bool:
    say("auditing the books, the log and the simulators")
    environment = {**os.environ, "HOLDFAST_RUN_DIR": str(layout.run_dir)}
    command = [sys.executable, "-m", "tools.audit", "--patience", "60"]
    return subprocess.run(command, cwd=REPOSITORY, env=environment, stdout=sys.stderr, check=False).returncode == 0


def _run_facts(asked: Asked, layout: Layout, started: datetime, load_before: tuple[float, float, float]) -> Any:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=REPOSITORY, capture_output=True, text=True,
                            check=False).stdout.strip()
    return {
        "started_at": started.isoformat(timespec="seconds"), "store": str(layout.store_build), "seed": asked.seed,
        "accounts": asked.accounts, "commit": commit, "cores": psutil.cpu_count(), "services": len(SERVICES),
        "machine_load_before": [round(value, 1) for value in load_before],
        "machine_load_after": [round(value, 1) for value in os.getloadavg()],
    }


def _written(results: dict[str, Any], started: datetime, asked: Asked) -> Path:
    """Write what is known so far: a run that is ended early leaves the loads that it had finished."""
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{started:%Y%m%d-%H%M%S}-{asked.store}.json"
    file.write_text(json.dumps(results, indent=2) + "\n")
    return file


if __name__ == "__main__":
    sys.exit(main())
