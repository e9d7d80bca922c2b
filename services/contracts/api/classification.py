"""Routes of classification: the questionnaire, the client's answers, the operator's decision (C10)."""

from functools import partial
from typing import Any, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel

from services.contracts.api.desk import Desk
from services.contracts.api.rendering import ContractOut, contract_out, rendered
from services.contracts.api.requests import AnswersIn, ClassificationIn
from services.contracts.application.decide_classification import (
    AnswerQuestionnaire,
    DecideClassification,
    answer_questionnaire,
    decide_classification,
)
from services.contracts.domain.classifications import Questionnaire
from services.contracts.domain.contracts import Classification, Contract
from shared.persistence.group_commit import Answer
from shared.web.auth import CallerDep, require_role
from shared.web.idempotency import IdempotencyDep

_OK: dict[int | str, dict[str, Any]] = {200: {"model": ContractOut}}


class QuestionOut(BaseModel):
    """A question with the answer yes or no."""

    id: str
    text: str


class ClassificationOut(BaseModel):
    """Where the classification of a contract stands."""

    contract_id: str
    outcome: Literal["not_asked", "required", "contractor", "employee"]
    recommendation: Literal["contractor", "employee"] | None
    questionnaire: str
    questions: list[QuestionOut]


def classification_routes(desk: Desk, questionnaire: Questionnaire) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/v1/contracts/{contract_id}/classification", tags=["classification"])

    def show(contract: Contract) -> Answer:
        return rendered(200, contract_out(contract))

    @routes.get("", response_model=None, responses={200: {"model": ClassificationOut}},
                summary="Read a classification and its questions")
    async def classification(contract_id: str, caller: CallerDep) -> Response:
        """The questions, the recommendation of their answers, and the outcome."""
        contract = await desk.visible_contract(caller, contract_id)
        shown = ClassificationOut(
            contract_id=contract.id, outcome=contract.classification.value,
            recommendation=_recommended(contract), questionnaire=questionnaire.version,
            questions=[QuestionOut(id=each.id, text=each.text) for each in questionnaire.questions])
        return Response(shown.model_dump_json(), media_type="application/json")

    @routes.put("/answers", response_model=None, responses=_OK, summary="Answer the questionnaire")
    async def answers(contract_id: str, body: AnswersIn, caller: CallerDep, key: IdempotencyDep) -> Response:
        """The client answers every question; the answers recommend, and decide nothing."""
        command = AnswerQuestionnaire(caller.subject, contract_id, body.answers)
        return await desk.act(partial(answer_questionnaire, questionnaire=questionnaire), command, caller=caller,
                              contract_id=contract_id, key=key, render=show)

    @routes.post("", response_model=None, responses=_OK, summary="Decide a classification")
    async def decide(contract_id: str, body: ClassificationIn, caller: CallerDep, key: IdempotencyDep) -> Response:
        """Contractor or employee (operator); the contract can be accepted only after this."""
        require_role(caller, "operator")
        contract = await desk.visible_contract(caller, contract_id)
        command = DecideClassification(contract_id, Classification(body.outcome))
        return await desk.act(decide_classification, command, clock=contract.clock, contract_id=contract_id, key=key,
                              render=show)

    return routes


def _recommended(contract: Contract) -> Literal["contractor", "employee"] | None:
    if contract.recommendation is None:
        return None
    return "employee" if contract.recommendation is Classification.EMPLOYEE else "contractor"
