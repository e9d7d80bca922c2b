"""Reads one act or one expectation by the language's tables.

Must never know a word of the language itself: what is allowed stands in `language`.
"""

from dataclasses import dataclass
from pathlib import Path

import yaml

from shared.kernel.currencies import UnknownCurrency, exponent_of
from tools.scenarios.fields import KnownName
from tools.scenarios.forms import ActForm, Condition
from tools.scenarios.language import ACTS, BALANCED, BOOKS, EXPECTATIONS
from tools.scenarios.marks import STRING, Faults, entries_of, line_of, shape_of, text_of
from tools.scenarios.naming import Made, Names
from tools.scenarios.stories import Act, Expectation, PartyRef, Ref, Value
from tools.scenarios.values import ValueReader

Entries = dict[str, tuple[yaml.Node, yaml.Node]]

_CURRENCY_SOURCES = (("contract", "contract"), ("submission", "submission"), ("dispute", "dispute"))
_QUIET = Faults(Path())
"""Takes faults that another look at the same node has already noted."""


@dataclass(slots=True)
class SentenceReader:
    """Reads acts and expectations against the names that are known so far."""

    names: Names

    def act(
        self, entries: Entries, what: str, refused: str | None, making: list[tuple[Ref, Made]], *, strict: bool
    ) -> Act | None:
        do_node = entries["do"][1]
        form = ACTS.get(text_of(do_node) or "")
        for key in ("as", "with"):
            if key not in entries:
                self.names.faults.add(entries["do"][0], f"{what} needs {key!r}")
        if form is None:
            self.names.faults.add(do_node, f"{what}: there is no act called {shape_of(do_node)}")
            return None
        if "as" not in entries or "with" not in entries:
            return None
        party = text_of(entries["as"][1]) or ""
        with_node = entries["with"][1]
        reader = ValueReader(self.names, self._currency(with_node))
        values = reader.record(with_node, form.fields, form.name)
        present = set(entries_of(with_node, _QUIET, form.name))
        self.names.party(entries["as"][1], party, form.who if strict else (), f"{what}: as")
        self._alternatives(form, with_node, present)
        if strict:
            self._conditions(form, with_node, values, present, entries["as"][1])
        making.extend((ref, Made(line, reader.currency)) for ref, line in reader.making)
        return Act(form.name, PartyRef(party), values, refused, line_of(do_node))

    def _alternatives(self, form: ActForm, node: yaml.Node, present: set[str]) -> None:
        if not form.exactly_one:
            return
        there = [group for group in form.exactly_one if present & set(group)]
        if len(there) != 1 or not set(there[0]) <= present:
            choices = " or ".join(" and ".join(group) for group in form.exactly_one)
            self.names.faults.add(node, f"{form.name} needs exactly one of: {choices}")

    def _conditions(
        self, form: ActForm, node: yaml.Node, values: dict[str, Value], present: set[str], as_node: yaml.Node
    ) -> None:
        for condition in form.conditions:
            if not all(values.get(name) in among for name, among in condition.when):
                continue
            why = f"{form.name} with " + ", ".join(f"{name} {values[name]}" for name, _ in condition.when)
            self._condition(condition, why, node, present, as_node)

    def _condition(
        self, condition: Condition, why: str, node: yaml.Node, present: set[str], as_node: yaml.Node
    ) -> None:
        for name in condition.needs:
            if name not in present:
                self.names.faults.add(node, f"{why} needs {name!r}")
        for name in condition.forbids:
            if name in present:
                self.names.faults.add(node, f"{why} has no field {name!r}")
        party = self.names.parties.get(text_of(as_node) or "")
        if condition.who and party and party.role not in condition.who:
            self.names.faults.add(as_node, f"{why} is an act of the {' or '.join(condition.who)}")

    def _currency(self, node: yaml.Node, kind: str | None = None) -> str | None:
        """Say in which currency the amounts of this act or expectation are."""
        entries = entries_of(node, _QUIET, "")
        named = text_of(entries["currency"][1]) if "currency" in entries else None
        if named is not None:
            return named if is_currency(named) else self.names.sole_currency
        for key, made_kind in _CURRENCY_SOURCES if kind is None else ((*_CURRENCY_SOURCES, ("ref", kind))):
            text = text_of(entries[key][1]) if key in entries else None
            currency = self.names.currency_of(Ref(made_kind, text)) if text else None
            if currency:
                return currency
        return self.names.sole_currency

    def expectation(self, node: yaml.Node, step: str) -> Expectation | None:
        entries = entries_of(node, self.names.faults, f"{step}: an expectation")
        if len(entries) != 1:
            if isinstance(node, yaml.MappingNode):
                found = ", ".join(entries) or "none"
                self.names.faults.add(node, f"{step}: an expectation has one name, found {found}")
            return None
        name, (key_node, value_node) = next(iter(entries.items()))
        what = f"{step}: {name}"
        if name == BOOKS:
            if text_of(value_node) != BALANCED:
                self.names.faults.add(value_node, f"{what} must be {BALANCED}, found {shape_of(value_node)}")
            return Expectation(name, {}, line_of(key_node))
        form = EXPECTATIONS.get(name)
        if form is None:
            self.names.faults.add(key_node, f"{step}: there is no expectation called {name!r}; "
                                      f"there are {', '.join((*EXPECTATIONS, BOOKS))}")
            return None
        ref_kinds = [each.type.kind for each in form.fields if each.name == "ref" and isinstance(each.type, KnownName)]
        reader = ValueReader(self.names, self._currency(value_node, ref_kinds[0] if ref_kinds else None))
        values = reader.record(value_node, form.fields, what)
        present = set(entries_of(value_node, _QUIET, what))
        if form.states and not present & set(form.states):
            self.names.faults.add(value_node, f"{what} compares nothing; name at least one of {', '.join(form.states)}")
        return Expectation(name, values, line_of(key_node))


def is_currency(text: str) -> bool:
    """Say whether `text` is a currency with a minor unit."""
    try:
        exponent_of(text)
    except UnknownCurrency:
        return False
    return True


def currencies_of(steps: yaml.Node) -> tuple[str, ...]:
    """Return every currency that the story names, in order, before anything else is read."""
    found: dict[str, None] = {}

    def look(node: yaml.Node) -> None:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if text_of(key) == "currency" and value.tag == STRING and is_currency(value.value):
                    found[value.value] = None
                look(value)
        elif isinstance(node, yaml.SequenceNode):
            for item in node.value:
                look(item)

    look(steps)
    return tuple(found)
