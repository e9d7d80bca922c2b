"""`python -m tools.audit`: prove invariants 1–6 over everything, or name the account and the cents that differ."""

import argparse
import asyncio
import sys

from aiokafka.errors import KafkaConnectionError
from pymongo.errors import ServerSelectionTimeoutError

from tools.audit.checks import CHECKS, examine
from tools.audit.collecting import collect
from tools.audit.evidence import Evidence, Finding
from tools.audit.platform import Platform, platform_of_environment

TRIES_PAUSE_S = 2.0


async def audit(platform: Platform, *, patience_s: float) -> tuple[Evidence, list[Finding]]:
    """Collect and examine; while differences remain and the suite may still be moving, look again."""
    loop = asyncio.get_running_loop()
    until = loop.time() + patience_s
    while True:
        evidence = await collect(platform.kafka_bootstrap_servers, platform.mongodb_uri,
                                 database_prefix=platform.database_prefix, topic_prefix=platform.topic_prefix)
        findings = examine(evidence)
        if not findings or loop.time() >= until:
            return evidence, findings
        print(f"audit: {len(findings)} differences, {evidence.unsent} outbox rows on their way; looking again ...",
              file=sys.stderr, flush=True)
        await asyncio.sleep(TRIES_PAUSE_S)


def report(evidence: Evidence, findings: list[Finding]) -> int:
    """Print what was compared and what differs; return the exit code."""
    events = sum(map(len, evidence.log.events.values()))
    print(f"audit: {len(evidence.books.entries)} entries, {len(evidence.books.accounts)} accounts, "
          f"{len(evidence.books.holds)} holds, {len(evidence.books.payouts)} payouts; {events} events "
          f"({evidence.log.copies} repeats); {len(evidence.processors)} processor balances; "
          f"{len(evidence.outside.charges)} charges, {len(evidence.outside.transfers)} transfers")
    for finding in findings[:50]:
        print(f"  DIFFERENCE  {finding}")
    if len(findings) > 50:
        print(f"  ... and {len(findings) - 50} more")
    for parked in evidence.parked:
        print(f"  PARKED  {parked}")
    verdict = "passed" if not findings and not evidence.parked else "FAILED"
    print(f"audit {verdict}: {len(CHECKS)} checks, {len(findings)} differences, {len(evidence.parked)} parked")
    return 0 if verdict == "passed" else 1


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m tools.audit", description=__doc__)
    parser.add_argument("--patience", type=float, default=10.0, help="seconds to wait for a moving suite to agree")
    given = parser.parse_args()
    try:
        evidence, findings = asyncio.run(audit(platform_of_environment(), patience_s=given.patience))
    except (ServerSelectionTimeoutError, KafkaConnectionError):
        print("audit: the store or Kafka does not answer; `make up` starts both", file=sys.stderr)
        return 2
    return report(evidence, findings)


if __name__ == "__main__":
    sys.exit(main())
