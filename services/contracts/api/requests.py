"""What callers may ask of contracts: closed and strict bodies, translated into commands. Must never decide."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from services.contracts.application.offer_contract import OfferContract
from services.contracts.domain.policies import Cadence, Kind
from shared.web.schemas import CurrencyIn, IdIn, InstantIn, MoneyIn, RequestModel, TitleIn

MILESTONES_MAX = 100
HOURS_OF_A_WEEK = 168
WeeklyHours = Annotated[int, Field(ge=0, le=HOURS_OF_A_WEEK)]
Email = Annotated[str, Field(pattern=r"^[^@\s]{1,64}@[^@\s]{1,190}$", max_length=254, examples=["ada@example.org"])]
ProfileName = Annotated[str, Field(pattern=r"^[a-z_]{2,40}$", examples=["any_hire"])]

_EXAMPLES: list[JsonValue] = [
    {"freelancer_id": "fr_01jnq8v3k5e7z9x2c4b6n8m0qr", "profile": "any_hire", "kind": "hourly", "cadence": "weekly",
     "currency": "USD", "hourly_rate": {"amount_minor": 4500, "currency": "USD"}},
    {"freelancer_id": "fr_01jnq8v3k5e7z9x2c4b6n8m0qr", "profile": "marketplace", "kind": "milestones",
     "currency": "USD", "milestones": [{"title": "design", "amount": {"amount_minor": 60000, "currency": "USD"}}]},
]


class PartyIn(RequestModel):
    """A party; bound to a test clock for ever where one is named."""

    role: Literal["client", "freelancer", "mediator", "operator"]
    name: Annotated[str, Field(min_length=1, max_length=200, examples=["Acme"])] | None = None
    email: Email | None = None
    test_clock: IdIn | None = None


class MilestoneIn(RequestModel):
    """A milestone: what is delivered, and what is paid for it."""

    title: TitleIn = "milestone"
    amount: MoneyIn


class MilestonePatch(RequestModel):
    """What to change of a future milestone."""

    title: TitleIn | None = None
    amount: MoneyIn | None = None


class OfferIn(RequestModel):
    """An offer. The client names the freelancer; on `direct` the freelancer names the client, or a guest by e-mail."""

    model_config = ConfigDict(json_schema_extra={"examples": _EXAMPLES})

    freelancer_id: IdIn | None = None
    client_id: IdIn | None = None
    client_email: Email | None = None
    profile: ProfileName
    kind: Literal["single", "milestones", "hourly", "fixed_rate"]
    currency: CurrencyIn
    cadence: Literal["weekly", "bi_weekly"] | None = None
    amount: MoneyIn | None = None
    milestones: Annotated[list[MilestoneIn], Field(min_length=1, max_length=MILESTONES_MAX)] | None = None
    hourly_rate: MoneyIn | None = None
    weekly_limit_hours: WeeklyHours | None = None
    manual_time: bool = False
    rate: MoneyIn | None = None
    classification: Literal["required"] | None = None
    draft: bool = False
    profile_version: Annotated[str, Field(max_length=60, examples=["2015-01-01"])] | None = None

    @model_validator(mode="after")
    def _whole(self) -> "OfferIn":
        needed = {"single": "amount", "milestones": "milestones", "hourly": "hourly_rate", "fixed_rate": "rate"}
        if getattr(self, needed[self.kind]) is None:
            raise PydanticCustomError("field_missing", "A contract of this kind needs {field}",
                                      {"field": needed[self.kind]})
        if sum(who is not None for who in (self.freelancer_id, self.client_id, self.client_email)) != 1:
            raise PydanticCustomError("counterpart", "Name exactly one of freelancer_id, client_id, client_email")
        amounts = [self.amount, self.hourly_rate, self.rate, *(each.amount for each in self.milestones or ())]
        if any(amount is not None and amount.currency != self.currency for amount in amounts):
            raise PydanticCustomError("currency_differs", "Every amount is in the contract's currency")
        return self

    def command(self, party_id: str) -> OfferContract:
        """Return the command of `party_id`."""
        return OfferContract(
            party_id=party_id, profile=self.profile, kind=Kind(self.kind), currency=self.currency,
            other_id=self.freelancer_id or self.client_id, guest_email=self.client_email,
            cadence=Cadence(self.cadence) if self.cadence else None,
            amount=self.amount.money() if self.amount else None,
            milestones=tuple((each.title, each.amount.money()) for each in self.milestones or ()),
            hourly_rate=self.hourly_rate.money() if self.hourly_rate else None,
            weekly_limit_hours=self.weekly_limit_hours, manual_time=self.manual_time,
            rate=self.rate.money() if self.rate else None,
            classification_required=self.classification is not None, draft=self.draft,
            profile_version=self.profile_version,
        )


class EndIn(RequestModel):
    """`refund: true` asks for what is in escrow."""

    refund: bool = False


class EmptyIn(RequestModel):
    """Nothing more to say."""


class WeeklyLimitIn(RequestModel):
    """Hours per week; null lifts the limit."""

    weekly_limit_hours: WeeklyHours | None


class ClassificationIn(RequestModel):
    """What was decided."""

    outcome: Literal["contractor", "employee"]


class AnswersIn(RequestModel):
    """Yes or no to every question, by its id."""

    answers: Annotated[
        dict[Annotated[str, Field(max_length=40)], bool],
        Field(max_length=100, examples=[{"sets_hours": True, "sets_method": False}])]


class TestClockIn(RequestModel):
    """Where the clock stands at first."""

    __test__ = False

    now: InstantIn


class AdvanceIn(RequestModel):
    """Where the clock is to go; its own now settles what is under way."""

    to: InstantIn
