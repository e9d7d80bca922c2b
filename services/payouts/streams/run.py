"""Composition of the stream processors: builds one and runs it. Must never hold a rule of money or time."""

import asyncio
from typing import Any, Literal

import uvloop

from services.payouts.streams.balances import BalancesProcessor
from services.payouts.streams.holds import HoldsProcessor
from shared.observability.metrics import Metrics
from shared.observability.processes import begin_process
from shared.settings import ServiceSettings
from shared.streams.processors import Processor
from shared.streams.workers import ProcessorWorker

Which = Literal["holds", "balances"]


def group_of(which: Which) -> str:
    """The consumer group of a processor; its changelog is named after it."""
    return f"payouts-{which}"


def processor_of(which: Which) -> Processor[Any, Any]:
    """Build a processor."""
    return HoldsProcessor() if which == "holds" else BalancesProcessor()


def run_streams(which: Which, settings: ServiceSettings) -> int:
    """Run the processor `which` until it is told to stop; return the exit code."""
    begin_process(settings.log_level, service=group_of(which), instance=settings.instance_id)
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())   # For Faust's own threads too.
    return asyncio.run(_run(which, settings))


async def _run(which: Which, settings: ServiceSettings) -> int:
    return await ProcessorWorker(processor_of(which), settings, group=group_of(which), metrics=Metrics()).run()
