"""What the listing of a mutation run is read as, and what the page says of it."""

import pytest

from tools.mutants.__main__ import Mutant, Score, is_wording, mutants_in, written

LISTING = """
    services.payouts.domain.accounts.xǁBalancesǁmoved__mutmut_1: killed
    services.payouts.domain.accounts.xǁBalancesǁmoved__mutmut_12: survived
    services.payouts.domain.holds.x_matured__mutmut_2: timeout
    services.payouts.domain.holds.x__due_again__mutmut_3: no tests
""".splitlines()


def test_a_listing_says_where_each_mutant_is_and_whether_it_was_noticed() -> None:
    assert [(each.module, each.function, each.noticed) for each in mutants_in(LISTING)] == [
        ("accounts", "Balances.moved", True), ("accounts", "Balances.moved", False),
        ("holds", "matured", True), ("holds", "_due_again", False),
    ]


def test_a_score_is_rounded_down() -> None:
    assert Score("payouts", tuple(Mutant("m", "a", "f", noticed) for noticed in (True, True, False))).percent == 66


@pytest.mark.parametrize(("after", "wording"), [
    ('    return Refused(CODE, "XXtoo littleXX")', True), ('    return Refused(CODE, "TOO LITTLE")', True),
    ('    return Refused(CODE, None)', False), ('    return Refused(CODE, )', False),
])
def test_a_sentence_that_is_shouted_is_no_mutant_of_a_rule(after: str, wording: bool) -> None:
    diff = ["--- before", "+++ after", " def f():", '-    return Refused(CODE, "too little")', "+" + after]
    assert is_wording(diff) is wording


@pytest.mark.parametrize(("before", "after"), [('kind = "bank"', 'kind = "BANK"'), ("a < b", "a <= b")])
def test_a_word_that_decides_is_a_mutant_of_a_rule(before: str, after: str) -> None:
    assert not is_wording(["-" + before, "+" + after])


def test_the_page_names_the_functions_in_which_something_was_not_noticed() -> None:
    page = written([Score("payouts", tuple(mutants_in(LISTING)))])
    assert "| payouts | 4 | 2 | 50 % |" in page
    assert "| accounts | 2 | 1 | `Balances.moved` 1 |" in page
    assert "| holds | 2 | 1 | `_due_again` 1 |" in page
