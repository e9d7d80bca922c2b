"""Policy profiles: the shipped values, dated choice, labels, and files that cannot be used."""

from dataclasses import fields, replace
from datetime import date
from pathlib import Path

import pytest

from services.contracts.adapters.policy_files import SHIPPED, PolicyFileWrong, read_policies
from services.contracts.domain.policies import Cadence, Kind, Terms
from services.contracts.domain.policy_changes import changes
from shared.events import terms as published
from shared.kernel.instants import parse_instant
from tests.unit.contracts.builders import BOOK, usd, version

DAY = 86_400
MARKETPLACE = (SHIPPED / "marketplace" / "2015-01-01.yaml").read_text()


def test_terms_are_published_field_for_field() -> None:
    assert [each.name for each in fields(Terms)] == list(published.Terms.model_fields)


@pytest.mark.parametrize(
    ("profile", "kind", "cadence", "expected"),
    [
        ("any_hire", Kind.HOURLY, Cadence.WEEKLY, {
            "funding": "billing_method", "review_days": 7, "silence_approves": True, "hours_review": "objection",
            "objection_days": 4, "hold_seconds": 4 * DAY, "hours_hold_floor": "friday_after_lock",
            "fixed_rate_hold_floor": "friday_after_lock", "fixed_rate_first_week_prorated": False,
            "bonus": "next_cadence", "bonus_days_after_end": 0, "freelancer_fee_basis_points": 0,
            "client_fee_basis_points": 0, "initiation_fee": usd("0.00"), "disputes": "none", "protection": False}),
        ("any_hire", Kind.SINGLE, Cadence.BI_WEEKLY, {"review_days": 14, "bonus": "at_once", "hours_review": "none"}),
        ("any_hire", Kind.FIXED_RATE, Cadence.WEEKLY, {"hours_review": "objection", "bonus": "next_cadence"}),
        ("marketplace", Kind.HOURLY, Cadence.WEEKLY, {
            "funding": "escrow", "review_days": 14, "silence_approves": True, "hours_review": "friday",
            "hold_seconds": 5 * DAY, "hours_hold_floor": "wednesday_16_days", "fixed_rate_hold_floor": "none",
            "fixed_rate_first_week_prorated": True, "bonus": "at_once", "bonus_days_after_end": 365,
            "freelancer_fee_basis_points": 1000, "client_fee_basis_points": 500, "initiation_fee": usd("4.99"),
            "minimum_amount": usd("5.00"), "offer_days": 30, "escrow_question_days": 7, "disputes": "mediation",
            "protection": True}),
        ("marketplace", Kind.FIXED_RATE, Cadence.BI_WEEKLY, {"hours_review": "none", "review_days": 14}),
        ("byo", Kind.MILESTONES, None, {
            "review_days": 14, "freelancer_fee_basis_points": 1000, "client_fee_basis_points": 500,
            "initiation_fee": usd("0.00"), "disputes": "mediation", "protection": True}),
        ("direct", Kind.SINGLE, None, {
            "funding": "escrow", "silence_approves": False, "hours_review": "none", "hold_seconds": 0,
            "freelancer_fee_basis_points": 340, "client_fee_basis_points": 300, "initiation_fee": usd("0.00"),
            "disputes": "assistance", "protection": False}),
    ],
)
def test_what_a_contract_freezes(
    profile: str, kind: Kind, cadence: Cadence | None, expected: dict[str, object]
) -> None:
    terms = version(profile).terms(kind, cadence, "USD")
    assert {name: getattr(terms, name) for name in expected} == expected


def test_fixed_amounts_exist_by_currency_and_by_the_digits_of_its_minor_unit() -> None:
    marketplace = version("marketplace")
    found = {code: marketplace.initiation_fee.amount_in(code).amount_minor for code in ("EUR", "JPY", "KWD", "KRW")}
    assert found == {"EUR": 499, "JPY": 500, "KWD": 1500, "KRW": 6900}
    assert not marketplace.offers_currency("CLF")   # Four digits: nobody has decided what 4.99 means there.


def _folder(root: Path, **files: str) -> Path:
    for name, text in files.items():
        file = root / "marketplace" / (name.replace("_", "-").replace("dot", ".") + ".yaml")
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    return root


def test_the_version_of_the_day_counts_from_its_date_on(tmp_path: Path) -> None:
    later = MARKETPLACE.replace("freelancer_basis_points: 1000", "freelancer_basis_points: 1200")
    book = read_policies([SHIPPED, _folder(tmp_path, **{"2026_03_02": later})])
    def fee(at: str) -> int:
        found = book.in_force("marketplace", parse_instant(at))
        assert found is not None
        return found.freelancer_fee_basis_points

    assert fee("2018-01-01T00:00:00Z") == 1000
    assert fee("2026-03-01T23:59:59.999Z") == 1000
    assert fee("2026-03-02T00:00:00Z") == 1200
    assert book.in_force("marketplace", parse_instant("2014-12-31T23:59:59Z")) is None


def test_a_labelled_version_is_chosen_by_name_only(tmp_path: Path) -> None:
    quick = MARKETPLACE.replace("seconds: 432000", "seconds: 2")
    book = read_policies([SHIPPED, _folder(tmp_path, **{"2026_01_01dotbench": quick})])
    in_force = book.in_force("marketplace", parse_instant("2026-06-01T00:00:00Z"))
    named = book.named("marketplace", "2026-01-01.bench")
    assert in_force is not None
    assert in_force.hold_seconds == 5 * DAY
    assert named is not None
    assert (named.hold_seconds, named.effective, named.labelled) == (2, date(2026, 1, 1), True)


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("2026_01_01", MARKETPLACE.replace("protection: true", "protection: yes please"), "protection"),
        ("2026_01_01", MARKETPLACE.replace("protection: true", ""), "protection"),
        ("2026_01_01", MARKETPLACE + "\nsurprise: 1\n", "surprise"),
        ("2026_01_01", MARKETPLACE.replace("client_basis_points: 500", "client_basis_points: 0.5"), "client_basis"),
        ("2026_01_01", MARKETPLACE.replace("client_basis_points: 500", "client_basis_points: 10001"), "client_basis"),
        ("2026_01_01", MARKETPLACE.replace("offer_days: 30", "offer_days: 0"), "offer_days"),
        ("2026_01_01", MARKETPLACE.replace("KRW", "XXQ"), "XXQ"),
        ("2026_01_01", MARKETPLACE.replace("profile: marketplace", "profile: byo"), "byo"),
        ("2026_01_01", "a: [", "2026-01-01"),
        ("2015_01_01", MARKETPLACE, "already"),
        ("2026_13_01", MARKETPLACE, "2026-13-01"),
        ("latest", MARKETPLACE, "effective date"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_its_fault(tmp_path: Path, file: str, text: str, said: str) -> None:
    folder = _folder(tmp_path, **{file: text})
    with pytest.raises(PolicyFileWrong, match=said) as wrong:
        read_policies([SHIPPED, folder])
    assert str(tmp_path) in str(wrong.value)


def test_a_folder_that_is_missing_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(PolicyFileWrong, match="no folder"):
        read_policies([tmp_path / "nowhere"])


def test_the_shipped_profiles_are_these() -> None:
    assert [(each.profile, each.version) for each in BOOK.versions] == [
        (profile, "2015-01-01") for profile in ("any_hire", "byo", "direct", "marketplace")]


def test_a_version_does_not_differ_from_itself() -> None:
    shipped = version("any_hire")
    assert changes(shipped, replace(shipped, version="later")) == []


def test_every_value_that_differs_is_named_with_both_sides() -> None:
    shipped = version("any_hire")
    later = replace(shipped, hold_seconds=0, kinds=(Kind.SINGLE,), protection=True,
                    review_days={"weekly": 8}, initiation_fee=replace(shipped.initiation_fee, by_currency={"USD": 1}))
    assert {(each.field, each.before, each.after) for each in changes(shipped, later)} == {
        ("kinds", "single, milestones, hourly, fixed_rate", "single"),
        ("review_days.weekly", "7", "8"),
        ("review_days.bi_weekly", "14", None),
        ("hold_seconds", "345600", "0"),
        ("protection", "false", "true"),
        ("initiation_fee.by_currency.USD", None, "1"),
    }
