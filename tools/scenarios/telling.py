"""Tells one story to the running suite: registers its parties, then acts and compares, step by step.

Must never act or compare before the suite is quiet on the story's clock.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from shared.kernel.instants import format_instant
from tools.scenarios.acts import ASKING
from tools.scenarios.binding import bind
from tools.scenarios.comparing import subject_of
from tools.scenarios.findings import check
from tools.scenarios.stories import Act, PartyRef, Ref, Step, Story
from tools.scenarios.suite import Answer, Caller, Question, Suite, Unanswered
from tools.scenarios.world import StepFailed, World

REGISTERED_BEFORE = timedelta(days=3)
"""A new payout method is usable after three days (P2): at `start` everybody is past any waiting time."""

CLIENTS_BILLING_METHOD = "card"


@dataclass(slots=True)
class Told:
    """What became of one step: 0 is the registration of the parties."""

    step: int
    line: int
    virtual_time: str
    what: str
    ok: bool
    duration_s: float
    lines: tuple[str, ...] = ()


@dataclass(slots=True)
class Outcome:
    """What became of one story."""

    story: Story
    run_id: str
    told: list[Told] = field(default_factory=list)
    duration_s: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every step was told and held."""
        return all(step.ok for step in self.told) and len(self.told) == len(self.story.steps) + 1


Hearing = Callable[[Outcome, Told], None]
"""Hears of every step when it is over."""


async def tell(
    story: Story, suite: Suite, run_id: str, operator: Caller, world_of: type[World] = World, *,
    notes: tuple[str, ...] = (), hear: Hearing | None = None, to_the_end: bool = False,
) -> Outcome:
    """Tell the whole story up to its first step that does not hold; `hear` is told of every step.

    With `to_the_end` an expectation that does not hold ends nothing, only an act that did not go as it is written.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()
    world = world_of(suite, story, run_id, operator, story.start - REGISTERED_BEFORE)
    outcome = Outcome(story, run_id, notes=notes)
    for step in (None, *story.steps):
        step_began = loop.time()
        lines, goes_on = await _guarded(world, step)
        told = _told(step, world, lines, loop.time() - step_began)
        outcome.told.append(told)
        if hear is not None:
            hear(outcome, told)
        if lines and not (goes_on and to_the_end):
            break
    outcome.duration_s = loop.time() - began
    return outcome


def _told(step: Step | None, world: World, lines: list[str], duration_s: float) -> Told:
    at = step.at if step and step.at else world.now
    return Told(
        step.number if step else 0,
        step.line if step else 1,
        format_instant(at).replace("T", " ").replace(".000Z", "Z"),
        sentence_of(step) if step else f"{len(world.story.parties)} parties registered on {world.clock}",
        not lines,
        duration_s,
        tuple(lines),
    )


async def _guarded(world: World, step: Step | None) -> tuple[list[str], bool]:
    """Run one step; return what does not hold, and whether the story could go on all the same.

    What goes wrong on the way is a failure of the step, not of the runner.
    """
    try:
        if step is None:
            await register_parties(world)
            return [], True
        return await _run(step, world), True
    except (StepFailed, Unanswered) as failed:
        return str(failed).splitlines(), False
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return [f"an answer that does not fit the interface: {type(error).__name__}: {error}"], False


async def register_parties(world: World) -> None:
    """Make the clock, the parties and their methods three virtual days before the start, then go to the start."""
    body = await world.tell(
        world.operator, Question("contracts", "POST", "/v1/test_clocks", {"now": format_instant(world.now)}), "clock"
    )
    world.clock = str(body["id"])
    for party in world.story.parties:
        request = {"role": party.role, "name": party.name, "email": f"{party.name}@{world.clock}.example.com".lower(),
                   "test_clock": world.clock}
        registered = await world.tell(world.operator, Question("contracts", "POST", "/v1/parties", request), "party")
        world.callers[party.name] = Caller(str(registered["id"]), party.role)
    await world.settle()
    for party in world.story.parties:
        caller = world.callers[party.name]
        if party.role == "client":
            method = {"client_id": caller.subject, "kind": CLIENTS_BILLING_METHOD, "primary": True}
            await world.tell(caller, Question("invoicing", "POST", "/v1/billing_methods", method), "billing")
        elif party.role == "freelancer" and party.payout_method != "none":
            question = Question("payouts", "POST", "/v1/payout_methods", {"kind": party.payout_method})
            await world.tell(caller, question, "method")
    world.quiet = False
    await world.settle(world.story.start)


async def _run(step: Step, world: World) -> list[str]:
    if step.at is not None and step.at > world.now:
        await world.settle(step.at)
    if step.acts:
        await world.settle()
        lines = await _act(step, world)
        if lines:
            raise StepFailed(*lines)
    if step.expectations:
        await world.settle()
    lines = []
    for expectation in step.expectations:
        found = await check(expectation, world)
        if found:
            lines.append(f"{world.story.path}:{expectation.line}: {subject_of(expectation)}")
            lines.extend(f"    {line}" for line in found)
    return lines


async def _act(step: Step, world: World) -> list[str]:
    """Send the step's acts, all at the same time, each with a key that a retry repeats."""
    questions = [await ASKING[act.name](act, world) for act in step.acts]
    expected = [act.refused or step.exactly_one_refused for act in step.acts]
    answers = await asyncio.gather(*(
        world.ask_act(world.caller(act.party), question, f"{world.run_id}-{step.number}-{place}", code)
        for place, (act, question, code) in enumerate(zip(step.acts, questions, expected, strict=True))
    ))
    for act, answer in zip(step.acts, answers, strict=True):
        if answer.ok:
            bind(act, answer, world)
    if step.exactly_one_refused is not None:
        return _one_refused(step, step.exactly_one_refused, answers, world)
    lines = []
    for act, answer in zip(step.acts, answers, strict=True):
        wanted = f"refused with {act.refused}" if act.refused else "granted"
        as_wanted = answer.ok if act.refused is None else not answer.ok and answer.code == act.refused
        if not as_wanted:
            lines.append(_unlike(act, wanted, answer, world))
    return lines


def _unlike(act: Act, wanted: str, answer: Answer, world: World) -> str:
    got = "granted" if answer.ok else f"refused with {answer.code} {answer.detail}".rstrip()
    return f"{world.story.path}:{act.line}: {act.party.name} {act.name}: expected {wanted}, found {got}"


def _one_refused(step: Step, code: str, answers: Sequence[Answer], world: World) -> list[str]:
    refused = [answer for answer in answers if not answer.ok]
    if len(refused) == 1 and refused[0].code == code:
        return []
    found = ", ".join(
        f"{act.party.name} {act.name} {'granted' if answer.ok else answer.code}"
        for act, answer in zip(step.acts, answers, strict=True)
    )
    return [f"{world.story.path}:{step.line}: together: expected exactly one refused with {code}, found {found}"]


def sentence_of(step: Step) -> str:
    """Say in one line what the step does."""
    acts = " + ".join(_act_words(act) for act in step.acts)
    if step.exactly_one_refused:
        acts += f" (exactly one refused: {step.exactly_one_refused})"
    expected = ", ".join(subject_of(expectation) for expectation in step.expectations)
    return "  ".join(part for part in (acts, f"expect {expected}" if expected else "") if part)


def _act_words(act: Act) -> str:
    named = [value.name for value in act.fields.values() if isinstance(value, Ref | PartyRef)]
    refused = f" (refused: {act.refused})" if act.refused else ""
    return f"{act.party.name} {act.name} {' '.join(named)}".rstrip() + refused
