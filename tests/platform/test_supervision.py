"""The supervisor: what dies is replaced at once, pid files stay right, and stopping leaves nobody behind."""

import json
import os
import signal
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest

from deploy.local import lifecycle
from deploy.local.layout import Layout
from deploy.local.left_overs import left_overs
from deploy.local.programs import Program
from deploy.local.supervision import PREPARATION_GROUP, SERVICE_GROUP, Groups, Supervisor
from tests.platform.probes import until

_OBEYS = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); signal.pause()"


@pytest.fixture
def layout(tmp_path: Path) -> Iterator[Layout]:
    """A platform of two tiny processes: a server and a service."""
    layout = Layout(tmp_path / "run")
    (layout.run_dir / "logs").mkdir(parents=True)
    rows = [Program(name, [sys.executable, "-c", _OBEYS], 1, {"GREETING": "50 % off"}) for name in ("kafka", "worker")]
    groups = Groups(rows[:1], [], rows[1:])
    Supervisor(layout).start(groups, {**os.environ, "HOLDFAST_PLATFORM": str(layout.run_dir)})
    Supervisor(layout).start_group(SERVICE_GROUP)
    until(lambda: _pid(layout, "kafka") and _pid(layout, "worker"), within_s=10)
    yield layout
    lifecycle.down(layout)


def _pid(layout: Layout, name: str) -> int | None:
    try:
        pid = int(layout.pid_file(name).read_text())
    except (OSError, ValueError):
        return None
    return pid if psutil.pid_exists(pid) else None


def _is_replaced(layout: Layout, name: str, before: int) -> bool:
    return _pid(layout, name) not in (None, before)


@pytest.mark.parametrize("name", ["kafka", "worker"])
def test_killed_process_is_replaced_within_two_seconds_and_its_pid_file_follows(layout: Layout, name: str) -> None:
    for _ in range(3):  # Also one that is killed right after its start.
        before = _pid(layout, name)
        assert before is not None
        os.kill(before, signal.SIGKILL)
        until(partial(_is_replaced, layout, name, before), within_s=2)
    known = {process.name: process.pid for process in Supervisor(layout).processes()}
    assert known[name] == _pid(layout, name)


def test_down_ends_everything_and_removes_pid_files(layout: Layout) -> None:
    lifecycle.down(layout)
    assert left_overs(layout.run_dir) == []
    assert list(layout.run_dir.glob("*.pid")) == []


def test_down_ends_what_a_killed_supervisor_left_behind(layout: Layout) -> None:
    os.kill(int((layout.supervisor_dir / "pid").read_text()), signal.SIGKILL)
    until(lambda: not Supervisor(layout).is_running(), within_s=5)
    assert len(left_overs(layout.run_dir)) == 2
    lifecycle.down(layout)
    assert left_overs(layout.run_dir) == []


def test_down_twice_is_harmless(layout: Layout) -> None:
    lifecycle.down(layout)
    lifecycle.down(layout)


def test_reset_deletes_what_was_stored_and_keeps_what_a_person_put_there(layout: Layout) -> None:
    (layout.kafka_home / "log").mkdir(parents=True)
    (layout.run_dir / "notes.txt").write_text("mine")
    lifecycle.reset(layout)
    assert not layout.kafka_home.exists()
    assert (layout.run_dir / "notes.txt").exists()


def test_processes_of_another_platform_are_left_alone(layout: Layout, tmp_path: Path) -> None:
    lifecycle.down(Layout(tmp_path / "another"))
    assert _pid(layout, "worker") is not None


def test_program_started_from_imported_libraries_has_its_own_environment_title_and_exit_code(tmp_path: Path) -> None:
    """`python -m` programs are forked from the supervisor: nothing of the parent may shine through."""
    layout = Layout(tmp_path / "run")
    (layout.run_dir / "logs").mkdir(parents=True)
    rows = [Program("report", [sys.executable, "-m", "tests.platform.report", "7"], 0, {"GREETING": "50 % off"})]
    Supervisor(layout).start(Groups([], rows, []), {**os.environ, "HOLDFAST_PLATFORM": str(layout.run_dir)})
    try:
        Supervisor(layout).start_group(PREPARATION_GROUP)
        until(lambda: [process.exit_code for process in Supervisor(layout).processes()] == [7], within_s=20)
    finally:
        lifecycle.down(layout)
    said = json.loads(layout.log_file("report").read_text())
    assert said == {
        "arguments": ["7"],
        "greeting": "50 % off",
        "main": "__main__",
        "terminate": "SIG_DFL",
        "title": "python -m tests.platform.report 7",
        "known_by": str(layout.run_dir),
    }
