"""`python -m tools.scenarios FILES...`: reads scenarios, tells them to the running suite, says what held.

Exit code 0: every expectation held; 1: one did not; 2: a file was refused (the others are told all the same).
"""

import argparse
import asyncio
import os
import secrets
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

from tools.scenarios.local_suite import Place, SuiteNotUp, find_place, running_suite
from tools.scenarios.pack import Pack, read_pack, tell_all
from tools.scenarios.reports import print_step, print_story, print_verdict, summary_line, write_json
from tools.scenarios.shifting import shifted
from tools.scenarios.stories import Story
from tools.scenarios.suite import Caller, Patience, Suite
from tools.scenarios.telling import Outcome

PARALLEL_MAX, PARALLEL_PER_CORE = 8, 2
HTTP_TIMEOUT_S = 30.0
OPERATOR = Caller("op_scenarios", "operator")


def arguments_of(words: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.scenarios", description=__doc__.splitlines()[0])
    parser.add_argument("places", nargs="+", type=Path, metavar="FILES", help="scenario files, or folders of them")
    parser.add_argument("--parallel", type=int, default=parallel_by_default(), metavar="N",
                        help="stories at a time")
    parser.add_argument("--crash", action="store_true", help="processes are being killed meanwhile: try again")
    parser.add_argument("--seed", type=int, metavar="N", help="other names, dates, currencies, amounts")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write a report with durations")
    parser.add_argument("--run-id", metavar="ID", help="what the Idempotency-Keys begin with; by default a fresh one")
    parser.add_argument("--read-only", action="store_true", help="read the files, tell nothing")
    arguments = parser.parse_args(words)
    if arguments.parallel < 1:
        parser.error("--parallel must be at least 1")
    return arguments


def parallel_by_default() -> int:
    """Return how many stories at a time this machine can tell without making them wait for each other."""
    return min(PARALLEL_MAX, PARALLEL_PER_CORE * (os.cpu_count() or 1))


def stories_to_tell(pack: Pack, seed: int | None) -> list[tuple[Story, tuple[str, ...]]]:
    """Return the stories with what is to be said about each, shifted where a seed is given."""
    if seed is None:
        return [(story, ()) for story in pack.stories]
    told: list[tuple[Story, tuple[str, ...]]] = []
    for story in pack.stories:
        changed, shift = shifted(story, seed)
        told.append((changed, (f"seed {seed}: {shift}",)))
    return told


async def tell_to(place: Place, arguments: argparse.Namespace, pack: Pack) -> list[Outcome]:
    """Tell the whole pack to the suite at `place`."""
    patience = Patience.under_crashes() if arguments.crash else Patience.normal()
    stories = stories_to_tell(pack, arguments.seed)
    one_by_one = arguments.parallel == 1 or len(stories) == 1
    finish = print_verdict if one_by_one else print_story
    async with httpx.AsyncClient(timeout=HTTP_TIMEOUT_S, limits=httpx.Limits(max_connections=None)) as http:
        return await tell_all(
            stories,
            Suite(http, place.urls, place.token_for, patience),
            run_id=arguments.run_id or f"run-{secrets.token_hex(6)}",
            operator=OPERATOR,
            parallel=arguments.parallel,
            when_told=lambda outcome: finish(outcome, sys.stdout),
            hear=(lambda outcome, told: print_step(outcome, told, sys.stdout)) if one_by_one else None,
        )


def main(words: Sequence[str] | None = None) -> int:
    """Read, tell, report; return the exit code."""
    arguments = arguments_of(words)
    began = time.monotonic()
    pack = read_pack(arguments.places)
    refused = [str(fault) for refusal in pack.refused for fault in refusal.faults]
    for line in refused:
        print(line, file=sys.stderr, flush=True)
    outcomes: list[Outcome] = []
    if pack.stories and not arguments.read_only:
        place = find_place(os.environ)
        try:
            with running_suite(place, keep=bool(os.environ.get("KEEP"))):
                outcomes = asyncio.run(tell_to(place, arguments, pack))
        except SuiteNotUp as problem:
            print(f"scenarios: {problem}", file=sys.stderr)
            return 1
    if arguments.json:
        write_json(arguments.json, outcomes, refused, time.monotonic() - began)
    return _conclude(arguments.read_only, pack, outcomes)


def _conclude(read_only: bool, pack: Pack, outcomes: list[Outcome]) -> int:
    for outcome in outcomes:
        if not outcome.passed:
            told = outcome.told[-1]
            print(f"FAILED  {outcome.story.name}  step {told.step}  {outcome.story.path}:{told.line}")
    for refusal in pack.refused:
        print(f"REFUSED {refusal.faults[0]}")
    passed = len(pack.stories) if read_only else sum(outcome.passed for outcome in outcomes)
    print(summary_line(passed, len(pack.stories) - passed + len(pack.refused)))
    if pack.refused:
        return 2
    return 0 if passed == len(pack.stories) else 1


if __name__ == "__main__":
    sys.exit(main())
