"""How long the stories of this room are, and the arithmetic they are checked against. Must never import a service.

Stories are derived from the test's name, not drawn anew: a red run is red again. To search deeper, raise the numbers.
"""

from fractions import Fraction

import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

PROPERTIES = settings(derandomize=True, deadline=None, max_examples=100)
RED_STORIES_TAKE_LONG = pytest.mark.timeout(600)
"""A story that breaks a rule is made shorter for some minutes before it is shown."""


def tell(machine: type[RuleBasedStateMachine], *, examples: int = 100, steps: int = 30) -> None:
    """Let random stories drive `machine`; the shortest one that breaks a rule is printed as Python."""
    run_state_machine_as_test(machine, settings=settings(
        derandomize=True, deadline=None, max_examples=examples, stateful_step_count=steps))


def half_up(value: Fraction) -> int:
    """Round to whole minor units as a person does on paper, the half away from zero: the oracle of every rounding."""
    rounded = int(abs(value) + Fraction(1, 2))
    return rounded if value >= 0 else -rounded
