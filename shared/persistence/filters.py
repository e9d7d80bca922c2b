"""The small filter language that every store adapter understands, decided in memory. Must mirror MongoDB's meaning."""

from collections.abc import Iterable
from typing import Any

from shared.persistence.collections import Document
from shared.persistence.unit import Filter

_MISSING = object()


def _values(document: Any, path: str) -> list[Any]:
    """Return what stands at a dotted path; through arrays, every element's."""
    if path == "":
        return [document]
    if isinstance(document, list | tuple):
        return [value for item in document for value in _values(item, path)]
    head, _, rest = path.partition(".")
    if not isinstance(document, dict) or head not in document:
        return [_MISSING]
    return _values(document[head], rest)


def _test(value: Any, operator: str, wanted: Any) -> bool:
    if operator == "$in":
        return any(_test(value, "$eq", item) for item in wanted)
    if operator == "$ne":
        return not _test(value, "$eq", wanted)
    if operator == "$eq":
        if value is _MISSING:
            return wanted is None
        return bool(value == wanted) or (isinstance(value, list | tuple) and wanted in value)
    if value is _MISSING or value is None:
        return False
    comparisons = {"$lt": value < wanted, "$lte": value <= wanted, "$gt": value > wanted, "$gte": value >= wanted}
    return bool(comparisons[operator])


def matches(document: Document, where: Filter) -> bool:
    """Return whether `document` matches; ValueError for an operator that is not part of the language."""
    for path, wanted in where.items():
        tests = wanted if isinstance(wanted, dict) and any(key.startswith("$") for key in wanted) else {"$eq": wanted}
        for operator, operand in tests.items():
            if operator not in ("$eq", "$in", "$ne", "$lt", "$lte", "$gt", "$gte"):
                raise ValueError(f"{operator} is not part of the filter language")
            found = [_test(value, operator, operand) for value in _values(document, path)]
            if not (all(found) if operator == "$ne" else any(found)):
                return False
    return True


def arranged(documents: Iterable[Document], sort: str | None, limit: int | None) -> list[Document]:
    """Return `documents` sorted by a field ("-field" descending) and cut to `limit`."""
    rows = list(documents)
    if sort is not None:
        path = sort.removeprefix("-")

        def key(document: Document) -> tuple[bool, Any]:
            value = _values(document, path)[0]
            absent = value is _MISSING or value is None
            return (not absent, 0 if absent else value)

        rows.sort(key=key, reverse=sort.startswith("-"))
    return rows if limit is None else rows[:limit]
