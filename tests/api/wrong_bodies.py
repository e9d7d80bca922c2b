"""Wrong bodies of every kind, derived from what an API says about itself. Pure: no requests are sent here."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]
ABOVE_EXACT = 2**53


@dataclass(frozen=True)
class Operation:
    """One route that takes a JSON body."""

    method: str
    path: str
    schema: Schema
    components: dict[str, Schema]
    required: bool = True
    """Whether the route refuses a request without a body."""

    @property
    def url(self) -> str:
        """The path with ids that belong to nothing."""
        parts = [f"{part[1:-1][:2]}_unknown" if part.startswith("{") else part for part in self.path.split("/")]
        return "/".join(parts)


def operations_with_bodies(document: dict[str, Any]) -> list[Operation]:
    """Every operation of an OpenAPI document that takes JSON."""
    components = document.get("components", {}).get("schemas", {})
    return [
        Operation(method.upper(), path, operation["requestBody"]["content"]["application/json"]["schema"], components,
                  operation["requestBody"].get("required", False))
        for path, methods in document["paths"].items() for method, operation in methods.items()
        if method in ("post", "put", "patch", "delete") and "requestBody" in operation
    ]


def resolved(schema: Schema, components: dict[str, Schema]) -> Schema:
    """Follow references, and take the first choice that is not null."""
    while True:
        if "$ref" in schema:
            schema = components[schema["$ref"].rsplit("/", 1)[1]]
            continue
        choices = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
        if not choices:
            return schema
        schema = next((choice for choice in choices if choice.get("type") != "null"), choices[0])


def example_of(schema: Schema, components: dict[str, Schema], *, whole: bool) -> Any:
    """A plausible value; `whole` fills optional members too."""
    schema = resolved(schema, components)
    given = copy.deepcopy(schema["examples"][0]) if schema.get("examples") else None
    if given is not None and not (whole and isinstance(given, dict)):
        return given
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        required = schema.get("required", [])
        members = schema.get("properties", {}).items()
        return {name: example_of(member, components, whole=whole) for name, member in members
                if whole or name in required} | (given or {})
    if kind == "array":
        return [example_of(schema.get("items", {}), components, whole=whole)]
    if kind == "integer":
        return max(1, schema.get("minimum", 1))
    if kind == "boolean":
        return True
    return "2026-02-23T00:00:00.000Z" if schema.get("format") == "date-time" else "x"


@dataclass(frozen=True)
class Wrong:
    """A wrong body, what is wrong with it, and the field that the answer must name."""

    name: str
    body: Any
    field: str = "body"


def wrong_bodies(operation: Operation) -> Iterator[Wrong]:
    """Every body that the operation must refuse by value, whatever the state."""
    good = example_of(operation.schema, operation.components, whole=True)
    bodies: tuple[Any, ...] = ([], "text", 7, True)
    for body in (*bodies, None) if operation.required else bodies:
        yield Wrong(f"the body is {body!r}", body)
    if not isinstance(good, dict):
        return
    for path, schema in members(operation.schema, operation.components, good):
        where = ".".join(map(str, path)) or "body"
        kind = resolved(schema, operation.components).get("type")
        if kind == "object":
            yield Wrong(f"{where} has an unknown member", changed(good, (*path, "no_such_member"), 1),
                        named((*path, "no_such_member")))
        if path:
            for label, value in _wrong_values(resolved(schema, operation.components)):
                yield Wrong(f"{where} is {label}", changed(good, path, value), named(path))


def named(path: tuple[Any, ...]) -> str:
    """The field as problem documents name it."""
    return ".".join(("body", *map(str, path)))


def members(schema: Schema, components: dict[str, Schema], value: Any) -> Iterator[tuple[tuple[Any, ...], Schema]]:
    """Every member that occurs in `value`, the root included, with its schema."""
    yield (), schema
    schema = resolved(schema, components)
    if isinstance(value, dict):
        for name, member in schema.get("properties", {}).items():
            if name in value:
                yield from (((name, *path), found) for path, found in members(member, components, value[name]))
    elif isinstance(value, list) and value:
        yield from (((0, *path), found) for path, found in members(schema.get("items", {}), components, value[0]))


def changed(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy of `body` with one member set."""
    body = copy.deepcopy(body)
    at = body
    for part in path[:-1]:
        at = at[part]
    at[path[-1]] = value
    return body


def _wrong_values(schema: Schema) -> Iterator[tuple[str, Any]]:
    kind = schema.get("type")
    yield "an operator of the store", {"$gt": ""}
    if kind == "integer":
        yield from (("a float", 1.5), ("a whole float", 1.0), ("a string", "1"), ("true", True),
                    ("below any minimum", -(2**52)), ("2^53", ABOVE_EXACT), ("2^64", 2**64), ("a list", [1]))
    elif kind == "string":
        yield from (("a number", 7), ("true", True), ("a list", ["x"]), ("endless", "x" * 5_000))
        if schema.get("format") == "date-time":
            yield from (("a naive instant", "2026-02-23T00:00:00"), ("a day", "2026-02-23"),
                        ("no instant", "2026-02-30T00:00:00Z"), ("seconds", 1771804800))
        if "enum" in schema or "const" in schema:
            yield "no member of its list", "no_such_choice"
    elif kind == "boolean":
        yield from (("a string", "true"), ("one", 1))
    elif kind == "array":
        yield from (("a string", "x"), ("a number", 7))
    elif kind == "object":
        yield from (("a number", 125), ("a decimal string", "125.00"), ("a list", []))
