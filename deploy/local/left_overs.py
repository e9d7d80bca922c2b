"""Finds and ends processes of a platform whose supervisor is gone: a hard-killed supervisor leaves its children.

They are known by a mark in their environment, never by a name or by a pid alone: a pid may have been given to
somebody else's process since.
"""

from collections.abc import Callable
from pathlib import Path

import psutil

_PATIENCE_S = 20.0


def left_overs(run_dir: Path) -> list[psutil.Process]:
    """Every live process that was started for the platform in this directory."""
    return [process for process in psutil.process_iter() if _belongs_to(process, run_dir)]


def end_left_overs(run_dir: Path) -> int:
    """Ask them to end, wait, then insist; returns how many there were."""
    found = left_overs(run_dir)
    for process in found:
        _quietly(process.terminate)
    _, stubborn = psutil.wait_procs(found, timeout=_PATIENCE_S)
    for process in stubborn:
        _quietly(process.kill)
    psutil.wait_procs(stubborn, timeout=_PATIENCE_S)
    return len(found)


def _belongs_to(process: psutil.Process, run_dir: Path) -> bool:
    try:
        return process.environ().get("HOLDFAST_PLATFORM") == str(run_dir)
    except (psutil.Error, OSError):
        return False


def _quietly(act: Callable[[], None]) -> None:
    try:
        act()
    except psutil.Error:
        return
