"""`python -m tools.crash --seed 1 --kills 60`: kill processes while stories run; every cent must come through."""

import argparse
import asyncio
import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence

from deploy.local import lifecycle
from deploy.local.layout import Layout
from tools.audit.__main__ import audit
from tools.audit.__main__ import report as audit_report
from tools.audit.platform import Platform
from tools.crash.plans import PROGRAMS, plan
from tools.crash.stories import Stories, failures_of
from tools.crash.targets import DidNotComeBack, Killed, Targets

DEFAULT_STORIES = ("scenarios",)
SLOW_S = 5.0
"""A process that takes longer to be ready says what it waited for."""


def run(layout: Layout, *, seed: int, kills: int, files: Sequence[str], parallel: int, limit_s: float) -> int:
    """Run the whole crash run on a platform that is up; return the exit code."""
    stories, targets, killed = Stories(files, parallel=parallel, seed=seed), Targets(layout), list[Killed]()
    began = time.monotonic()
    stories.start()
    trouble = None
    try:
        for number, kill in enumerate(plan(seed, kills), start=1):
            if time.monotonic() - began > limit_s:
                trouble = f"the limit of {limit_s:g} s is over after {number - 1} kills"
                break
            if stories.failed:
                break
            done = targets.carry_out(kill)
            killed.append(done)
            where = f"at {kill.failpoint}" if done.at_failpoint else "anywhere"
            print(f"{time.monotonic() - began:7.1f} s  kill {number:3}/{kills}  {kill.program:18} {where:34} "
                  f"replaced {done.replaced_s:4.1f} s  ready {done.ready_s:5.1f} s"
                  f"{'  work interrupted' if done.interrupted else ''}"
                  f"{f'  waited for: {done.missed}' if done.ready_s > SLOW_S else ''}", flush=True)
    except DidNotComeBack as error:
        trouble = str(error)
    passes = stories.finish()
    evidence, findings = asyncio.run(audit(
        Platform(layout.kafka_bootstrap_servers, layout.mongodb_uri), patience_s=60))
    sound = audit_report(evidence, findings) == 0
    for one in stories.failed:
        print(f"--- pass {one.number}: {one.last_line}\n{failures_of(one)}")
    _summary(killed, seed)
    print(f"passes: {len(passes)}, failed: {len(stories.failed)}; last: {passes[-1].last_line}")
    good = sound and not stories.failed and trouble is None and len(killed) == kills
    if trouble is not None:
        print(f"trouble: {trouble}")
    print(f"crash run {'passed' if good else 'FAILED'}: seed {seed}, {len(killed)} kills "
          f"in {time.monotonic() - began:.0f} s")
    return 0 if good else 1


def _summary(killed: Sequence[Killed], seed: int) -> None:
    per_program = Counter(one.kill.program for one in killed)
    print(f"seed {seed}: {len(killed)} kills, {sum(one.at_failpoint for one in killed)} at named places, "
          f"{sum(one.interrupted for one in killed)} interrupted work")
    print("  " + ", ".join(f"{program} {per_program[program]}" for program in PROGRAMS))
    if killed:
        print(f"  replaced: median {statistics.median(one.replaced_s for one in killed):.1f} s, "
              f"longest {max(one.replaced_s for one in killed):.1f} s; ready: median "
              f"{statistics.median(one.ready_s for one in killed):.1f} s, "
              f"longest {max(one.ready_s for one in killed):.1f} s")


def main() -> int:
    """Run the command on the local platform; starts it if it is not up."""
    parser = argparse.ArgumentParser(prog="python -m tools.crash", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--parallel", type=int, default=4, help="stories at a time")
    parser.add_argument("--limit", type=float, default=3_600, help="seconds after which it stops by itself")
    parser.add_argument("files", nargs="*", default=list(DEFAULT_STORIES))
    given = parser.parse_args()
    layout = Layout.current()
    lifecycle.up(layout, ready_timeout_s=120)
    return run(layout, seed=given.seed, kills=given.kills, files=given.files or DEFAULT_STORIES,
               parallel=given.parallel, limit_s=given.limit)


if __name__ == "__main__":
    sys.exit(main())
