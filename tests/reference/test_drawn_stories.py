"""Stories that nobody wrote, told to the whole suite: it must agree with a second reading of the rule book to the cent.

The services are the real ones, over a log and stores in memory, in one process and in virtual time; invariants 1 to 6
are checked whenever the clock is quiet. hypothesis draws the story and makes a failing one smaller.
"""

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.reference import world
from tests.reference.drawing import Drawing
from tests.simulation.telling import Verdict, simulate
from tests.simulation.weather import CALM, DISORDER, STORM, Weather
from tools.scenarios.reading import read_story

HALF_A_CENT_COUNTS = 6

DICE = st.randoms(use_true_random=False, note_method_calls=False)


def told(folder: Path, dice: random.Random, weather: Weather, *, acts: int) -> Verdict:
    """Draw a story with `dice` and tell it."""
    file = folder / "drawn.yaml"
    file.write_text(Drawing(1, dice).story(acts))
    return simulate([read_story(file)], seed=1, weather=weather)


def holds(verdict: Verdict) -> None:
    """Say what does not."""
    wrong = [line for outcome in verdict.outcomes for step in outcome.told for line in step.lines]
    assert not wrong + verdict.broken
    assert verdict.passed


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("weather", "stories", "acts"), [(CALM, 25, 40), (DISORDER, 8, 30), (STORM, 4, 20)],
                         ids=["calm", "disorder", "storm"])
def test_a_drawn_story_ends_as_the_rule_book_says(
    tmp_path: Path, weather: Weather, stories: int, acts: int
) -> None:
    @settings(max_examples=stories, deadline=None, derandomize=True, database=None,
              suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink])
    @given(DICE)
    def tell(dice: random.Random) -> None:
        holds(told(tmp_path, dice, weather, acts=acts))

    tell()


def test_another_reading_of_a_rule_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "half_up", lambda numerator, denominator: numerator // denominator)
    wrong = told(tmp_path, random.Random(HALF_A_CENT_COUNTS), CALM, acts=45)
    lines = [line for outcome in wrong.outcomes for step in outcome.told for line in step.lines]
    assert any("expected" in line for line in lines)
