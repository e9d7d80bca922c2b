"""Private real servers for tests: one Kafka node and one document store on free loopback ports, in a directory of
their own, with kills and restarts on demand.

They are the same servers, started the same way, as those of `make up`. Nothing but tests may use this module.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO

import psutil

from deploy.local import kafka_node, store_server
from deploy.local.downloads import Cache
from deploy.local.kafka_node import KafkaNode
from deploy.local.ports import free_ports
from deploy.local.prerequisites import find_java
from deploy.local.store_server import StoreBuild, StoreServer

_PREFIX = "holdfast-servers-"
_START_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 20.0


class ServerDidNotStart(Exception):
    """A private server ended or stayed silent; the message ends with the last lines of its log."""


@dataclass
class RealServers:
    """A Kafka node and a store that belong to one test run.

    Every method returns when its work is done and blocks meanwhile: in a coroutine call `restart_kafka` and
    `restart_store` with `asyncio.to_thread`. Ports stay the same over restarts, and so does what was stored.
    """

    store_build: StoreBuild = StoreBuild.DEFAULT
    store_options: tuple[str, ...] = ()
    _home: Path = field(init=False)
    _kafka: "_Server" = field(init=False)
    _store: "_Server" = field(init=False)
    _kafka_port: int = field(init=False)
    _store_port: int = field(init=False)

    @property
    def kafka_bootstrap(self) -> str:
        """Address of the Kafka node."""
        return f"127.0.0.1:{self._kafka_port}"

    @property
    def mongodb_uri(self) -> str:
        """Address of the store."""
        return f"mongodb://127.0.0.1:{self._store_port}/?directConnection=true"

    @property
    def home(self) -> Path:
        """The directory that holds both servers' files; deleted at the end."""
        return self._home

    def start(self) -> "RealServers":
        """Start both servers at the same time and wait until both take requests."""
        _end_left_overs()
        cache = Cache.from_environment()
        self._home = Path(tempfile.mkdtemp(prefix=_PREFIX))
        (self._home / "owner.pid").write_text(str(os.getpid()))
        self._kafka_port, controller_port, self._store_port = free_ports(3)
        store = StoreServer(cache.store_program(self.store_build, print), self._home / "store", self._store_port, 128,
                            self.store_build)
        jars, port = cache.kafka_jars(print), self._kafka_port
        node = KafkaNode(find_java(), jars, self._home / "kafka", port, controller_port, heap_mb=320)
        self._store = _Server("store", self._home, lambda: store_server.takes_requests(self._store_port))
        self._kafka = _Server("kafka", self._home, lambda: kafka_node.takes_requests(self._kafka_port))
        try:
            store.prepare()
            self._store.launch(store.command(*self.store_options))
            node.prepare()
            self._kafka.launch(node.command())
            self._store.wait_until_ready()
            self._kafka.wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End both servers and delete their files. Nothing is asked of them: the files go with them."""
        for server in (self._kafka, self._store):
            server.kill()
        shutil.rmtree(self._home, ignore_errors=True)

    def kill_kafka(self) -> None:
        """End Kafka as a power cut would."""
        self._kafka.kill()

    def restart_kafka(self) -> None:
        """Start Kafka again on the same port and files; returns when it takes records."""
        self._kafka.relaunch()

    def kill_store(self) -> None:
        """End the store as a power cut would."""
        self._store.kill()

    def restart_store(self) -> None:
        """Start the store again on the same port and files; returns when it answers."""
        self._store.relaunch()

    def __enter__(self) -> "RealServers":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


@dataclass
class _Server:
    """One server process with its log and its probe."""

    name: str
    home: Path
    takes_requests: Callable[[], bool]
    _command: list[str] = field(default_factory=list)
    _process: subprocess.Popen[bytes] | None = None
    _log: IO[bytes] | None = None

    def launch(self, command: list[str]) -> None:
        self._command = command
        if self._log is None:
            self._log = (self.home / f"{self.name}.log").open("ab")
        # A session of its own: Ctrl-C in the terminal must end the tests first and the servers after them.
        self._process = subprocess.Popen(  # noqa: S603 - the command is our own
            command, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log, start_new_session=True
        )
        (self.home / f"{self.name}.pid").write_text(str(self._process.pid))

    def relaunch(self) -> None:
        self.kill()
        self.launch(self._command)
        self.wait_until_ready()

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(_STOP_TIMEOUT_S)

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + _START_TIMEOUT_S
        while not self.takes_requests():
            ended = self._process is None or self._process.poll() is not None
            if ended or time.monotonic() > deadline:
                what = "ended" if ended else "does not answer"
                raise ServerDidNotStart(f"the private {self.name} {what}:\n{self._last_lines()}")
            time.sleep(0.05)

    def _last_lines(self) -> str:
        lines = (self.home / f"{self.name}.log").read_text(errors="replace").splitlines()
        return "\n".join(lines[-15:])


def _end_left_overs() -> None:
    """End servers whose test run was killed before it could: their owner's pid is no longer alive."""
    for home in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        owner = _read_pid(home / "owner.pid")
        if owner is None or _is_alive(owner):
            continue
        for name in ("kafka", "store"):
            pid = _read_pid(home / f"{name}.pid")
            if pid is not None and _belongs_to(pid, home):
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(home, ignore_errors=True)


def _read_pid(file: Path) -> int | None:
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _belongs_to(pid: int, home: Path) -> bool:
    """True when the live process was started on this directory (a pid may have been given to another since)."""
    try:
        return any(str(home) in argument for argument in psutil.Process(pid).cmdline())
    except psutil.Error:
        return False
