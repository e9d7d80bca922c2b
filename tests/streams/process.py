"""`python -m tests.streams.process VARIANT`: a processor as a process of its own, exact or deliberately not."""

import asyncio
import sys
from collections.abc import Callable
from typing import Any

from services.payouts.streams.balances import BalancesProcessor
from services.payouts.streams.run import run_streams
from shared.observability.logs import configure_logs
from shared.observability.metrics import Metrics
from shared.settings import ServiceSettings
from shared.streams import tables
from shared.streams.processors import Processor
from shared.streams.workers import ProcessorWorker
from tests.streams import naive

DWELL_S = 2.5
"""Longer than Faust's fetcher sleeps when it finds every partition paused: one second."""


def balances() -> int:
    """The real processor."""
    return run_streams("balances", ServiceSettings())


def holds() -> int:
    """The real processor."""
    return run_streams("holds", ServiceSettings())


def plain_sums() -> int:
    """Every record counts."""
    return _run(naive.PlainSums())


def offset_versions() -> int:
    """Offsets decide what was counted."""
    vars(tables)["PartitionFold"] = naive.FoldThatTellsOffsets
    return _run(naive.OffsetSums())


def balances_dwelling() -> int:
    """The real processor, with a long moment between the two resumes."""
    naive.dwell_before_resume(DWELL_S, taken_at_once=25)
    return _run(BalancesProcessor())


def balances_clearing() -> int:
    """The same, with Faust's own queue."""
    naive.clear_queues_on_resume()
    return balances_dwelling()


def balances_paused_long() -> int:
    """The real processor, with a long moment in which every partition is paused."""
    naive.dwell_after_recovery(DWELL_S)
    return _run(BalancesProcessor())


def balances_staying() -> int:
    """The same, with Faust's own jump to committed offsets."""
    naive.stay_where_nothing_is_committed()
    return balances_paused_long()


def agent_per_topic() -> int:
    """Several agents on one table."""
    return _run_agents(one_per_topic=True, faust_decodes=False)


def faust_decodes() -> int:
    """Faust reads the JSON."""
    return _run_agents(one_per_topic=False, faust_decodes=True)


def _run(processor: Processor[Any, Any]) -> int:
    settings = ServiceSettings()
    configure_logs("info", service="naive")

    async def work() -> int:
        return await ProcessorWorker(processor, settings, group="payouts-balances", metrics=Metrics()).run()

    return asyncio.run(work())


def _run_agents(*, one_per_topic: bool, faust_decodes: bool) -> int:
    configure_logs("info", service="naive")
    asyncio.run(naive.run_agents(ServiceSettings(), one_per_topic=one_per_topic, faust_decodes=faust_decodes))
    return 0


VARIANTS: dict[str, Callable[[], int]] = {
    variant.__name__: variant
    for variant in (balances, holds, plain_sums, offset_versions, balances_dwelling, balances_clearing,
                    balances_paused_long, balances_staying, agent_per_topic, faust_decodes)
}

if __name__ == "__main__":
    sys.exit(VARIANTS[sys.argv[1]]())
