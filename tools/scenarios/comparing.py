"""Compares what was expected with what was found, field by field, in words for people.

Must never compare a field that is not named.
"""

from collections.abc import Mapping
from typing import Any

from shared.kernel.instants import Instant, format_instant, parse_instant
from shared.kernel.money import Money
from tools.scenarios.language import EXPECTATIONS
from tools.scenarios.stories import Expectation, PartyRef, Ref, Value

Found = Mapping[str, Any]


def subject_of(expectation: Expectation) -> str:
    """Say in words what the expectation is about: `invoice c1#1`, `balance mia`."""
    form = EXPECTATIONS.get(expectation.name)
    words = [word_of(expectation.fields[key]) for key in form.keys if key in expectation.fields] if form else []
    joined = "#".join(words) if expectation.name == "invoice" else " ".join(words)
    return f"{expectation.name} {joined}".strip()


def differences(expectation: Expectation, found: Found) -> list[str]:
    """Compare the named fields; one line per field that differs."""
    form = EXPECTATIONS[expectation.name]
    lines = []
    for name, expected in expectation.fields.items():
        if name in form.keys:
            continue
        if not same_value(expected, found.get(name)):
            lines.append(f"{name}: expected {word_of(expected)}, found {found_word(found.get(name))}")
    return lines


def same_value(expected: Value, found: Any) -> bool:
    if isinstance(expected, Money):
        return money_of(found) == expected
    if isinstance(expected, Instant):
        return isinstance(found, str) and parse_instant(found) == expected
    return bool(found == expected)


def money_of(found: Any) -> Money | None:
    if isinstance(found, Mapping) and found.keys() >= {"amount_minor", "currency"}:
        return Money(found["amount_minor"], found["currency"])
    return None


def word_of(value: Value) -> str:
    if isinstance(value, PartyRef | Ref):
        return value.name
    if isinstance(value, Money):
        return f"{value} {value.currency}"
    return format_instant(value) if isinstance(value, Instant) else str(value)


def found_word(found: Any) -> str:
    money = money_of(found)
    return f"{money} {money.currency}" if money is not None else "nothing" if found is None else str(found)
