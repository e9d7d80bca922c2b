"""The classification questionnaire from its newest YAML file, strictly validated. Must never answer a question."""

from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.contracts.adapters.policy_files import PolicyFileWrong
from services.contracts.domain.classifications import Question, Questionnaire

QUESTIONNAIRES = Path(__file__).resolve().parent.parent / "questionnaires"


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Question(_Closed):
    id: Annotated[str, Field(pattern=r"^[a-z_]{2,40}$")]
    text: Annotated[str, Field(min_length=1, max_length=300)]
    points: Annotated[int, Field(ge=0, le=100)]


class _Questionnaire(_Closed):
    employee_from: Annotated[int, Field(ge=0, le=10_000)]
    questions: Annotated[list[_Question], Field(min_length=1, max_length=100)]


def read_questionnaire(folder: Path = QUESTIONNAIRES) -> Questionnaire:
    """Read the newest version; PolicyFileWrong where there is none, or where it cannot be used."""
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise PolicyFileWrong(f"{folder} has no questionnaire")
    try:
        form = _Questionnaire.model_validate(yaml.safe_load(files[-1].read_text(encoding="utf-8")))
    except (ValidationError, yaml.YAMLError) as error:
        raise PolicyFileWrong(f"{files[-1]}: {error}") from None
    questions = tuple(Question(each.id, each.text, each.points) for each in form.questions)
    if len({question.id for question in questions}) != len(questions):
        raise PolicyFileWrong(f"{files[-1]}: two questions have one id")
    return Questionnaire(files[-1].stem, form.employee_from, questions)
