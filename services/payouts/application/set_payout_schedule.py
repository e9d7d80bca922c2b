"""Choose when payouts happen by themselves (P4)."""

from dataclasses import dataclass, replace
from typing import Any

from services.payouts.application.collections import PROFILES
from services.payouts.domain.payout_schedules import Schedule, next_run
from services.payouts.domain.profiles import PayoutProfile
from shared.kernel.decisions import NotFound
from shared.kernel.instants import Instant
from shared.persistence.collections import Collection
from shared.persistence.unit import Due, Phase, Unit

PAYOUT_RUN = "payout.run"


@dataclass(frozen=True, slots=True)
class SetPayoutSchedule:
    """The payee's choice."""

    account_id: str
    schedule: Schedule


@dataclass(frozen=True, slots=True)
class ChosenSchedule:
    """The payee's profile, and when the next run is."""

    profile: PayoutProfile
    next_run_at: Instant | None


def reads(command: SetPayoutSchedule) -> list[tuple[Collection[Any], str]]:
    """The payee's profile."""
    return [(PROFILES, command.account_id)]


async def set_payout_schedule(unit: Unit, command: SetPayoutSchedule) -> ChosenSchedule:
    """Keep the schedule and let its next run happen; `none` takes it back."""
    profile = await unit.get(PROFILES, command.account_id)
    if profile is None:
        raise NotFound("account")
    profile = replace(profile, schedule=command.schedule)
    unit.put(PROFILES, profile)
    return ChosenSchedule(profile, schedule_next_run(unit, profile))


def schedule_next_run(unit: Unit, profile: PayoutProfile) -> Instant | None:
    """Let the first run after now happen, if the schedule has any, and return its instant."""
    run_at = next_run(profile.schedule.every, unit.now)
    if run_at is None:
        unit.unschedule(PAYOUT_RUN, profile.id)
        return None
    unit.schedule(Due(kind=PAYOUT_RUN, ref=profile.id, clock=profile.clock, due_at=run_at, phase=Phase.PAYOUT_RUN))
    return run_at
