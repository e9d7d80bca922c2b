"""Where one local platform lives: its directory, its ports, its processes. Read by every tool that talks to it.

A platform is told apart by its run directory. What it was started with is recorded there (`platform.json`), so that
later commands and tools find it without being told again. This file starts nothing.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.downloads import REPOSITORY
from deploy.local.ports import LOOPBACK
from deploy.local.problems import PlatformProblem
from deploy.local.store_server import StoreBuild

SERVICES = ("contracts", "timesheets", "invoicing", "payouts", "disputes")
PROCESSORS = ("holds", "balances")
_API_PORT, _WORKER_PORT, _PROCESSOR_PORT = 8101, 8111, 8116
_KAFKA_PORT, _KAFKA_CONTROLLER_PORT, _STORE_PORT = 19092, 19093, 27117


@dataclass(frozen=True)
class Layout:
    """One platform: `port_offset` moves all of its ports, so that two can run beside each other."""

    run_dir: Path
    port_offset: int = 0
    store_build: StoreBuild = StoreBuild.DEFAULT

    @staticmethod
    def asked_for() -> "Layout":
        """The platform that the environment asks for: `HOLDFAST_RUN_DIR`, `HOLDFAST_PORT_OFFSET`, `STORE`."""
        offset, store = os.environ.get("HOLDFAST_PORT_OFFSET") or "0", os.environ.get("STORE") or "default"
        if not offset.isdecimal() or not _fits(int(offset)):
            raise PlatformProblem(f"HOLDFAST_PORT_OFFSET={offset} is no offset: give a number from 0 to 30000.")
        if store not in list(StoreBuild):
            raise PlatformProblem(f"STORE={store} is unknown: give STORE=default or STORE=fast.")
        return Layout(_run_dir(), int(offset), StoreBuild(store))

    @staticmethod
    def current() -> "Layout":
        """The platform that was last started in the run directory, or what is asked for where none ever was."""
        return Layout.recorded(_run_dir()) or Layout.asked_for()

    @staticmethod
    def recorded(run_dir: Path) -> "Layout | None":
        """What the platform in this directory was last started with."""
        try:
            record = json.loads((run_dir / "platform.json").read_text())
            return Layout(run_dir, int(record["port_offset"]), StoreBuild(record["store"]))
        except (OSError, ValueError, KeyError):
            return None

    def record(self) -> None:
        """Write `platform.json`: for later commands, and for tools in any language that want the addresses."""
        facts: dict[str, Any] = {
            "port_offset": self.port_offset,
            "store": self.store_build.value,
            "kafka_bootstrap_servers": self.kafka_bootstrap_servers,
            "mongodb_uri": self.mongodb_uri,
            "services": {service: self.api_url(service) for service in SERVICES},
        }
        beside = self.run_dir / "platform.json.tmp"
        beside.write_text(json.dumps(facts, indent=2) + "\n")
        beside.replace(self.run_dir / "platform.json")

    @property
    def kafka_port(self) -> int:
        """Where clients reach Kafka."""
        return _KAFKA_PORT + self.port_offset

    @property
    def kafka_controller_port(self) -> int:
        """Where the Kafka node talks to itself."""
        return _KAFKA_CONTROLLER_PORT + self.port_offset

    @property
    def store_port(self) -> int:
        """Where clients reach the store."""
        return _STORE_PORT + self.port_offset

    @property
    def kafka_bootstrap_servers(self) -> str:
        """Kafka's address as clients write it."""
        return f"{LOOPBACK}:{self.kafka_port}"

    @property
    def mongodb_uri(self) -> str:
        """The store's address as clients write it."""
        return f"mongodb://{LOOPBACK}:{self.store_port}/?directConnection=true"

    def api_port(self, service: str) -> int:
        """The public HTTP port of one service."""
        return _API_PORT + SERVICES.index(service) + self.port_offset

    def worker_port(self, service: str) -> int:
        """The health and metrics port of one worker."""
        return _WORKER_PORT + SERVICES.index(service) + self.port_offset

    def processor_port(self, processor: str) -> int:
        """The health and metrics port of one stream processor."""
        return _PROCESSOR_PORT + PROCESSORS.index(processor) + self.port_offset

    def api_url(self, service: str) -> str:
        """The public address of one service."""
        return f"http://{LOOPBACK}:{self.api_port(service)}"

    def pid_file(self, program: str) -> Path:
        """The file that holds the pid of one process, right after every restart: `payouts-worker.pid`."""
        return self.run_dir / f"{program}.pid"

    def log_file(self, program: str) -> Path:
        """The log of one process."""
        return self.run_dir / "logs" / f"{program}.log"

    @property
    def issuer_dir(self) -> Path:
        """The development issuer's key and JWKS file."""
        return self.run_dir / "issuer"

    @property
    def failpoints_dir(self) -> Path:
        """Where a test arms failpoints of the local processes."""
        return self.run_dir / "failpoints"

    @property
    def kafka_home(self) -> Path:
        """Kafka's configuration and records."""
        return self.run_dir / "kafka"

    @property
    def store_home(self) -> Path:
        """The store's files; each build has its own, as they do not read each other's."""
        return self.run_dir / f"store-{self.store_build.value}"

    @property
    def supervisor_dir(self) -> Path:
        """The supervisor's configuration and own pid."""
        return self.run_dir / "supervisor"


def _run_dir() -> Path:
    # Joining an absolute path replaces the left side: a relative one means "in the repository".
    return (REPOSITORY / (os.environ.get("HOLDFAST_RUN_DIR") or ".run")).resolve()


def _fits(offset: int) -> bool:
    return 0 <= offset <= 30_000
