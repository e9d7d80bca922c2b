"""The Faust app of one processor, with the corrections that make it exact. Must never hold a business rule.

What is corrected, each with a test that shows the fault without it:
- records that arrive between "resume partitions" and "resume flow" stay in the queue (Faust clears it);
- the committed offset neither crawls nor runs ahead (`consumers.py`);
- the producer is idempotent, so that a retried batch is neither doubled nor reordered;
- the web server, which Faust binds on every interface whatever `web_enabled` says, is never started.
"""

from collections.abc import Iterable
from typing import Any

import faust
from faust.app.base import BootStrategy
from faust.streams import _CStreamIterator
from faust.transport.drivers import aiokafka as driver

from shared.events.batches import Message, send_in_batches
from shared.events.catalogue import PARTITIONS
from shared.streams.consumers import ExactConsumer

COMMIT_INTERVAL_S = 1.0
SESSION_TIMEOUT_S = 6.0
HEARTBEAT_INTERVAL_S = 1.5
REBALANCE_TIMEOUT_S = 8.0
PRODUCE_TIMEOUT_S = 30.0
"""How long a write may take before the process ends and a fresh one begins again at the last acknowledged record."""

QUEUED_RECORDS_MAX = 4_096
FETCH_BYTES_MAX = 256 * 1024
"""Per partition and fetch: fifty partitions are read at once, and a process should stay small."""

PRODUCER_BATCH_BYTES = 256 * 1024
REQUEST_BYTES_MAX = 2 << 20
"""A parked record carries the raw one in base 64."""


class FaultyFaust(Exception):
    """This build of Faust cannot be made exact."""


class ExactProducer(driver.Producer):  # type: ignore[misc]
    """A producer whose retries neither double nor reorder."""

    def _settings_extra(self) -> dict[str, Any]:
        return {"acks": "all", "enable_idempotence": True}

    async def send_all(self, messages: Iterable[Message]) -> None:
        """Send `messages`, in their order per partition, and return when the broker has them all."""
        await send_in_batches(self._ensure_producer(), messages)


class AsItCame(faust.Schema):  # type: ignore[misc]
    """Leaves keys and values as they came: the loop decodes them, as it knows what to do with one that is broken."""

    def loads_key(self, app: Any, message: Any, **_: Any) -> Any:
        """Return the key's bytes."""
        return message.key

    def loads_value(self, app: Any, message: Any, **_: Any) -> Any:
        """Return the value's bytes."""
        return message.value


class ExactTransport(driver.Transport):  # type: ignore[misc]
    """Builds the two above."""

    Consumer = ExactConsumer
    Producer = ExactProducer


class _NoWeb(BootStrategy):  # type: ignore[misc]
    enable_web = False


class ExactApp(faust.App):  # type: ignore[misc]
    """A Faust app that neither drops nor repeats what arrives while it starts."""

    BootStrategy = _NoWeb

    def FlowControlQueue(self, maxsize: int | None = None, *, clear_on_resume: bool = False) -> Any:
        """Build a queue that is never cleared on resume; what is outdated in it is told by its generation."""
        return super().FlowControlQueue(maxsize, clear_on_resume=False)

    def _create_directories(self) -> None:
        """Make none: state lives in memory and in the changelog."""

    def _new_transport(self) -> ExactTransport:
        return ExactTransport(self.conf.broker_consumer, self)

    def _new_producer_transport(self) -> ExactTransport:
        return ExactTransport(self.conf.broker_producer, self)


def build_app(name: str, *, bootstrap_servers: str, instance_id: str) -> ExactApp:
    """Build the app of consumer group `name`; `instance_id` is its static membership, the same after a restart."""
    if _CStreamIterator is None:  # the iterator in Python acknowledges the outdated records that it skips
        raise FaultyFaust("Faust's compiled stream iterator is missing: its replacement loses records on a rebalance")
    app = ExactApp(
        name,
        broker=_urls(bootstrap_servers),
        store="memory://",
        topic_partitions=PARTITIONS,
        topic_disable_leader=True,
        topic_allow_declare=False,
        consumer_group_instance_id=instance_id,
        consumer_max_fetch_size=FETCH_BYTES_MAX,
        consumer_auto_offset_reset="earliest",
        broker_session_timeout=SESSION_TIMEOUT_S,
        broker_heartbeat_interval=HEARTBEAT_INTERVAL_S,
        broker_rebalance_timeout=REBALANCE_TIMEOUT_S,
        broker_commit_interval=COMMIT_INTERVAL_S,
        producer_acks=-1,
        producer_linger=0.0,
        producer_max_batch_size=PRODUCER_BATCH_BYTES,
        producer_max_request_size=REQUEST_BYTES_MAX,
        producer_request_timeout=PRODUCE_TIMEOUT_S,
        stream_buffer_maxsize=QUEUED_RECORDS_MAX,
        stream_wait_empty=True,
        cython_optimizations=True,
        autodiscover=False,
        web_enabled=False,
        worker_redirect_stdouts=False,
    )
    app.in_worker = True
    return app


def _urls(bootstrap_servers: str) -> list[str]:
    return [f"kafka://{server.strip()}" for server in _split(bootstrap_servers)]


def _split(servers: str) -> Iterable[str]:
    return (server for server in servers.split(",") if server.strip())
