"""Starting and stopping a whole local platform, in the order that its parts need.

Servers, then topics and migrations, then services, then everybody is ready. Stopping goes the other way. Doing either
twice is harmless. What is stored is deleted by `reset` alone.
"""

import fcntl
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from deploy.local import ports, readiness
from deploy.local.downloads import Cache
from deploy.local.layout import SERVICES, Layout
from deploy.local.left_overs import end_left_overs, left_overs
from deploy.local.problems import PlatformProblem
from deploy.local.programs import (
    TOPICS,
    Program,
    preparations,
    server_programs,
    servers,
    service_programs,
    shared_environment,
)
from deploy.local.progress import Progress
from deploy.local.supervision import PREPARATION_GROUP, SERVER_GROUP, SERVICE_GROUP, Groups, Running, Supervisor
from shared.web.dev_issuer import DevIssuer

_SERVER_TIMEOUT_S = 180.0
_PREPARE_TIMEOUT_S = 180.0
_STOP_TIMEOUT_S = 60.0


def up(layout: Layout, *, ready_timeout_s: float) -> None:
    """Start what does not run and return when every process is ready."""
    with _alone(layout.run_dir), Progress() as progress:
        supervisor = Supervisor(layout)
        if supervisor.is_running():
            _refuse_other_settings(layout)
            progress.say("The platform is already running.")
            supervisor.start_group(SERVER_GROUP)
        else:
            _start_supervisor(layout, supervisor, progress)
        if any(not process.runs for process in supervisor.processes() if process.group == SERVICE_GROUP):
            _prepare(layout, supervisor, progress)
            supervisor.start_group(SERVICE_GROUP)
        _wait_until_ready(layout, progress, ready_timeout_s)
        progress.say(f"Ready in {progress.seconds():.0f} s. {_addresses(layout)}")


def down(layout: Layout) -> None:
    """Stop everything, services first; what is stored stays."""
    with _alone(layout.run_dir), Progress() as progress:
        stopped = _stop(layout, progress)
        progress.say("Stopped." if stopped else "Nothing was running.")


def reset(layout: Layout) -> None:
    """Stop everything and delete what the platform stored, its logs and its signing key."""
    with _alone(layout.run_dir), Progress() as progress:
        _stop(layout, progress)
        for item in _own_files(layout.run_dir):
            shutil.rmtree(item) if item.is_dir() else item.unlink()
        progress.say(f"Deleted everything that was stored in {layout.run_dir}.")


def _start_supervisor(layout: Layout, supervisor: Supervisor, progress: Progress) -> None:
    end_left_overs(layout.run_dir)
    _refuse_other_store(layout)
    node, store = servers(layout, Cache.from_environment(), progress.say)
    groups = Groups(server_programs(node, store), preparations(layout), service_programs(layout))
    _refuse_taken_ports(layout, [*groups.servers, *groups.services])
    states = (f"state/{program.name}" for program in (*groups.preparations, *groups.services))
    for directory in ("logs", "failpoints", *states):
        (layout.run_dir / directory).mkdir(parents=True, exist_ok=True)
    environment = shared_environment(layout, DevIssuer.load_or_create(layout.issuer_dir))
    progress.waiting("preparing Kafka and the store")
    node.prepare()
    store.prepare()
    layout.record()
    supervisor.start(groups, environment)


def _prepare(layout: Layout, supervisor: Supervisor, progress: Progress) -> None:
    """Topics and databases, before any service runs."""
    # Migrations wait for the store by themselves, so their slow part, importing, overlaps with its start.
    for service in SERVICES:
        supervisor.start_program(PREPARATION_GROUP, f"{service}-migrate")
    _wait_for_servers(layout, progress)
    supervisor.start_program(PREPARATION_GROUP, TOPICS)
    deadline = time.monotonic() + _PREPARE_TIMEOUT_S
    while waiting := [process for process in _preparations(supervisor) if process.runs or process.exit_code]:
        failed = next((process for process in waiting if not process.runs), None)
        if failed is not None or time.monotonic() > deadline:
            name = (failed or waiting[0]).name
            raise PlatformProblem(f"{name} did not succeed: read {layout.log_file(name)}, then run `make up` again.")
        progress.waiting(f"preparing {', '.join(process.name for process in waiting)}")
        time.sleep(0.1)


def _preparations(supervisor: Supervisor) -> list[Running]:
    return [process for process in supervisor.processes() if process.group == PREPARATION_GROUP]


def _refuse_other_settings(layout: Layout) -> None:
    if Layout.recorded(layout.run_dir) != layout:
        raise PlatformProblem(
            "This platform already runs with another STORE or HOLDFAST_PORT_OFFSET: run `make down` first."
        )


def _wait_until_ready(layout: Layout, progress: Progress, timeout_s: float) -> None:
    def tell(missing: list[readiness.Readiness]) -> None:
        progress.waiting(f"waiting for {len(missing)}: {_who(missing)}" if missing else "all are ready")

    missing = readiness.wait_for(service_programs(layout), timeout_s=timeout_s, tell=tell)
    if missing:
        raise PlatformProblem(
            f"Not ready after {timeout_s:.0f} s: {_who(missing)}; read `make logs SERVICE={missing[0].name}`, "
            "the rest runs on."
        )


def _who(missing: Sequence[readiness.Readiness]) -> str:
    """Names by what they wait for: `contracts-api, payouts-api (kafka: no broker answers)`."""
    by_reason: dict[str, list[str]] = {}
    for answer in missing:
        by_reason.setdefault(answer.reason, []).append(answer.name)
    return "; ".join(f"{', '.join(names)} ({reason})" for reason, names in by_reason.items())


def _wait_for_servers(layout: Layout, progress: Progress) -> None:
    rows = [Program("kafka", [], layout.kafka_port), Program("store", [], layout.store_port)]
    tell = progress.waiting
    missing = readiness.wait_for(rows, timeout_s=_SERVER_TIMEOUT_S, tell=lambda _: tell("starting Kafka and the store"))
    if missing:
        name = missing[0].name
        raise PlatformProblem(
            f"{name} did not start within {_SERVER_TIMEOUT_S:.0f} s: read {layout.log_file(name)}, then try again."
        )


def _stop(layout: Layout, progress: Progress) -> bool:
    """True when there was something to stop."""
    supervisor, ran = Supervisor(layout), False
    if supervisor.is_running():
        ran = True
        supervisor.shut_down()
        _wait_for_end(layout, progress)
    ended = end_left_overs(layout.run_dir)
    for file in layout.run_dir.glob("*.pid"):
        file.unlink(missing_ok=True)
    return ran or ended > 0


def _wait_for_end(layout: Layout, progress: Progress) -> None:
    deadline = time.monotonic() + _STOP_TIMEOUT_S
    while (alive := len(left_overs(layout.run_dir))) and time.monotonic() < deadline:
        progress.waiting(f"stopping, {alive} processes left")
        time.sleep(0.1)


def _refuse_taken_ports(layout: Layout, rows: Sequence[Program]) -> None:
    wanted = [(row.name, row.port) for row in rows]
    wanted.append(("kafka", layout.kafka_controller_port))
    for name, port in wanted:
        if not ports.is_free(port):
            owner = ports.owner_of(port)
            by = f"by {owner}" if owner else "by another program"
            raise PlatformProblem(
                f"Port {port} for {name} is taken {by}: stop that program, or move all ports with "
                f"`make up HOLDFAST_PORT_OFFSET=1000`."
            )


def _refuse_other_store(layout: Layout) -> None:
    """Kafka's records and the store's documents belong together: changing the store alone would lose half of them."""
    before = Layout.recorded(layout.run_dir)
    if before is not None and before.store_build is not layout.store_build and before.store_home.exists():
        raise PlatformProblem(
            f"{layout.run_dir} was filled with STORE={before.store_build}: start it so, or run `make reset` first."
        )


def _own_files(run_dir: Path) -> Iterator[Path]:
    """What a platform writes into its run directory, and nothing that a person may have put there."""
    names = ("kafka", "store-*", "logs", "state", "failpoints", "issuer", "supervisor", "platform.json*", "*.pid")
    for name in names:
        yield from run_dir.glob(name)


def _addresses(layout: Layout) -> str:
    first = layout.api_url(SERVICES[0])
    return f"Services: {first}/docs up to port {layout.api_port(SERVICES[-1])}; `make status` shows everything."


@contextmanager
def _alone(run_dir: Path) -> Iterator[None]:
    """Two people, or two scripts, starting and stopping one platform at once take turns."""
    run_dir.mkdir(parents=True, exist_ok=True)
    with (run_dir / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise PlatformProblem(
                f"Another command is starting or stopping the platform in {run_dir}: wait until it is done."
            ) from error
        yield
