"""Policy profiles from YAML files: policies/<profile>/<effective date>[.<label>].yaml, strictly validated.

Files are read once, at start; a file that is wrong ends the process with its name and its faults. A labelled version
is never chosen by date. Must never supply a value that the file does not have.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from services.contracts.domain.policies import AmountTable, Kind, PolicyBook, ProfileVersion, Side
from shared.kernel.currencies import exponent_of
from shared.kernel.money import AMOUNT_MINOR_MAX

SHIPPED = Path(__file__).resolve().parent.parent / "policies"
_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\.([a-z0-9-]+))?")

Days = Annotated[int, Field(ge=0, le=366)]
BasisPoints = Annotated[int, Field(ge=0, le=10_000)]
Minor = Annotated[int, Field(ge=0, le=AMOUNT_MINOR_MAX)]
KindField = Annotated[Kind, BeforeValidator(Kind)]


class PolicyFileWrong(ValueError):
    """A policy file cannot be used: names the file and its first fault."""


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Review(_Closed):
    days: dict[Literal["weekly", "bi_weekly", "any"], Days]
    silence_approves: bool
    hours: dict[KindField, Literal["none", "friday", "objection"]]
    objection_days: Days


class _Hold(_Closed):
    seconds: Annotated[int, Field(ge=0, le=366 * 86_400)]
    floor: dict[KindField, Literal["none", "wednesday_16_days", "friday_after_lock"]]


class _Bonus(_Closed):
    timing: dict[KindField, Literal["next_cadence", "at_once"]]
    days_after_end: Days


class _Fees(_Closed):
    freelancer_basis_points: BasisPoints
    client_basis_points: BasisPoints


class _Amounts(_Closed):
    by_exponent: dict[Annotated[int, Field(ge=0, le=4)], Minor]
    by_currency: dict[str, Minor] = {}

    def table(self) -> AmountTable:
        for code in self.by_currency:
            exponent_of(code)
        return AmountTable(self.by_exponent, self.by_currency)


class _Profile(_Closed):
    """The form of a policy file."""

    profile: Annotated[str, Field(pattern=r"^[a-z_]{2,40}$")]
    started_by: Annotated[Side, BeforeValidator(Side)]
    kinds: list[KindField]
    cadence_for: list[KindField]
    not_after_profiles: list[str]
    by_mail: bool
    funding: Literal["escrow", "billing_method"]
    review: _Review
    hold: _Hold
    fixed_rate_first_week_prorated: bool
    bonus: _Bonus
    fees: _Fees
    initiation_fee: _Amounts
    minimum_amount: _Amounts
    offer_days: Annotated[int, Field(ge=1, le=366)]
    escrow_question_days: Annotated[int, Field(ge=1, le=366)]
    disputes: Literal["mediation", "assistance", "none"]
    protection: bool

    def version(self, effective: date, name: str, *, labelled: bool) -> ProfileVersion:
        return ProfileVersion(
            profile=self.profile, version=name, effective=effective, labelled=labelled, started_by=self.started_by,
            kinds=tuple(self.kinds), cadence_for=tuple(self.cadence_for),
            not_after_profiles=tuple(self.not_after_profiles), by_mail=self.by_mail, funding=self.funding,
            review_days={str(cadence): days for cadence, days in self.review.days.items()},
            silence_approves=self.review.silence_approves,
            hours_review=self.review.hours, objection_days=self.review.objection_days,
            hold_seconds=self.hold.seconds, hold_floor=self.hold.floor,
            fixed_rate_first_week_prorated=self.fixed_rate_first_week_prorated,
            bonus=self.bonus.timing, bonus_days_after_end=self.bonus.days_after_end,
            freelancer_fee_basis_points=self.fees.freelancer_basis_points,
            client_fee_basis_points=self.fees.client_basis_points,
            initiation_fee=self.initiation_fee.table(), minimum_amount=self.minimum_amount.table(),
            offer_days=self.offer_days, escrow_question_days=self.escrow_question_days,
            disputes=self.disputes, protection=self.protection,
        )


def read_policies(folders: Iterable[Path]) -> PolicyBook:
    """Read every profile version in `folders`; PolicyFileWrong names the first file that cannot be used."""
    versions: dict[tuple[str, str], ProfileVersion] = {}
    for file in (file for folder in folders for file in _files(folder)):
        version = read_version(file)
        if (version.profile, version.version) in versions:
            raise PolicyFileWrong(f"{file}: {version.profile} has a version {version.version} already")
        versions[(version.profile, version.version)] = version
    return PolicyBook(tuple(sorted(versions.values(), key=lambda each: (each.profile, each.effective, each.version))))


def _files(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        raise PolicyFileWrong(f"{folder} is no folder")
    yield from sorted(folder.glob("*/*.yaml"))


def read_version(file: Path) -> ProfileVersion:
    """Read one profile version, in a folder of its profile's name; PolicyFileWrong where it cannot be used."""
    named = _NAME.fullmatch(file.stem)
    if named is None:
        raise PolicyFileWrong(f"{file}: the name must be <effective date>.yaml or <effective date>.<label>.yaml")
    try:
        form = _Profile.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
        if form.profile != file.parent.name:
            raise PolicyFileWrong(f"{file}: says that it is {form.profile}")
        return form.version(date.fromisoformat(named.group(1)), file.stem, labelled=named.group(2) is not None)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise PolicyFileWrong(f"{file}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    except PolicyFileWrong:
        raise
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise PolicyFileWrong(f"{file}: {error}") from None
