"""How the demonstration looks: a live view in a terminal, plain lines elsewhere. It decides nothing."""

from types import TracebackType
from typing import Protocol, Self

from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from shared.kernel.money import Money
from tools.demo.boards import Board, Chapter, Passing
from tools.demo.weeks import EARNED, day_of

_EVENTS_SHOWN = 12
_COLOURS = {"invoice": "yellow", "funds": "cyan", "payout": "green", "balance": "cyan", "contract": "magenta"}


class Screen(Protocol):
    """What the demonstration tells while it runs."""

    def chapter(self, chapter: Chapter) -> None:
        """One chapter is told."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def screen_for(board: Board, console: Console) -> Screen:
    """The live view where there is a terminal."""
    return LiveScreen(board, console) if console.is_terminal else PlainScreen(board, console)


class LiveScreen:
    """Chapters, money and events, four times a second."""

    def __init__(self, board: Board, console: Console) -> None:
        self._board = board
        self._live = Live(get_renderable=self._draw, console=console, refresh_per_second=4)

    def chapter(self, chapter: Chapter) -> None:
        """The board has it already."""
        self._live.refresh()

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def _draw(self) -> RenderableType:
        title = f"A week of billing, on a test clock: [bold]{day_of(self._board.now)} UTC[/bold]"
        purse, events = Panel(self._purse(), title="Mia's money"), Panel(self._events(), title="events passing")
        return Panel(Group(self._chapters(), Columns([purse, events])), title=title)

    def _chapters(self) -> RenderableType:
        rows = Table.grid(padding=(0, 2))
        for chapter in self._board.chapters:
            told = Text(chapter.text)
            told.append(f"  {'; '.join(chapter.checked)}", style="dim")
            rows.add_row(Text("✓", style="green"), Text(day_of(chapter.at), style="dim"), told)
        rows.add_row(Text("…"), "", Text(self._board.doing, style="italic"))
        return rows

    def _purse(self) -> RenderableType:
        rows = Table.grid(padding=(0, 1))
        purse = self._board.purse
        for name, amount in (("pending", purse.pending), ("available", purse.available), ("paid out", purse.paid_out)):
            rows.add_row(name, _bar(amount), str(amount).rjust(10))
        return rows

    def _events(self) -> RenderableType:
        rows = Table.grid(padding=(0, 1))
        for event in self._board.events[-_EVENTS_SHOWN:]:
            rows.add_row(Text(day_of(event.at), style="dim"), _name(event), event.says, Text(event.source, style="dim"))
        return rows


class PlainScreen:
    """One line for each chapter and each event."""

    def __init__(self, board: Board, console: Console) -> None:
        self._board, self._console, self._shown = board, console, 0

    def chapter(self, chapter: Chapter) -> None:
        """Tell what passed, then the chapter."""
        for event in self._board.events[self._shown :]:
            self._say(f"      {day_of(event.at):<19} {event.name:<20} {event.says}".rstrip())
        self._shown = len(self._board.events)
        self._say(f"ok    {day_of(chapter.at):<19} {chapter.text}")
        for checked in chapter.checked:
            self._say(f"{'':<26}checked: {checked}")

    def _say(self, line: str) -> None:
        self._console.print(line, highlight=False, markup=False, soft_wrap=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return


def _bar(amount: Money) -> ProgressBar:
    return ProgressBar(total=EARNED.amount_minor, completed=amount.amount_minor, width=20)


def _name(event: Passing) -> Text:
    return Text(event.name, style=_COLOURS.get(event.name.split(".")[0], "white"))
