"""The whole suite as separate processes on real Kafka and the real store: stories, repeats, kills, and the audit."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pymongo
import pytest

from deploy.local.layout import Layout

ROOT = Path(__file__).resolve().parents[2]
FIVE = [str(path.relative_to(ROOT)) for path in sorted((ROOT / "scenarios").glob("0[1-5]-*.yaml"))]

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]


def command(layout: Layout, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HOLDFAST_RUN_DIR": str(layout.run_dir)}
    return subprocess.run([sys.executable, "-m", module, *arguments], cwd=ROOT, env=environment, text=True,
                          capture_output=True, timeout=800, check=False)


def said(ended: subprocess.CompletedProcess[str]) -> str:
    return f"{ended.stdout[-6000:]}\n{ended.stderr[-2000:]}"


@pytest.mark.parametrize("more", [[], ["--parallel", "5"], ["--seed", "7"]], ids=["first", "again", "shifted"])
def test_the_five_stories_hold_all_at_once_twice_and_shifted(private_suite: Layout, more: list[str]) -> None:
    ended = command(private_suite, "tools.scenarios", *more, *FIVE)
    assert ended.returncode == 0, said(ended)
    assert ended.stdout.strip().endswith("5 passed, 0 failed")


def test_the_whole_pack_holds(private_suite: Layout) -> None:
    ended = command(private_suite, "tools.scenarios", "scenarios")
    assert ended.returncode == 0, said(ended)
    assert ended.stdout.strip().endswith(" passed, 0 failed")


def test_the_audit_passes_after_the_stories(private_suite: Layout) -> None:
    ended = command(private_suite, "tools.audit")
    assert ended.returncode == 0, said(ended)


def test_a_short_crash_run_ends_with_every_story_told_and_every_cent_in_place(private_suite: Layout) -> None:
    ended = command(private_suite, "tools.crash", "--seed", "5", "--kills", "14", "--parallel", "3", "--limit", "600",
                    *FIVE)
    assert ended.returncode == 0, said(ended)


Plant = Callable[[Any], None]


def move_a_cent(database: Any) -> None:
    account = database.accounts.find_one({"balances.USD.paid_out": {"$gt": 0}})
    database.accounts.update_one({"_id": account["_id"]}, {"$inc": {"balances.USD.paid_out": -1}})


def unbalance_an_entry(database: Any) -> None:
    entry = database.entries.find_one({"kind": "invoice.paid"})
    database.entries.update_one({"_id": entry["_id"]}, {"$inc": {"postings.0.amount_minor": 7}})


def mature_early(database: Any) -> None:
    hold = database.holds.find_one({"state": "matured"})
    database.holds.update_one({"_id": hold["_id"]}, {"$set": {"matured_at": hold["started_at"]}})


@pytest.fixture
def payouts_database(private_suite: Layout) -> Iterator[Any]:
    client: Any = pymongo.MongoClient(private_suite.mongodb_uri)
    yield client["holdfast_payouts"]
    client.close()


@pytest.mark.parametrize(("plant", "named"), [
    (move_a_cent, "account and postings"), (unbalance_an_entry, "unbalanced entry"), (mature_early, "early release")])
def test_the_audit_fails_on_a_fault_planted_in_the_running_store(
    private_suite: Layout, payouts_database: Any, plant: Plant, named: str
) -> None:
    before = {name: list(payouts_database[name].find({})) for name in ("accounts", "entries", "holds")}
    plant(payouts_database)
    try:
        ended = command(private_suite, "tools.audit", "--patience", "0")
    finally:
        for name, rows in before.items():
            for row in rows:
                payouts_database[name].replace_one({"_id": row["_id"]}, row)
    assert ended.returncode == 1, said(ended)
    assert any(line.strip().startswith(f"DIFFERENCE  {named}") and "fr_" in line
               for line in ended.stdout.splitlines()), said(ended)


def test_a_payout_that_the_rail_paid_twice_is_found(private_suite: Layout) -> None:
    client: Any = pymongo.MongoClient(private_suite.mongodb_uri)
    transfers = client["holdfast_rail"]["transfers"]
    doubled = {**transfers.find_one({}), "_id": "po_twice"}
    transfers.insert_one(doubled)
    try:
        ended = command(private_suite, "tools.audit", "--patience", "0")
    finally:
        transfers.delete_one({"_id": "po_twice"})
        client.close()
    assert ended.returncode == 1
    assert f"paid without a payout: {doubled['account_id']} differs by {doubled['amount_minor']}" in ended.stdout
