"""The crash plan: seeded, even over all processes, many kills at named places that exist in the code."""

import re
from collections import Counter
from pathlib import Path

from deploy.local.layout import Layout
from deploy.local.programs import service_programs
from tools.crash.plans import FAILPOINTS, PROGRAMS, SERVERS, plan

ROOT = Path(__file__).resolve().parents[2]


def test_sixty_kills_meet_every_process_four_times_and_fifteen_named_places() -> None:
    kills = plan(7, 60)
    assert min(Counter(kill.program for kill in kills).values()) >= 4
    assert sum(kill.failpoint is not None for kill in kills) >= 15


def test_a_seed_is_a_plan() -> None:
    assert plan(3, 30) == plan(3, 30) != plan(4, 30)


def test_the_plan_knows_every_process_of_the_platform() -> None:
    names = {program.name for program in service_programs(Layout(Path("/nowhere")))}
    assert names | set(SERVERS) == set(PROGRAMS)


def test_every_named_place_is_in_the_code() -> None:
    written = {name for folder in ("services", "shared") for file in (ROOT / folder).rglob("*.py")
               for name in re.findall(r'failpoint\("(\w+)"\)', file.read_text())}
    assert {name for names in FAILPOINTS.values() for name in names} <= written
