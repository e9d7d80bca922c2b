"""The page of the rules is fresh, its links lead somewhere, and each planted fault turns the check red."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.rules.__main__ import PAGE, ROOT, faults, main, write
from tools.rules.evidence import gather
from tools.rules.rulebook import RulebookUnreadable, ids_in, read_rulebook

HOUSE = {
    "docs/rulebook.yaml": """\
chapters:
  - title: Weeks
    rules:
      T1: {rule: A week has seven days.}
      T2: {rule: A week is locked at noon.}
      T3: {rule: Weeks may be sold., not_built: Nobody buys weeks yet.}
""",
    "services/times/domain/weeks.py": '''\
"""Weeks (T1 to T3)."""

class Week:
    """Seven days (T1, T2)."""

    def begins(self):
        """Return its Monday (T1)."""

def _is_locked():
    """Whether it is noon (T2)."""
''',
    "tests/unit/times/test_weeks.py": '''\
"""Weeks (T1)."""

def test_a_week_begins_on_monday(): ...

def test_noon_is_late():
    """Proves T2."""
''',
    "scenarios/01-a-week.yaml": "{name: a-week, title: One week, rules: [T1, T2]}\n",
    "docs/scenarios-ahead/02-sold.yaml": "{name: sold, title: A week is sold, rules: [T3]}\n",
}
"""A small house in which every rule is decided, tested and told."""


@pytest.fixture
def house(tmp_path: Path) -> Path:
    for name, text in HOUSE.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    write(tmp_path)
    assert faults(tmp_path) == []
    return tmp_path


def test_the_page_is_fresh_and_every_rule_is_decided_tested_and_told() -> None:
    assert faults(ROOT) == []


def test_every_link_of_the_page_leads_to_a_file_of_the_house() -> None:
    text = (ROOT / PAGE).read_text()
    targets = {target for target in re.findall(r"\]\(([^)]+)\)", text) if not target.startswith("#")}
    assert len(targets) > 50
    assert [target for target in targets if not (ROOT / PAGE.parent / target).is_file()] == []
    assert str(ROOT) not in text


def test_the_page_shows_who_decides_what_proves_and_what_is_missing(house: Path) -> None:
    blocks = (house / PAGE).read_text().split("### ")[1:]
    assert blocks == ["""\
T1

A week has seven days.

- decided by
  - [times/domain/weeks.py](../services/times/domain/weeks.py): `Week`, `Week.begins`
- 1 test
  - [unit/times/test_weeks.py](../tests/unit/times/test_weeks.py): *a week begins on monday*
- 1 scenario
  - [a-week](../scenarios/01-a-week.yaml): One week

""", """\
T2

A week is locked at noon.

- decided by
  - [times/domain/weeks.py](../services/times/domain/weeks.py): `Week`, `_is_locked`
- 1 test
  - [unit/times/test_weeks.py](../tests/unit/times/test_weeks.py): *noon is late*
- 1 scenario
  - [a-week](../scenarios/01-a-week.yaml): One week

""", """\
T3

Weeks may be sold.

**Not built yet:** Nobody buys weeks yet.

- 1 scenario ahead
  - [sold](scenarios-ahead/02-sold.yaml): A week is sold
"""]


Planting = tuple[str, str, str]
"""A file of the small house, words in it, and what takes their place."""

BOOK, CODE, TESTS = "docs/rulebook.yaml", "services/times/domain/weeks.py", "tests/unit/times/test_weeks.py"
STORY = "scenarios/01-a-week.yaml"
FAULTS: dict[str, tuple[list[Planting], list[str]]] = {
    "no function": ([(CODE, "it is noon (T2)", "it is noon")],
                    ["T2 has no deciding function: no docstring in a domain room names it"]),
    "no test": ([(TESTS, "Proves T2.", "Proves T1.")],
                ["T2 has no test: no docstring of a test or of its module names it"]),
    "no scenario": ([(STORY, "[T1, T2]", "[T1]")], ["T2 has no scenario: no rules list in scenarios/ names it"]),
    "unknown to the book, in code": ([(CODE, "Weeks (T1 to T3)", "Weeks (T1 to T4)")],
                                     [f"{CODE} names T4, which {BOOK} does not have"]),
    "unknown to the book, in a test": ([(TESTS, "Proves T2.", "Proves T2 and P9.")],
                                       [f"{TESTS} names P9, which {BOOK} does not have"]),
    "unknown to the book, in a scenario": ([(STORY, "[T1, T2]", "[T1, T2, X1]")],
                                           [f"{STORY} names X1, which {BOOK} does not have"]),
    "built after all": ([(CODE, "(T2)", "(T2, T3)"), (TESTS, "T2.", "T2, T3."), (STORY, "T2]", "T2, T3]")],
                        [f"T3 is decided, tested and told: take its not_built out of {BOOK}"]),
    "told in spite of an excuse": ([(BOOK, "at noon.", 'at noon., scenario: "none, because noon is short"')],
                                   [f"T2 has a scenario: take its excuse out of {BOOK}"]),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_named(house: Path, fault: str) -> None:
    plantings, expected = FAULTS[fault]
    for name, old, new in plantings:
        text = (house / name).read_text()
        assert old in text
        (house / name).write_text(text.replace(old, new))
    write(house)
    assert faults(house) == expected


def test_an_excuse_takes_the_place_of_a_scenario_and_stands_on_the_page(house: Path) -> None:
    (house / STORY).write_text(HOUSE[STORY].replace("T1, T2", "T1"))
    (house / BOOK).write_text(HOUSE[BOOK].replace("at noon.", 'at noon., scenario: "none, because noon is short"'))
    write(house)
    assert faults(house) == []
    assert "- scenario: none, because noon is short" in (house / PAGE).read_text()


def _forgotten(house: Path) -> None:
    (house / PAGE).unlink()


def _edited(house: Path) -> None:
    (house / PAGE).write_text((house / PAGE).read_text().replace("seven", "eight"))


def _overtaken(house: Path) -> None:
    (house / TESTS).write_text((house / TESTS).read_text().replace("begins_on", "starts_on"))


@pytest.mark.parametrize("meanwhile", [_forgotten, _edited, _overtaken])
def test_a_stale_page_is_red_until_it_is_written_again(
    house: Path, meanwhile: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    meanwhile(house)
    assert main(["check"], house) == 1
    assert capsys.readouterr().err == f"rules: {PAGE} is stale; run `python -m tools.rules write`\n"
    assert main(["write"], house) == 0
    assert main(["check"], house) == 0


SAID_TWICE = "  - title: Twice\n    rules:\n      T1: {rule: Weeks have days.}\n      T3"


@pytest.mark.parametrize(("old", "new"), [
    ("T2: {rule:", "T02: {rule:"), ("T2: {rule:", "T2: {sentence:"), ("at noon.", "at noon., scenario: none"),
    ("chapters:", "chapters: ["), ("      T3", SAID_TWICE),
])
def test_a_book_that_is_none_is_said_so_and_nothing_is_written(house: Path, old: str, new: str) -> None:
    before = (house / PAGE).read_text()
    (house / BOOK).write_text(HOUSE[BOOK].replace(old, new))
    (fault,) = faults(house)
    assert fault.startswith("docs/rulebook.yaml")
    assert main(["write"], house) == main(["check"], house) == 1
    assert (house / PAGE).read_text() == before
    with pytest.raises(RulebookUnreadable):
        read_rulebook(house)


def test_other_words_are_answered_with_the_usage(house: Path) -> None:
    shutil.rmtree(house / "docs")
    assert main([], house) == main(["draw"], house) == 2


@pytest.mark.parametrize(("text", "ids"), [
    ("Answers (C2, C10).", ["C2", "C10"]), ("Escrow (C6 to C8)", ["C6", "C7", "C8"]), ("paid (P2–P4, I1)", [
        "P2", "P3", "P4", "I1"]), ("`P1:hold` or T1 to the end", ["P1", "T1"]), ("UUIDv5, UTC12, C0, T123, D", []),
])
def test_ids_are_read_as_words_and_ranges(text: str, ids: list[str]) -> None:
    assert list(ids_in(text)) == ids


def test_tests_speak_for_themselves_else_their_module_does_and_machines_are_tests(house: Path) -> None:
    (house / TESTS).write_text('''\
"""Weeks (T1)."""

class WeekStory(RuleBasedStateMachine):
    """Any story of weeks (T2)."""

    def test_is_inside(self): ...

def test_of_the_module(): ...

def helper():
    """Makes a week (T2)."""
''')
    evidence = gather(house)
    assert [(each.name, each.own) for each in evidence.tests_of("T2")] == [("WeekStory", True)]
    assert [each.name for each in evidence.tests_of("T1")] == ["WeekStory.test_is_inside", "test_of_the_module"]
