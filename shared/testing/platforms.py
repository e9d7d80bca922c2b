"""A private local platform for end-to-end tests: every process of `make up`, on free ports, in a directory of its own.

It is the real thing, started by the same code. Nothing but tests may use this module.
"""

import os
import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from deploy.local import lifecycle
from deploy.local.layout import Layout
from deploy.local.left_overs import end_left_overs
from deploy.local.ports import is_free
from deploy.local.programs import service_programs
from deploy.local.store_server import StoreBuild

READY_TIMEOUT_S = 240.0
_PREFIX = "holdfast-platform-"
_OFFSETS = range(1000, 12_000, 50)


@contextmanager
def private_platform(store_build: StoreBuild = StoreBuild.DEFAULT) -> Iterator[Layout]:
    """Start a platform, wait until it is ready, and leave nothing of it behind."""
    _end_abandoned()
    run_dir = Path(tempfile.mkdtemp(prefix=_PREFIX)).resolve()
    (run_dir / "owner").write_text(str(os.getpid()))
    layout = _with_free_ports(run_dir, store_build)
    try:
        lifecycle.up(layout, ready_timeout_s=READY_TIMEOUT_S)
        yield layout
    finally:
        lifecycle.down(layout)
        shutil.rmtree(run_dir, ignore_errors=True)


def _end_abandoned() -> None:
    """End platforms whose test run was killed before it could: their owner is no longer alive."""
    for run_dir in Path(tempfile.gettempdir()).resolve().glob(f"{_PREFIX}*"):
        try:
            owner = int((run_dir / "owner").read_text())
        except (OSError, ValueError):
            continue
        if not psutil.pid_exists(owner):
            end_left_overs(run_dir)
            shutil.rmtree(run_dir, ignore_errors=True)


def _with_free_ports(run_dir: Path, store_build: StoreBuild) -> Layout:
    """A layout none of whose ports is taken; the next start would notice one that is taken meanwhile."""
    for offset in random.sample(_OFFSETS, len(_OFFSETS)):
        layout = Layout(run_dir, offset, store_build)
        servers = (layout.kafka_port, layout.kafka_controller_port, layout.store_port)
        if all(is_free(port) for port in (*servers, *(program.port for program in service_programs(layout)))):
            return layout
    raise OSError("no range of free ports for a private platform")
