"""Logs are JSON with a correlation id; every metric name is in the table; ids and instants have their form."""

import gc
import io
import json
import logging
import re
import weakref
from collections.abc import Iterator

import pytest

from shared.kernel.instants import instant
from shared.observability.clock import SystemClock, SystemIds
from shared.observability.logs import configure_logs, correlated, correlation_id, logger
from shared.observability.metrics import METRICS, NAMES, Metrics
from shared.observability.processes import COLLECT_AFTER, begin_process
from shared.testing.clocks import CountingIds, FixedClock


@pytest.fixture(name="lines")
def _lines() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level, out = root.handlers[:], root.level, io.StringIO()
    configure_logs("info", service="disputes", instance="disputes-api", clock=FixedClock(), out=out)
    handler = root.handlers[0]
    yield out
    root.removeHandler(handler)
    root.handlers[:] = before
    root.setLevel(level)


def test_logs_are_json_with_the_correlation(lines: io.StringIO) -> None:
    with correlated("cor_1"):
        logger("shared.test").info("case opened", case="dsp_1")
        logging.getLogger("some.library").warning("lost %s", "it")
    logger("shared.test").debug("too small")
    first, second = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert first == {"event": "case opened", "case": "dsp_1", "at": "2026-02-23T00:00:00.000Z", "level": "info",
                     "logger": "shared.test", "service": "disputes", "instance": "disputes-api",
                     "correlation_id": "cor_1"}
    assert (second["event"], second["correlation_id"]) == ("lost it", "cor_1")
    assert correlation_id() is None


def test_an_exception_is_one_line(lines: io.StringIO) -> None:
    logger("x").error("failed", exc_info=ValueError("why"))
    line = json.loads(lines.getvalue())
    assert "ValueError: why" in line["exception"]


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="LOG_LEVEL"):
        configure_logs("loud", service="x")


def test_the_table_of_metrics_is_complete() -> None:
    assert set(METRICS) == set(NAMES)
    shown = Metrics().exposition().decode()
    assert all(f"# HELP {name.removesuffix('_total')}" in shown for name in NAMES)


def test_metrics_count() -> None:
    metrics = Metrics()
    metrics.count("holdfast_events_published_total", "invoice.paid", by=3)
    metrics.set("holdfast_outbox_depth", to=7)
    metrics.observe("holdfast_group_commit_size", value=12)
    assert metrics.value("holdfast_events_published_total", "invoice.paid") == 3
    assert metrics.value("holdfast_outbox_depth") == 7
    assert 'holdfast_group_commit_size_bucket{le="20.0"} 1.0' in metrics.exposition().decode()


def test_new_ids_have_their_form_and_follow_time() -> None:
    ids = SystemIds()
    made = [ids.new("ct") for _ in range(50)]
    assert all(re.fullmatch(r"ct_[0-9a-hjkmnp-tv-z]{26}", id) for id in made)
    assert made == sorted(set(made))
    assert CountingIds().new("ct") == CountingIds().new("ct")


def test_now_is_utc_in_milliseconds() -> None:
    now = SystemClock().now()
    assert now == instant(now)


class Knot:
    """Refers to itself: only the collector frees it."""

    def __init__(self) -> None:
        self.itself = self


def test_a_process_that_collects_seldom_still_collects(lines: io.StringIO) -> None:
    before = gc.get_threshold()
    try:
        begin_process("info", service="disputes", instance=None)
        first = weakref.ref(Knot())
        for _ in range(COLLECT_AFTER[0]):
            assert Knot().itself is not None
        assert first() is None
        assert gc.get_freeze_count() > 0
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
