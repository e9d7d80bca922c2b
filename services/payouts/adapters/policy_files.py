"""Read the dated policy file of payout methods. Must never guess: a file that does not add up ends the start (P2)."""

from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.payouts.domain.payout_methods import MethodKind, MethodPolicies, MethodPolicy, MethodTerms, Tariff

PAYOUT_METHODS_FILE = Path(__file__).parent.parent / "policies" / "payout_methods.yaml"

_Amount = Annotated[str, Field(pattern=r"^\d+(\.\d+)?$")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _CurrencyAmounts(_Model):
    fee: _Amount
    minimum: _Amount


class _Method(_Model):
    fee: _Amount
    minimum: _Amount
    arrival_hours: int = Field(ge=0)
    currencies: dict[str, _CurrencyAmounts] = {}

    @model_validator(mode="after")
    def _fees_leave_something(self) -> "_Method":
        pairs = [(self.fee, self.minimum), *((own.fee, own.minimum) for own in self.currencies.values())]
        for fee, minimum in pairs:
            if Decimal(fee) >= Decimal(minimum):
                raise ValueError(f"a fee of {fee} leaves nothing of the minimum {minimum}")
        return self


class _Version(_Model):
    valid_from: date
    waiting_days: int = Field(ge=0)
    methods: dict[MethodKind, _Method]

    @model_validator(mode="after")
    def _every_kind_is_there(self) -> "_Version":
        if missing := set(MethodKind) - set(self.methods):
            raise ValueError(f"methods without terms: {sorted(missing)}")
        return self


class _File(_Model):
    versions: list[_Version] = Field(min_length=1)


@cache
def method_policies(file: Path = PAYOUT_METHODS_FILE) -> MethodPolicies:
    """Return every version in `file`, oldest first; pydantic's ValidationError says what is wrong with it."""
    read = _File.model_validate(yaml.safe_load(file.read_text()))
    return MethodPolicies(tuple(
        MethodPolicy(version.valid_from, timedelta(days=version.waiting_days),
                     {kind: _terms(kind, method) for kind, method in version.methods.items()})
        for version in sorted(read.versions, key=lambda version: version.valid_from)
    ))


def _terms(kind: MethodKind, method: _Method) -> MethodTerms:
    own = method.currencies
    return MethodTerms(
        kind, fee=Tariff(method.fee, {currency: amounts.fee for currency, amounts in own.items()}),
        minimum=Tariff(method.minimum, {currency: amounts.minimum for currency, amounts in own.items()}),
        arrival_hours=method.arrival_hours,
    )
