"""YAML with line marks: the nodes of one file, and the faults that are found in it, each with file and line.

Must never build Python objects from YAML: what a scalar means is decided by the field it stands in.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

STRING, WHOLE, FLAG = ("tag:yaml.org,2002:str", "tag:yaml.org,2002:int", "tag:yaml.org,2002:bool")
TIMESTAMP = "tag:yaml.org,2002:timestamp"


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One reason why a file is refused."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


class RefusedFile(Exception):
    """The file is not a scenario; every fault that was found, in the order of lines."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


@dataclass(slots=True)
class Faults:
    """Collects the faults of one file, so that its author sees all of them at once."""

    path: Path
    found: list[Fault] = field(default_factory=list)

    def add(self, where: yaml.Node | int, message: str) -> None:
        """Remember a fault at a node or line (counted from 1)."""
        line = where if isinstance(where, int) else line_of(where)
        fault = Fault(self.path, line, message)
        if fault not in self.found:
            self.found.append(fault)

    def raise_any(self) -> None:
        """Raise RefusedFile where anything was found."""
        if self.found:
            raise RefusedFile(sorted(self.found))


def line_of(node: yaml.Node) -> int:
    """Return the line of `node`, counted from 1."""
    return int(node.start_mark.line) + 1


def compose(path: Path) -> yaml.Node:
    """Return the one document of the file; RefusedFile where it is not one YAML document in UTF-8."""
    try:
        documents = list(yaml.compose_all(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader))
    except (OSError, UnicodeDecodeError) as error:
        raise RefusedFile([Fault(path, 1, f"cannot be read: {error}")]) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "not YAML"
        raise RefusedFile([Fault(path, (mark.line + 1) if mark else 1, f"not YAML: {problem}")]) from None
    if len(documents) != 1:
        raise RefusedFile([Fault(path, 1, f"one scenario per file, found {len(documents)} documents")])
    return documents[0]


def shape_of(node: yaml.Node) -> str:
    """Say in words what stands there, for messages."""
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    return f"{node.value!r}" if node.tag in (STRING, TIMESTAMP) else f"{node.value} (not a string)"


def text_of(node: yaml.Node) -> str | None:
    """Return the string that stands there, None where it is no string."""
    return node.value if isinstance(node, yaml.ScalarNode) and node.tag == STRING else None


def entries_of(node: yaml.Node, faults: Faults, what: str) -> dict[str, tuple[yaml.Node, yaml.Node]]:
    """Return key → (key node, value node) of a mapping; repeated keys and keys that are no strings are faults."""
    if not isinstance(node, yaml.MappingNode):
        faults.add(node, f"{what} must be a mapping, found {shape_of(node)}")
        return {}
    entries: dict[str, tuple[yaml.Node, yaml.Node]] = {}
    for key_node, value_node in node.value:
        key = text_of(key_node)
        if key is None:
            faults.add(key_node, f"{what}: a key must be a string, found {shape_of(key_node)}")
        elif key in entries:
            faults.add(key_node, f"{what}: {key!r} stands there twice")
        else:
            entries[key] = (key_node, value_node)
    return entries


def items_of(node: yaml.Node, faults: Faults, what: str) -> Iterator[yaml.Node]:
    """Yield the items of a list; anything else is a fault."""
    if isinstance(node, yaml.SequenceNode):
        yield from node.value
    else:
        faults.add(node, f"{what} must be a list, found {shape_of(node)}")
