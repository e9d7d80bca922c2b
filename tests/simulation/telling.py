"""Tells stories to a simulated suite: one seed, one weather, one verdict. Must leave no trace in the process."""

import asyncio
import random
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import structlog

from shared.events.catalogue import SERVICES
from shared.testing.environments import environment
from shared.web.dev_issuer import DevIssuer
from tests.simulation.evidence import Witnesses, replays_differ
from tests.simulation.hearing import Hearing
from tests.simulation.hurrying import HurriedWorld
from tests.simulation.services import Wire
from tests.simulation.town import Town, build_town
from tests.simulation.virtual_time import VirtualLoop
from tests.simulation.weather import CALM, Weather
from tools.scenarios.stories import Story
from tools.scenarios.suite import Answer, Caller, Patience, Question, Suite
from tools.scenarios.telling import Outcome, tell
from tools.scenarios.world import World

OPERATOR = Caller("op_simulation", "operator")
PATIENCE_S = 400.0
"""Virtual: a story in a storm waits for restarts, leases and back-offs."""
LOG_LINES = 60


@dataclass
class Verdict:
    """What became of one run."""

    seed: int
    outcomes: list[Outcome] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    """Invariants that did not hold, with the clock and the virtual second."""
    complaints: list[str] = field(default_factory=list)
    hearing: Hearing = field(default_factory=Hearing)
    deaths: int = 0
    outages: int = 0
    virtual_s: float = 0.0
    checks: int = 0
    last_lines: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether everything held."""
        return bool(self.outcomes) and all(outcome.passed for outcome in self.outcomes) and not self.broken


class WatchedSuite(Suite):
    """Checks the invariants of a clock whenever that clock is found ready."""

    def watch(self, witnesses: Witnesses, verdict: Verdict) -> None:
        """Write what does not hold into `verdict`."""
        self._witnesses, self._verdict = witnesses, verdict

    async def ask(
        self, caller: Caller, question: Question, *, key: str | None = None, final: str | None = None
    ) -> Answer:
        """Ask, and look around where the answer says that all is quiet."""
        answer = await super().ask(caller, question, key=key, final=final)
        asks_a_clock = question.method == "GET" and question.path.startswith("/v1/test_clocks/")
        if asks_a_clock and answer.ok and answer.body["status"] == "ready":
            await self._look(str(answer.body["id"]), str(answer.body["now"]))
        return answer

    async def _look(self, clock: str, now: str) -> None:
        self._verdict.checks += 1
        for finding in await self._witnesses.findings(clock):
            if not any(finding in line for line in self._verdict.broken):
                self._verdict.broken.append(f"{clock} at {now}: {finding}")


def simulate(stories: Sequence[Story], *, seed: int, weather: Weather = CALM) -> Verdict:
    """Tell `stories` on one suite, all at the same time."""
    with _quiet_process(seed) as (home, lines):
        loop = VirtualLoop()
        try:
            asyncio.set_event_loop(loop)
            verdict = loop.run_until_complete(_tell(loop, home, stories, seed, weather))
        finally:
            _close(loop)
        verdict.last_lines = lines[-LOG_LINES:]
        return verdict


async def _tell(loop: VirtualLoop, home: Path, stories: Sequence[Story], seed: int, weather: Weather) -> Verdict:
    verdict = Verdict(seed)
    town = await build_town(loop, seed, weather)
    issuer = replace(DevIssuer.load_or_create(home), clock=town.ground.clock)
    living = asyncio.create_task(town.run())
    urls: dict[str, str] = {service: f"http://{service}" for service in SERVICES}
    witnesses = Witnesses(town.ground.stores, town.ground.broker.log)
    patience = Patience(PATIENCE_S, crash=True)
    try:
        async with httpx.AsyncClient(transport=Wire(town.apis, {service: service for service in SERVICES})) as http:
            suite = WatchedSuite(http, urls, issuer.token, patience)
            suite.watch(witnesses, verdict)
            world = HurriedWorld if weather.hurry else World
            verdict.outcomes = list(await asyncio.gather(*(
                tell(story, suite, f"sim-{seed}-{number}", OPERATOR, world)
                for number, story in enumerate(stories))))
    finally:
        _conclude(town, verdict, loop)
        living.cancel()
        await asyncio.gather(living, return_exceptions=True)
    return verdict


def _conclude(town: Town, verdict: Verdict, loop: VirtualLoop) -> None:
    verdict.hearing, verdict.deaths, verdict.outages = town.hearing, town.deaths, town.outages
    verdict.virtual_s, verdict.complaints = loop.time(), town.complaints
    accounts = town.ground.stores["payouts"].tables["accounts"]
    if all(outcome.passed for outcome in verdict.outcomes):
        verdict.broken += replays_differ(town.ground.broker.log, accounts, town.dice.of("replay"))


@contextmanager
def _quiet_process(seed: int) -> Iterator[tuple[Path, list[str]]]:
    """Set the environment, the product's dice and its logs for one run, and put them back."""
    chance, logs = random.getstate(), structlog.get_config()
    lines: list[str] = []

    def keep(_logger: Any, method: str, event: Any) -> Any:
        shown = {name: value for name, value in event.items() if name not in ("event", "exc_info")}
        lines.append(f"{method} {event.get('event')} {shown}")
        raise structlog.DropEvent

    home = Path(_home().name)
    settings = {
        "AUTH_JWKS_FILE": str(DevIssuer.load_or_create(home).jwks_file), "TEST_CLOCKS_ENABLED": "true",
        "LOG_LEVEL": "warning", "STATE_DIR": str(home / "state"), "INSTANCE_ID": "", "FAILPOINTS_DIR": "",
    }
    random.seed(seed)
    structlog.configure(processors=[keep], cache_logger_on_first_use=False)
    try:
        with environment(settings):
            yield home, lines
    finally:
        random.setstate(chance)
        structlog.configure(**logs)


@cache
def _home() -> "tempfile.TemporaryDirectory[str]":
    """One folder for the keys of all runs: compositions remember where it is."""
    return tempfile.TemporaryDirectory(prefix="simulation")


def _close(loop: VirtualLoop) -> None:
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_asyncgens())
    asyncio.set_event_loop(None)
    loop.close()
