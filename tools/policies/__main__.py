"""`python -m tools.policies list | compare BEFORE AFTER | dry-run DRAFT STORIES...`: what a policy version means.

A version is `profile:version` of those that ship (any_hire:2015-01-01), or a YAML file that does not ship yet. Exit
code 0: done; 1: a story could not be told to its end; 2: a file or a name is wrong.
"""

import argparse
import asyncio
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from deploy.local.problems import PlatformProblem
from services.contracts.adapters.policy_files import SHIPPED, PolicyFileWrong, read_policies, read_version
from services.contracts.domain.policies import PolicyBook, ProfileVersion
from services.contracts.domain.policy_changes import changes
from tools.policies.dry_runs import LABEL, DryRun, dry_run, platform_with
from tools.scenarios.pack import read_pack

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def main(words: Sequence[str] | None = None) -> int:
    """Run the command; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.policies", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="every version of every profile that ships")
    comparing = commands.add_parser("compare", help="what differs between two versions")
    comparing.add_argument("before")
    comparing.add_argument("after")
    running = commands.add_parser("dry-run", help="tell stories under a draft, on a platform of its own")
    running.add_argument("draft", type=Path)
    running.add_argument("stories", nargs="+", type=Path)
    asked = parser.parse_args(words)
    try:
        book = read_policies([SHIPPED])
        if asked.command == "list":
            return _list(book)
        if asked.command == "compare":
            return _compare(find(book, asked.before), find(book, asked.after))
        return _dry_run(asked.draft, asked.stories)
    except (PolicyFileWrong, LookupError, PlatformProblem) as problem:
        print(f"policies: {problem.args[0]}", file=sys.stderr)
        return 2


def find(book: PolicyBook, name: str) -> ProfileVersion:
    """Return the version that `name` says; LookupError where there is none."""
    if name.endswith((".yaml", ".yml")):
        return read_version(Path(name))
    profile, _, version = name.partition(":")
    found = book.named(profile, version)
    if found is None:
        known = ", ".join(f"{each.profile}:{each.version}" for each in book.versions)
        raise LookupError(f"{name} is unknown: give a file, or one of {known}")
    return found


def _list(book: PolicyBook) -> int:
    for each in book.versions:
        print(f"{each.profile}:{each.version}  from {each.effective}{'  by name only' if each.labelled else ''}")
    return 0


def _compare(before: ProfileVersion, after: ProfileVersion) -> int:
    found = changes(before, after)
    for change in found:
        print(change)
    print(f"{len(found)} differences between {before.profile}:{before.version} and {after.profile}:{after.version}")
    return 0


def _dry_run(file: Path, places: Sequence[Path]) -> int:
    read = read_version(file)
    dated = _DATE.match(read.version)
    draft = replace(read, version=f"{dated.group() if dated else read.effective}.{LABEL}", labelled=True)
    pack = read_pack(places)
    for refusal in pack.refused:
        print(refusal.faults[0], file=sys.stderr)
    if pack.refused or not pack.stories:
        return 2
    print(f"Starting a platform of its own that knows {draft.profile} as {file} has it ...", file=sys.stderr)
    with platform_with(file, draft) as layout:
        runs = asyncio.run(dry_run(layout, draft, pack.stories))
    for run in runs:
        _tell(run, draft)
    return 0 if all(run.today.passed for run in runs) else 1


def _tell(run: DryRun, draft: ProfileVersion) -> None:
    story = run.drafted.story
    print(f"{story.name}: {story.title}  ({story.path})")
    if not run.today.passed:
        print("  does not even hold with the versions in force: `make scenario` says where")
    if not run.differences:
        print(f"  {draft.profile} as drafted changes nothing that this story looks at")
    for line in run.differences:
        print(f"  {line}")
    print()


if __name__ == "__main__":
    sys.exit(main())
