"""The bench: a corner of the real broker for one test."""

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.streams.rig import Bench


@pytest.fixture
async def bench(kafka_bootstrap: str, tmp_path: Path) -> AsyncIterator[Bench]:
    """A corner for the processor `balances`."""
    async with Bench(kafka_bootstrap, tmp_path, f"s{uuid.uuid4().hex[:8]}.") as bench:
        yield bench


@pytest.fixture
async def holds_bench(kafka_bootstrap: str, tmp_path: Path) -> AsyncIterator[Bench]:
    """A corner for the processor `holds`."""
    async with Bench(kafka_bootstrap, tmp_path, f"s{uuid.uuid4().hex[:8]}.", processor="holds") as bench:
        yield bench
