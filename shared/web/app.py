"""Builds and serves the HTTP applications: a service's API, and the health pages of a worker.

Nothing happens at import: a composition root calls `build_app` or `build_worker_app`, then `serve`. Must never know a
service's routes beyond mounting them.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import uvicorn
from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from shared.observability.clock import Clock, IdSource, SystemClock, SystemIds
from shared.observability.metrics import Metrics
from shared.settings import ServiceSettings
from shared.web.auth import Authenticator, key_source
from shared.web.edge import Edge
from shared.web.health import ReadyCheck, health_routes
from shared.web.openapi import describe
from shared.web.problems import answer_of, install_problem_handlers

Lifespan = Callable[[], AbstractAsyncContextManager[object]]
"""What lives as long as the process serves: connections, the committer. Entered before the first request."""

GRACE_S = 10
KEEP_ALIVE_S = 75
"""Longer than callers and proxies keep an idle connection, so that they close it and never meet a closed one."""


def build_app(
    title: str, settings: ServiceSettings, routers: Sequence[APIRouter], *,
    ready_checks: Mapping[str, ReadyCheck] | None = None, lifespan: Lifespan | None = None, description: str = "",
    metrics: Metrics | None = None, clock: Clock | None = None, ids: IdSource | None = None,
    authenticator: Authenticator | None = None, before_acts: Callable[[], Awaitable[None]] | None = None,
) -> FastAPI:
    """Return a service's API. Without `authenticator` the one that the settings describe.

    What may change something is taken in when `before_acts` returns.
    """
    clock, ids, metrics = clock or SystemClock(), ids or SystemIds(), metrics or Metrics()
    authenticator = authenticator or Authenticator(
        key_source(settings), issuer=settings.auth_issuer, audience=settings.auth_audience, clock=clock)
    app = FastAPI(
        title=title, description=description, version="1", redoc_url=None, redirect_slashes=False,
        lifespan=_entered(lifespan),
        middleware=[Middleware(Edge, metrics=metrics, ids=ids, before_acts=before_acts)],
        separate_input_output_schemas=False, telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.authenticator, app.state.metrics = authenticator, metrics
    install_problem_handlers(app)
    for router in routers:   # Their paths are whole: as routers of a router each request would go through them in turn.
        app.router.routes.extend(router.routes)
    checks = {**(ready_checks or {}), "identity": authenticator.ready}
    app.router.routes.extend(health_routes(checks, metrics))
    describe(app)
    return app


def build_worker_app(
    settings: ServiceSettings, *, ready_checks: Mapping[str, ReadyCheck], metrics: Metrics,
    lifespan: Lifespan | None = None, ids: IdSource | None = None,
) -> Starlette:
    """Return the health pages of a process without an API. `settings` are taken for symmetry with `build_app`."""
    async def handle(_request: Request, error: Exception) -> Response:
        return answer_of(error)

    return Starlette(
        routes=health_routes(ready_checks, metrics), lifespan=_entered(lifespan),
        middleware=[Middleware(Edge, metrics=metrics, ids=ids or SystemIds())],
        exception_handlers={HTTPException: handle},
    )


def _entered(lifespan: Lifespan | None) -> Callable[[Any], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def entered(_app: Any) -> AsyncIterator[None]:
        if lifespan is None:
            yield
            return
        async with lifespan():
            yield

    return entered


def serve(app: ASGIApp, settings: ServiceSettings) -> None:
    """Serve until SIGTERM or SIGINT; running requests are finished, at most `GRACE_S` long."""
    uvicorn.Server(_config(app, settings)).run()


@asynccontextmanager
async def served(app: ASGIApp, settings: ServiceSettings) -> AsyncIterator[int]:
    """Serve beside the work of a process that handles signals itself; yields the port."""
    server = _Beside(_config(app, settings))
    task = asyncio.create_task(server.serve(), name="health pages")
    try:
        while not server.started:
            if task.done():
                await task
                raise OSError(f"cannot serve on {settings.http_host}:{settings.http_port}")
            await asyncio.sleep(0.01)
        yield int(server.servers[0].sockets[0].getsockname()[1])
    finally:
        server.should_exit = True
        await task


class _Beside(uvicorn.Server):
    """A server that leaves the signals to its host."""

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        """Do nothing."""
        yield


def _config(app: ASGIApp, settings: ServiceSettings) -> uvicorn.Config:
    return uvicorn.Config(
        app, host=settings.http_host, port=settings.http_port, loop="uvloop", http="httptools", ws="none",
        lifespan="on", access_log=False, log_config=None, server_header=False, proxy_headers=False,
        timeout_graceful_shutdown=GRACE_S, timeout_keep_alive=KEEP_ALIVE_S, backlog=2048,
    )
