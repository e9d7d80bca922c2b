"""Starts Python programs from a process that has imported their libraries already.

Twelve services and five migrations import the same libraries for two seconds each, which on two cores is most of the
time that a start takes. The supervisor imports them once and its children begin there. Only libraries are shared,
never a module of the suite: a program that starts again runs the code that is on disk then.
"""

import gc
import importlib
import os
import runpy
import signal
import sys
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NoReturn

import setproctitle

_LIBRARIES = (
    "aiokafka",
    "cattrs",
    "fastapi",
    "httptools",
    "iso4217",
    "joserfc.jwt",
    "motor.motor_asyncio",
    "orjson",
    "prometheus_client",
    "pydantic_settings",
    "stamina",
    "structlog",
    "uuid_utils",
    "uvicorn",
    "uvloop",
)


def preload() -> None:
    """Import the libraries; one that is not installed will be missed by the program that needs it."""
    for name in _LIBRARIES:
        with suppress(ImportError):
            importlib.import_module(name)
    # What is loaded now lives for ever: a collection in a child need not visit it, nor copy its pages.
    gc.collect()
    gc.freeze()


def become(module: str, arguments: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    """Turn this freshly forked process into `python -m module arguments`; never returns."""
    code = 1
    try:
        # Before the environment changes: the title is written over the parent's command line, found through it.
        setproctitle.setproctitle(" ".join(["python", "-m", module, *arguments]))
        _forget_the_parent(environment)
        sys.argv = [module, *arguments]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = _code_of(end)
    except BaseException:
        traceback.print_exc()
    finally:
        _leave(code)


def _forget_the_parent(environment: Mapping[str, str]) -> None:
    """Signals, environment and streams as in a process that was just started."""
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(environment)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - open as long as the process lives
    sys.stdout = open(1, "w", buffering=1, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115


def _code_of(end: SystemExit) -> int:
    if end.code is None:
        return 0
    if isinstance(end.code, int):
        return end.code
    print(end.code, file=sys.stderr)
    return 1


def _leave(code: int) -> NoReturn:
    """End without returning into the parent's code, whose frames are still below.

    Nothing is waited for: a program that returns has closed what it opened, and idle threads of a pool never end.
    """
    with suppress(BaseException):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)
