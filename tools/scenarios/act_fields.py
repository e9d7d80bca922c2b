"""From an act's fields to a request: JSON values, ids, paths.

Must never know a particular act.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from shared.kernel.instants import Instant, format_instant
from shared.kernel.money import Money
from tools.scenarios.stories import Act, PartyRef, Ref, Value
from tools.scenarios.suite import Question
from tools.scenarios.world import World

Asking = Callable[[Act, World], Awaitable[Question]]


def json_of(value: Value) -> Any:
    """Write a plain value as the APIs take it: money in minor units, instants in UTC."""
    if isinstance(value, Money):
        return {"amount_minor": value.amount_minor, "currency": value.currency}
    if isinstance(value, Instant):
        return format_instant(value)
    if isinstance(value, Mapping):
        return {key: json_of(each) for key, each in value.items()}
    if isinstance(value, tuple):
        return [json_of(each) for each in value]
    if isinstance(value, PartyRef | Ref):
        raise TypeError(f"{value} must be resolved to an id")
    return value


def body_of(act: Act, *names: str) -> dict[str, Any]:
    """Return the named fields of the act that are there, as JSON."""
    return {name: json_of(act.fields[name]) for name in names if name in act.fields}


def ref_of(act: Act, name: str) -> Ref:
    """Return a field that names something made earlier."""
    value = act.fields[name]
    if not isinstance(value, Ref):
        raise TypeError(f"{act.name}: {name} names nothing")
    return value


def party_of(act: Act, name: str) -> PartyRef:
    """Return a field that names a party."""
    value = act.fields[name]
    if not isinstance(value, PartyRef):
        raise TypeError(f"{act.name}: {name} is no party")
    return value


def contract_path(act: Act, world: World, rest: str = "") -> str:
    """Return the path of the act's contract."""
    return f"/v1/contracts/{world.id_of(ref_of(act, 'contract'))}{rest}"


def on_contract(service: str, rest: str, *fields: str, method: str = "POST") -> Asking:
    """An act on a contract whose body is some of its fields."""

    async def ask(act: Act, world: World) -> Question:
        body = None if method == "DELETE" else body_of(act, *fields)
        return Question(service, method, contract_path(act, world, rest), body)

    return ask
