"""Protection: each condition alone is enough to lose it, and the limit cuts it where it cuts the bill."""

from dataclasses import replace
from typing import Any

import pytest

from services.timesheets.domain.clients import ClientStanding, learned
from services.timesheets.domain.protection import protected_segments
from services.timesheets.domain.sheets import CountedRow, Row
from tests.unit.timesheets.builders import contract

PROTECTED = contract(protection=True)
QUALIFIES = Row("te_1", "ct_1", 0, 12, "tracker", has_memo=True, activity=1)


@pytest.mark.parametrize(("change", "segments"), [
    ({}, 12), ({"source": "manual"}, 0), ({"has_memo": False}, 0), ({"activity": 0}, 0), ({"activity": 100}, 12),
    ({"client_in_good_standing": False}, 0),
])
def test_a_segment_qualifies_if_everything_speaks_for_it(change: dict[str, Any], segments: int) -> None:
    """Proves T7."""
    row = replace(QUALIFIES, **change)
    assert protected_segments(PROTECTED, CountedRow(row, 12)) == segments


@pytest.mark.parametrize("inside", [0, 1, 11, 12])
def test_only_what_is_inside_the_limit_qualifies(inside: int) -> None:
    """Proves T7 and T5."""
    assert protected_segments(PROTECTED, CountedRow(QUALIFIES, inside)) == inside


def test_a_profile_without_protection_protects_nothing() -> None:
    """Proves T7."""
    assert protected_segments(contract(protection=False), CountedRow(QUALIFIES, 12)) == 0


def test_the_newest_standing_counts_in_whatever_order_it_is_heard() -> None:
    suspended, reinstated = ClientStanding("cl_acme", True, 1), ClientStanding("cl_acme", False, 2)
    assert learned(None, suspended) == suspended
    assert learned(suspended, reinstated) == learned(reinstated, suspended) == reinstated
