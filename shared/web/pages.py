"""Keyset pagination: `limit` and an opaque `cursor` in, `items` and `next_cursor` out. Must never use offsets.

A cursor holds the sort key of the last item that was given out; items that come or go meanwhile shift nothing.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import orjson
from fastapi import Depends, Query

from shared.kernel.instants import Instant
from shared.web.problems import WebProblem
from shared.web.schemas import InstantIn

LIMIT_DEFAULT = 50
LIMIT_MAX = 200
CURSOR_CHARS_MAX = 512

T = TypeVar("T")

LimitQuery = Annotated[int, Query(ge=1, le=LIMIT_MAX, description="How many items at most.")]
CursorQuery = Annotated[str | None, Query(max_length=CURSOR_CHARS_MAX, description="`next_cursor` of the page before.")]


@dataclass(frozen=True, slots=True)
class Page:
    """What one page asks for: `after` is the sort key of the last item before it, None at the beginning."""

    limit: int
    after: tuple[str, ...] | None


async def page_query(limit: LimitQuery = LIMIT_DEFAULT, cursor: CursorQuery = None) -> Page:
    """The FastAPI dependency behind `PageDep`."""
    return Page(limit, None if cursor is None else decode_cursor(cursor))


PageDep = Annotated[Page, Depends(page_query)]
"""A list route's parameter: `page: PageDep`."""


FromQuery = Annotated[InstantIn | None, Query(alias="from", description="This instant or later.")]
UntilQuery = Annotated[InstantIn | None, Query(alias="until", description="Before this instant.")]


@dataclass(frozen=True, slots=True)
class DateRange:
    """`[since, until)`; None leaves that end open."""

    since: Instant | None = None
    until: Instant | None = None


async def range_query(since: FromQuery = None, until: UntilQuery = None) -> DateRange:
    """The FastAPI dependency behind `RangeDep`."""
    return DateRange(since, until)


RangeDep = Annotated[DateRange, Depends(range_query)]
"""A list route's parameter: `dates: RangeDep` takes `from` and `until`."""


def encode_cursor(*key: str) -> str:
    """Write a sort key as an opaque cursor."""
    return base64.urlsafe_b64encode(orjson.dumps(key)).rstrip(b"=").decode()


def decode_cursor(cursor: str, parts: int | None = None) -> tuple[str, ...]:
    """Read a cursor; WebProblem 422 where it is none of ours. `parts` is how many strings its key must have."""
    try:
        raw = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        key = orjson.loads(raw)
    except (binascii.Error, ValueError):
        raise cursor_invalid() from None
    if not isinstance(key, list) or not key or not all(isinstance(part, str) for part in key):
        raise cursor_invalid()
    if parts is not None and len(key) != parts:
        raise cursor_invalid()
    return tuple(key)


def cursor_invalid() -> WebProblem:
    """Return the refusal of a cursor."""
    return WebProblem(422, "CURSOR_INVALID", "the cursor is none that this list has given out")


def page_out(
    found: Sequence[T], page: Page, *, key: Callable[[T], tuple[str, ...]], render: Callable[[T], Any],
) -> dict[str, Any]:
    """Return the answer of a list: ask the store for `page.limit + 1` items, give `page.limit` of them out."""
    shown = found[: page.limit]
    more = len(found) > page.limit
    return {"items": [render(item) for item in shown], "next_cursor": encode_cursor(*key(shown[-1])) if more else None}
