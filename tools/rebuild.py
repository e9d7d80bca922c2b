"""`make rebuild`: fold the whole log again, publish nothing, and say whether both processors end in the same."""

import asyncio
import sys

from aiokafka.errors import KafkaError

from services.payouts.streams.command import rebuilt
from shared.settings import ServiceSettings
from tools.audit.platform import platform_of_environment


async def main() -> int:
    """Compare both; the exit code is 1 where one differs."""
    platform = platform_of_environment()
    settings = ServiceSettings(kafka_bootstrap_servers=platform.kafka_bootstrap_servers,
                               topic_prefix=platform.topic_prefix)
    return max(await rebuilt("holds", settings), await rebuilt("balances", settings))


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(main()))
    except (KafkaError, OSError, LookupError) as error:
        sys.exit(f"rebuild: {error}")
