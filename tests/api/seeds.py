"""A few parties and contracts to protect: made over the public API, heard by every service."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.api.in_process import OPERATOR, InProcessSuite

Caller = tuple[str, str]
MONDAY = datetime(2026, 2, 23, tzinfo=UTC)


def usd(cents: int) -> dict[str, Any]:
    """An amount of dollars."""
    return {"amount_minor": cents, "currency": "USD"}


@dataclass
class Seeds:
    """Who and what exists: callers and ids by name. `other` and `stranger` have nothing to do with the contracts."""

    callers: dict[str, Caller] = field(default_factory=lambda: {"operator": OPERATOR})
    ids: dict[str, str] = field(default_factory=dict)


def sow(suite: InProcessSuite) -> Seeds:
    """Make them."""
    seeds = Seeds()
    clock = suite.act("contracts", "POST", "/v1/test_clocks", OPERATOR, now="2026-02-23T00:00:00Z")["id"]
    suite.set_clock(clock, MONDAY)
    for name, role in (("acme", "client"), ("other", "client"), ("mia", "freelancer"), ("stranger", "freelancer")):
        party = suite.act("contracts", "POST", "/v1/parties", OPERATOR, role=role, test_clock=clock)
        seeds.callers[name], seeds.ids[name] = (party["id"], role), party["id"]
    _offer(suite, seeds, "hours", profile="any_hire", kind="hourly", cadence="weekly", hourly_rate=usd(4_500))
    _offer(suite, seeds, "single", profile="any_hire", kind="single", cadence="weekly", amount=usd(90_000))
    _offer(suite, seeds, "stages", profile="byo", kind="milestones", milestones=[
        {"title": "design", "amount": usd(60_000)}, {"title": "build", "amount": usd(80_000)}])
    seeds.ids["offered"] = _sent(suite, seeds, profile="byo", kind="hourly", hourly_rate=usd(5_000))["id"]
    suite.set_clock(clock, MONDAY + timedelta(days=2))
    seeds.ids["entry"] = suite.act(
        "timesheets", "POST", f"/v1/contracts/{seeds.ids['hours']}/time_entries", seeds.callers["mia"],
        source="tracker", memo="backend", segments=6)["id"]
    seeds.ids["work"] = suite.act(
        "timesheets", "POST", f"/v1/contracts/{seeds.ids['single']}/submissions", seeds.callers["mia"],
        note="done")["id"]
    return seeds


def _sent(suite: InProcessSuite, seeds: Seeds, **terms: Any) -> dict[str, Any]:
    return suite.act("contracts", "POST", "/v1/contracts", seeds.callers["acme"], freelancer_id=seeds.ids["mia"],
                     currency="USD", **terms)


def _offer(suite: InProcessSuite, seeds: Seeds, name: str, **terms: Any) -> None:
    contract = _sent(suite, seeds, **terms)
    suite.act("contracts", "POST", f"/v1/contracts/{contract['id']}/accept", seeds.callers["mia"])
    seeds.ids[name] = contract["id"]
    for number, milestone in enumerate(contract["milestones"], start=1):
        seeds.ids[f"{name}.{number}"] = milestone["id"]
