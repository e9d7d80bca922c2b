"""Keeps the board up to date while the story runs: what the services publish, and how the money moves.

It asks the public APIs again and again, as a web page would; a question that fails is asked again and hides nothing,
as the story itself checks every amount.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import httpx

from shared.events.catalogue import BY_TOPIC
from shared.kernel.instants import parse_instant
from shared.kernel.money import Money
from tools.demo.boards import Board, Passing
from tools.demo.weeks import Week
from tools.scenarios.suite import SERVICES, Question, Unanswered
from tools.scenarios.world import StepFailed

_ASK_EVERY_S = 0.4
_AMOUNTS = ("net", "amount")
_ORDER = {topic: place for place, topic in enumerate(BY_TOPIC)}


class Watcher:
    """Watches one week over the shoulder of its operator."""

    def __init__(self, week: Week, board: Board) -> None:
        self._week, self._board = week, board
        self._seen: set[str] = set()

    async def watch(self) -> None:
        """Look again and again until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(_ASK_EVERY_S)

    async def look(self) -> None:
        """Ask every service for its new events, and for Mia's balance."""
        if not self._week.world.clock:
            return
        with suppress(StepFailed, Unanswered, httpx.HTTPError, KeyError, TypeError):
            pages = await asyncio.gather(*(self._events_of(service) for service in SERVICES))
            fresh = [event for page in pages for event in page if event["id"] not in self._seen]
            self._seen.update(event["id"] for event in fresh)
            self._board.events += [_passing(event) for event in sorted(fresh, key=_in_order)]
            self._board.now = max(self._board.now, self._week.world.now)
            if "Mia" in self._week.world.callers:
                self._board.purse = await self._week.purse()

    async def _events_of(self, service: str) -> list[Mapping[str, Any]]:
        world = self._week.world
        events: list[Mapping[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            query = {"test_clock": world.clock, **cursor}
            answer = await world.suite.ask(world.operator, Question(service, "GET", "/v1/events", query=query))
            events += answer.body["items"]
            if not answer.body["next_cursor"]:
                return events
            cursor = {"cursor": str(answer.body["next_cursor"])}


def _in_order(event: Mapping[str, Any]) -> tuple[str, int]:
    """By business time; at one instant in the order of the catalogue, which follows the money."""
    return str(event["time"]), _ORDER.get(_topic(event), len(_ORDER))


def _passing(event: Mapping[str, Any]) -> Passing:
    says = _moved(event["data"]) or _amount(event["data"].get("object", {}))
    return Passing(parse_instant(str(event["time"])), _topic(event), str(event["source"]).strip("/"), says)


def _topic(event: Mapping[str, Any]) -> str:
    return str(event["type"]).removeprefix("billing.").rsplit(".v", 1)[0]


def _moved(facts: Mapping[str, Any]) -> str:
    """Where money came to, for events that move it: `1447.50 USD available`."""
    movement = facts.get("movement")
    if not isinstance(movement, Mapping):
        return ""
    currency, deltas = str(movement["currency"]), movement["deltas"]
    came = [f"{Money(amount, currency)} {currency} {name}" for name, amount in deltas.items() if amount > 0]
    return ", ".join(came).replace("_", " ")


def _amount(thing: Mapping[str, Any]) -> str:
    for name in _AMOUNTS:
        amount = thing.get(name)
        if isinstance(amount, Mapping) and "amount_minor" in amount:
            return f"{Money(int(amount['amount_minor']), str(amount['currency']))} {amount['currency']}"
    return ""
