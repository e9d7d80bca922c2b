"""The in-process suite, started once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.in_process import InProcessSuite, in_process_suite


@pytest.fixture(scope="session")
def suite(mongodb_uri: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcessSuite]:
    """The APIs of every service over a real store of this test run."""
    home: Path = tmp_path_factory.mktemp("api")
    with in_process_suite(mongodb_uri, home) as running:
        yield running
