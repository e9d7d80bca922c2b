"""Who may file a dispute, and what the contract offers."""

from dataclasses import replace

import pytest

from services.disputes.domain.contracts import KnownContract
from services.disputes.domain.filings import Filer, may_file
from shared.kernel.decisions import Accepted, Refused

MARKETPLACE = KnownContract(
    id="ct_1", revision=3, clock="live", client_id="cl_1", freelancer_id="fr_1", profile="marketplace", kind="hourly",
    currency="USD", status="active", disputes="mediation",
)
ANY_HIRE = replace(MARKETPLACE, profile="any_hire", disputes="none")


@pytest.mark.parametrize("filer", [Filer("cl_1", "client"), Filer("fr_1", "freelancer")])
def test_both_sides_may_file_where_there_is_mediation(filer: Filer) -> None:
    """Proves D1."""
    assert may_file(MARKETPLACE, filer) == Accepted(MARKETPLACE)


@pytest.mark.parametrize("filer", [Filer("cl_1", "client"), Filer("fr_1", "freelancer")])
def test_any_hire_offers_no_disputes(filer: Filer) -> None:
    """Proves D1."""
    decision = may_file(ANY_HIRE, filer)
    assert isinstance(decision, Refused)
    assert (decision.code, decision.status) == ("DISPUTES_NOT_OFFERED", 409)


@pytest.mark.parametrize("filer", [
    Filer("cl_1", "freelancer"), Filer("fr_1", "client"), Filer("cl_1", "mediator"), Filer("op_1", "operator"),
])
def test_the_wrong_role_is_refused_before_anything_else(filer: Filer) -> None:
    """Proves D1."""
    decision = may_file(ANY_HIRE, filer)
    assert isinstance(decision, Refused)
    assert decision.code == "NOT_A_PARTY"


def test_strangers_do_not_know_the_contract() -> None:
    """Proves D1."""
    assert not Filer("cl_2", "client").knows(MARKETPLACE)
    assert Filer("op_1", "operator").knows(MARKETPLACE)


@pytest.mark.parametrize(("known", "newer"), [(None, True), (2, True), (3, False), (4, False)])
def test_the_highest_revision_stays(known: int | None, newer: bool) -> None:
    other = None if known is None else replace(MARKETPLACE, revision=known)
    assert MARKETPLACE.is_newer_than(other) is newer
