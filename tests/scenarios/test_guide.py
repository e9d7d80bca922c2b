"""The guide in docs/scenarios.md knows every word of the language, and its first story is one."""

import re
from pathlib import Path

from tests.scenarios.stories import story_of
from tools.scenarios.language import ACTS, EXPECTATIONS

GUIDE = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text(encoding="utf-8")


def rows_with(word: str) -> str:
    return "\n".join(line for line in GUIDE.splitlines() if line.startswith("|") and f"`{word}`" in line.split("|")[1])


def test_every_act_and_its_fields_stand_in_the_guide() -> None:
    for act in ACTS.values():
        row = rows_with(act.name)
        assert row, act.name
        missing = [field.name for field in act.fields if not re.search(rf"\b{field.name}\b", row)]
        assert [name for name in missing if act.name not in ("milestone.activate", "time.edit")] == [], act.name


def test_every_expectation_and_its_fields_stand_in_the_guide() -> None:
    for expectation in EXPECTATIONS.values():
        row = rows_with(expectation.name)
        assert [field.name for field in expectation.fields if not re.search(rf"\b{field.name}\b", row)] == []


def test_the_first_story_of_the_guide_reads(tmp_path: Path) -> None:
    text = re.search(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    assert text is not None
    assert story_of(tmp_path, text.group(1)).name == "a-first-story"
