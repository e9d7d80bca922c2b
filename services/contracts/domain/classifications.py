"""Classification: contractor or employee, decided before acceptance where the client asked for it (C10).

The client answers a questionnaire, which recommends; an operator decides. Must never let the recommendation decide.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from services.contracts.domain.contracts import Classification, Contract, Status
from services.contracts.domain.policies import Side
from services.contracts.domain.refusals import Code, not_a_party, refuse
from shared.kernel.decisions import Accepted, Decision, Refused


@dataclass(frozen=True, slots=True)
class Question:
    """A question whose yes adds `points` towards "employee"."""

    id: str
    text: str
    points: int


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """One dated version of the questions, and the sum from which the recommendation is "employee"."""

    version: str
    employee_from: int
    questions: tuple[Question, ...]

    def recommends(self, answers: Mapping[str, bool]) -> Classification:
        """Return what the answers recommend (C10)."""
        points = sum(question.points for question in self.questions if answers[question.id])
        return Classification.EMPLOYEE if points >= self.employee_from else Classification.CONTRACTOR


def answer(
    contract: Contract, questionnaire: Questionnaire, answers: Mapping[str, bool], *, by: Side
) -> Decision[Contract]:
    """Keep the recommendation that the client's answers yield; new answers replace it until it is decided (C10)."""
    if by is not Side.CLIENT:
        return not_a_party("client")
    if refused := _not_open(contract):
        return refused
    if set(answers) != {question.id for question in questionnaire.questions}:
        return refuse(Code.ANSWERS_INCOMPLETE, "Answer every question of the questionnaire, and no other.")
    return Accepted(replace(contract, recommendation=questionnaire.recommends(answers)))


def decide(contract: Contract, outcome: Classification) -> Decision[Contract]:
    """Decide once, with or against the recommendation; an employee's money goes to the employer of record (C10)."""
    if refused := _not_open(contract):
        return refused
    return Accepted(replace(contract, classification=outcome))


def _not_open(contract: Contract) -> Refused | None:
    if contract.classification is Classification.NOT_ASKED:
        return refuse(Code.NOT_OFFERED, "The client did not ask for a classification.")
    if contract.classification is not Classification.REQUIRED:
        return refuse(Code.CLASSIFICATION_DECIDED, f"The outcome is {contract.classification.value}.")
    if contract.status not in (Status.DRAFTED, Status.SENT):
        return refuse(Code.OFFER_NOT_OPEN, f"The contract is {contract.status.value}.")
    return None
