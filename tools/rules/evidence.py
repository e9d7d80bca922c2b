"""Evidence for the rules: the functions that decide them, the tests and the scenarios that prove them.

Read from docstrings and from `rules:` lists, by syntax tree: nothing is imported or run. Must never guess what a
function is about from its name.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from tools.rules.rulebook import ids_in

DECIDING_ROOMS = ("services/*/domain", "services/payouts/streams", "shared/kernel")
TEST_ROOMS = ("tests/unit", "tests/application", "tests/properties", "tests/streams")
NAMING_ROOMS = ("services", "shared", *TEST_ROOMS)
SCENARIOS, SCENARIOS_AHEAD = "scenarios", "docs/scenarios-ahead"

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True)
class Decider:
    """A function, method or class whose docstring names rules; a class alone only has the shape of a decision."""

    path: str
    name: str
    is_function: bool
    rules: frozenset[str]


@dataclass(frozen=True, slots=True)
class Proof:
    """A test or state machine whose own docstring names rules, or else its module's; `own` says which."""

    path: str
    name: str
    own: bool
    rules: frozenset[str]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A story and the rules of its list; `ahead` where the suite cannot tell it yet."""

    path: str
    name: str
    title: str
    ahead: bool
    rules: frozenset[str]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that names a rule; `named` holds each id with a place that names it, whatever is said of it there."""

    deciders: tuple[Decider, ...]
    tests: tuple[Proof, ...]
    scenarios: tuple[Scenario, ...]
    named: frozenset[tuple[str, str]]

    def deciders_of(self, rule: str) -> list[Decider]:
        """Return what decides `rule`, room by room."""
        return [each for each in self.deciders if rule in each.rules]

    def tests_of(self, rule: str) -> list[Proof]:
        """Return the tests of `rule`, the most direct first: those that name it themselves, and few others with it."""
        found = [each for each in self.tests if rule in each.rules]
        return sorted(found, key=lambda test: (not test.own, len(test.rules), _room(test.path)))

    def scenarios_of(self, rule: str, *, ahead: bool = False) -> list[Scenario]:
        """Return the stories of `rule`, those about few others first."""
        found = [each for each in self.scenarios if rule in each.rules and each.ahead is ahead]
        return sorted(found, key=lambda scenario: len(scenario.rules))


def gather(root: Path) -> Evidence:
    """Read the house at `root`."""
    stories = [*_scenarios(root, SCENARIOS, ahead=False), *_scenarios(root, SCENARIOS_AHEAD, ahead=True)]
    named = {(id, path) for path, tree in _modules(root, NAMING_ROOMS) for id in _named_anywhere(tree)}
    return Evidence(
        deciders=tuple(each for path, tree in _modules(root, DECIDING_ROOMS) for each in _deciders(path, tree)),
        tests=tuple(each for path, tree in _modules(root, TEST_ROOMS) for each in _tests(path, tree)),
        scenarios=tuple(stories),
        named=frozenset(named | {(id, story.path) for story in stories for id in story.rules}),
    )


def _modules(root: Path, rooms: tuple[str, ...]) -> Iterator[tuple[str, ast.Module]]:
    """Yield the modules of rooms, each once, with their path from the root."""
    for room in rooms:
        for file in sorted(file for folder in root.glob(room) for file in folder.rglob("*.py")):
            yield file.relative_to(root).as_posix(), ast.parse(file.read_text(), str(file))


def _deciders(path: str, tree: ast.Module) -> Iterator[Decider]:
    for name, node in _definitions(tree):
        if rules := _rules_of(node):
            yield Decider(path, name, not isinstance(node, ast.ClassDef), rules)


def _tests(path: str, tree: ast.Module) -> Iterator[Proof]:
    of_module = _rules_of(tree)
    for name, node in _definitions(tree):
        if _is_test(name, node):
            own = _rules_of(node)
            yield Proof(path, name, bool(own), own or of_module)


def _definitions(tree: ast.Module | ast.ClassDef, within: str = "") -> Iterator[tuple[str, Definition]]:
    """Yield functions, classes and their methods with qualified names, in the order of the file."""
    for node in tree.body:
        if isinstance(node, Definition):
            yield f"{within}{node.name}", node
        if isinstance(node, ast.ClassDef):
            yield from _definitions(node, f"{within}{node.name}.")


def _is_test(name: str, node: Definition) -> bool:
    if isinstance(node, ast.ClassDef):
        return any(ast.unparse(base).endswith("StateMachine") for base in node.bases)
    return name.rpartition(".")[2].startswith("test_")


def _rules_of(node: Definition | ast.Module) -> frozenset[str]:
    return frozenset(ids_in(ast.get_docstring(node) or ""))


def _named_anywhere(tree: ast.Module) -> Iterator[str]:
    """Yield the ids that any docstring of the module names, those behind constants and fields too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield from ids_in(node.value.value)


def _scenarios(root: Path, folder: str, *, ahead: bool) -> Iterator[Scenario]:
    for file in sorted((root / folder).glob("*.yaml")):
        story = yaml.load(file.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
        yield Scenario(file.relative_to(root).as_posix(), str(story["name"]), str(story["title"]), ahead,
                       frozenset(map(str, story.get("rules", ()))))


def _room(path: str) -> int:
    return next(place for place, room in enumerate(TEST_ROOMS) if path.startswith(f"{room}/"))
