"""Many stories on one running suite: finds the files, tells a bounded number at a time, collects what became of them.

Must never let one story's trouble end another's.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.scenarios.marks import Fault, RefusedFile
from tools.scenarios.reading import read_story
from tools.scenarios.stories import Story
from tools.scenarios.suite import Caller, Suite
from tools.scenarios.telling import Hearing, Outcome, tell

SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Pack:
    """What was read: the stories, and why other files were refused."""

    stories: tuple[Story, ...]
    refused: tuple[RefusedFile, ...]


def read_pack(places: Sequence[Path]) -> Pack:
    """Read every file, and every scenario file of every folder, in the order of their names."""
    stories: list[Story] = []
    refused: list[RefusedFile] = []
    for place in places:
        files = files_of(place)
        if not files:
            refused.append(RefusedFile([Fault(place, 1, "no scenario stands there")]))
        for file in files:
            try:
                stories.append(read_story(file))
            except RefusedFile as refusal:
                refused.append(refusal)
    return Pack(tuple(stories), tuple(refused))


def files_of(place: Path) -> list[Path]:
    """Return the file itself, or the scenario files in and below a folder."""
    if place.is_dir():
        return sorted(path for path in place.rglob("*") if path.suffix in SUFFIXES and path.is_file())
    return [place] if place.is_file() else []


async def tell_all(
    stories: Sequence[tuple[Story, tuple[str, ...]]],
    suite: Suite,
    *,
    run_id: str,
    operator: Caller,
    parallel: int,
    when_told: Callable[[Outcome], None],
    hear: Hearing | None = None,
) -> list[Outcome]:
    """Tell every (story, notes), `parallel` at a time; `when_told` hears of each as it ends, `hear` of each step."""
    places = asyncio.Semaphore(parallel)

    async def one(number: int, story: Story, notes: tuple[str, ...]) -> Outcome:
        async with places:
            outcome = await tell(story, suite, f"{run_id}-{number}", operator, notes=notes, hear=hear)
            when_told(outcome)
            return outcome

    return list(await asyncio.gather(*(one(number, *each) for number, each in enumerate(stories, 1))))
