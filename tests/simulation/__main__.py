"""`python -m tests.simulation --seeds N FILES`: tells scenarios to the simulated suite under many seeds.

Exit code 0: everything held under every seed. A failure names the seed and the commit that repeat it.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.simulation.hearing import Hearing
from tests.simulation.telling import Verdict, simulate
from tests.simulation.weather import WEATHERS
from tools.scenarios.pack import read_pack
from tools.scenarios.reports import print_story
from tools.scenarios.stories import Story


def main(words: Sequence[str] | None = None) -> int:
    """Read, simulate, report; return the exit code."""
    arguments = _arguments(words)
    pack = read_pack(arguments.places)
    for refusal in pack.refused:
        print("\n".join(map(str, refusal.faults)), file=sys.stderr)
    failed, hearing = 0, Hearing()
    for seed in range(arguments.seed, arguments.seed + arguments.seeds):
        groups = [list(pack.stories)] if arguments.together else [[story] for story in pack.stories]
        for stories in groups:
            verdict = _run(stories, seed, arguments)
            failed += not verdict.passed
            hearing.add(verdict.hearing)
    if arguments.hearing:
        print("\n".join(hearing.lines()))
    print(f"{failed} failed")
    return 1 if failed or pack.refused else 0


def _run(stories: list[Story], seed: int, arguments: argparse.Namespace) -> Verdict:
    began = time.process_time()
    verdict = simulate(stories, seed=seed, weather=WEATHERS[arguments.weather])
    title = stories[0].name if len(stories) == 1 else f"{len(stories)} stories together"
    print(f"{'passed' if verdict.passed else 'FAILED'}  seed {seed}  {arguments.weather}  {title}: "
          f"{verdict.checks} checks, {verdict.deaths} deaths, {verdict.outages} outages, "
          f"{verdict.virtual_s:.0f} virtual s, {time.process_time() - began:.1f} s", flush=True)
    if not verdict.passed:
        _explain(verdict, stories, arguments)
    return verdict


def _explain(verdict: Verdict, stories: list[Story], arguments: argparse.Namespace) -> None:
    for outcome in verdict.outcomes:
        if not outcome.passed:
            print_story(outcome, sys.stdout)
    for line in verdict.broken[:20]:
        print(f"  BROKEN {line}")
    for line in verdict.complaints[-10:]:
        print(f"  ended: {line}")
    if arguments.verbose:
        print("\n".join(f"  log: {line[:600]}" for line in verdict.last_lines))
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    together = "--together " if len(stories) > 1 else ""
    files = " ".join(str(story.path) for story in stories)
    print(f"  again, at commit {commit.stdout.strip()}: python -m tests.simulation --seed {verdict.seed} "
          f"--weather {arguments.weather} {together}{files}", flush=True)


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("places", nargs="*", type=Path, default=[Path("scenarios")], metavar="FILES")
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="how many seeds")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="the first of them")
    parser.add_argument("--weather", choices=list(WEATHERS), default="storm")
    parser.add_argument("--together", action="store_true", help="all stories on one suite at the same time")
    parser.add_argument("--hearing", action="store_true", help="show how each topic reached each of its readers")
    parser.add_argument("--verbose", action="store_true", help="show the last log lines of a failed run")
    return parser.parse_args(words)


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":   # Sets of strings in the same order in every run.
        os.execve(sys.executable, [sys.executable, "-m", "tests.simulation", *sys.argv[1:]],  # noqa: S606
                  {**os.environ, "PYTHONHASHSEED": "0"})
    sys.exit(main())
