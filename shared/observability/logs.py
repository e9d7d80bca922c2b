"""Logs: one JSON object per line, with the correlation id of the request or event it belongs to.

Must never log tokens, request bodies, names or addresses.
"""

import logging
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TextIO

import orjson
import structlog

from shared.kernel.instants import format_instant
from shared.observability.clock import Clock, SystemClock

_CORRELATION: ContextVar[str | None] = ContextVar("correlation_id", default=None)

Event = MutableMapping[str, Any]


def correlation_id() -> str | None:
    """Return the id that ties everything together that one request or event has caused."""
    return _CORRELATION.get()


@contextmanager
def correlated(correlation: str) -> Iterator[None]:
    """Let everything inside belong to `correlation`."""
    token = _CORRELATION.set(correlation)
    try:
        yield
    finally:
        _CORRELATION.reset(token)


def configure_logs(
    level: str, *, service: str, instance: str | None = None, clock: Clock | None = None, out: TextIO | None = None
) -> None:
    """Send this process's logs, those of libraries included, to `out` (standard output) as JSON.

    `level` is a name such as "info"; an unknown name raises ValueError.
    """
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        raise ValueError(f"LOG_LEVEL {level!r} is not one of {', '.join(logging.getLevelNamesMapping())}")
    shared: list[structlog.typing.Processor] = [
        _Stamp(clock or SystemClock(), service, instance),
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ExtraAdder(),
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out or sys.stdout)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_json),
        ],
    ))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger of one module: `log = logger(__name__)`; then `log.info("what happened", key=value)`."""
    bound: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return bound


class _Stamp:
    """Adds instant, service, instance and correlation to each line."""

    def __init__(self, clock: Clock, service: str, instance: str | None) -> None:
        self._clock, self._service, self._instance = clock, service, instance

    def __call__(self, _logger: Any, _method: str, event: Event) -> Event:
        event.pop("color_message", None)   # Escape codes of the HTTP server.
        event["at"] = format_instant(self._clock.now())
        event["service"] = self._service
        if self._instance is not None:
            event["instance"] = self._instance
        correlation = _CORRELATION.get()
        if correlation is not None:
            event.setdefault("correlation_id", correlation)
        return event


def _json(event: Event, **_options: Any) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
