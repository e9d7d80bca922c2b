"""Asks every process of a platform whether it is ready, and waits until all are.

It only asks: over HTTP at `/readyz`, and the two servers in their own languages.
"""

import http.client
import json
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from deploy.local import kafka_node, store_server
from deploy.local.ports import LOOPBACK
from deploy.local.programs import Program

_ASK_TIMEOUT_S = 2.0
_ASK_EVERY_S = 0.2
_REASON_LENGTH_MAX = 160


@dataclass(frozen=True)
class Readiness:
    """One process's own word: `reason` says what it is waiting for, empty when it is ready."""

    name: str
    ready: bool
    reason: str = ""


def ask_all(programs: Iterable[Program]) -> list[Readiness]:
    """Ask all at the same time; answers come in the order of the programs."""
    with ThreadPoolExecutor(max_workers=16) as pool:
        return list(pool.map(ask, programs))


def ask(program: Program) -> Readiness:
    """One process's readiness."""
    if program.name in ("kafka", "store"):
        probe = kafka_node.takes_requests if program.name == "kafka" else store_server.takes_requests
        ready = probe(program.port)
        return Readiness(program.name, ready, "" if ready else "does not take requests yet")
    return _ask_http(program)


def wait_for(
    programs: Iterable[Program], *, timeout_s: float, tell: Callable[[list[Readiness]], None]
) -> list[Readiness]:
    """Ask again and again until all are ready or the time is over; returns who is not. `tell` hears every round."""
    waiting, deadline = list(programs), time.monotonic() + timeout_s
    while True:
        answers = {answer.name: answer for answer in ask_all(waiting)}
        waiting = [program for program in waiting if not answers[program.name].ready]
        missing = [answers[program.name] for program in waiting]
        tell(missing)
        if not missing or time.monotonic() > deadline:
            return missing
        time.sleep(_ASK_EVERY_S)


def _ask_http(program: Program) -> Readiness:
    connection = http.client.HTTPConnection(LOOPBACK, program.port, timeout=_ASK_TIMEOUT_S)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException):
        return Readiness(program.name, ready=False, reason="does not answer yet")
    finally:
        connection.close()
    if answer.status == http.HTTPStatus.OK:
        return Readiness(program.name, ready=True)
    return Readiness(program.name, ready=False, reason=_reason(body))


def _reason(body: bytes) -> str:
    """What the process itself says is missing, on one line."""
    text = body.decode(errors="replace")
    try:
        document = json.loads(text)
    except ValueError:
        return text.strip()[:_REASON_LENGTH_MAX]
    missing = document.get("missing") if isinstance(document, dict) else None
    if isinstance(missing, list):
        missing = {item["dependency"]: item["why"] for item in missing}
    if not isinstance(missing, dict):
        return text.strip()[:_REASON_LENGTH_MAX]
    return ", ".join(f"{name}: {why}" for name, why in missing.items())[:_REASON_LENGTH_MAX]
