"""Create the topics of the catalogue: `python -m shared.events.topics create`. Must never delete or shrink one."""

import asyncio
import contextlib
import sys
from collections.abc import Iterable
from hashlib import sha256

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError

from shared.events.catalogue import EVENTS, PARKED_ANSWERS_TOPIC, PARKED_TOPIC, PARTITIONS, PROCESSORS
from shared.settings import ServiceSettings

_KEEP = {
    "for_ever": {"cleanup.policy": "delete", "retention.ms": "-1"},
    "compacted": {"cleanup.policy": "compact"},
    "one_hour": {"cleanup.policy": "delete", "retention.ms": "3600000"},
}
_LARGE = {"max.message.bytes": str(2 << 20)}
"""A record of the usual limit of 1 MiB must still fit when it is parked, in base 64."""


def changelog_topic(processor: str) -> str:
    """Return the changelog topic of a processor's table."""
    return f"payouts-{processor}-state-changelog"


def topic_settings(prefix: str = "") -> dict[str, dict[str, str]]:
    """Return every topic's name and its settings."""
    topics = {prefix + event.topic: _KEEP[event.keep] for event in EVENTS}
    topics |= {prefix + PARKED_TOPIC: _KEEP["for_ever"] | _LARGE, prefix + PARKED_ANSWERS_TOPIC: _KEEP["for_ever"]}
    topics |= {prefix + changelog_topic(processor): _KEEP["compacted"] | _LARGE for processor in PROCESSORS}
    return topics


def static_member(instance_id: str, topics: Iterable[str]) -> str:
    """Return the name under which an instance is a static member of its group.

    The broker gives a static member that comes back its old assignment, whatever it subscribes to by then: a version
    that reads other topics would get none of the new ones. So the name changes with the topics.
    """
    return f"{instance_id}-{sha256(' '.join(sorted(topics)).encode()).hexdigest()[:8]}"


async def create_topics(bootstrap_servers: str, *, prefix: str = "", replication_factor: int = 1) -> int:
    """Create what is missing; return how many were. Safe to run again, and by two at once."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        missing = [
            NewTopic(name, PARTITIONS, replication_factor, topic_configs=configs)
            for name, configs in topic_settings(prefix).items() if name not in existing
        ]
        if missing:
            with contextlib.suppress(TopicAlreadyExistsError):
                await admin.create_topics(missing)
        return len(missing)
    finally:
        await admin.close()


def main() -> int:
    """Run the command."""
    if sys.argv[1:] != ["create"]:
        print("usage: python -m shared.events.topics create", file=sys.stderr)
        return 2
    settings = ServiceSettings()
    try:
        made = asyncio.run(create_topics(settings.kafka_bootstrap_servers, prefix=settings.topic_prefix,
                                         replication_factor=settings.kafka_replication_factor))
    except KafkaError as error:
        print(f"topics: Kafka at {settings.kafka_bootstrap_servers} did not answer: {error}", file=sys.stderr)
        return 1
    print(f"topics: {made} created")
    return 0


if __name__ == "__main__":
    sys.exit(main())
