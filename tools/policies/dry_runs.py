"""A story told twice on a platform of its own: with the versions in force, and with one that is still a draft.

The draft is given to the contracts service as a labelled version, which no date ever chooses, and is named in the
story's offers alone. What the draft does differently is what the second telling finds and the first one did not. Must
never touch a suite that runs.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from deploy.local import lifecycle
from deploy.local.layout import Layout
from services.contracts.domain.policies import ProfileVersion
from shared.web.dev_issuer import DevIssuer
from tools.scenarios.stories import Story
from tools.scenarios.suite import Answer, Caller, Patience, Question, Suite
from tools.scenarios.telling import Outcome, tell
from tools.scenarios.world import World

LABEL = "dry-run"
OPERATOR = Caller("op_policies", "operator")
PORT_OFFSET = 7_000
READY_TIMEOUT_S = 120.0
HTTP_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class DryRun:
    """One story, as it goes today and as it would go."""

    today: Outcome
    drafted: Outcome

    @property
    def differences(self) -> list[str]:
        """What the draft changes: each step's line with what was found; empty where it changes nothing."""
        now = {told.step: told.lines for told in self.today.told}
        return [line for told in self.drafted.told if told.lines != now.get(told.step)
                for line in (f"{told.virtual_time}  step {told.step}  {told.what}",
                             *(f"    {each}" for each in told.lines or ("as the story expects it",)))]


def world_with(draft: ProfileVersion) -> type[World]:
    """Return a world whose offers of the draft's profile name the draft."""
    class DraftWorld(World):
        async def ask_act(self, caller: Caller, question: Question, key: str, refused: str | None) -> Answer:
            """Ask for an act; an offer of the profile is made under the draft."""
            body = question.body
            if question.path == "/v1/contracts" and isinstance(body, dict) and body.get("profile") == draft.profile:
                question = replace(question, body={**body, "profile_version": draft.version})
            return await World.ask_act(self, caller, question, key, refused)

    return DraftWorld


@contextmanager
def platform_with(file: Path, draft: ProfileVersion) -> Iterator[Layout]:
    """Have a platform of its own up meanwhile that knows the draft; nothing of it stays."""
    with tempfile.TemporaryDirectory(prefix="holdfast-dry-run-") as place:
        policies = Path(place) / "policies"
        (policies / draft.profile).mkdir(parents=True)
        shutil.copy(file, policies / draft.profile / f"{draft.version}.yaml")
        os.environ.update(POLICIES_DIR=str(policies), PROFILE_VERSIONS_BY_NAME="true",
                          HOLDFAST_RUN_DIR=str(Path(place) / "run"), HOLDFAST_PORT_OFFSET=str(PORT_OFFSET))
        layout = Layout.asked_for()
        try:
            lifecycle.up(layout, ready_timeout_s=READY_TIMEOUT_S)
            yield layout
        finally:
            lifecycle.down(layout)


async def dry_run(layout: Layout, draft: ProfileVersion, stories: Sequence[Story]) -> list[DryRun]:
    """Tell every story both ways."""
    issuer = DevIssuer.load_or_create(layout.issuer_dir)
    urls = {service: layout.api_url(service) for service in ("contracts", "timesheets", "invoicing", "payouts",
                                                             "disputes")}
    runs = []
    async with httpx.AsyncClient(timeout=HTTP_TIMEOUT_S) as http:
        suite = Suite(http, urls, issuer.token, Patience.normal())
        for number, story in enumerate(stories):
            today = await tell(story, suite, f"today-{number}", OPERATOR, to_the_end=True)
            drafted = await tell(story, suite, f"draft-{number}", OPERATOR, world_with(draft), to_the_end=True)
            runs.append(DryRun(today, drafted))
    return runs
