"""The check that every topic exists before Faust starts: with one missing, Faust loops for ever and ignores SIGTERM."""

from collections.abc import Iterable

from aiokafka.admin import AIOKafkaAdminClient

from shared.events.catalogue import EVENTS, PARKED_ANSWERS_TOPIC, PARKED_TOPIC, PARTITIONS


def inputs_of(processor: str) -> list[str]:
    """Return the topics that `processor` reads, clocks and answers about parked records included."""
    return [*(event.topic for event in EVENTS if processor in event.readers), PARKED_ANSWERS_TOPIC]


def outputs_of(processor: str) -> list[str]:
    """Return the topics that `processor` writes, beside its changelog."""
    return [*(event.topic for event in EVENTS if event.owner == processor), "clock.reported", PARKED_TOPIC]


async def faults_of_topics(bootstrap_servers: str, names: Iterable[str]) -> list[str]:
    """Say which of `names` are missing or have another number of partitions; raises KafkaError where nobody answers."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        wanted = set(names)
        existing = set(await admin.list_topics())
        faults = [f"{name} does not exist" for name in sorted(wanted - existing)]
        for topic in await admin.describe_topics(sorted(wanted & existing)):
            if len(topic["partitions"]) != PARTITIONS:
                faults.append(f"{topic['topic']} has {len(topic['partitions'])} partitions, not {PARTITIONS}")
        return faults
    finally:
        await admin.close()
