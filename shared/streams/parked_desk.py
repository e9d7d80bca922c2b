"""What an operator does about parked records: see them, have them tried again, or drop one. Must never change one."""

from dataclasses import dataclass

from aiokafka import AIOKafkaProducer

from shared.events.catalogue import PARKED_ANSWERS_TOPIC
from shared.streams.logs_read_whole import whole_logs
from shared.streams.parking import STATE_PREFIX, Parked, ParkedAnswer, decode_parked, encode_answer


@dataclass(frozen=True, slots=True)
class ParkedDesk:
    """The parked records of one processor, read from its changelog; answers go through Kafka, as everything does."""

    processor: str
    group: str
    bootstrap_servers: str
    prefix: str

    async def parked(self) -> dict[str, Parked]:
        """Return what is parked now, by id, in the order of topics and offsets."""
        found: dict[str, Parked] = {}
        changelog = f"{self.group}-state-changelog"
        async for record in whole_logs(self.bootstrap_servers, [changelog], prefix=self.prefix):
            key = (record.key or b"").decode()
            if not key.startswith(STATE_PREFIX):
                continue
            if record.value is None:
                topic, offset = key.removeprefix(STATE_PREFIX).rsplit("/", 1)
                found.pop(f"{topic}:{record.partition}:{offset}", None)
            else:
                parked = decode_parked(record.value)
                found[parked.id] = parked
        return dict(sorted(found.items(), key=lambda item: (item[1].record.topic, item[1].record.offset)))

    async def retry(self, parked: Parked) -> None:
        """Have the records of its topic and key tried again, the earliest first."""
        await self._answer(parked, drop=None)

    async def drop(self, parked: Parked) -> None:
        """Forget it, and have those behind it tried again."""
        await self._answer(parked, drop=parked.record.offset)

    async def _answer(self, parked: Parked, *, drop: int | None) -> None:
        record = parked.record
        answer = encode_answer(ParkedAnswer(self.processor, record.topic, record.key, drop))
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap_servers, enable_idempotence=True)
        await producer.start()
        try:
            await producer.send_and_wait(self.prefix + PARKED_ANSWERS_TOPIC, answer, key=record.key,
                                         partition=record.partition)
        finally:
            await producer.stop()
