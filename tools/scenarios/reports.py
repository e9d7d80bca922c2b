"""What people and programs read about a run: a line per step, and a JSON report.

Must never mix the lines of two stories: many are told at the same time.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from tools.scenarios.telling import Outcome, Told


def print_story(outcome: Outcome, out: TextIO) -> None:
    """Print one story's lines at once."""
    for told in outcome.told:
        print_step(outcome, told, out)
    print_verdict(outcome, out)


def print_step(outcome: Outcome, told: Told, out: TextIO) -> None:
    """Print one step, and before the first one whose it is."""
    if told.step == 0:
        story = outcome.story
        print(f"{story.name}: {story.title}  ({story.path})", file=out)
        for note in outcome.notes:
            print(f"  {note}", file=out)
    print(f"  {step_line(told)}", file=out)
    for line in told.lines:
        print(f"      {line}", file=out)
    out.flush()


def print_verdict(outcome: Outcome, out: TextIO) -> None:
    """Print how the story ended."""
    verdict = "passed" if outcome.passed else "FAILED"
    print(f"  {verdict} in {outcome.duration_s:.1f} s\n", file=out, flush=True)


def step_line(told: Told) -> str:
    """Write one step's line."""
    return f"{told.virtual_time}  step {told.step}  {told.what} … {'ok' if told.ok else 'FAILED'}"


def summary_line(passed: int, failed: int) -> str:
    """Write the last line."""
    return f"{passed} passed, {failed} failed"


def write_json(path: Path, outcomes: Sequence[Outcome], refused: Sequence[str], duration_s: float) -> None:
    """Write the whole run, with every step's duration."""
    passed = sum(outcome.passed for outcome in outcomes)
    report = {
        "passed": passed,
        "failed": len(outcomes) - passed + len(refused),
        "refused_files": list(refused),
        "duration_s": round(duration_s, 3),
        "scenarios": [_story_report(outcome) for outcome in outcomes],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _story_report(outcome: Outcome) -> dict[str, Any]:
    return {
        "name": outcome.story.name,
        "file": str(outcome.story.path),
        "run_id": outcome.run_id,
        "passed": outcome.passed,
        "duration_s": round(outcome.duration_s, 3),
        "notes": list(outcome.notes),
        "steps": [
            {"step": told.step, "line": told.line, "at": told.virtual_time, "what": told.what, "ok": told.ok,
             "duration_s": round(told.duration_s, 3), "problem": list(told.lines)}
            for told in outcome.told
        ],
    }
