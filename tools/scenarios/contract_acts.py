"""Acts on contracts and milestones as requests."""

from collections.abc import Mapping

from tools.scenarios.act_fields import Asking, body_of, contract_path, json_of, party_of, ref_of
from tools.scenarios.stories import Act
from tools.scenarios.suite import Question
from tools.scenarios.world import World


async def offer(act: Act, world: World) -> Question:
    """Offer a contract; milestones go without their names, which are this story's own."""
    body = body_of(act, "profile", "kind", "currency", "cadence", "amount", "hourly_rate", "weekly_limit_hours",
                   "manual_time", "rate", "classification")
    for side in ("freelancer", "client"):
        if side in act.fields:
            body[f"{side}_id"] = world.caller(party_of(act, side)).subject
    milestones = act.fields.get("milestones")
    if isinstance(milestones, tuple):
        body["milestones"] = [
            {key: json_of(each) for key, each in milestone.items() if key != "ref"}
            for milestone in milestones if isinstance(milestone, Mapping)
        ]
    return Question("contracts", "POST", "/v1/contracts", body)


async def describe_milestone(act: Act, world: World) -> Question:
    """Add or propose a milestone; without a title it is called by its name."""
    body = {"title": ref_of(act, "ref").name, **body_of(act, "title", "amount")}
    return Question("contracts", "POST", contract_path(act, world, "/milestones"), body)


def on_milestone(verb: str) -> Asking:
    """Accept or activate a milestone; activate without `ref` funds a single payment."""

    async def ask(act: Act, world: World) -> Question:
        at = f"/milestones/{world.id_of(ref_of(act, 'ref'))}" if "ref" in act.fields else ""
        return Question("contracts", "POST", contract_path(act, world, f"{at}/{verb}"), body_of(act, "title", "amount"))

    return ask


async def edit_milestone(act: Act, world: World) -> Question:
    """Change a milestone that has not begun."""
    path = contract_path(act, world, f"/milestones/{world.id_of(ref_of(act, 'ref'))}")
    return Question("contracts", "PATCH", path, body_of(act, "title", "amount"))
