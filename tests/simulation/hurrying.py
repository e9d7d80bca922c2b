"""A world whose parties do not wait: acts follow each other while their events are still on the way.

The scenario runner lets everything become quiet before each act, so that hardly two events are ever under way at once.
Here an act is sent at once; what must be quiet first is only a look, a move of the clock, an act that is to be refused,
and one that was refused because the suite did not know enough yet: that one is sent again. Must never change a story.
"""

import asyncio
from typing import Any

from shared.kernel.instants import Instant
from tools.scenarios.suite import Answer, Caller, Question
from tools.scenarios.world import World


class HurriedWorld(World):
    """Settles as late as it can."""

    _owed = False
    _paying: asyncio.Lock | None = None

    async def settle(self, to: Instant | None = None) -> None:
        """Move the clock at once, but become quiet only when somebody looks."""
        if to is not None and to != self.now:
            self._owed = False
            await super().settle(to)
        elif not self.quiet:
            self._owed = True

    async def tell(self, caller: Caller, question: Question, what: str) -> Any:
        """Ask; what is looked at must be quiet."""
        if question.method == "GET" and not question.path.startswith("/v1/test_clocks"):
            await self._be_quiet()
        return await super().tell(caller, question, what)

    async def ask_act(self, caller: Caller, question: Question, key: str, refused: str | None) -> Answer:
        """Ask at once for what must be granted, and again after a quiet where it was too early."""
        if refused is not None:
            await self._be_quiet()
            return await super().ask_act(caller, question, key, refused)
        answer = await super().ask_act(caller, question, key, refused)
        if answer.ok:
            return answer
        self._owed = True
        await self._be_quiet()
        return await super().ask_act(caller, question, f"{key}-again", refused)

    async def _be_quiet(self) -> None:
        if self._paying is None:
            self._paying = asyncio.Lock()
        async with self._paying:
            if self._owed:
                self._owed = False
                self.quiet = False
                await super().settle()
