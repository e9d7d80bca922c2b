"""`make demo`: fetch what is missing, start the suite, tell one week of billing, check it, and stop again.

A suite that ran before is used and left running; `KEEP=1` leaves one running that was started here. Exit code 0 only
when everything that was compared held.
"""

import asyncio
import os
import sys

import httpx
from rich.console import Console

from deploy.local import lifecycle
from deploy.local.layout import SERVICES, Layout
from deploy.local.problems import PlatformProblem
from deploy.local.supervision import Supervisor
from shared.web.dev_issuer import DevIssuer
from tools.demo.boards import Board, Purse
from tools.demo.screens import Screen, screen_for
from tools.demo.watching import Watcher
from tools.demo.weeks import CURRENCY, MONDAY, Week
from tools.scenarios.suite import Patience, Suite, Unanswered
from tools.scenarios.world import StepFailed

_READY_TIMEOUT_S = 180.0
# A laptop that does other things meanwhile is slow, not wrong.
_PATIENCE = Patience(deadline_s=40.0, crash=False)


def main() -> int:
    """Run the demonstration."""
    console = Console()
    try:
        before = Layout.current()
        ran_before = Supervisor(before).is_running()
        layout = before if ran_before else Layout.asked_for()
        kept = ran_before or os.environ.get("KEEP", "") not in ("", "0")
        try:
            lifecycle.up(layout, ready_timeout_s=_READY_TIMEOUT_S)
            held = asyncio.run(_play(layout, console))
        finally:
            if not kept:
                lifecycle.down(layout)
    except PlatformProblem as problem:
        print(f"holdfast: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    _say_goodbye(layout, held=held, kept=kept)
    return 0 if held else 1


async def _play(layout: Layout, console: Console) -> bool:
    """Tell the week while a watcher keeps the screen up to date; True when everything held."""
    urls = {service: layout.api_url(service) for service in SERVICES}
    token_for = DevIssuer.load_or_create(layout.issuer_dir).token
    async with httpx.AsyncClient(timeout=30) as http:
        week = Week(Suite(http, urls, token_for, _PATIENCE))
        board = Board(MONDAY, Purse.empty(CURRENCY), "registering Acme and Mia")
        watcher = Watcher(week, board)
        watching = asyncio.create_task(watcher.watch())
        try:
            with screen_for(board, console) as screen:
                await _tell(week, board, watcher, screen)
        except (StepFailed, Unanswered) as failed:
            console.print(f"[red]This does not hold:[/red] {failed}", highlight=False)
            return False
        finally:
            watching.cancel()
    return True


async def _tell(week: Week, board: Board, watcher: Watcher, screen: Screen) -> None:
    async for chapter in week.tell():
        await watcher.look()
        board.now, board.doing = chapter.at, "going on"
        board.chapters.append(chapter)
        screen.chapter(chapter)
    board.doing = "told: every amount was checked to the cent"


def _say_goodbye(layout: Layout, *, held: bool, kept: bool) -> None:
    """What a person may do next."""
    if not held:
        print("Read the logs with `make logs SERVICE=payouts`, or run `make demo` again.")
        return
    documents = "\n".join(f"  {service:<11} {layout.api_url(service)}/docs" for service in SERVICES)
    print(
        "\nEvery amount held, to the cent.\n"
        f"{'The suite is running.' if kept else 'The suite is stopped again; `make up` starts it, data and all.'}\n"
        f"API documents{'' if kept else ' while it runs'}:\n{documents}\n"
        "Try next:\n"
        "  make token AS=op_me ROLE=operator   a token for the API documents\n"
        "  make scenarios                      more stories, played against the suite\n"
        "  make demo KEEP=1                    leave the suite running after the demonstration\n"
        "  make help                           everything else"
    )


if __name__ == "__main__":
    sys.exit(main())
