"""The demonstration's two faces: everything that the board holds is shown, in a terminal and in a pipe."""

import io
from datetime import timedelta

from rich.console import Console

from shared.kernel.money import Money
from tools.demo.boards import Board, Chapter, Passing, Purse
from tools.demo.screens import LiveScreen, PlainScreen, screen_for
from tools.demo.watching import _in_order, _passing
from tools.demo.weeks import AVAILABLE_AT, CURRENCY, EARNED, LOCK, MONDAY, NOTHING, RATE, SEGMENTS


def _board() -> Board:
    board = Board(LOCK, Purse(EARNED, NOTHING, NOTHING), "going on")
    board.chapters.append(Chapter(LOCK, "The week locks", ("pending 1447.50",)))
    board.events.append(Passing(LOCK, "invoice.paid", "invoicing", "1447.50 USD"))
    return board


def _console(*, terminal: bool) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=140, color_system=None)


def _shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_pipe_gets_plain_lines_of_events_and_chapters() -> None:
    console, board = _console(terminal=False), _board()
    with screen_for(board, console) as screen:
        assert isinstance(screen, PlainScreen)
        screen.chapter(board.chapters[0])
        screen.chapter(board.chapters[0])
    lines = _shown(console).splitlines()
    assert [line.split()[-3:] for line in lines if "invoice.paid" in line] == [["invoice.paid", "1447.50", "USD"]]
    assert sum("The week locks" in line for line in lines) == 2


def test_a_terminal_shows_chapters_money_and_events() -> None:
    console, board = _console(terminal=True), _board()
    with screen_for(board, console) as screen:
        assert isinstance(screen, LiveScreen)
        screen.chapter(board.chapters[0])
    text = _shown(console)
    assert all(word in text for word in ("The week locks", "pending", "1447.50", "invoice.paid", "paid out"))


def test_events_of_one_instant_follow_the_money() -> None:
    at = "2026-03-06T12:00:00.000Z"
    named = [
        {"type": f"billing.{name}.v1", "time": at} for name in ("payout.settled", "funds.held", "payout.requested")
    ]
    assert [event["type"] for event in sorted(named, key=_in_order)] == [
        "billing.funds.held.v1",
        "billing.payout.requested.v1",
        "billing.payout.settled.v1",
    ]


def test_event_says_where_the_money_came_to() -> None:
    deltas = {"reserved": -144750, "paid_out": 144750, "available": 0}
    data = {"object": {}, "movement": {"currency": "USD", "deltas": deltas}}
    event = {
        "type": "billing.payout.settled.v1",
        "time": "2026-03-06T12:00:00.000Z",
        "source": "/payouts",
        "data": data,
    }
    assert _passing(event) == Passing(AVAILABLE_AT, "payout.settled", "payouts", "1447.50 USD paid out")


def test_the_story_earns_what_the_rule_book_says() -> None:
    """Hours are billed as segments x rate / 6; any_hire holds from the lock to the Friday after it (P1)."""
    assert Money(SEGMENTS * RATE.amount_minor // 6, CURRENCY) == EARNED
    assert MONDAY + timedelta(days=7, hours=12) == LOCK
    assert AVAILABLE_AT.strftime("%a %H:%M") == "Fri 12:00"
