"""Requests and answers of the disputes API. Must never be looser than the domain."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from shared.web.schemas import IdIn, InstantOut, MoneyIn, MoneyOut, RequestModel, TextIn


class OpenDisputeIn(RequestModel):
    """A filing: what is contested is an amount (gross), a number of segments or a milestone; exactly one of them."""

    contract_id: IdIn
    amount: MoneyIn | None = None
    segments: Annotated[int, Field(ge=1, le=1008)] | None = None
    """10-minute segments of the week under review, the last ones first."""
    milestone_id: IdIn | None = None
    reason: Annotated[TextIn, Field(min_length=1)]

    @model_validator(mode="after")
    def _contests_one_thing(self) -> Self:
        if sum(given is not None for given in (self.amount, self.segments, self.milestone_id)) != 1:
            raise PydanticCustomError("contested_once", "Give exactly one of amount, segments and milestone_id")
        return self


class DisputeOut(BaseModel):
    """A case."""

    id: str = Field(examples=["dsp_01jnq8v3k5e7z9x2c4b6n8m0qr"])
    contract_id: str
    status: Literal["open", "in_mediation", "in_arbitration", "resolved", "withdrawn"]
    amount: MoneyOut
    opened_at: InstantOut
    to_freelancer: MoneyOut | None
    to_client: MoneyOut | None
