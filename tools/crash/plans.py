"""What is killed, how and in which order: a plan that follows from its seed alone. Must never touch a process."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

SERVERS = ("kafka", "store")
BUSY_WORKERS = ("contracts-worker", "timesheets-worker", "invoicing-worker", "payouts-worker")
PROGRAMS = (
    "contracts-api", "timesheets-api", "invoicing-api", "payouts-api", "disputes-api",
    *BUSY_WORKERS, "disputes-worker", "payouts-holds", "payouts-balances", *SERVERS,
)
"""Every process of the local platform."""

FAILPOINTS: dict[str, tuple[str, ...]] = {
    **{f"{service}-api": ("after_commit",) for service in ("contracts", "timesheets", "invoicing", "payouts")},
    "contracts-worker": ("commit_before_send", "send_before_cleanup"),
    "timesheets-worker": ("commit_before_send", "send_before_cleanup"),
    "invoicing-worker": ("gateway_call_before_record", "commit_before_send", "send_before_cleanup"),
    "payouts-worker": ("rail_call_before_record", "commit_before_send", "send_before_cleanup"),
    "disputes-worker": ("after_commit",),
    "payouts-holds": ("output_before_changelog",),
    "payouts-balances": ("output_before_changelog",),
}
"""Named places in the code at which a process ends as by a power cut, by program."""


@dataclass(frozen=True)
class Kill:
    """One kill: at a named place where `failpoint` is set, else after `after_s` seconds, wherever it stands."""

    program: str
    failpoint: str | None
    after_s: float


def plan(seed: int, kills: int, programs: Sequence[str] = PROGRAMS) -> list[Kill]:
    """Return `kills` kills, spread evenly over `programs`; every other one of a program is at a named place."""
    draw = random.Random(seed)
    rounds: list[Kill] = []
    turn = 0
    while len(rounds) < kills:
        order = list(programs)
        draw.shuffle(order)
        for program in order:
            places = FAILPOINTS.get(program, ())
            place = places[turn // 2 % len(places)] if places and turn % 2 == 0 else None
            rounds.append(Kill(program, place, round(draw.uniform(0.0, 1.5), 3)))
        turn += 1
    return rounds[:kills]
