"""The bench: a corner of the real broker for one test."""

import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.streams.rig import Bench


@pytest.fixture
def new_bench(kafka_bootstrap: str, tmp_path: Path) -> Callable[[], Bench]:
    """Make corners for the processor `balances`: for stories that are told more than once."""
    def make() -> Bench:
        prefix = f"s{uuid.uuid4().hex[:8]}."
        folder = tmp_path / prefix
        folder.mkdir()
        return Bench(kafka_bootstrap, folder, prefix)

    return make


@pytest.fixture
async def bench(new_bench: Callable[[], Bench]) -> AsyncIterator[Bench]:
    """A corner for the processor `balances`."""
    async with new_bench() as bench:
        yield bench


@pytest.fixture
async def holds_bench(kafka_bootstrap: str, tmp_path: Path) -> AsyncIterator[Bench]:
    """A corner for the processor `holds`."""
    async with Bench(kafka_bootstrap, tmp_path, f"s{uuid.uuid4().hex[:8]}.", processor="holds") as bench:
        yield bench
