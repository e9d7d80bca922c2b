"""Who may file a dispute, and which refusal answers first, for any contract and anyone (D1)."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from services.disputes.domain.contracts import KnownContract
from services.disputes.domain.filings import Filer, may_file
from shared.kernel.decisions import Accepted, Refused
from tests.properties.stories import PROPERTIES

PATHS = ("mediation", "assistance", "none")
KINDS = ("single", "milestones", "hourly", "fixed_rate")
STATUSES = ("sent", "accepted", "active", "paused", "completed", "ended", "cancelled", "declined", "expired")
PROFILES = ("marketplace", "byo", "direct", "any_hire")
PEOPLE = ("one", "two", "three")

contracts = st.builds(
    KnownContract, id=st.just("ct_1"), revision=st.integers(0, 9), clock=st.just("live"),
    client_id=st.sampled_from(PEOPLE), freelancer_id=st.sampled_from(PEOPLE), profile=st.sampled_from(PROFILES),
    kind=st.sampled_from(KINDS), currency=st.just("USD"), status=st.sampled_from(STATUSES),
    disputes=st.sampled_from(PATHS),
).filter(lambda contract: contract.client_id != contract.freelancer_id)
filers = st.builds(
    Filer, party_id=st.sampled_from(PEOPLE), role=st.sampled_from(("client", "freelancer", "mediator", "operator")))


def expected(contract: KnownContract, filer: Filer) -> str | None:
    """Return the code that answers: role before offer, and nothing else is asked yet."""
    in_role = {("client", contract.client_id), ("freelancer", contract.freelancer_id)}
    if (filer.role, filer.party_id) not in in_role:
        return "NOT_A_PARTY"
    return "DISPUTES_NOT_OFFERED" if contract.disputes == "none" else None


@PROPERTIES
@given(contract=contracts, filer=filers)
def test_the_role_answers_before_the_offer_and_everyone_else_may_file(contract: KnownContract, filer: Filer) -> None:
    """Proves D1."""
    decision = may_file(contract, filer)
    assert (decision.code if isinstance(decision, Refused) else None) == expected(contract, filer)
    if isinstance(decision, Accepted):
        assert decision.value is contract


@PROPERTIES
@given(contract=contracts, filer=filers)
def test_who_may_file_knows_the_contract_and_strangers_do_not(contract: KnownContract, filer: Filer) -> None:
    """Proves D1."""
    is_party = filer.party_id in (contract.client_id, contract.freelancer_id)
    assert filer.knows(contract) == (is_party or filer.role == "operator")
    assert filer.knows(contract) or not isinstance(may_file(contract, filer), Accepted)


@PROPERTIES
@given(contract=contracts, filer=filers, status=st.sampled_from(STATUSES), kind=st.sampled_from(KINDS))
def test_neither_kind_nor_status_decides_who_may_file(
    contract: KnownContract, filer: Filer, status: str, kind: str
) -> None:
    """Proves D1."""
    other = replace(contract, status=status, kind=kind)
    assert type(may_file(other, filer)) is type(may_file(contract, filer))


@PROPERTIES
@given(st.lists(st.integers(0, 20), min_size=1, max_size=12))
def test_copies_that_arrive_in_any_order_leave_the_highest_revision(revisions: list[int]) -> None:
    known: KnownContract | None = None
    for place, revision in enumerate(revisions):
        news = KnownContract(id="ct_1", revision=revision, clock="live", client_id="cl_1", freelancer_id="fr_1",
                             profile="direct", kind="single", currency="USD", status=str(place), disputes="assistance")
        known = news if news.is_newer_than(known) else known
    assert known is not None
    assert known.revision == max(revisions)
    assert known.status == str(revisions.index(known.revision)), "of two alike, the first is kept"
