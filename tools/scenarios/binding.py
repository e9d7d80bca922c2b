"""Gives the names of an act to what its answer made, so that later steps can use them.

Must never guess: an answer without what was asked for is a failed step.
"""

from collections.abc import Mapping
from typing import Any

from tools.scenarios.act_fields import party_of, ref_of
from tools.scenarios.stories import Act, Ref
from tools.scenarios.suite import Answer
from tools.scenarios.world import StepFailed, World


def bind(act: Act, answer: Answer, world: World) -> None:
    """Give the names of the act to what the answer made."""
    made = act.fields.get("ref")
    if not isinstance(answer.body, Mapping):
        return
    if act.name == "contract.offer":
        _bind_contract(act, answer.body, world)
    elif act.name in ("milestone.add", "milestone.propose") and isinstance(made, Ref):
        world.ids[made] = _new_milestone(answer.body, world)
    elif act.name == "chargeback.file":
        number = act.fields["number"]
        if isinstance(number, int):
            world.chargebacks[world.id_of(ref_of(act, "contract")), number] = str(answer.body["id"])
    if isinstance(made, Ref) and made not in world.ids and "id" in answer.body:
        world.ids[made] = str(answer.body["id"])


def _bind_contract(act: Act, body: Mapping[str, Any], world: World) -> None:
    world.ids[ref_of(act, "ref")] = str(body["id"])
    other = "client" if "client" in act.fields else "freelancer"
    mine = "freelancer" if other == "client" else "client"
    world.parties_of[str(body["id"])] = {other: party_of(act, other).name, mine: act.party.name}
    named = act.fields.get("milestones")
    if isinstance(named, tuple):
        for milestone, made in zip(named, body.get("milestones") or (), strict=True):
            if isinstance(milestone, Mapping) and isinstance(milestone["ref"], Ref):
                world.ids[milestone["ref"]] = str(made["id"])


def _new_milestone(body: Mapping[str, Any], world: World) -> str:
    """Return the id of the milestone that the answer has and this story has not named yet."""
    if "milestones" not in body:
        return str(body["id"])
    known = set(world.ids.values())
    fresh = [str(each["id"]) for each in body["milestones"] if each["id"] not in known]
    if len(fresh) != 1:
        raise StepFailed(f"the contract has {len(fresh)} milestones that this story has not named")
    return fresh[0]
