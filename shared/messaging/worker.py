"""A service's worker: consumer, relay, due items, intents and the test clock's participant, in one process.

It starts with Kafka, its store or its siblings absent, waits, and says in `/readyz` what it misses. Must never hold a
rule: what happens is in the handlers that the composition root passes in.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence

from shared.events.catalogue import read_by
from shared.events.topics import static_member
from shared.messaging.bell import Bell
from shared.messaging.clock_participant import ClockParticipant
from shared.messaging.consumer import Consumer
from shared.messaging.due import DueScheduler
from shared.messaging.intents import IntentHandler, IntentRunner
from shared.messaging.leases import Lease
from shared.messaging.log import Log, ReaderSettings
from shared.messaging.parking import ParkingLot
from shared.messaging.relay import Relay
from shared.observability.clock import Clock
from shared.observability.logs import logger
from shared.observability.metrics import Metrics
from shared.persistence.collections import Document
from shared.persistence.group_commit import Committer
from shared.persistence.store import Store
from shared.settings import ServiceSettings

_log = logger("worker")
Background = Callable[["Worker"], Awaitable[None]]


class Worker:
    """Runs until it is told to stop."""

    def __init__(
        self, settings: ServiceSettings, *, service: str, store: Store, committer: Committer, clock: Clock,
        metrics: Metrics, log: Log, bell: Bell, intents: dict[str, IntentHandler] | None = None,
        background: Sequence[Background] = (),
    ) -> None:
        missing = {event.topic for event in read_by(service)} ^ set(committer.handlers)
        if missing:
            raise ValueError(f"{service}: the catalogue and the handlers disagree about {sorted(missing)}")
        instance = settings.instance_id or f"{service}-worker"
        self.settings, self.service, self.store, self.committer = settings, service, store, committer
        self.clock, self.metrics, self.log = clock, metrics, log
        self.producer = log.producer(instance)
        self._relay_producer = log.producer(f"{instance}-relay")
        self.parking = ParkingLot(store, committer)
        self.due = DueScheduler(store, committer, clock)
        self.intents = IntentRunner(store, committer, intents or {}, metrics)
        self.relay = Relay(store, self._relay_producer, bell, on_row=self._notice)
        self._lease = Lease(committer, "worker", instance)
        self.participant = ClockParticipant(service, store, committer, self.producer)
        topics = [event.topic for event in read_by(service)]
        self.consumer = Consumer(
            ReaderSettings(settings.kafka_bootstrap_servers, group=service,
                           instance_id=static_member(instance, topics), topic_prefix=settings.topic_prefix),
            topics, committer, self.parking, metrics, build=log.consumer)
        self._background = background
        self._leading = False

    def _notice(self, row: Document, fresh: bool) -> None:
        self.intents.notice(row, fresh)
        self.due.notice(row, fresh)

    def ready_checks(self) -> Mapping[str, Callable[[], Awaitable[object]]]:
        """Return what `/readyz` asks, by dependency; a standby, which does not relay, is ready too."""
        async def kafka() -> None:
            if not self.consumer.ready:
                raise LookupError("the consumer has no partitions yet: Kafka or its topics are missing")

        async def relaying() -> None:
            if self._leading and not self.relay.ready:
                raise LookupError("the relay does not read the outbox yet")

        return {"store": self.store.ping, "kafka": kafka, "relay": relaying}

    async def run(self) -> None:
        """Work until SIGTERM or SIGINT."""
        stopping = asyncio.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(name, stopping.set)
        await self.committer.start()
        tasks = [
            asyncio.create_task(self.consumer.run(), name="consumer"),
            asyncio.create_task(self._lead(), name="lead"),
            asyncio.create_task(self._measure(), name="measure"),
            *(asyncio.create_task(_forever(work, self), name=getattr(work, "__name__", "background"))
              for work in self._background),
        ]
        stop = asyncio.create_task(stopping.wait())
        done, _ = await asyncio.wait({stop, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        for task in (*tasks, stop):
            task.cancel()
        await asyncio.gather(*tasks, stop, return_exceptions=True)
        await self.committer.stop()
        await self.producer.stop()
        await self._relay_producer.stop()
        for task in done - {stop}:
            task.result()   # A task that ended by itself is a bug: end loudly, the supervisor starts anew.

    async def _lead(self) -> None:
        """Relay, fire, call outside and answer test clocks, while this instance holds the lease."""
        while True:
            await self._lease.acquire()
            self._leading = True
            work = [asyncio.create_task(self.relay.run()), asyncio.create_task(self.intents.run()),
                    asyncio.create_task(self._fire_when_caught_up())]
            if self.settings.test_clocks_enabled:
                work.append(asyncio.create_task(self._answer_rounds()))
            keep = asyncio.create_task(self._lease.keep())
            try:
                await asyncio.wait({keep, *work}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (*work, keep):
                    task.cancel()
                ended = await asyncio.gather(*work, keep, return_exceptions=True)
            self._leading = self.relay.ready = False
            for outcome in ended:
                if isinstance(outcome, Exception):
                    raise outcome
            _log.warning("lease_lost")

    async def _answer_rounds(self) -> None:
        await self.participant.listen(self.log, ReaderSettings(
            self.settings.kafka_bootstrap_servers, group=None, topic_prefix=self.settings.topic_prefix))

    async def _fire_when_caught_up(self) -> None:
        await self.consumer.caught_up.wait()
        await self.due.run()

    async def _measure(self) -> None:
        while True:
            self.metrics.set("holdfast_outbox_depth", to=self.relay.depth)
            self.metrics.set("holdfast_due_depth", "live", to=len(self.due.heap))
            self.metrics.set("holdfast_open_intents", "all", to=self.intents.open)
            await asyncio.sleep(2)


async def _forever(work: Background, worker: Worker) -> None:
    """Run a background task; one that fails is logged and begun again."""
    while True:
        try:
            await work(worker)
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise
        except Exception as error:
            _log.warning("background_begins_again", task=getattr(work, "__name__", "?"), error=str(error)[:300])
            await asyncio.sleep(1.0)


