"""Test clocks: rounds, reports and ticks (owner: contracts; ticks: payouts). Internal."""

from typing import Literal

from pydantic import Field

from shared.events.fields import InstantField, Payload


class Moment(Payload):
    """An instant and the phase within it: 1 locks and review ends, 2 charges, 3 maturities, 4 payout runs (I4)."""

    at: InstantField
    phase: int


class ClockRound(Payload):
    """One numbered question to every participant: be at `now`/`phase`, and report."""

    clock: str
    wave: int
    now: InstantField
    phase: int
    status: Literal["advancing", "ready"]


class ClockReport(Payload):
    """One participant's answer, from one snapshot.

    Services count events per topic (`published`, `handled`, both since the clock began, redelivered copies included and
    in `republished` alone) and whatever wrote anything (`acts`: what was due and happened publishes nothing, and still
    has consequences); processors report the sum of the versions that they applied (`handled_total`).
    """

    clock: str
    wave: int
    participant: str
    published: dict[str, int] = Field(default_factory=dict)
    handled: dict[str, int] = Field(default_factory=dict)
    republished: dict[str, int] = Field(default_factory=dict)
    handled_total: int = 0
    acts: int = 0
    busy: int = 0
    next_due: Moment | None = None
    blocked: tuple[str, ...] = ()


class ClockTick(Payload):
    """Live time for the processors, one record per partition."""

    clock: str
    now: InstantField
    phase: int
    number: int


class ClockAdvanced(Payload):
    """A round of a test clock."""

    object: ClockRound


class ClockReported(Payload):
    """A participant's answer to a round."""

    object: ClockReport


class ClockTicked(Payload):
    """A live tick."""

    object: ClockTick
