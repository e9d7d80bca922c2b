"""Fixtures that every room of tests shares: the real servers, started once, when the first test asks for them.

Set `HOLDFAST_TEST_KAFKA` and `HOLDFAST_TEST_MONGODB` to run the same suites on servers that already run elsewhere.
What starts servers is imported by the fixtures that need it: a unit test should not wait for it.
"""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from deploy.local.layout import Layout
    from shared.testing.servers import RealServers


@pytest.fixture(scope="session")
def real_servers() -> "Iterator[RealServers]":
    """A private Kafka and a private store for this test run; tests may kill and restart them."""
    from shared.testing.servers import RealServers

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


def _started(request: pytest.FixtureRequest) -> "RealServers":
    servers: RealServers = request.getfixturevalue("real_servers")
    return servers


@pytest.fixture(scope="session")
def private_suite() -> "Iterator[Layout]":
    """The whole suite on free ports, for end-to-end tests; each test uses a test clock and parties of its own."""
    from shared.testing.platforms import private_platform

    with private_platform() as layout:
        yield layout
