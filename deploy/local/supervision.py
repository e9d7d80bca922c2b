"""The one supervisor that keeps every local process alive: its configuration, and talking to it.

The `supervisor` library does the work; this file writes its configuration and calls its interface over a socket
that only the owner of the run directory can open.
"""

import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from http.client import HTTPException
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy

from supervisor.xmlrpc import SupervisorTransport

from deploy.local.downloads import REPOSITORY
from deploy.local.layout import Layout
from deploy.local.problems import PlatformProblem
from deploy.local.programs import Program

SERVER_GROUP, PREPARATION_GROUP, SERVICE_GROUP = "servers", "preparations", "services"
_WRAPPER = Path(__file__).parent / "run_with_pid_file.sh"
_SOCKET_PATH_MAX = 90  # The kernel allows 107 bytes and the supervisor adds a suffix of its own.
_START_TIMEOUT_S = 20.0
_NO_ANSWER = (OSError, Fault, HTTPException)
# A process may wait a whole evening for a server that is away; giving up is never right here.
_START_RETRIES = 1_000_000


@dataclass(frozen=True)
class Groups:
    """The programs of a platform by the order in which they are started."""

    servers: Sequence[Program]
    preparations: Sequence[Program]
    services: Sequence[Program]


@dataclass(frozen=True)
class Running:
    """What the supervisor knows about one process; `pid` is 0 while there is none."""

    group: str
    name: str
    state: str
    pid: int
    uptime_s: int
    exit_code: int = 0

    @property
    def runs(self) -> bool:
        """It has a process, or is getting one."""
        return self.state in ("STARTING", "RUNNING", "BACKOFF")


class Supervisor:
    """One platform's supervisor, running or not."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._socket = _socket_path(layout)

    @property
    def _call(self) -> Any:
        # One connection per call: the library's cannot be used again after an answer that did not come.
        transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        # The address is a form: the transport goes to the socket.
        return ServerProxy("http://127.0.0.1", transport=transport).supervisor

    def start(self, groups: "Groups", environment: dict[str, str]) -> None:
        """Start the supervisor with the servers running and the rest ready to be started."""
        self._layout.supervisor_dir.mkdir(parents=True, exist_ok=True)
        configuration = self._layout.supervisor_dir / "supervisor.conf"
        configuration.write_text(_configuration(self._layout, self._socket, groups))
        starting = [sys.executable, "-m", "deploy.local.supervisord", "-c", str(configuration)]
        # Its children's titles must not be written over the environment, by which they are known (see left_overs).
        environment = {**environment, "SPT_NOENV": "1"}
        answer = subprocess.run(starting, env=environment, cwd=REPOSITORY, capture_output=True, text=True, check=False)
        deadline = time.monotonic() + _START_TIMEOUT_S
        while not self.is_running():
            if answer.returncode != 0 or time.monotonic() > deadline:
                raise PlatformProblem(
                    f"The supervisor did not start: read {self._layout.log_file('supervisor')} {answer.stderr.strip()}"
                )
            time.sleep(0.05)

    def is_running(self) -> bool:
        """True when the supervisor answers."""
        try:
            return bool(self._call.getState()["statename"])
        except _NO_ANSWER:
            return False

    def start_group(self, group: str) -> None:
        """Start what does not run in one group; what runs is left alone. Returns before it is done."""
        self._call.startProcessGroup(group, False)

    def start_program(self, group: str, name: str) -> None:
        """Start one program; harmless when it runs."""
        with suppress(Fault):
            self._call.startProcess(f"{group}:{name}", False)

    def processes(self) -> list[Running]:
        """Every process with its state and pid."""
        return [_running(row) for row in self._call.getAllProcessInfo()]

    def shut_down(self) -> None:
        """Ask the supervisor to end everything, services before servers, and then itself."""
        with suppress(*_NO_ANSWER):  # It may be gone before it answers.
            self._call.shutdown()


def _running(row: dict[str, Any]) -> Running:
    uptime_s = row["now"] - row["start"] if row["pid"] else 0
    return Running(row["group"], row["name"], row["statename"], row["pid"], uptime_s, row["exitstatus"])


def _socket_path(layout: Layout) -> Path:
    """In the run directory; where that path is too long for a socket, a short one derived from it."""
    path = layout.supervisor_dir / "socket"
    if len(str(path)) <= _SOCKET_PATH_MAX:
        return path
    return Path(tempfile.gettempdir()) / f"holdfast-{sha256(str(layout.run_dir).encode()).hexdigest()[:16]}.socket"


def _configuration(layout: Layout, socket: Path, groups: Groups) -> str:
    sections = [
        _section(
            "supervisord",
            logfile=layout.log_file("supervisor"),
            logfile_maxbytes="5MB",
            logfile_backups=1,
            pidfile=layout.supervisor_dir / "pid",
            childlogdir=layout.log_file("supervisor").parent,
            directory=REPOSITORY,
        ),
        _section("unix_http_server", file=socket, chmod="0700"),
        "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n",
    ]
    # The supervisor ends groups in the reverse order of priority: the services first.
    named = {SERVER_GROUP: groups.servers, PREPARATION_GROUP: groups.preparations, SERVICE_GROUP: groups.services}
    for priority, (group, programs) in enumerate(named.items()):
        if programs:
            names = ",".join(program.name for program in programs)
            sections.append(_section(f"group:{group}", programs=names, priority=priority))
    sections += [_kept_alive(layout, program, autostart=True) for program in groups.servers]
    sections += [_run_once(layout, program) for program in groups.preparations]
    sections += [_kept_alive(layout, program, autostart=False) for program in groups.services]
    return "\n".join(sections)


def _kept_alive(layout: Layout, program: Program, *, autostart: bool) -> str:
    command = ["/bin/sh", str(_WRAPPER), str(layout.pid_file(program.name)), *program.command]
    return _program_section(layout, program, command, autostart=autostart, autorestart=True)


def _run_once(layout: Layout, program: Program) -> str:
    return _program_section(layout, program, program.command, autostart=False, autorestart=False)


def _program_section(
    layout: Layout, program: Program, command: list[str], *, autostart: bool, autorestart: bool
) -> str:
    environment = ",".join(f'{name}="{value}"' for name, value in program.environment.items())
    return _section(
        f"program:{program.name}",
        command=shlex.join(command),
        **({"environment": environment} if environment else {}),
        autostart=str(autostart).lower(),
        autorestart=str(autorestart).lower(),
        # A process killed in its first second is replaced as fast as any other.
        startsecs=0,
        startretries=_START_RETRIES,
        stopsignal="TERM",
        stopwaitsecs=20,
        killasgroup="true",
        redirect_stderr="true",
        stdout_logfile=layout.log_file(program.name),
        stdout_logfile_maxbytes="20MB",
        stdout_logfile_backups=1,
    )


def _section(title: str, **options: object) -> str:
    # A percent sign begins an expansion in this file format.
    lines = [f"{name} = {str(value).replace('%', '%%')}" for name, value in options.items()]
    return "\n".join([f"[{title}]", *lines, ""])
