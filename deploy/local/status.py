"""What `make status` prints: each process with pid, uptime, readiness, and what it waits for. It changes nothing."""

from rich.console import Console
from rich.table import Table

from deploy.local import readiness
from deploy.local.downloads import Cache
from deploy.local.layout import Layout
from deploy.local.programs import Program, service_programs
from deploy.local.supervision import Running, Supervisor


def show_status(layout: Layout) -> bool:
    """Print the table; True when every process is ready."""
    supervisor = Supervisor(layout)
    if not supervisor.is_running():
        print("The platform is not running; `make up` starts it.")
        return False
    rows = [
        Program("kafka", [], layout.kafka_port),
        Program("store", [], layout.store_port),
        *service_programs(layout),
    ]
    processes = {process.name: process for process in supervisor.processes()}
    answers = readiness.ask_all(rows)
    _print(layout, rows, processes, answers)
    return all(answer.ready for answer in answers)


def _print(
    layout: Layout, rows: list[Program], processes: dict[str, Running], answers: list[readiness.Readiness]
) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("process", "state", "pid", "up", "port", "ready", "waiting for"):
        table.add_column(column, no_wrap=column != "waiting for")
    for row, answer in zip(rows, answers, strict=True):
        process = processes.get(row.name, Running("", row.name, "UNKNOWN", 0, 0))
        ready = "[green]yes[/green]" if answer.ready else "[red]no[/red]"
        pid = str(process.pid) if process.pid else "-"
        table.add_row(
            row.name, process.state.lower(), pid, _duration(process.uptime_s), str(row.port), ready, answer.reason
        )
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=200)
    console.print(table)
    console.print(
        f"store: {layout.store_build.value}   files: {layout.run_dir}   cache: {Cache.from_environment().home}"
    )


def _duration(seconds: int) -> str:
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}"
