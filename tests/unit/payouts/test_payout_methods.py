"""P2: the dated policy of payout methods, and its file."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from services.payouts.adapters.policy_files import PAYOUT_METHODS_FILE, method_policies
from services.payouts.domain.payout_methods import MethodKind, MethodPolicies, MethodPolicy, Tariff, new_method
from shared.kernel.money import Money
from tests.unit.payouts.words import MILLISECOND, NOW, POLICIES, at, usd


def test_a_new_method_waits_three_days() -> None:
    method = new_method("pm_one", MethodKind.BANK, POLICIES.in_force(NOW), now=NOW)
    assert method.usable_at == NOW + timedelta(days=3)
    assert not method.is_usable(method.usable_at - MILLISECOND)
    assert method.is_usable(method.usable_at)


def test_every_method_has_a_fee_below_its_minimum() -> None:
    for terms in POLICIES.in_force(NOW).terms.values():
        assert terms.fee.amount_in("USD") < terms.minimum.amount_in("USD") == usd("5.00")
    assert POLICIES.in_force(NOW).terms[MethodKind.BANK].fee.amount_in("USD") == usd("0.00")


def test_the_policy_of_the_day_counts() -> None:
    old, new = (MethodPolicy(day, timedelta(days=3), {}) for day in (date(2020, 1, 1), date(2026, 3, 2)))
    policies = MethodPolicies((old, new))
    assert policies.in_force(at("2019-01-01T00:00:00Z")) is old
    assert policies.in_force(at("2026-03-01T23:59:59.999Z")) is old
    assert policies.in_force(at("2026-03-02T00:00:00Z")) is new


def test_a_tariff_holds_in_currencies_with_other_exponents() -> None:
    tariff = Tariff("5.00", {"KWD": "1.500"})
    assert [tariff.amount_in(code) for code in ("USD", "JPY", "KWD")] == [
        Money(500, "USD"), Money(5, "JPY"), Money(1500, "KWD")]


@pytest.mark.parametrize(("right", "wrong"), [
    ('fee: "1.00"', 'fee: "5.00"'), ("waiting_days: 3", "waiting_days: -1"), ("wallet:", "pigeon:"),
    ('minimum: "5.00"', "minimum: five")])
def test_a_file_that_does_not_add_up_is_refused(tmp_path: Path, right: str, wrong: str) -> None:
    text = PAYOUT_METHODS_FILE.read_text()
    assert right in text
    file = tmp_path / "payout_methods.yaml"
    file.write_text(text.replace(right, wrong, 1))
    with pytest.raises(ValidationError):
        method_policies(file)
