"""What a processor's process answers to the platform: /livez, /readyz, /metrics. Must never answer about money."""

from collections.abc import Callable, Mapping

from aiohttp import web

from shared.observability.metrics import Metrics

Dependencies = Callable[[], Mapping[str, str | None]]
"""Each dependency by name, with None where it is ready, else why it is not."""


class HealthServer:
    """A small HTTP server beside the loop; it answers before Kafka does, and names what is missing."""

    def __init__(self, host: str, port: int, *, dependencies: Dependencies, metrics: Metrics,
                 measure: Callable[[], None]) -> None:
        """`measure` sets the metrics that are computed only when somebody asks."""
        self._host, self._port = host, port
        self._dependencies, self._metrics, self._measure = dependencies, metrics, measure
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Bind the port and answer from now on."""
        app = web.Application()
        app.router.add_get("/livez", self._livez)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._show_metrics)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()

    async def stop(self) -> None:
        """Free the port."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _livez(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def _readyz(self, _request: web.Request) -> web.Response:
        missing = {name: why for name, why in self._dependencies().items() if why is not None}
        body = {"status": "not ready" if missing else "ready", "missing": missing}
        return web.json_response(body, status=503 if missing else 200)

    async def _show_metrics(self, _request: web.Request) -> web.Response:
        self._measure()
        for name, why in self._dependencies().items():
            self._metrics.set("holdfast_process_ready", name, to=0 if why else 1)
        return web.Response(body=self._metrics.exposition(), content_type="text/plain")
