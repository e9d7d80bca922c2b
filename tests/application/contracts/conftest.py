"""A fresh contracts service for each test."""

from collections.abc import AsyncIterator

import pytest

from tests.application.contracts.office import Office


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    """A contracts service on the store in memory."""
    async with Office() as service:
        yield service
