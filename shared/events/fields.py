"""Field types and base classes of every payload: strict on types, open to unknown fields (a newer producer)."""

from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer

from shared.kernel.instants import format_instant, instant
from shared.kernel.money import Money as KernelMoney

InstantField = Annotated[
    datetime,
    AfterValidator(instant),
    PlainSerializer(format_instant, when_used="json"),
    Field(json_schema_extra={"format": "date-time"}),
]
"""RFC 3339, UTC, milliseconds: 2026-03-02T12:00:00.000Z."""

MoneyField = KernelMoney
"""{"amount_minor": 12500, "currency": "USD"}: integer minor units."""

Resource = TypeVar("Resource")


class Payload(BaseModel):
    """A published structure: frozen, strict, unknown fields ignored."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class Change(Payload, Generic[Resource]):
    """What every event carries: the whole resource as of now, and the earlier values of what changed."""

    object: Resource
    previous: dict[str, Any] | None = None
