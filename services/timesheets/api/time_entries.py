"""Routes of time entries and weeks. Must never decide: each parses, calls one use case and renders."""

from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Response

from services.timesheets.api.callers import viewer_of
from services.timesheets.api.rendering import entry_out, week_out
from services.timesheets.api.schemas import ChangeTimeIn, LogTimeIn, TimeEntriesOut, TimeEntryOut, WeeksOut
from services.timesheets.application.change_time import ChangeTime, change_time
from services.timesheets.application.collections import CONTRACTS, ENTRIES, SHEETS
from services.timesheets.application.delete_time import DeleteTime, delete_time
from services.timesheets.application.log_time import LogTime, log_time
from services.timesheets.application.ports import Queries
from services.timesheets.application.read_time import Range, list_entries, list_weeks, read_entry
from services.timesheets.domain.entries import Evidence
from services.timesheets.domain.sheets import sheet_id
from services.timesheets.domain.spans import Span
from shared.kernel.instants import Instant, NaiveInstant, format_instant, parse_instant, week_of
from shared.persistence.collections import Collection
from shared.persistence.group_commit import Answer, Committer
from shared.web.auth import CallerDep
from shared.web.idempotency import IdempotencyDep, answered, json_answer
from shared.web.pages import (
    LIMIT_DEFAULT,
    CursorQuery,
    FromQuery,
    LimitQuery,
    Page,
    UntilQuery,
    cursor_invalid,
    decode_cursor,
    page_out,
)


def time_routes(committer: Committer, queries: Queries) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/v1", tags=["time"])

    @routes.post("/contracts/{contract_id}/time_entries", status_code=201, response_model=None,
                 responses={201: {"model": TimeEntryOut}}, summary="Log time")
    async def log(contract_id: str, body: LogTimeIn, caller: CallerDep, key: IdempotencyDep) -> Response:
        """Log tracked or manual time of the contract's freelancer; a session over Monday 00:00 UTC is split (T4)."""
        command = LogTime(
            contract_id, caller.subject, Evidence(body.source, body.memo, body.activity), _when(body))
        return answered(await committer.run(
            log_time, command, caller=caller.subject, reads=_reads(command), idempotency=key,
            render=lambda entry: json_answer(201, entry_out(entry))))

    @routes.get("/contracts/{contract_id}/time_entries", response_model=TimeEntriesOut, summary="List time entries")
    async def list_all(
        contract_id: str, caller: CallerDep, since: FromQuery = None, until: UntilQuery = None,
        limit: LimitQuery = LIMIT_DEFAULT, cursor: CursorQuery = None,
    ) -> Response:
        """List the entries that start in the range, in order of time."""
        wanted = Range(since, until, _after(cursor))
        found = await list_entries(queries, contract_id, viewer_of(caller), wanted, limit + 1)
        return answered(json_answer(200, page_out(
            found, Page(limit, None), key=lambda each: (format_instant(each.entry.started_at),), render=entry_out)))

    @routes.get("/time_entries/{entry_id}", response_model=TimeEntryOut, summary="Read a time entry")
    async def read(entry_id: str, caller: CallerDep) -> Response:
        """Return one entry with what of it is billed, per week."""
        return answered(json_answer(200, entry_out(await read_entry(queries, entry_id, viewer_of(caller)))))

    @routes.patch("/time_entries/{entry_id}", response_model=TimeEntryOut, summary="Change logged time")
    async def change(entry_id: str, body: ChangeTimeIn, caller: CallerDep, key: IdempotencyDep) -> Response:
        """Change an entry until its week is locked on Monday 12:00 UTC (T2). Takes an Idempotency-Key too."""
        fields = {name: getattr(body, name) for name in body.model_fields_set}
        command = ChangeTime(entry_id, caller.subject, **fields)
        return answered(await committer.run(
            change_time, command, caller=caller.subject, reads=[(ENTRIES, entry_id)], idempotency=key,
            render=lambda entry: json_answer(200, entry_out(entry))))

    @routes.delete("/time_entries/{entry_id}", status_code=204, response_class=Response, summary="Take time back")
    async def delete(entry_id: str, caller: CallerDep, key: IdempotencyDep) -> Response:
        """Delete an entry until its week is locked on Monday 12:00 UTC (T2). Takes an Idempotency-Key too."""
        await committer.run(
            delete_time, DeleteTime(entry_id, caller.subject), caller=caller.subject, reads=[(ENTRIES, entry_id)],
            idempotency=key, render=lambda _: Answer(204, b""))
        return Response(status_code=204)

    @routes.get("/contracts/{contract_id}/weeks", response_model=WeeksOut, summary="List billing weeks")
    async def weeks(
        contract_id: str, caller: CallerDep, since: FromQuery = None, until: UntilQuery = None,
        limit: LimitQuery = LIMIT_DEFAULT, cursor: CursorQuery = None,
    ) -> Response:
        """List the weeks in which the contract was active that begin in the range (T1, T5, T6)."""
        wanted = Range(since, until, _after(cursor))
        found = await list_weeks(queries, contract_id, viewer_of(caller), wanted, limit + 1)
        return answered(json_answer(200, page_out(
            found, Page(limit, None), key=lambda each: (format_instant(each.week_start),), render=week_out)))

    return routes


def _when(body: LogTimeIn) -> Span | int:
    if body.started_at is not None and body.ended_at is not None:
        return Span(body.started_at, body.ended_at)
    return body.segments or 0


def _reads(command: LogTime) -> Iterator[tuple[Collection[Any], str]]:
    """Name what the use case is going to read, so that a group fetches it together."""
    yield CONTRACTS, command.contract_id
    if isinstance(command.when, Span):
        for monday in {week_of(command.when.started_at), week_of(command.when.ended_at)}:
            yield SHEETS, sheet_id(command.by, monday)


def _after(cursor: str | None) -> Instant | None:
    if cursor is None:
        return None
    (text,) = decode_cursor(cursor, parts=1)
    try:
        return parse_instant(text)
    except (NaiveInstant, ValueError):
        raise cursor_invalid() from None
