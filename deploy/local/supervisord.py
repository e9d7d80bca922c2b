"""The supervisor's own process: the library's, with two changes that time asks for.

It looks around five times a second instead of once, as what died must be replaced within two seconds. And it starts
the suite's own programs from imported libraries (see preloading); everything else is started as usual.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from supervisor import supervisord
from supervisor.options import ServerOptions

from deploy.local.preloading import become, preload

_LOOK_EVERY_S = 0.2
_PRELOAD_AT_LOOK = 3
"""By then the servers are being started: a Java process boots while libraries are imported."""


class Options(ServerOptions):  # type: ignore[misc]
    """The library's options and system calls; `execve` turns a program of the suite into itself without a new start."""

    def realize(self, *args: Any, **kwargs: Any) -> None:
        """Read the configuration, then quicken the loop."""
        super().realize(*args, **kwargs)
        commands = [program.command for group in self.process_group_configs for program in group.process_configs]
        worth_it = any(f"{sys.executable} -m " in command for command in commands)
        self.poller.poll = _quickened(self.poller.poll, preloading=worth_it)

    def execve(self, filename: str, argv: list[str], env: dict[str, str]) -> None:
        """Called in the child, last of all."""
        pid_file, command = _unwrapped(argv)
        if command[:1] != [sys.executable] or command[1:2] != ["-m"]:
            super().execve(filename, argv, env)
        _become(pid_file, command[2:], env)


def _become(pid_file: Path | None, words: list[str], environment: dict[str, str]) -> NoReturn:
    if pid_file is not None:
        beside = pid_file.with_suffix(".pid.tmp")
        beside.write_text(f"{os.getpid()}\n")
        beside.replace(pid_file)
    become(words[0], words[1:], environment)


def _unwrapped(argv: list[str]) -> tuple[Path | None, list[str]]:
    """The pid file and the command behind `run_with_pid_file.sh`, or no pid file and the command as it is."""
    if len(argv) > 3 and argv[1].endswith("run_with_pid_file.sh"):
        return Path(argv[2]), argv[3:]
    return None, argv


def _quickened(look: Callable[[float], Any], *, preloading: bool) -> Callable[[float], Any]:
    looks = 0

    def quick(timeout: float) -> Any:
        nonlocal looks
        looks += 1
        if preloading and looks == _PRELOAD_AT_LOOK:
            preload()
        return look(min(timeout, _LOOK_EVERY_S))

    return quick


def main() -> None:
    """Run in the background, as the library's own command does, until told to shut down."""
    options = Options()
    options.realize(sys.argv[1:])
    options.first, options.test = True, False
    supervisord.go(options)
    options.close_httpservers()
    options.close_logger()


if __name__ == "__main__":
    main()
