"""Pausing and resuming: by a party, by a failed charge, by a dispute (C2, I5, D2).

A contract is paused while any reason is left. Events may arrive in any order: what ended before it was heard of never
pauses. Must never touch money.
"""

from dataclasses import replace

from services.contracts.domain.contracts import LIVING, Contract, Pause, Status
from services.contracts.domain.refusals import Code, refuse
from shared.kernel.decisions import Accepted, AlreadyDone, Decision
from shared.kernel.instants import Instant


def pause(contract: Contract, *, now: Instant) -> Decision[Contract]:
    """Pause at a party's wish; also while something else pauses it already (C2)."""
    if contract.status not in LIVING or Pause.PARTY in contract.pauses:
        return refuse(Code.CONTRACT_NOT_ACTIVE, f"The contract is {contract.status.value}.")
    return Accepted(with_pause(contract, Pause.PARTY, now=now))


def resume(contract: Contract, *, now: Instant) -> Decision[Contract]:
    """Lift a party's pause; other reasons stay (C2)."""
    if contract.status not in LIVING:
        return refuse(Code.CONTRACT_NOT_ACTIVE, f"The contract is {contract.status.value}.")
    if Pause.PARTY not in contract.pauses:
        return refuse(Code.CONTRACT_NOT_PAUSED, "No party has paused this contract.")
    return Accepted(without_pause(contract, Pause.PARTY))


def charge_failed(contract: Contract, invoice_id: str, *, now: Instant) -> Decision[Contract]:
    """Pause until this invoice is paid (I5); a contract that is over stays over, and one not yet active waits."""
    if invoice_id in (*contract.failed_invoices, *contract.recovered_invoices) or contract.status not in LIVING:
        return AlreadyDone(contract)
    failed = replace(contract, failed_invoices=(*contract.failed_invoices, invoice_id))
    return Accepted(with_pause(failed, Pause.CHARGE_FAILED, now=now))


def charge_recovered(contract: Contract, invoice_id: str) -> Decision[Contract]:
    """Resume when the last failed invoice of this contract is paid (I5); may be heard before its failure is."""
    if invoice_id in contract.recovered_invoices:
        return AlreadyDone(contract)
    left = tuple(each for each in contract.failed_invoices if each != invoice_id)
    paid = replace(contract, failed_invoices=left, recovered_invoices=(*contract.recovered_invoices, invoice_id))
    return Accepted(paid if left else without_pause(paid, Pause.CHARGE_FAILED))


def dispute_opened(contract: Contract, dispute_id: str, *, now: Instant) -> Decision[Contract]:
    """Pause while a dispute is open (D2); one that is over before it is heard of changes nothing."""
    if dispute_id in (*contract.open_disputes, *contract.closed_disputes):
        return AlreadyDone(contract)
    disputed = replace(contract, open_disputes=(*contract.open_disputes, dispute_id))
    return Accepted(with_pause(disputed, Pause.DISPUTE, now=now) if contract.status in LIVING else disputed)


def dispute_closed(contract: Contract, dispute_id: str) -> Decision[Contract]:
    """Resume when no dispute is open."""
    if dispute_id in contract.closed_disputes:
        return AlreadyDone(contract)
    left = tuple(each for each in contract.open_disputes if each != dispute_id)
    closed = replace(contract, open_disputes=left, closed_disputes=(*contract.closed_disputes, dispute_id))
    return Accepted(closed if left else without_pause(closed, Pause.DISPUTE))


def with_pause(contract: Contract, reason: Pause, *, now: Instant) -> Contract:
    """Return the contract paused for one more reason."""
    pauses = contract.pauses if reason in contract.pauses else (*contract.pauses, reason)
    return replace(contract, status=Status.PAUSED, pauses=pauses, inactive_since=contract.inactive_since or now)


def without_pause(contract: Contract, reason: Pause) -> Contract:
    """Return the contract without that reason; active where none is left."""
    pauses = tuple(each for each in contract.pauses if each is not reason)
    if contract.status is not Status.PAUSED or pauses:
        return replace(contract, pauses=pauses)
    return replace(contract, status=Status.ACTIVE, pauses=(), inactive_since=None)
