"""One processor as a process: waits for its servers, runs the loop, answers the platform, ends cleanly or at once.

Must never acknowledge a record on the way out that was not handled: a clean stop waits for the batch at hand, anything
unforeseen ends the process on the spot (exit code 70) and leaves the rest to its successor.
"""

import asyncio
import logging
import os
import signal
from collections import Counter
from collections.abc import Mapping
from typing import Any, Generic

from aiokafka.errors import KafkaError

from shared.events.topics import static_member
from shared.observability.metrics import Metrics
from shared.settings import ServiceSettings
from shared.streams.apps import AsItCame, ExactApp, build_app
from shared.streams.consumers import lags
from shared.streams.health import HealthServer
from shared.streams.loops import ExactLoop
from shared.streams.processors import Index, Kept, Processor
from shared.streams.required_topics import faults_of_topics, inputs_of, outputs_of
from shared.streams.tables import PartitionedTable

EXIT_CRASHED = 70
ASK_AGAIN_S = 0.5
STOP_TIMEOUT_S = 15.0
"""How long a clean stop may take: without Kafka the batch at hand cannot be finished."""

log = logging.getLogger(__name__)


def end_at_once(reason: str) -> None:
    """End the process without cleaning up: nothing more may be sent, stored or acknowledged."""
    log.critical("ending at once: %s", reason)
    logging.shutdown()
    os._exit(EXIT_CRASHED)


class ProcessorWorker(Generic[Kept, Index]):
    """Builds and runs one processor."""

    def __init__(self, processor: Processor[Kept, Index], settings: ServiceSettings, *, group: str,
                 metrics: Metrics) -> None:
        self._processor = processor
        self._settings = settings
        self._group = settings.topic_prefix + group
        self._metrics = metrics
        self._waits_for: str | None = "kafka: not asked yet"
        self._app: ExactApp | None = None
        self._table: PartitionedTable[Kept, Index] | None = None
        self._stop = asyncio.Event()

    async def run(self) -> int:
        """Run until SIGTERM or SIGINT; return the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        health = HealthServer(self._settings.http_host, self._settings.http_port,
                              dependencies=self._dependencies, metrics=self._metrics, measure=self._measure)
        await health.start()
        try:
            if await self._topics_are_there():
                await self._consume()
        finally:
            await health.stop()
        return 0

    def _dependencies(self) -> Mapping[str, str | None]:
        recovering = self._app is None or not self._app.tables.actives_ready
        return {"kafka": self._waits_for, "state": "recovering" if recovering else None}

    def _measure(self) -> None:
        if self._app is None or self._table is None or not self._app.tables.actives_ready:
            return
        prefix = self._settings.topic_prefix
        parked = Counter(parked.record.topic for fold in self._table.folds.values() for parked in fold.parked)
        for topic in inputs_of(self._processor.name):
            self._metrics.set("holdfast_parked_events", topic, to=parked[topic])
        for place, behind in lags(self._app.consumer):
            if place.topic != self._table.changelog_topic_name:
                self._metrics.set("holdfast_consumer_lag", place.topic.removeprefix(prefix), str(place.partition),
                                  to=behind)

    async def _topics_are_there(self) -> bool:
        """Wait until Kafka answers and has every topic; False where the process is told to stop meanwhile."""
        prefix, name = self._settings.topic_prefix, self._processor.name
        names = [*(prefix + topic for topic in (*inputs_of(name), *outputs_of(name))), f"{self._group}-state-changelog"]
        while not self._stop.is_set():
            try:
                faults = await faults_of_topics(self._settings.kafka_bootstrap_servers, names)
            except (KafkaError, OSError) as error:
                faults = [f"no answer from {self._settings.kafka_bootstrap_servers}: {error}"]
            if not faults:
                self._waits_for = None
                return True
            if self._waits_for != "; ".join(faults):
                self._waits_for = "; ".join(faults)
                log.warning("waiting: %s", self._waits_for)
            try:
                await asyncio.wait_for(self._stop.wait(), ASK_AGAIN_S)
            except TimeoutError:
                continue
        return False

    async def _consume(self) -> None:
        app = self._app = build_app(
            self._group, bootstrap_servers=self._settings.kafka_bootstrap_servers,
            instance_id=static_member(self._settings.instance_id or self._group, inputs_of(self._processor.name)),
        )
        self._table = app.tables.add(PartitionedTable[Kept, Index](
            app, processor=self._processor, ending=end_at_once, name="state", key_type=bytes, value_type=bytes,
            partitions=app.conf.topic_partitions,
        ))
        prefix = self._settings.topic_prefix
        source = app.topic(*(prefix + topic for topic in inputs_of(self._processor.name)),
                           schema=AsItCame(key_serializer="raw", value_serializer="raw", allow_empty=True))
        loop: ExactLoop[Kept, Index] = ExactLoop(app, self._table, topic_prefix=prefix, metrics=self._metrics,
                                                 ending=end_at_once)
        app.agent(source, name=self._processor.name)(loop.run)
        await self._until_stopped(app)

    async def _until_stopped(self, app: ExactApp) -> None:
        watches: dict[str, asyncio.Task[Any]] = {
            "started": asyncio.create_task(app.start()),
            "stop": asyncio.create_task(self._stop.wait()),
            "crashed": asyncio.create_task(app._crashed.wait()),
        }
        while True:
            done, _ = await asyncio.wait(watches.values(), return_when=asyncio.FIRST_COMPLETED)
            if watches["crashed"] in done:
                end_at_once(f"Faust crashed: {app._crash_reason!r}")
            if watches["stop"] in done:
                break
            watches.pop("started").result()
        try:
            await asyncio.wait_for(app.stop(), STOP_TIMEOUT_S)
        except TimeoutError:
            end_at_once("the batch at hand could not be finished in time")
        watches["crashed"].cancel()
