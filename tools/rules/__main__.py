"""`python -m tools.rules write | check`: the page of the rules, and whether each rule is decided and proven.

Must never write anything but `docs/rules.md`, and never call a rule proven that nobody proves.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from tools.rules.evidence import Evidence, gather
from tools.rules.page import page
from tools.rules.rulebook import FILE, Rule, Rulebook, RulebookUnreadable, read_rulebook

ROOT = Path(__file__).resolve().parents[2]
PAGE = Path("docs/rules.md")


def write(root: Path) -> None:
    """Write the page of the house at `root`; RulebookUnreadable where its book is none."""
    (root / PAGE).write_text(page(read_rulebook(root), gather(root)))


def faults(root: Path) -> list[str]:
    """Return what is wrong with the rules of the house at `root`, one line each."""
    try:
        book = read_rulebook(root)
    except RulebookUnreadable as unreadable:
        return [str(unreadable)]
    evidence = gather(root)
    found = [fault for id, rule in book.rules.items() for fault in _of_rule(id, rule, evidence)]
    return [*found, *_unknown(book, evidence), *_stale(root, book, evidence)]


def _of_rule(id: str, rule: Rule, evidence: Evidence) -> Iterator[str]:
    decided = any(decider.is_function for decider in evidence.deciders_of(id))
    tested, told = bool(evidence.tests_of(id)), bool(evidence.scenarios_of(id))
    if rule.not_built:
        if decided and tested and told:
            yield f"{id} is decided, tested and told: take its not_built out of {FILE}"
        return
    if not decided:
        yield f"{id} has no deciding function: no docstring in a domain room names it"
    if not tested:
        yield f"{id} has no test: no docstring of a test or of its module names it"
    if not told and not rule.scenario:
        yield f"{id} has no scenario: no rules list in scenarios/ names it"
    if told and rule.scenario:
        yield f"{id} has a scenario: take its excuse out of {FILE}"


def _unknown(book: Rulebook, evidence: Evidence) -> Iterator[str]:
    unknown = [(id, path) for id, path in evidence.named if id not in book.rules]
    for id, path in sorted(unknown):
        yield f"{path} names {id}, which {FILE} does not have"


def _stale(root: Path, book: Rulebook, evidence: Evidence) -> Iterator[str]:
    file = root / PAGE
    if not file.exists() or file.read_text() != page(book, evidence):
        yield f"{PAGE} is stale; run `python -m tools.rules write`"


def main(words: list[str], root: Path = ROOT) -> int:
    """Run the command on the house at `root`."""
    if words == ["check"]:
        found = faults(root)
        for fault in found:
            print(f"rules: {fault}", file=sys.stderr)
        return 1 if found else 0
    if words == ["write"]:
        try:
            write(root)
        except RulebookUnreadable as unreadable:
            print(f"rules: {unreadable}", file=sys.stderr)
            return 1
        print(f"rules: {PAGE} written")
        return 0
    print("usage: python -m tools.rules write | check", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
