"""Halves the work of starting Kafka: its classes are parsed once, at set-up, and mapped from an archive after that.

A JVM that cannot use the archive (another version, changed jars) starts without it, only slower; so does one for which
none could be made.
"""

import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from deploy.local.kafka_node import CLASS_ARCHIVE, KafkaNode, takes_requests
from deploy.local.ports import free_ports
from deploy.local.problems import PlatformProblem

_START_TIMEOUT_S = 60.0
_WRITE_TIMEOUT_S = 120.0


def write_class_archive(java: Path, jars: Path) -> None:
    """Start a node on empty storage, end it when it is ready, and keep the classes that it had loaded."""
    home = Path(tempfile.mkdtemp(prefix="holdfast-classes-"))
    try:
        port, controller_port = free_ports(2)
        node = KafkaNode(java, jars, home, port, controller_port)
        node.prepare()
        _run_until_ready(node, jars / CLASS_ARCHIVE)
    except (OSError, subprocess.SubprocessError, PlatformProblem):
        (jars / CLASS_ARCHIVE).unlink(missing_ok=True)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _run_until_ready(node: KafkaNode, archive: Path) -> None:
    java, *rest = node.command()
    command = [java, f"-XX:ArchiveClassesAtExit={archive}", *rest]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet)
    try:
        deadline = time.monotonic() + _START_TIMEOUT_S
        while not takes_requests(node.port) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)
        process.terminate()
        process.wait(_WRITE_TIMEOUT_S)
    finally:
        process.kill()
