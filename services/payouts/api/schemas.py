"""What the routes of payouts take and give, with examples. Must never hold a rule."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.payouts.domain.payout_methods import MethodKind
from services.payouts.domain.payout_schedules import Every
from shared.kernel.money import AMOUNT_MINOR_MAX
from shared.web.schemas import CurrencyIn, IdIn, InstantOut, MoneyIn, MoneyOut, RequestModel

AccountIdIn = Annotated[IdIn | None, Field(
    description="Whose account; only an operator may name another's.", examples=["fr_01jnq8v3k5e7z9x2c4b6n8m0qr"])]
KindIn = Annotated[MethodKind, Field(strict=False, examples=["bank"])]
_PAYOUT_STATUS = Literal["requested", "released", "settled", "failed", "returned"]


class PayoutMethodIn(RequestModel):
    """A payout method to add."""

    kind: KindIn
    account_id: AccountIdIn = None


class PayoutMethodOut(BaseModel):
    """A payout method; payouts by it are refused before `usable_at` (P2)."""

    id: str = Field(examples=["pm_01jnq8v3k5e7z9x2c4b6n8m0qr"])
    kind: MethodKind
    is_default: bool
    added_at: InstantOut
    usable_at: InstantOut


class PayoutMethodsOut(BaseModel):
    """The payee's methods, oldest first."""

    items: list[PayoutMethodOut]
    next_cursor: str | None = None


class PayoutIn(RequestModel):
    """Which amount to pay out: `amount`, or `all` that is available of one currency."""

    model_config = ConfigDict(json_schema_extra={"examples": [
        {"amount": {"amount_minor": 144750, "currency": "USD"}}, {"all": True, "currency": "USD"}]})

    amount: MoneyIn | None = None
    all: bool | None = Field(None, description="Only `true` means something.")
    currency: CurrencyIn | None = Field(None, description="With `all`; needed only where the account has several.")
    method_id: IdIn | None = Field(None, description="Without it the default method.")
    account_id: AccountIdIn = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "PayoutIn":
        if (self.amount is None) == (self.all is None) or self.all is False:
            raise ValueError("name either an amount or all: true")
        if self.amount is not None and self.currency not in (None, self.amount.currency):
            raise ValueError("currency differs from the amount's")
        return self


class PayoutOut(BaseModel):
    """A payout: `amount` leaves the balance, `fee` is kept, `sent` goes to the rail (P2, P5)."""

    id: str = Field(examples=["po_01jnq8v3k5e7z9x2c4b6n8m0qr"])
    account_id: str
    method_id: str
    method_kind: MethodKind
    amount: MoneyOut
    fee: MoneyOut
    sent: MoneyOut
    status: _PAYOUT_STATUS
    by_schedule: bool
    requested_at: InstantOut
    released_at: InstantOut | None
    arrives_at: InstantOut | None = Field(description="An estimate by method.")
    finished_at: InstantOut | None
    rail_reference: str | None
    failure: str | None


class PayoutsOut(BaseModel):
    """A page of payouts, newest first."""

    items: list[PayoutOut]
    next_cursor: str | None


class ThresholdIn(RequestModel):
    """An amount, zero allowed: 0 pays whatever there is."""

    amount_minor: int = Field(ge=0, le=AMOUNT_MINOR_MAX, examples=[10000], description="Integer minor units.")
    currency: CurrencyIn


class PayoutScheduleIn(RequestModel):
    """When payouts happen by themselves; below `threshold` a run skips (P4)."""

    every: Annotated[Every, Field(strict=False, examples=["weekly"])]
    threshold: ThresholdIn | None = None
    currency: CurrencyIn | None = Field(None, description="That of the threshold, if given at all.")
    account_id: AccountIdIn = None


class PayoutScheduleOut(BaseModel):
    """The schedule and its next run."""

    every: Every
    threshold: MoneyOut | None
    next_run_at: InstantOut | None


class CurrencyBalanceOut(BaseModel):
    """One currency of an account, integer minor units."""

    currency: str = Field(examples=["USD"])
    pending: int = Field(examples=[144750], description="Held until the calendar lets it go.")
    available: int = Field(examples=[0], description="May be asked for.")
    frozen: int = Field(examples=[0], description="Blocked by a dispute.")
    reserved: int = Field(examples=[0], description="Set aside for a payout on its way.")
    paid_out: int = Field(examples=[0])
    arrears: int = Field(examples=[0], description="Owed after a chargeback: payouts are blocked (P6).")


class BalanceOut(BaseModel):
    """The books' own balances of an account, as of movement `version`."""

    account_id: str = Field(examples=["fr_01jnq8v3k5e7z9x2c4b6n8m0qr"])
    version: int = Field(examples=[12])
    balances: list[CurrencyBalanceOut]


class LinkOut(BaseModel):
    """Where another service shows the next link of the chain."""

    service: Literal["invoicing", "timesheets"]
    path: str = Field(examples=["/v1/invoices/inv_01jnq8v3k5e7z9x2c4b6n8m0qr"])


class HeldLineOut(BaseModel):
    """One invoice line of a hold, and where the work behind it stands; a bonus has none."""

    id: str = Field(examples=["iln_01jnq8v3k5e7z9x2c4b6n8m0qr"])
    kind: Literal["hours", "fixed_rate", "submission", "bonus"]
    net: MoneyOut
    work: LinkOut | None


class HoldOut(BaseModel):
    """Why money is not available yet: reason, rule, start, due instant and causing event (P7)."""

    id: str = Field(examples=["hld_01jnq8v3k5e7z9x2c4b6n8m0qr"])
    account_id: str
    contract_id: str
    invoice_id: str
    amount: MoneyOut = Field(description="What of it waits for `reason`.")
    state: Literal["pending", "matured", "refunded"]
    reason: Literal["security_period", "objection", "dispute"]
    rule: str = Field(examples=["P1:friday_after_lock"])
    started_at: InstantOut
    due_at: InstantOut
    matured_at: InstantOut | None
    caused_by: str = Field(examples=["evt_01jnq8v3k5e7z9x2c4b6n8m0qr"])
    earned: MoneyOut = Field(description="What the whole hold began with.")
    explanation: str = Field(
        examples=["Waits until 2026-03-06T12:00:00.000Z: not before noon of the Friday after the lock."])
    invoice: LinkOut
    lines: list[HeldLineOut] = Field(description="The chain from this money back to the work it was paid for (P7).")


class HoldsOut(BaseModel):
    """A page of holds, latest due instant first; a partly frozen hold is shown as its two parts."""

    items: list[HoldOut]
    next_cursor: str | None


class PostingOut(BaseModel):
    """One line of an entry."""

    ledger_account: str = Field(examples=["client_money"])
    amount: MoneyOut


class EntryOut(BaseModel):
    """A journal entry: immutable, sums to zero per currency."""

    id: str = Field(examples=["ent_01jnq8v3k5e7z9x2c4b6n8m0qr"])
    at: InstantOut
    kind: str = Field(examples=["invoice.paid"])
    about: str = Field(examples=["inv_01jnq8v3k5e7z9x2c4b6n8m0qr"])
    contract_id: str | None
    cause: str
    postings: list[PostingOut]


class EntriesOut(BaseModel):
    """A page of the account's journal, newest first."""

    items: list[EntryOut]
    next_cursor: str | None


class DifferenceOut(BaseModel):
    """Something that does not add up."""

    check: str = Field(examples=["postings_equal_account"])
    of: str
    currency: str
    expected: int
    found: int


class BooksCheckOut(BaseModel):
    """Whether invariants 1, 2 and 5 hold, to the cent."""

    balanced: bool
    entries: int = Field(description="How many journal entries were read.")
    differences: list[DifferenceOut]


class RailOutcomesIn(RequestModel):
    """How the simulated rail answers an account's next payouts; when the list is used up, they settle."""

    account_id: IdIn
    outcomes: list[Literal["settled", "failed", "lost_answer", "returned"]] = Field(max_length=1000)


class RailOutcomesOut(BaseModel):
    """What was set."""

    account_id: str
    outcomes: list[str]
