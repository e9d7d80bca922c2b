"""Metrics: every name in one typed table, so that a mistyped name fails type checking. Must never hold a business rule.

A process builds one `Metrics` in its composition root and passes it on; nothing registers at import time. Label values
are bounded sets (routes, topics, statuses): never ids of parties, contracts or test clocks.
"""

from dataclasses import dataclass
from typing import Literal, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.registry import Collector

MetricName = Literal[
    "holdfast_http_requests_total",
    "holdfast_http_request_seconds",
    "holdfast_group_commit_size",
    "holdfast_group_commit_seconds",
    "holdfast_group_commit_conflicts_total",
    "holdfast_outbox_depth",
    "holdfast_events_published_total",
    "holdfast_events_handled_total",
    "holdfast_events_repeated_total",
    "holdfast_consumer_lag",
    "holdfast_parked_events",
    "holdfast_early_events",
    "holdfast_due_depth",
    "holdfast_due_overdue_seconds",
    "holdfast_open_intents",
    "holdfast_intent_attempts_total",
    "holdfast_reconciliation_differences",
    "holdfast_reconciliation_overdue_holds",
    "holdfast_process_ready",
]
"""Every metric of the suite."""

_FAST_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """What one metric counts. `buckets` belong to histograms."""

    kind: Literal["counter", "gauge", "histogram"]
    meaning: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


METRICS: dict[MetricName, MetricSpec] = {
    "holdfast_http_requests_total": MetricSpec("counter", "Requests answered.", ("method", "route", "status")),
    "holdfast_http_request_seconds": MetricSpec(
        "histogram", "Time from the request's head to the answer's end.", ("method", "route"), _FAST_S),
    "holdfast_group_commit_size": MetricSpec("histogram", "Commands and events per transaction.", (), _SIZES),
    "holdfast_group_commit_seconds": MetricSpec("histogram", "Time of one group's transaction.", (), _FAST_S),
    "holdfast_group_commit_conflicts_total": MetricSpec("counter", "Transactions that lost against another writer."),
    "holdfast_outbox_depth": MetricSpec("gauge", "Outbox rows that wait to be published."),
    "holdfast_events_published_total": MetricSpec("counter", "Events published.", ("topic",)),
    "holdfast_events_handled_total": MetricSpec("counter", "Events handled for the first time.", ("topic",)),
    "holdfast_events_repeated_total": MetricSpec("counter", "Events that came again and changed nothing.", ("topic",)),
    "holdfast_consumer_lag": MetricSpec("gauge", "Records between this reader and the end.", ("topic", "partition")),
    "holdfast_parked_events": MetricSpec("gauge", "Events that wait for a person.", ("topic",)),
    "holdfast_early_events": MetricSpec("gauge", "Events that came before their cause and wait for it."),
    "holdfast_due_depth": MetricSpec("gauge", "Due items that are scheduled.", ("kind",)),
    "holdfast_due_overdue_seconds": MetricSpec("gauge", "How late the most overdue live due item is."),
    "holdfast_open_intents": MetricSpec("gauge", "Calls to the outside without a recorded outcome.", ("kind",)),
    "holdfast_intent_attempts_total": MetricSpec("counter", "Calls to the outside.", ("kind", "outcome")),
    "holdfast_reconciliation_differences": MetricSpec("gauge", "Accounts whose log and books differ: an alarm."),
    "holdfast_reconciliation_overdue_holds": MetricSpec("gauge", "Holds that are due but not available: an alarm."),
    "holdfast_process_ready": MetricSpec("gauge", "1 while every dependency answers.", ("dependency",)),
}


class Metrics:
    """One process's metrics. Label values are given in the order of the table."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._counters: dict[str, Counter] = {}
        self._gauges: dict[str, Gauge] = {}
        self._histograms: dict[str, Histogram] = {}
        for name, spec in METRICS.items():
            self._build(name, spec)

    def _build(self, name: MetricName, spec: MetricSpec) -> None:
        if spec.kind == "counter":
            self._counters[name] = Counter(name, spec.meaning, spec.labels, registry=self._registry)
        elif spec.kind == "gauge":
            self._gauges[name] = Gauge(name, spec.meaning, spec.labels, registry=self._registry)
        else:
            self._histograms[name] = Histogram(
                name, spec.meaning, spec.labels, registry=self._registry, buckets=spec.buckets)

    def count(self, name: MetricName, *labels: str, by: float = 1) -> None:
        """Add to a counter."""
        counter = self._counters[name]
        (counter.labels(*labels) if labels else counter).inc(by)

    def set(self, name: MetricName, *labels: str, to: float) -> None:
        """Set a gauge."""
        gauge = self._gauges[name]
        (gauge.labels(*labels) if labels else gauge).set(to)

    def observe(self, name: MetricName, *labels: str, value: float) -> None:
        """Put one value into a histogram."""
        histogram = self._histograms[name]
        (histogram.labels(*labels) if labels else histogram).observe(value)

    def register(self, collector: Collector) -> None:
        """Add a collector that computes its values when it is asked, e.g. from a read of the store."""
        self._registry.register(collector)

    def value(self, name: MetricName, *labels: str) -> float | None:
        """Return a counter's or gauge's value, None where it was never touched: for probes and tests."""
        keys = dict(zip(METRICS[name].labels, labels, strict=True))
        return self._registry.get_sample_value(name, keys)

    def exposition(self) -> bytes:
        """Write everything in Prometheus text format."""
        return generate_latest(self._registry)


NAMES: tuple[str, ...] = get_args(MetricName)
"""Every name, for the docs and the test that the table is complete."""
