"""What the routes of invoicing take and give, with examples. Must never hold a rule."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.web.schemas import IdIn, InstantOut, MoneyIn, MoneyOut, RequestModel, TextIn

_INVOICE_STATUS = Literal["open", "charge_failed", "paid", "refunded"]
LineKindIn = Literal["hours", "fixed_rate", "submission", "bonus"]


class ApproveIn(RequestModel):
    """An approval; `amount` less than the whole leaves the rest in escrow, on prefunded contracts alone (C7)."""

    model_config = ConfigDict(json_schema_extra={"examples": [
        {}, {"amount": {"amount_minor": 45000, "currency": "USD"}, "note": "sketches only"}]})

    amount: MoneyIn | None = None
    note: TextIn | None = None


class RequestChangesIn(RequestModel):
    """A request for changes."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"note": "smaller logo"}]})

    note: TextIn | None = None


class ReviewOut(BaseModel):
    """The client's review of one submission; `review_ends_at` is null where silence never approves."""

    submission_id: str = Field(examples=["sub_01jnq8v3k5e7z9x2c4b6n8m0qr"])
    contract_id: str
    milestone_id: str | None
    number: int = Field(examples=[1])
    status: Literal["in_review", "changes_requested", "approved", "superseded"]
    whole: MoneyOut
    opened_at: InstantOut
    review_ends_at: InstantOut | None
    decided_at: InstantOut | None
    approved_by: Literal["client", "silence"] | None
    amount: MoneyOut | None
    note: str | None


class InvoiceLineOut(BaseModel):
    """One line: net = gross − fee."""

    id: str
    kind: LineKindIn
    gross: MoneyOut
    fee: MoneyOut
    net: MoneyOut
    client_fee: MoneyOut
    week_start: InstantOut | None
    locked_at: InstantOut | None
    segments: int | None
    hourly_rate: MoneyOut | None
    submission_id: str | None
    milestone_id: str | None


class InvoiceOut(BaseModel):
    """An invoice. `number` counts the client's invoices without gaps, `contract_number` those of its contract."""

    id: str = Field(examples=["inv_01jnq8v3k5e7z9x2c4b6n8m0qr"])
    contract_id: str
    client_id: str
    freelancer_id: str
    profile: str
    contract_kind: Literal["single", "milestones", "hourly", "fixed_rate"]
    kind: LineKindIn
    number: int
    contract_number: int
    status: _INVOICE_STATUS
    paid_from: Literal["charge", "escrow"]
    currency: str
    lines: list[InvoiceLineOut]
    gross: MoneyOut
    fee: MoneyOut
    net: MoneyOut
    client_fee: MoneyOut
    initiation_fee: MoneyOut
    client_total: MoneyOut
    issued_at: InstantOut
    first_attempt_at: InstantOut | None
    paid_at: InstantOut | None
    delay_seconds: int
    attempts: int
    due_at: InstantOut | None = Field(description="The next charge attempt; null while one runs or none is left.")
    objection: Literal["open", "ended"] | None
    objected_at: InstantOut | None
    objection_note: str | None


class InvoicesOut(BaseModel):
    """A page of invoices, oldest first."""

    items: list[InvoiceOut]
    next_cursor: str | None


class PayIn(RequestModel):
    """Nothing: the invoice's whole total is charged."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})


class ObjectionIn(RequestModel):
    """An objection to the hours or the fixed rate of the contract's latest invoice (I3)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"note": "Tuesday was not worked"}]})

    note: TextIn | None = None


class BonusIn(RequestModel):
    """A bonus, before fees."""

    amount: MoneyIn


class BonusOut(BaseModel):
    """A bonus: `bills_at` is the lock of the invoice that it rides, or `invoice_id` the invoice that charges it."""

    id: str = Field(examples=["bon_01jnq8v3k5e7z9x2c4b6n8m0qr"])
    contract_id: str
    amount: MoneyOut
    bills_at: InstantOut | None
    invoice_id: str | None


class BillingMethodIn(RequestModel):
    """A way to charge a client; an attempt tries the primary one first, then the others in their order (I5)."""

    model_config = ConfigDict(json_schema_extra={"examples": [
        {"client_id": "cl_01jnq8v3k5e7z9x2c4b6n8m0qr", "kind": "card", "primary": True}]})

    client_id: IdIn
    kind: Literal["card", "bank_debit", "wallet"]
    primary: bool = False


class BillingOrderIn(RequestModel):
    """All billing methods of a client, the primary first, then the fall-backs in their order (I5)."""

    model_config = ConfigDict(json_schema_extra={"examples": [
        {"billing_method_ids": ["bm_01jnq8v3k5e7z9x2c4b6n8m0qr", "bm_01jnq8v3k5e7z9x2c4b6n8m0qs"]}]})

    billing_method_ids: Annotated[list[IdIn], Field(min_length=1, max_length=100)]


class BillingMethodOut(BaseModel):
    """A billing method; `place` is its turn in an attempt, counted from 1."""

    id: str = Field(examples=["bm_01jnq8v3k5e7z9x2c4b6n8m0qr"])
    client_id: str
    kind: Literal["card", "bank_debit", "wallet"]
    place: int
    added_at: InstantOut


class BillingMethodsOut(BaseModel):
    """A client's billing methods, in the order of an attempt."""

    items: list[BillingMethodOut]
    next_cursor: None = None


class ClientOut(BaseModel):
    """A client's standing (I6); `charged_total` is what was captured minus what went back, per currency."""

    id: str = Field(examples=["cl_01jnq8v3k5e7z9x2c4b6n8m0qr"])
    status: Literal["good", "suspended"]
    charged_total: list[MoneyOut]
    failed_invoice_ids: list[str]


_Outcome = Literal["ok", "declined", "lost_answer"]


class GatewayOutcomesIn(RequestModel):
    """What the simulated gateway answers for a client: one outcome per billing method that is tried, or for ever."""

    model_config = ConfigDict(json_schema_extra={"examples": [
        {"client_id": "cl_01jnq8v3k5e7z9x2c4b6n8m0qr", "outcomes": ["declined", "declined", "ok"]},
        {"client_id": "cl_01jnq8v3k5e7z9x2c4b6n8m0qr", "outcomes": "declined"}]})

    client_id: IdIn
    outcomes: Annotated[list[_Outcome], Field(max_length=1000)] | Literal["declined", "ok"]


class GatewayOutcomesOut(BaseModel):
    """What was set; when a list is used up, charges succeed."""

    client_id: str
    outcomes: list[_Outcome]
    for_ever: bool
