"""Fixtures that every room of tests shares: the real servers, started once, when the first test asks for them.

Set `HOLDFAST_TEST_KAFKA` and `HOLDFAST_TEST_MONGODB` to run the same suites on servers that already run elsewhere.
"""

import os
from collections.abc import Iterator

import pytest

from deploy.local.layout import Layout
from shared.testing.platforms import private_platform
from shared.testing.servers import RealServers


@pytest.fixture(scope="session")
def real_servers() -> Iterator[RealServers]:
    """A private Kafka and a private store for this test run; tests may kill and restart them."""
    with RealServers() as servers:
        yield servers


@pytest.fixture(scope="session")
def kafka_bootstrap(request: pytest.FixtureRequest) -> str:
    """Address of a real Kafka. Use topic names of your own: the broker is shared by the whole run."""
    given = os.environ.get("HOLDFAST_TEST_KAFKA")
    return given or _started(request).kafka_bootstrap


@pytest.fixture(scope="session")
def mongodb_uri(request: pytest.FixtureRequest) -> str:
    """Address of a real store. Use a database prefix of your own: the store is shared by the whole run."""
    given = os.environ.get("HOLDFAST_TEST_MONGODB")
    return given or _started(request).mongodb_uri


def _started(request: pytest.FixtureRequest) -> RealServers:
    servers = request.getfixturevalue("real_servers")
    assert isinstance(servers, RealServers)
    return servers


@pytest.fixture(scope="session")
def private_suite() -> Iterator[Layout]:
    """The whole suite on free ports, for end-to-end tests; each test uses a test clock and parties of its own."""
    with private_platform() as layout:
        yield layout
