"""The document store of the local platform: SecantusDB, speaking the MongoDB wire protocol.

Two builds of one project: the Python wheel (default, installs in seconds) and the Rust build (for load tests).
Always with `--sync-on-commit`: without it a hard kill loses transactions that were acknowledged.
It never starts or stops a process.
"""

import enum
import socket
import struct
from dataclasses import dataclass
from pathlib import Path

from deploy.local.ports import LOOPBACK


class StoreBuild(enum.StrEnum):
    """Which build of the store runs; chosen by `STORE=`."""

    DEFAULT = "default"
    FAST = "fast"

    @property
    def options(self) -> tuple[str, ...]:
        """What this build is asked for beside the rest.

        The Rust build's checkpoints, by default one a minute, are made smaller by making them more often: a stall of
        about a second was seen at that distance. Commits are durable by the log either way.
        """
        return ("--checkpoint-seconds", "10") if self is StoreBuild.FAST else ()

    @property
    def environment(self) -> dict[str, str]:
        """What this build is told besides.

        Nobody reads a change stream, so the Rust build writes no log for them: it is a copy of every document beside
        the journal, which is what commits are durable by. And pages that were changed stay in its cache until the
        next checkpoint: by default four threads write them out from a twentieth of the cache on, a quarter of its work.
        """
        return {"SECANTUS_DISABLE_OPLOG": "1", "SECANTUS_WT_CONFIG_EXTRA": ",".join(_CACHE)} if (
            self is StoreBuild.FAST) else {}


_CACHE = ("eviction=(threads_min=1,threads_max=2)", "eviction_dirty_target=40", "eviction_dirty_trigger=70",
          "eviction_updates_target=30", "eviction_updates_trigger=60")
"""In percent of the cache: from where on its pages are written out, and from where on commits wait for that."""


@dataclass(frozen=True)
class StoreServer:
    """Where one store lives and how much memory its cache may take."""

    program: Path
    home: Path
    port: int
    cache_mb: int = 1024
    build: StoreBuild = StoreBuild.DEFAULT

    @property
    def mongodb_uri(self) -> str:
        """The address that clients are given."""
        return f"mongodb://{LOOPBACK}:{self.port}/?directConnection=true"

    def prepare(self) -> None:
        """Make the storage directory; what is there is kept."""
        self.home.mkdir(parents=True, exist_ok=True)

    def command(self, *extra: str) -> list[str]:
        """The command line that runs the store in the foreground; `extra` are more options, e.g. for fault tests."""
        where = ["--host", LOOPBACK, "--port", str(self.port), "--storage-path", str(self.home)]
        return [str(self.program), *where, "--cache-size", f"{self.cache_mb}M", "--sync-on-commit",
                *self.build.options, *extra]


def takes_requests(port: int, *, timeout_s: float = 1.0) -> bool:
    """True when the store on this port answers a ping."""
    ping = b"\x10ping\x00\x01\x00\x00\x00" + b"\x02$db\x00\x06\x00\x00\x00admin\x00"
    body = struct.pack("<i", len(ping) + 5) + ping + b"\x00"
    message = struct.pack("<iiiii", 16 + 4 + 1 + len(body), 1, 0, 2013, 0) + b"\x00" + body
    try:
        with socket.create_connection((LOOPBACK, port), timeout=timeout_s) as connection:
            connection.settimeout(timeout_s)
            connection.sendall(message)
            return len(connection.recv(16)) > 0
    except OSError:
        return False
