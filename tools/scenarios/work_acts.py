"""Acts of working and reviewing as requests: submissions, time, reviews."""

from typing import Any

from tools.scenarios.act_fields import Asking, body_of, contract_path, ref_of
from tools.scenarios.stories import Act
from tools.scenarios.suite import Question
from tools.scenarios.world import World

ACTIVITY = {"idle": 0, "active": 100}


async def submit_work(act: Act, world: World) -> Question:
    """Hand work in, for a milestone where one is named."""
    body = body_of(act, "note")
    if "milestone" in act.fields:
        body["milestone_id"] = world.id_of(ref_of(act, "milestone"))
    return Question("timesheets", "POST", contract_path(act, world, "/submissions"), body)


def on_review(verb: str) -> Asking:
    """Decide a review."""

    async def ask(act: Act, world: World) -> Question:
        path = f"/v1/reviews/{world.id_of(ref_of(act, 'submission'))}/{verb}"
        return Question("invoicing", "POST", path, body_of(act, "amount", "note"))

    return ask


def _time_body(act: Act) -> dict[str, Any]:
    body = body_of(act, "memo", "source", "activity", "segments", "started_at", "ended_at")
    if body.get("activity") in ACTIVITY:
        body["activity"] = ACTIVITY[body["activity"]]
    return body


async def log_time(act: Act, world: World) -> Question:
    """Log time on a contract."""
    return Question("timesheets", "POST", contract_path(act, world, "/time_entries"), _time_body(act))


async def edit_time(act: Act, world: World) -> Question:
    """Change logged time."""
    return Question("timesheets", "PATCH", f"/v1/time_entries/{world.id_of(ref_of(act, 'ref'))}", _time_body(act))


async def delete_time(act: Act, world: World) -> Question:
    """Take logged time back."""
    return Question("timesheets", "DELETE", f"/v1/time_entries/{world.id_of(ref_of(act, 'ref'))}")
