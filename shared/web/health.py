"""`/livez`, `/readyz` and `/metrics`, the same for APIs and workers. Must never restart or repair anything.

`/livez` asks nobody: a process whose servers are away is alive and waits. `/readyz` names each dependency that is
missing, and why.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from shared.observability.metrics import Metrics

ReadyCheck = Callable[[], Awaitable[object]]
"""Returns if the dependency answers, raises a sentence that says why not."""

CHECK_TIMEOUT_S = 2.0


async def missing_dependencies(checks: Mapping[str, ReadyCheck], timeout_s: float = CHECK_TIMEOUT_S) -> dict[str, str]:
    """Ask every dependency at once; return the reasons of those that do not answer, by name."""
    found = await asyncio.gather(*(_reason(check, timeout_s) for check in checks.values()))
    return {name: reason for name, reason in zip(checks, found, strict=True) if reason is not None}


async def _reason(check: ReadyCheck, timeout_s: float) -> str | None:
    try:
        async with asyncio.timeout(timeout_s):
            await check()
    except TimeoutError:
        return f"no answer within {timeout_s:g} s"
    except Exception as error:
        return str(error).splitlines()[0][:300] if str(error) else type(error).__name__
    return None


def health_routes(checks: Mapping[str, ReadyCheck], metrics: Metrics) -> list[BaseRoute]:
    """Return the three routes."""
    async def livez(_request: Request) -> Response:
        return _json(200, {"status": "alive"})

    async def readyz(_request: Request) -> Response:
        missing = await missing_dependencies(checks)
        for name in checks:
            metrics.set("holdfast_process_ready", name, to=0 if name in missing else 1)
        if not missing:
            return _json(200, {"status": "ready", "missing": []})
        why = [{"dependency": name, "why": reason} for name, reason in missing.items()]
        return _json(503, {"status": "waiting", "missing": why})

    async def exposition(_request: Request) -> Response:
        return Response(metrics.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return [Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", exposition)]


def _json(status: int, document: object) -> Response:
    return Response(orjson.dumps(document), status, media_type="application/json")
