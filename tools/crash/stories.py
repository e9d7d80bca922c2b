"""Scenarios that run, pass after pass, until they are told that the killing is over. Public HTTP only."""


import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PASS_TIMEOUT_S = 1_800


@dataclass(frozen=True)
class Pass:
    """One run of all stories."""

    number: int
    exit_code: int
    last_line: str
    report: Path


class Stories:
    """Runs `python -m tools.scenarios --crash` again and again in a thread."""

    def __init__(self, files: Sequence[str], *, parallel: int, seed: int) -> None:
        self._files, self._parallel, self._seed = list(files), parallel, seed
        self._stop = threading.Event()
        self._home = Path(tempfile.mkdtemp(prefix="holdfast-crash-"))
        self.passes: list[Pass] = []
        self._thread = threading.Thread(target=self._run, name="stories")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def finish(self) -> list[Pass]:
        """Let the running pass end, and one more begin and end with everything up; return all."""
        self._stop.set()
        self._thread.join()
        self.passes.append(self._one(len(self.passes) + 1))
        return self.passes

    @property
    def failed(self) -> list[Pass]:
        """The passes in which a story did not hold."""
        return [one for one in self.passes if one.exit_code]

    def _run(self) -> None:
        while not self._stop.is_set():
            self.passes.append(self._one(len(self.passes) + 1))
            if self.passes[-1].exit_code:
                return

    def _one(self, number: int) -> Pass:
        report, output = self._home / f"pass-{number}.json", self._home / f"pass-{number}.txt"
        command = [sys.executable, "-m", "tools.scenarios", "--crash", "--parallel", str(self._parallel),
                   "--json", str(report), *self._files]
        with output.open("w") as lines:
            ended = subprocess.run(command, stdout=lines, stderr=subprocess.STDOUT, timeout=PASS_TIMEOUT_S, check=False)
        text = output.read_text().strip().splitlines()
        return Pass(number, ended.returncode, text[-1] if text else "no output", output)


def failures_of(one: Pass) -> str:
    """Return what a failed pass printed, its end."""
    return "\n".join(one.report.read_text().splitlines()[-60:])


