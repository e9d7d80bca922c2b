"""Classification: contractor or employee, decided before acceptance where the client asked for it (C10)."""

from dataclasses import replace

from services.contracts.domain.contracts import Classification, Contract, Status
from services.contracts.domain.refusals import Code, refuse
from shared.kernel.decisions import Accepted, Decision


def decide(contract: Contract, outcome: Classification) -> Decision[Contract]:
    """Decide once; an employee's money goes to the employer of record (C10)."""
    if contract.classification is Classification.NOT_ASKED:
        return refuse(Code.NOT_OFFERED, "The client did not ask for a classification.")
    if contract.classification is not Classification.REQUIRED:
        return refuse(Code.CLASSIFICATION_DECIDED, f"The outcome is {contract.classification.value}.")
    if contract.status not in (Status.DRAFTED, Status.SENT):
        return refuse(Code.OFFER_NOT_OPEN, f"The contract is {contract.status.value}.")
    return Accepted(replace(contract, classification=outcome))
