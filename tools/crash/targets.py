"""The processes of a local platform as targets: find, kill, wait until they are back. Only what it started itself."""

import os
import signal
import time
from dataclasses import dataclass

import psutil

from deploy.local import kafka_node, store_server
from deploy.local.layout import Layout
from deploy.local.programs import service_programs
from deploy.local.readiness import Readiness, ask
from tools.crash.plans import Kill

FAILPOINT_WITHIN_S = 20.0
BACK_WITHIN_S = 90.0
_LOOK_EVERY_S = 0.02


class DidNotComeBack(Exception):
    """A killed process was not ready again in time."""


@dataclass(frozen=True)
class Killed:
    """What a kill did. `interrupted`: the process was at work (at a named place, or on the processor just before).

    `missed` is what the new process said last that it waits for.
    """

    kill: Kill
    at_failpoint: bool
    interrupted: bool
    replaced_s: float
    ready_s: float
    missed: str


class Targets:
    """Kills the processes of one platform and watches them come back."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._programs = {program.name: program for program in service_programs(layout)}

    def carry_out(self, kill: Kill) -> Killed:
        """Kill and return once the process is ready again; DidNotComeBack after a deadline."""
        pid = self._pid(kill.program)
        at_failpoint = kill.failpoint is not None and self._by_failpoint(kill.program, kill.failpoint, pid)
        interrupted = at_failpoint
        if not at_failpoint:
            time.sleep(kill.after_s)
            pid = self._pid(kill.program)
            interrupted = _is_at_work(pid)
            os.kill(pid, signal.SIGKILL)
        died = time.monotonic()
        replaced = self._until_replaced(kill.program, pid, died)
        ready, missed = self._until_ready(kill.program, died)
        return Killed(kill, at_failpoint, interrupted, replaced, ready, missed)

    def _pid(self, program: str) -> int:
        deadline = time.monotonic() + BACK_WITHIN_S
        while time.monotonic() < deadline:
            try:
                pid = int(self._layout.pid_file(program).read_text())
            except (OSError, ValueError):
                pid = 0
            if pid and psutil.pid_exists(pid):
                return pid
            time.sleep(_LOOK_EVERY_S)
        raise DidNotComeBack(f"{program} has no living process")

    def _by_failpoint(self, program: str, name: str, pid: int) -> bool:
        """Arm the place and wait; False, and disarmed, where the process did not come by."""
        armed = self._layout.failpoints_dir / f"{program}.{name}"
        armed.parent.mkdir(parents=True, exist_ok=True)
        armed.touch()
        deadline = time.monotonic() + FAILPOINT_WITHIN_S
        while time.monotonic() < deadline:
            if not _lives(pid):
                return True
            time.sleep(_LOOK_EVERY_S)
        armed.unlink(missing_ok=True)
        return not _lives(pid)

    def _until_replaced(self, program: str, old: int, since: float) -> float:
        deadline = since + BACK_WITHIN_S
        while time.monotonic() < deadline:
            try:
                pid = int(self._layout.pid_file(program).read_text())
            except (OSError, ValueError):
                pid = old
            if pid != old and _lives(pid):
                return time.monotonic() - since
            time.sleep(_LOOK_EVERY_S)
        raise DidNotComeBack(f"{program} was not replaced")

    def _until_ready(self, program: str, since: float) -> tuple[float, str]:
        deadline, missed = since + BACK_WITHIN_S, ""
        while time.monotonic() < deadline:
            said = self._said(program)
            if said.ready:
                return time.monotonic() - since, missed
            missed = said.reason
            time.sleep(_LOOK_EVERY_S * 5)
        raise DidNotComeBack(f"{program} was not ready again within {BACK_WITHIN_S:g} s: {missed}")

    def _said(self, program: str) -> Readiness:
        if program == "kafka":
            return Readiness(program, kafka_node.takes_requests(self._layout.kafka_port))
        if program == "store":
            return Readiness(program, store_server.takes_requests(self._layout.store_port))
        return ask(self._programs[program])


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _is_at_work(pid: int) -> bool:
    """Whether the process used a processor in the last twentieth of a second."""
    try:
        process = psutil.Process(pid)
        before = process.cpu_times()
        time.sleep(0.05)
        after = process.cpu_times()
    except psutil.NoSuchProcess:
        return True
    return (after.user + after.system) > (before.user + before.system)
