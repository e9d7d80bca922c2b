"""Keeps the board up to date while the story runs: what the services publish, and how the money moves.

It asks the public APIs again and again, as a web page would; a question that fails is asked again and hides nothing,
as the story itself checks every amount.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import httpx

from shared.kernel.instants import parse_instant
from shared.kernel.money import Money
from tools.demo.boards import Board, Passing
from tools.demo.weeks import Week
from tools.scenarios.suite import SERVICES, Question, Unanswered
from tools.scenarios.world import StepFailed

_ASK_EVERY_S = 0.4
_AMOUNTS = ("net", "amount", "charged", "gross", "amount_total")


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
            self._board.events += [_passing(event) for event in sorted(fresh, key=lambda event: str(event["time"]))]
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


def _passing(event: Mapping[str, Any]) -> Passing:
    name = str(event["type"]).removeprefix("billing.").rsplit(".v", 1)[0]
    thing = event.get("data", {}).get("object", {})
    return Passing(parse_instant(str(event["time"])), name, str(event["source"]).strip("/"), _amount_in(thing))


def _amount_in(thing: Mapping[str, Any]) -> str:
    for name in _AMOUNTS:
        amount = thing.get(name)
        if isinstance(amount, Mapping) and "amount_minor" in amount:
            return f"{Money(int(amount['amount_minor']), str(amount['currency']))} {amount['currency']}"
    return ""
