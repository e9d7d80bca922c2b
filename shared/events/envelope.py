"""The envelope: CloudEvents 1.0 in structured JSON. Bytes of an event never change once published."""

from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from shared.events.fields import InstantField

Data = TypeVar("Data", bound=BaseModel)


class Envelope(BaseModel, Generic[Data]):
    """One event. `sequence` counts per key and topic without gaps from 1; `id` repeats on redelivery."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: str
    subject: str
    time: InstantField
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: str
    partitionkey: str
    sequence: int
    causationid: str
    correlationid: str
    livemode: bool
    testclock: str | None = None
    traceparent: str | None = None
    data: Data

    @property
    def clock(self) -> str:
        """The clock of the event: "live" or a test clock's id."""
        return self.testclock or "live"
