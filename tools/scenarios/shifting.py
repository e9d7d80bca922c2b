"""Tells a story once more with other names, dates, currencies and amounts, so that nothing can be known by heart.

A seed changes only what provably leaves every expectation true:

- names of parties: nothing follows from a name;
- instants: all later by the same multiple of 14 days, so that weekdays, weeks and pairs of weeks stay; not where a
  payout schedule counts Wednesdays of a month;
- currencies: another one with the same exponent; policy values are numbers in the contract's own currency;
- amounts: all times the same whole number, but only where no rule adds a constant, compares with one, or rounds:
  every contract is `any_hire` (no fee, no initiation fee), hourly rates divide by 6 and halves of fixed rates are whole
  in minor units, payouts go out by bank (no fee) and on demand, and no refusal is about a minimum.

Must never shift a story into the past: earlier dates may fall under earlier versions of a policy profile.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from shared.kernel.instants import Instant
from shared.kernel.money import Money
from tools.scenarios.stories import Act, Fields, PartyRef, Step, Story, Value

PAIR_OF_WEEKS = timedelta(days=14)
PAIRS_MAX, FACTOR_MAX = 26, 9
SEGMENTS_PER_HOUR = 6
SAME_EXPONENT = (("USD", "EUR", "GBP", "CAD", "AUD", "CHF", "SEK"), ("JPY", "KRW", "CLP"), ("KWD", "BHD", "TND"))
NAMES = ("ada", "bo", "cleo", "dara", "eli", "fay", "gus", "hana", "ivo", "jun", "kit", "lou", "noor", "ola", "pia")
MINIMUM_CODES = frozenset({"AMOUNT_BELOW_MINIMUM", "PAYOUT_BELOW_MINIMUM"})
CALENDAR_SCHEDULES = frozenset({"twice_monthly", "monthly", "quarterly"})


@dataclass(frozen=True, slots=True)
class Shift:
    """What one seed does to one story."""

    later: timedelta
    names: Mapping[str, str]
    currencies: Mapping[str, str]
    factor: int

    def __str__(self) -> str:
        swapped = ", ".join(f"{old}→{new}" for old, new in self.currencies.items() if old != new) or "same currencies"
        return f"shifted by {self.later.days} days, amounts × {self.factor}, {swapped}, other names"


def shifted(story: Story, seed: int) -> tuple[Story, Shift]:
    """Return the story as `seed` tells it; the same seed tells the same."""
    shift = shift_of(story, seed)
    parties = tuple(replace(party, name=shift.names[party.name]) for party in story.parties)
    steps = tuple(_step(step, shift) for step in story.steps)
    currency = shift.currencies.get(story.currency, story.currency) if story.currency else None
    return replace(story, start=story.start + shift.later, parties=parties, steps=steps, currency=currency), shift


def shift_of(story: Story, seed: int) -> Shift:
    """Choose what `seed` changes, within what the story allows."""
    chance = random.Random(f"{seed}:{story.name}")
    later = PAIR_OF_WEEKS * chance.randint(1, PAIRS_MAX)
    factor = chance.randint(2, FACTOR_MAX)
    fresh = chance.sample(NAMES, k=min(len(story.parties), len(NAMES)))
    names = {party.name: f"{fresh[place % len(fresh)]}-{place + 1}" for place, party in enumerate(story.parties)}
    return Shift(
        later if dates_may_move(story) else timedelta(0),
        names,
        _swap(_currencies(story), chance),
        factor if amounts_may_grow(story) else 1,
    )


def dates_may_move(story: Story) -> bool:
    """Whether nothing in the story depends on a place in the month."""
    return not any(act.fields.get("every") in CALENDAR_SCHEDULES for act in _acts(story))


def amounts_may_grow(story: Story) -> bool:
    """Whether every amount of the story is proportional to every other, to the cent."""
    codes = {act.refused for act in _acts(story)} | {step.exactly_one_refused for step in story.steps}
    return not codes & MINIMUM_CODES and all(_is_proportional(act) for act in _acts(story))


def _is_proportional(act: Act) -> bool:
    if act.name == "contract.offer":
        return act.fields["profile"] == "any_hire" and _divides(act.fields, "hourly_rate", SEGMENTS_PER_HOUR) and (
            _divides(act.fields, "rate", 2)
        )
    if act.name == "payout.schedule":
        return act.fields["every"] == "none"
    return not (act.name == "payout.method" and act.fields["kind"] != "bank")


def _divides(fields: Fields, name: str, divisor: int) -> bool:
    rate = fields.get(name)
    return not isinstance(rate, Money) or rate.amount_minor % divisor == 0


def _acts(story: Story) -> Iterator[Act]:
    for step in story.steps:
        yield from step.acts


def _currencies(story: Story) -> list[str]:
    found = dict.fromkeys(str(act.fields["currency"]) for act in _acts(story) if "currency" in act.fields)
    return list(found) or ([story.currency] if story.currency else [])


def _swap(currencies: list[str], chance: random.Random) -> dict[str, str]:
    """Give each currency another of the same exponent, never one to two."""
    swapped: dict[str, str] = {}
    for currency in currencies:
        family = next((family for family in SAME_EXPONENT if currency in family), (currency,))
        free = [code for code in family if code not in swapped.values() and code not in currencies]
        swapped[currency] = chance.choice(free) if free else currency
    return swapped


def _step(step: Step, shift: Shift) -> Step:
    return replace(
        step,
        at=step.at + shift.later if step.at else None,
        acts=tuple(
            replace(act, party=PartyRef(shift.names[act.party.name]), fields=_fields(act.fields, shift))
            for act in step.acts
        ),
        expectations=tuple(
            replace(expectation, fields=_fields(expectation.fields, shift)) for expectation in step.expectations
        ),
    )


def _fields(fields: Fields, shift: Shift) -> Fields:
    return {
        name: shift.currencies.get(value, value) if name == "currency" and isinstance(value, str)
        else _value(value, shift)
        for name, value in fields.items()
    }


def _value(value: Value, shift: Shift) -> Value:
    match value:
        case Money(amount_minor, currency):
            return Money(amount_minor * shift.factor, shift.currencies.get(currency, currency))
        case Instant():
            return value + shift.later
        case PartyRef(name):
            return PartyRef(shift.names[name])
        case tuple():
            return tuple(_value(each, shift) for each in value)
        case Mapping():
            return _fields(value, shift)
        case _:
            return value
