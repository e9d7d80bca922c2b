"""Which suite is audited: the environment's servers, else the local platform that was last started."""

import os
from dataclasses import dataclass

from deploy.local.layout import Layout


@dataclass(frozen=True)
class Platform:
    """Where the suite keeps its money and its log."""

    kafka_bootstrap_servers: str
    mongodb_uri: str
    database_prefix: str = "holdfast_"
    topic_prefix: str = ""


def platform_of_environment() -> Platform:
    """Return the servers named by the environment, else those of the local platform."""
    layout = Layout.current()
    return Platform(
        kafka_bootstrap_servers=os.environ.get("KAFKA_BOOTSTRAP_SERVERS") or layout.kafka_bootstrap_servers,
        mongodb_uri=os.environ.get("MONGODB_URI") or layout.mongodb_uri,
        database_prefix=os.environ.get("DATABASE_PREFIX") or "holdfast_",
        topic_prefix=os.environ.get("TOPIC_PREFIX") or "")
