"""The rule book's source `docs/rulebook.yaml`, and how ids are read out of sentences.

Must never say who decides or proves a rule: that is found in the code. Must never take a rule that it half understands.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

FILE = Path("docs/rulebook.yaml")
_NAMED = re.compile(r"\b([CTIPD])([1-9]\d?)\b(?:\s*(?:to|–|-)\s*\1([1-9]\d?)\b)?")

Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=10)]
RuleId = Annotated[str, StringConstraints(pattern=r"^[CTIPD][1-9]\d?$")]
Excuse = Annotated[str, StringConstraints(pattern=r"^none, because \S")]


class RulebookUnreadable(ValueError):
    """The source is not a rule book: the message says where."""


class Rule(BaseModel):
    """One rule in our words; `not_built` says what is missing and where its door is, `scenario` why it has no story."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    rule: Sentence
    not_built: Sentence | None = None
    scenario: Excuse | None = None


class Chapter(BaseModel):
    """The rules that belong together, in their order."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str
    rules: dict[RuleId, Rule] = Field(min_length=1)


class Rulebook(BaseModel):
    """The whole book."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    chapters: tuple[Chapter, ...]

    @property
    def rules(self) -> dict[str, Rule]:
        """Every rule by its id, in the order of the book."""
        return {id: rule for chapter in self.chapters for id, rule in chapter.rules.items()}


def read_rulebook(root: Path) -> Rulebook:
    """Read the book of the house at `root`; RulebookUnreadable where it is none, or tells a rule in two chapters."""
    try:
        book = Rulebook.model_validate(yaml.safe_load((root / FILE).read_text()))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise RulebookUnreadable(f"{FILE} cannot be read: {' '.join(str(error).split())}") from error
    if len(book.rules) < sum(len(chapter.rules) for chapter in book.chapters):
        raise RulebookUnreadable(f"{FILE} tells a rule in two chapters")
    return book


def ids_in(text: str) -> Iterator[str]:
    """Yield the rule ids that a text names: `(C4)`, `I2, I4`, and all of `C6 to C8` or `P2–P6`."""
    for letter, first, last in _NAMED.findall(text):
        for number in range(int(first), int(last or first) + 1):
            yield f"{letter}{number}"

