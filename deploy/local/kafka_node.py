"""One real Apache Kafka node: its files, how it is formatted, its command line, and whether it takes requests.

Used by the local platform and by the tests' private servers. It never starts or stops a process.
"""

import base64
import socket
import struct
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path
from string import Template

from deploy.local.ports import LOOPBACK
from deploy.local.problems import PlatformProblem

CLASS_ARCHIVE = "classes.jsa"
_FILES = Path(__file__).parent / "kafka"
# The optimising compiler costs as much as everything else in the first minutes, on cores that all processes share, and
# does not earn it back: measured over a replayed month and over payouts at 150/s.
_COMPILE_QUICKLY = "-XX:TieredStopAtLevel=1"
_METADATA_REQUEST, _METADATA_VERSION = 3, 1


@dataclass(frozen=True)
class KafkaNode:
    """Where one node lives and how much memory it may take."""

    java: Path
    jars: Path
    home: Path
    port: int
    controller_port: int
    heap_mb: int = 512

    @property
    def bootstrap_servers(self) -> str:
        """The address that clients are given."""
        return f"{LOOPBACK}:{self.port}"

    def prepare(self) -> None:
        """Write the configuration and format the storage if that was never done; what is there is kept."""
        self.home.mkdir(parents=True, exist_ok=True)
        template = Template((_FILES / "server.properties").read_text())
        self._properties.write_text(
            template.substitute(port=self.port, controller_port=self.controller_port, log_dir=self._log_dir)
        )
        if not (self._log_dir / "meta.properties").exists():
            self._format()

    def command(self) -> list[str]:
        """The command line that runs the node in the foreground."""
        memory = [f"-Xms{self.heap_mb // 2}m", f"-Xmx{self.heap_mb}m", "-XX:+UseG1GC", "-XX:+ExitOnOutOfMemoryError"]
        return [*self._java(*memory, _COMPILE_QUICKLY), "kafka.Kafka", str(self._properties)]

    @property
    def _log_dir(self) -> Path:
        return self.home / "log"

    @property
    def _properties(self) -> Path:
        return self.home / "server.properties"

    def _java(self, *options: str) -> list[str]:
        logging = f"-Dlog4j2.configurationFile={(_FILES / 'log4j2.properties').as_uri()}"
        headless = "-Djava.awt.headless=true"
        return [str(self.java), *options, *self._archive(), headless, logging, "-cp", f"{self.jars}/*"]

    def _archive(self) -> list[str]:
        """Classes that were parsed at set-up; a JVM that cannot use them says nothing and starts without."""
        archive = self.jars / CLASS_ARCHIVE
        if not archive.exists():
            return []
        return [f"-XX:SharedArchiveFile={archive}", "-Xshare:auto", "-Xlog:cds=off", "-Xlog:cds+dynamic=off"]

    def _format(self) -> None:
        quick = ["-Xmx128m", _COMPILE_QUICKLY, "-XX:+UseG1GC"]
        formatting = ["kafka.tools.StorageTool", "format", "-t", _cluster_id(), "-c", str(self._properties)]
        answer = subprocess.run([*self._java(*quick), *formatting], capture_output=True, text=True, check=False)
        if answer.returncode != 0:
            reason = (answer.stderr or answer.stdout).strip().splitlines()[-1:] or ["no reason given"]
            raise PlatformProblem(
                f"Kafka could not format {self._log_dir} ({reason[0]}): run `make reset`, then try again."
            )


def takes_requests(port: int, *, timeout_s: float = 1.0) -> bool:
    """True when the broker on this port answers and counts itself as a live member of its cluster.

    A broker that was killed hard accepts connections seconds before it takes records again; until then it does not
    list itself, so listing is what is asked for.
    """
    client_id = b"holdfast-probe"
    head = struct.pack(">hhih", _METADATA_REQUEST, _METADATA_VERSION, 1, len(client_id)) + client_id
    request = head + struct.pack(">i", 0)
    try:
        with socket.create_connection((LOOPBACK, port), timeout=timeout_s) as connection:
            connection.settimeout(timeout_s)
            connection.sendall(struct.pack(">i", len(request)) + request)
            answer = _read(connection, struct.unpack(">i", _read(connection, 4))[0])
    except (OSError, struct.error):
        return False
    brokers: int = struct.unpack_from(">i", answer, 4)[0]
    return brokers > 0


def _read(connection: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size:
        part = connection.recv(size - len(received))
        if not part:
            raise ConnectionResetError("the broker closed the connection")
        received += part
    return received


def _cluster_id() -> str:
    """A random cluster id in Kafka's form; one that begins with a dash would be read as an option."""
    while (text := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return text
