"""The command line of the processors: run one, rebuild its state, or see to its parked records. Must never decide."""

import asyncio
import sys
from typing import Any

from aiokafka.errors import KafkaError

from services.payouts.streams.rebuild import compare_balances, compare_holds
from services.payouts.streams.run import Which, group_of, run_streams
from shared.settings import ServiceSettings
from shared.streams.parked_desk import ParkedDesk

USAGE = """usage: python -m services.payouts streams holds|balances                        run the processor
       python -m services.payouts streams holds|balances --rebuild              fold the log again and compare
       python -m services.payouts streams holds|balances parked [list]          what is parked, and why
       python -m services.payouts streams holds|balances parked retry|drop ID   try again; forget one"""

SHOWN_DIFFERENCES = 20


def streams_command(arguments: list[str], settings: ServiceSettings) -> int:
    """Run what `arguments` (after `streams`) say; return the exit code."""
    match arguments:
        case [("holds" | "balances") as which]:
            return run_streams(which, settings)
        case [("holds" | "balances") as which, "--rebuild"]:
            return _asked(rebuilt(which, settings), settings)
        case [("holds" | "balances") as which, "parked"] | [("holds" | "balances") as which, "parked", "list"]:
            return _asked(_list_parked(_desk(which, settings)), settings)
        case [("holds" | "balances") as which, "parked", ("retry" | "drop") as act, id]:
            return _asked(_answer(_desk(which, settings), act, id), settings)
    print(USAGE, file=sys.stderr)
    return 2


def _asked(question: Any, settings: ServiceSettings) -> int:
    try:
        return int(asyncio.run(question))
    except (KafkaError, OSError, LookupError) as error:
        print(f"Kafka at {settings.kafka_bootstrap_servers}: {error}", file=sys.stderr)
        return 1


async def rebuilt(which: Which, settings: ServiceSettings) -> int:
    """Fold the log again and say whether it ends in the same; 0 where it does."""
    compare = compare_holds if which == "holds" else compare_balances
    comparison = await compare(settings.kafka_bootstrap_servers, prefix=settings.topic_prefix)
    for difference in comparison.differences[:SHOWN_DIFFERENCES]:
        print(difference)
    print(f"{which}: {comparison.compared} {comparison.what} compared, {comparison.moved_on} moved on meanwhile, "
          f"{len(comparison.differences)} differences")
    return 1 if comparison.differences else 0


def _desk(which: Which, settings: ServiceSettings) -> ParkedDesk:
    return ParkedDesk(which, group_of(which), settings.kafka_bootstrap_servers, settings.topic_prefix)


async def _list_parked(desk: ParkedDesk) -> int:
    parked = await desk.parked()
    for id, one in parked.items():
        print(f"{id}  {'waits' if one.waits else 'parked'}  key={(one.record.key or b'').decode('utf-8', 'replace')}  "
              f"{one.reason[:120]}")
    print(f"{len(parked)} parked")
    return 0


async def _answer(desk: ParkedDesk, act: str, id: str) -> int:
    one = (await desk.parked()).get(id)
    if one is None:
        print(f"{id} is not parked", file=sys.stderr)
        return 1
    await (desk.retry(one) if act == "retry" else desk.drop(one))
    print(f"{id}: {'tried again' if act == 'retry' else 'dropped'}; the processor acts on it as soon as it reads this")
    return 0
