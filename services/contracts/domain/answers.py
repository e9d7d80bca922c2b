"""Answers to offers: accepting, declining, and the silence that lets them expire (C2, C10, C11).

Accepting freezes the terms. Must never look anything up: what is known about the pair and the client is passed in.
"""

from dataclasses import replace

from services.contracts.domain.contracts import Classification, Contract, MilestoneStatus, Status
from services.contracts.domain.offers import Standing, known_elsewhere, suspended_client
from services.contracts.domain.policies import Kind, ProfileVersion, Side, Terms
from services.contracts.domain.refusals import Code, not_a_party, refuse
from shared.kernel.decisions import Accepted, Decision, Refused
from shared.kernel.instants import Instant


def accept(
    contract: Contract, version: ProfileVersion, *, by: Side, standing: Standing, now: Instant
) -> Decision[Contract]:
    """Accept the offer: the values of `version` are frozen into it (C2).

    The contract is accepted; `activate_at_once` decides whether it is active too.
    """
    if by is contract.offered_by:
        return not_a_party(contract.offered_by.other.value)
    if contract.kind not in version.kinds or not version.offers_currency(contract.currency):
        return refuse(Code.NOT_OFFERED, f"{version.profile} no longer offers this contract.")
    frozen = version.terms(contract.kind, contract.cadence, contract.currency)
    charged_later = not contract.staged or frozen.funding == "billing_method"
    refused = (
        known_elsewhere(version, standing)
        or suspended_client(charged_later and standing.client_suspended)
        or _classification_pending(contract)
        or _not_open(contract, now)
    )
    if refused:
        return refused
    return Accepted(replace(contract, status=Status.ACCEPTED, accepted_at=now, terms=_for_employee(contract, frozen)))


def activate_at_once(contract: Contract, *, now: Instant) -> Contract | None:
    """Return the active contract where nothing has to be deposited first (C2); None where a deposit comes first."""
    if contract.prefunded:
        return None
    milestones = contract.milestones
    if contract.kind is Kind.SINGLE:
        milestones = tuple(replace(each, status=MilestoneStatus.ACTIVE) for each in milestones)
    return replace(contract, status=Status.ACTIVE, activated_at=now, milestones=milestones)


def decline(contract: Contract, *, by: Side, now: Instant) -> Decision[Contract]:
    """Say no to an offer (C2)."""
    if by is contract.offered_by:
        return not_a_party(contract.offered_by.other.value)
    if refused := _not_open(contract, now):
        return refused
    return Accepted(_closed(contract, Status.DECLINED, now))


def expire(contract: Contract, *, now: Instant) -> Decision[Contract]:
    """End an offer that nobody answered in its lifetime (C2); a timer of an answered one changes nothing."""
    if contract.status is not Status.SENT or now < contract.offer_ends_at:
        return refuse(Code.OFFER_NOT_OPEN, f"The contract is {contract.status.value}.")
    return Accepted(_closed(contract, Status.EXPIRED, now))


def _closed(contract: Contract, status: Status, now: Instant) -> Contract:
    return replace(contract, status=status, ended_at=now, inactive_since=now, ended_reason=status.value)


def _classification_pending(contract: Contract) -> Refused | None:
    """Refuse while contractor or employee is not decided (C10)."""
    if contract.classification is not Classification.REQUIRED:
        return None
    return refuse(Code.CLASSIFICATION_PENDING, "Contractor or employee: that is not decided yet.")


def _not_open(contract: Contract, now: Instant) -> Refused | None:
    if contract.status is not Status.SENT:
        return refuse(Code.OFFER_NOT_OPEN, f"The contract is {contract.status.value}.")
    if now >= contract.offer_ends_at:
        return refuse(Code.OFFER_EXPIRED, "The offer has expired.")
    return None


def _for_employee(contract: Contract, terms: Terms) -> Terms:
    """An employee's time goes to the employer of record without freelancer fee (C10)."""
    return replace(terms, freelancer_fee_basis_points=0) if contract.employer_of_record else terms
