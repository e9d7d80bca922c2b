"""Keyset pages in the order of (field, id), from a store that sorts by one field and whose filters know no "or".

A page takes at most three reads of its own length, however much there is and however many stand at one instant.
"""

from dataclasses import dataclass
from typing import Any

from shared.persistence.collections import Document
from shared.persistence.store import Store
from shared.persistence.unit import Filter


@dataclass(frozen=True, slots=True)
class Keyset:
    """Which rows are wanted: at most `limit`, from behind `after`, those whose `field` lies in `[since, until)`."""

    field: str
    limit: int
    after: tuple[Any, str] | None = None
    """The field and the id of the last row before the page; None at the beginning."""
    since: Any = None
    until: Any = None
    latest_first: bool = False


async def read_page(store: Store, collection: str, where: Filter, wanted: Keyset) -> list[Document]:
    """Return the rows of a page: first what is left at the instant of `after`, then what lies beyond it."""
    field, limit, sign = wanted.field, wanted.limit, "-" if wanted.latest_first else ""
    bounds = {"$gte": wanted.since, "$lt": wanted.until}
    rows: list[Document] = []
    if wanted.after is not None:
        at, id = wanted.after
        beyond = "$lt" if wanted.latest_first else "$gt"
        rows = await store.find(collection, {**where, field: at, "_id": {beyond: id}}, sort=f"{sign}_id", limit=limit)
        bounds[beyond] = at
    if len(rows) == limit:
        return rows
    dated = {operator: bound for operator, bound in bounds.items() if bound is not None}
    more = await store.find(
        collection, {**where, field: dated} if dated else where, sort=f"{sign}{field}", limit=limit)
    if len(more) == limit:   # It may end amid many of one instant, whose order is that of their ids.
        last = more[-1][field]
        ties = await store.find(collection, {**where, field: last}, sort=f"{sign}_id", limit=limit)
        more = [*(row for row in more if row[field] != last), *ties]
    more.sort(key=lambda row: (row[field], row["_id"]), reverse=wanted.latest_first)
    return [*rows, *more][:limit]
