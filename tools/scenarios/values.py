"""Reads one field's value from its node, strictly by the field's type.

Must never convert: a number where a string belongs is a fault, not a string.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never

import yaml

from shared.events.catalogue import BY_TOPIC
from shared.kernel.currencies import UnknownCurrency, exponent_of
from shared.kernel.instants import Instant, instant
from shared.kernel.money import AMOUNT_MINOR_MAX, Money
from tools.scenarios.fields import (
    Amount,
    Choice,
    CurrencyCode,
    Either,
    EventName,
    Field,
    FieldType,
    Flag,
    KnownName,
    ListOf,
    NewName,
    PartyName,
    Record,
    TallyOf,
    Text,
    When,
    Whole,
)
from tools.scenarios.marks import (
    FLAG,
    STRING,
    TIMESTAMP,
    WHOLE,
    Faults,
    entries_of,
    items_of,
    line_of,
    shape_of,
    text_of,
)
from tools.scenarios.naming import Names
from tools.scenarios.stories import PartyRef, Ref, Value

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")


class Unreadable(Exception):
    """The value was no good; its fault has been noted."""


@dataclass(slots=True)
class ValueReader:
    """Reads the values of one act or expectation; `making` collects the names it makes."""

    names: Names
    currency: str | None
    making: list[tuple[Ref, int]] = field(default_factory=list)

    @property
    def faults(self) -> Faults:
        """Where faults are noted."""
        return self.names.faults

    def refuse(self, node: yaml.Node, what: str, wanted: str) -> Unreadable:
        """Note that something else was wanted."""
        self.faults.add(node, f"{what} must be {wanted}, found {shape_of(node)}")
        return Unreadable()

    def record(self, node: yaml.Node, fields: tuple[Field, ...], what: str) -> dict[str, Value]:
        """Read a mapping by its fields: unknown and missing ones are faults, unreadable ones are left out."""
        entries = entries_of(node, self.faults, what)
        known = {each.name: each for each in fields}
        values: dict[str, Value] = {}
        for key, (key_node, value_node) in entries.items():
            if key not in known:
                self.faults.add(key_node, f"{what} has no field {key!r}; it has {', '.join(known)}")
                continue
            try:
                values[key] = self.value(value_node, known[key].type, f"{what}: {key}")
            except Unreadable:
                continue
        for each in fields:
            if each.required and each.name not in entries:
                self.faults.add(node, f"{what} needs {each.name!r}")
        return values

    def value(self, node: yaml.Node, kind: FieldType, what: str) -> Value:
        """Read one value; Unreadable where it is a fault."""
        match kind:
            case Record(fields):
                return self.record(node, fields, what)
            case ListOf(of):
                return tuple(self.value(item, of, what) for item in items_of(node, self.faults, what))
            case TallyOf():
                return self._tally(node, what)
            case Either(options):
                return self._either(node, options, what)
            case Flag(only_true):
                return self._flag(node, only_true, what)
            case Whole(least, most):
                return self._whole(node, least, most, what)
            case When():
                return read_instant(node, self.faults, what)
            case Amount():
                return self._amount(node, what)
            case _:
                return self._word(node, kind, what)

    def _word(
        self,
        node: yaml.Node,
        kind: Text | Choice | CurrencyCode | PartyName | NewName | KnownName | EventName,
        what: str,
    ) -> Value:
        text = text_of(node)
        if text is None:
            raise self.refuse(node, what, "a string")
        match kind:
            case Text():
                return text
            case Choice(words):
                return self._among(node, text, words, what)
            case CurrencyCode():
                return self._currency(node, text, what)
            case EventName():
                if text not in BY_TOPIC:
                    self.faults.add(node, f"{what}: there is no event called {text!r}")
                return text
            case PartyName(roles):
                self.names.party(node, text, roles, what)
                return PartyRef(text)
            case NewName(made):
                self.making.append((Ref(made, text), line_of(node)))
                return self._name(node, Ref(made, text), what)
            case KnownName(made):
                self.names.known(node, Ref(made, text), what)
                return Ref(made, text)
            case _:
                assert_never(kind)

    def _name(self, node: yaml.Node, ref: Ref, what: str) -> Ref:
        if not NAME.fullmatch(ref.name):
            raise self.refuse(node, what, "a name (letters, digits, . _ -)")
        return ref

    def _among(self, node: yaml.Node, text: str, words: tuple[str, ...], what: str) -> str:
        if text not in words:
            raise self.refuse(node, what, f"one of {', '.join(words)}")
        return text

    def _currency(self, node: yaml.Node, text: str, what: str) -> str:
        try:
            exponent_of(text)
        except UnknownCurrency as error:
            self.faults.add(node, f"{what}: {error}")
            raise Unreadable from None
        return text

    def _amount(self, node: yaml.Node, what: str) -> Money:
        text = text_of(node)
        if text is None:
            raise self.refuse(node, what, 'an amount as a decimal string such as "12.50", in quotes')
        if self.currency is None:
            self.faults.add(node, f"{what}: say the `currency`, as the story uses {', '.join(self.names.currencies)}")
            raise Unreadable
        try:
            money = Money.parse(text, self.currency)
        except ValueError as error:
            self.faults.add(node, f"{what}: {error}")
            raise Unreadable from None
        if abs(money.amount_minor) > AMOUNT_MINOR_MAX:
            raise self.refuse(node, what, "an amount that JSON can carry")
        return money

    def _flag(self, node: yaml.Node, only_true: bool, what: str) -> bool:
        if not isinstance(node, yaml.ScalarNode) or node.tag != FLAG:
            raise self.refuse(node, what, "true" if only_true else "true or false")
        value = node.value.lower() in ("true", "yes", "on")
        if only_true and not value:
            raise self.refuse(node, what, "true or left out")
        return value

    def _whole(self, node: yaml.Node, least: int, most: int | None, what: str) -> int:
        bounds = f"a whole number of at least {least}" + (f" and at most {most}" if most is not None else "")
        if not isinstance(node, yaml.ScalarNode) or node.tag != WHOLE or not re.fullmatch(r"-?\d+", node.value):
            raise self.refuse(node, what, bounds)
        value = int(node.value)
        if value < least or (most is not None and value > most):
            raise self.refuse(node, what, bounds)
        return value

    def _tally(self, node: yaml.Node, what: str) -> dict[str, Value]:
        tally: dict[str, Value] = {}
        for key, (key_node, value_node) in entries_of(node, self.faults, what).items():
            if key not in BY_TOPIC:
                self.faults.add(key_node, f"{what}: there is no event called {key!r}")
            tally[key] = self._whole(value_node, 0, None, f"{what}: {key}")
        return tally

    def _either(self, node: yaml.Node, options: tuple[FieldType, ...], what: str) -> Value:
        for option in options:
            if isinstance(node, yaml.SequenceNode) == isinstance(option, ListOf) and (
                not isinstance(option, Whole) or node.tag == WHOLE
            ):
                return self.value(node, option, what)
        raise self.refuse(node, what, "a value of another type")


def read_instant(node: yaml.Node, faults: Faults, what: str) -> Instant:
    """Read an instant with an offset and at most milliseconds; Unreadable where it is none."""
    wanted = "an instant with an offset, such as 2026-03-02T12:00:00Z"
    if not isinstance(node, yaml.ScalarNode) or node.tag not in (STRING, TIMESTAMP):
        faults.add(node, f"{what} must be {wanted}, found {shape_of(node)}")
        raise Unreadable
    try:
        if not re.match(r"\d{4}-\d\d-\d\d[Tt ]\d", node.value):
            raise ValueError
        value = datetime.fromisoformat(node.value)
    except ValueError:
        faults.add(node, f"{what} must be {wanted}, found {shape_of(node)}")
        raise Unreadable from None
    if value.tzinfo is None:
        faults.add(node, f"{what}: {node.value} has no offset; write {node.value}Z if UTC is meant")
        raise Unreadable
    if value.microsecond % 1000:
        faults.add(node, f"{what}: {node.value} is finer than a millisecond")
        raise Unreadable
    return instant(value)
