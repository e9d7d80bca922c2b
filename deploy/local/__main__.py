"""The commands behind `make up`, `make down` and their kin: `python -m deploy.local --help`.

Every foreseeable trouble ends in one sentence and exit code 1, never in a traceback.
"""

import os
import sys
from typing import Annotated

import typer

from deploy.local import lifecycle
from deploy.local.downloads import Cache, Say
from deploy.local.layout import Layout
from deploy.local.prerequisites import find_java
from deploy.local.problems import PlatformProblem
from deploy.local.status import show_status
from deploy.local.store_server import StoreBuild
from shared.web.dev_issuer import DevIssuer

_READY_TIMEOUT_S = 180.0
_ROLES = ("client", "freelancer", "mediator", "operator")

commands = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@commands.command()
def fetch() -> None:
    """Fetch what the platform runs: Kafka's jars and the document store."""
    find_java()
    cache, say = Cache.from_environment(), _say()
    cache.kafka_jars(say)
    cache.store_program(StoreBuild.DEFAULT, say)


@commands.command()
def store_fast() -> None:
    """Build the fast document store, once."""
    print(Cache.from_environment().build_fast_store(_say()))


@commands.command()
def up() -> None:
    """Start the platform and wait until it is ready."""
    timeout_s = float(os.environ.get("HOLDFAST_READY_TIMEOUT_S") or _READY_TIMEOUT_S)
    lifecycle.up(Layout.asked_for(), ready_timeout_s=timeout_s)


@commands.command()
def down() -> None:
    """Stop the platform; what is stored stays."""
    lifecycle.down(Layout.current())


@commands.command()
def reset() -> None:
    """Stop the platform and delete what is stored."""
    lifecycle.reset(Layout.current())


@commands.command()
def status() -> None:
    """Show each process and what it is waiting for; exit code 1 while anything is."""
    raise typer.Exit(0 if show_status(Layout.current()) else 1)


@commands.command()
def logs(service: Annotated[str, typer.Argument(help="A process or a service; all without it.")] = "") -> None:
    """Show the logs of one process (payouts-worker), of one service (payouts), or of all."""
    layout = Layout.current()
    exact = layout.log_file(service)
    files = [exact] if service and exact.exists() else sorted(exact.parent.glob(f"{service}*.log"))
    if not files:
        known = ", ".join(sorted(file.stem for file in exact.parent.glob("*.log"))) or "none yet: run `make up`"
        raise PlatformProblem(f"There is no log of {service or 'any process'}; logs: {known}.")
    # In a terminal the log is followed; in a pipe it ends.
    following = ["-n", "50", "-F"] if sys.stdout.isatty() else ["-n", "200"]
    os.execvp("tail", ["tail", *following, *(str(file) for file in files)])  # noqa: S606


@commands.command()
def token(party: str, role: str, ttl_s: int = 12 * 3600) -> None:
    """Print a bearer token of the development issuer for one party in one role."""
    if not party or role not in _ROLES:
        raise PlatformProblem(f"Say who and as what: `make token AS=<party id> ROLE={'|'.join(_ROLES)}`.")
    print(DevIssuer.load_or_create(Layout.current().issuer_dir).token(party, role, ttl_s))


def _say() -> Say:
    return lambda text: print(text, file=sys.stderr, flush=True)


def main() -> int:
    """Run one command; troubles that a person can mend are told in one sentence."""
    try:
        commands(standalone_mode=True)
    except PlatformProblem as problem:
        print(f"holdfast: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("holdfast: interrupted; `make down` stops what runs.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
