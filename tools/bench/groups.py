"""What a group's transaction costs by the number of its members, and by how its collections are written.

On the store of a running (or its own) local platform, in a database of its own: transactions of `MongoStore` that write
to eight collections, five of them new documents, three replaced ones. Bounded by `--seconds` per figure.
"""

import argparse
import statistics
import sys
import time
import uuid
from dataclasses import dataclass, field, replace

import uvloop

from deploy.local import lifecycle
from deploy.local.layout import Layout
from deploy.local.store_server import StoreBuild
from deploy.local.supervision import Supervisor
from shared.persistence.collections import REVISION, Document
from shared.persistence.mongo import JOINED_MAX, MongoStore, connect
from shared.persistence.store import Write

DATABASE = "bench_groups"
NEW = ("inbox", "outbox", "payouts", "entries", "answers")
REPLACED = ("accounts", "sequences", "lanes")
SIZES = (1, 3, 10, 30, 100, 300)
KNOWN = 2_000
WAYS = {"each by its own": 0, f"up to {JOINED_MAX} joined": JOINED_MAX, "all joined": 100_000}
READY_TIMEOUT_S = 300.0
ROUNDS = 3


def _document(id: str, revision: int) -> Document:
    return {"_id": id, REVISION: revision, "content": "x" * 200}


@dataclass(slots=True)
class _Groups:
    """Transactions of groups on one store, one after another."""

    store: MongoStore
    revisions: dict[str, list[int]] = field(default_factory=lambda: {name: [1] * KNOWN for name in REPLACED})
    turn: int = 0

    async def seed(self) -> None:
        for name in REPLACED:
            await self.store.insert_new(name, [_document(f"{number:06d}", 1) for number in range(KNOWN)])
        for name in NEW:
            await self.store.database.create_collection(name)

    async def commit(self, members: int) -> None:
        """Commit what a group of so many writes: one outbox row and lane, the rest per member."""
        writes = []
        for name in NEW:
            for _ in range(1 if name == "outbox" else members):
                id = uuid.uuid4().hex
                writes.append(Write("insert", name, id, _document(id, 1)))
        for name in REPLACED:
            for member in range(1 if name == "lanes" else members):
                number = (self.turn + member) % KNOWN
                revision = self.revisions[name][number]
                writes.append(Write.guarded(name, {**_document(f"{number:06d}", revision)}, revision))
                self.revisions[name][number] = revision + 1
        self.turn += members
        async with self.store.transaction() as transaction:
            await transaction.load("lanes", ["000000"])
            await transaction.write(writes)


async def measured(uri: str, seconds: float) -> dict[int, dict[str, float]]:
    """Return the median milliseconds of a transaction by members and way, the ways by turns."""
    client = connect(uri)
    await client.drop_database(DATABASE)
    groups = _Groups(MongoStore(client, DATABASE))
    await groups.seed()
    found: dict[int, dict[str, float]] = {}
    for members in SIZES:
        taken: dict[str, list[float]] = {way: [] for way in WAYS}
        for way, joined_max in [*WAYS.items()] * ROUNDS:
            groups.store = MongoStore(client, DATABASE, joined_max=joined_max)
            until = time.perf_counter() + seconds / ROUNDS
            while time.perf_counter() < until:
                began = time.perf_counter()
                await groups.commit(members)
                taken[way].append((time.perf_counter() - began) * 1000)
        found[members] = {way: statistics.median(values) for way, values in taken.items()}
        print(f"groups of {members:3d}: " + ", ".join(f"{way} {ms:.1f} ms" for way, ms in found[members].items()))
    await client.drop_database(DATABASE)
    return found


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.groups", description=__doc__)
    parser.add_argument("--store", type=StoreBuild, default=StoreBuild.DEFAULT)
    parser.add_argument("--seconds", type=float, default=3.0, help="for each size and way")
    given = parser.parse_args()
    before = Layout.current()
    ran_before = Supervisor(before).is_running()
    layout = before if ran_before else replace(Layout.asked_for(), store_build=given.store)
    try:
        lifecycle.up(layout, ready_timeout_s=READY_TIMEOUT_S)
        uvloop.run(measured(layout.mongodb_uri, given.seconds))
    finally:
        if not ran_before:
            lifecycle.down(layout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
