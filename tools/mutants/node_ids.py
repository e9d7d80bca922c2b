"""A pytest plugin: tests have the private name `_nodeid` that mutmut 3.7 asks for and newer pytest does not have."""

import pytest


def pytest_configure() -> None:
    """Give every test its node id under the old name as well."""
    if not hasattr(pytest.Item, "_nodeid"):
        pytest.Item._nodeid = property(lambda item: item.nodeid)  # type: ignore[attr-defined]
