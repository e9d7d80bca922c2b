"""A pytest plugin for judging mutants.

Tests have the private name `_nodeid` that mutmut 3.7 asks for and newer pytest does not have; a story that has gone
wrong is not made shorter, as nobody reads it.
"""

import pytest
from hypothesis import Phase, settings


def pytest_configure() -> None:
    """Give every test its node id under the old name as well, and stories an early end."""
    if not hasattr(pytest.Item, "_nodeid"):
        pytest.Item._nodeid = property(lambda item: item.nodeid)  # type: ignore[attr-defined]
    settings.register_profile("mutants", phases=[Phase.explicit, Phase.generate])
    settings.load_profile("mutants")
