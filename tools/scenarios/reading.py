"""Turns a file into a story, or refuses it with every fault's file and line.

Must never ignore anything: what it does not know is a fault.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from shared.kernel.instants import Instant
from tools.scenarios.language import PAYOUT_METHODS, ROLES
from tools.scenarios.marks import Faults, compose, entries_of, items_of, line_of, shape_of, text_of
from tools.scenarios.naming import Made, Names
from tools.scenarios.sentences import Entries, SentenceReader, currencies_of
from tools.scenarios.stories import Act, Expectation, Party, Ref, Step, Story
from tools.scenarios.values import NAME, Unreadable, read_instant

CODE = re.compile(r"[A-Z][A-Z0-9_]*")
RULE = re.compile(r"[A-Z]\d{1,2}")
STORY_KEYS = ("name", "title", "rules", "start", "parties", "steps")
STEP_KEYS = ("at", "do", "as", "with", "refused", "together", "exactly_one_refused", "expect")
TOGETHER_KEYS = ("do", "as", "with")


def read_story(path: Path) -> Story:
    """Read one scenario file; RefusedFile names all its faults."""
    faults = Faults(path)
    return StoryReader(faults, Names(faults)).story(compose(path))


@dataclass(slots=True)
class StoryReader:
    """Reads one file's nodes from top to bottom."""

    faults: Faults
    names: Names

    def story(self, root: yaml.Node) -> Story:
        """Read the whole document."""
        entries = self._keys(root, "a scenario", STORY_KEYS, needed=("name", "title", "start", "parties", "steps"))
        self.faults.raise_any()
        self.names.currencies = currencies_of(entries["steps"][1])
        rules = tuple(self._word(node, "rules", RULE) for node in items_of(entries["rules"][1], self.faults, "rules")
                      ) if "rules" in entries else ()
        start = self._instant(entries["start"][1], "start")
        self.names.parties = self._parties(entries["parties"][1])
        steps = self._steps(entries["steps"][1], start)
        name = self._word(entries["name"][1], "name", NAME)
        title = self._word(entries["title"][1], "title", re.compile(r".+", re.DOTALL))
        self.faults.raise_any()
        if start is None:
            raise AssertionError("a start that is no instant is a fault")
        return Story(self.faults.path, name, title, rules, start, self.names.sole_currency,
                     tuple(self.names.parties.values()), steps)

    def _keys(self, node: yaml.Node, what: str, known: tuple[str, ...], needed: tuple[str, ...] = ()) -> Entries:
        entries = entries_of(node, self.faults, what)
        for key, (key_node, _) in entries.items():
            if key not in known:
                self.faults.add(key_node, f"{what} has no key {key!r}; it has {', '.join(known)}")
        for key in needed:
            if isinstance(node, yaml.MappingNode) and key not in entries:
                self.faults.add(node, f"{what} needs {key!r}")
        return entries

    def _word(self, node: yaml.Node, what: str, pattern: re.Pattern[str]) -> str:
        text = text_of(node)
        if text is None or not pattern.fullmatch(text):
            self.faults.add(node, f"{what} must be a string of the form {pattern.pattern}, found {shape_of(node)}")
            return ""
        return text

    def _instant(self, node: yaml.Node, what: str) -> Instant | None:
        try:
            return read_instant(node, self.faults, what)
        except Unreadable:
            return None

    def _parties(self, node: yaml.Node) -> dict[str, Party]:
        parties: dict[str, Party] = {}
        for name, (key_node, value_node) in entries_of(node, self.faults, "parties").items():
            self._word(key_node, "a party's name", NAME)
            entries = self._keys(value_node, f"party {name}", ("role", "payout_method"), needed=("role",))
            role = self._choice(entries, "role", ROLES, "")
            method = self._choice(entries, "payout_method", PAYOUT_METHODS, "bank")
            if "payout_method" in entries and role != "freelancer":
                self.faults.add(entries["payout_method"][0], f"party {name}: only a freelancer has a payout method")
            parties[name] = Party(name, role, method)
        if not parties:
            self.faults.add(node, "a scenario needs parties")
        return parties

    def _choice(self, entries: Entries, key: str, words: tuple[str, ...], default: str) -> str:
        if key not in entries:
            return default
        node = entries[key][1]
        text = text_of(node)
        if text not in words:
            self.faults.add(node, f"{key} must be one of {', '.join(words)}, found {shape_of(node)}")
            return default
        return text

    def _steps(self, node: yaml.Node, start: Instant | None) -> tuple[Step, ...]:
        steps: list[Step] = []
        last = start
        for number, item in enumerate(items_of(node, self.faults, "steps"), 1):
            step = self._step(item, number, last)
            last = step.at or last
            steps.append(step)
        if not steps:
            self.faults.add(node, "a scenario needs steps")
        return tuple(steps)

    def _step(self, node: yaml.Node, number: int, last: Instant | None) -> Step:
        what = f"step {number}"
        entries = self._keys(node, what, STEP_KEYS)
        at = self._instant(entries["at"][1], f"{what}: at") if "at" in entries else None
        if at is not None and last is not None and at < last:
            self.faults.add(entries["at"][1], f"{what}: at is earlier than the step before or the start")
        self._shape(node, entries, what)
        one_refused = self._code(entries, "exactly_one_refused", what)
        acts = self._acts(entries, what, one_refused is not None)
        return Step(number, line_of(node), at, acts, one_refused, self._expectations(entries, what))

    def _expectations(self, entries: Entries, what: str) -> tuple[Expectation, ...]:
        if "expect" not in entries:
            return ()
        node = entries["expect"][1]
        items = list(items_of(node, self.faults, f"{what}: expect"))
        if isinstance(node, yaml.SequenceNode) and not items:
            self.faults.add(node, f"{what}: expect is empty")
        read = [SentenceReader(self.names).expectation(item, what) for item in items]
        return tuple(expectation for expectation in read if expectation)

    def _shape(self, node: yaml.Node, entries: Entries, what: str) -> None:
        if not {"do", "together", "expect"} & entries.keys() and isinstance(node, yaml.MappingNode):
            self.faults.add(node, f"{what} needs do, together or expect")
        if {"do", "together"} <= entries.keys():
            self.faults.add(entries["together"][0], f"{what} has both do and together")
        for key, partner in (("as", "do"), ("with", "do"), ("refused", "do"), ("exactly_one_refused", "together")):
            if key in entries and partner not in entries:
                self.faults.add(entries[key][0], f"{what}: {key} belongs to {partner}")

    def _code(self, entries: Entries, key: str, what: str) -> str | None:
        return self._word(entries[key][1], f"{what}: {key}", CODE) if key in entries else None

    def _acts(self, entries: Entries, what: str, one_refused: bool) -> tuple[Act, ...]:
        making: list[tuple[Ref, Made]] = []
        acts: list[Act | None] = []
        if "do" in entries:
            refused = self._code(entries, "refused", what)
            acts.append(SentenceReader(self.names).act(entries, what, refused, making, strict=refused is None))
            making = making if refused is None else []
        elif "together" in entries:
            node = entries["together"][1]
            for number, item in enumerate(items_of(node, self.faults, f"{what}: together"), 1):
                inner = f"{what}, act {number}"
                keys = self._keys(item, inner, TOGETHER_KEYS, needed=("do",))
                if "do" in keys:
                    acts.append(SentenceReader(self.names).act(keys, inner, None, making, strict=not one_refused))
            if isinstance(node, yaml.SequenceNode) and len(node.value) < 2:
                self.faults.add(node, f"{what}: together needs at least two acts")
            if one_refused and len(acts) == 2:
                making = list(dict(making).items())  # Of two with one name, the name is the winner's.
        for ref, made in making:
            self.names.make(ref, made)
        return tuple(act for act in acts if act)
