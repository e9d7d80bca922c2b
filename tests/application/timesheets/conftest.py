"""A fresh timesheets service for each test."""

from collections.abc import AsyncIterator

import pytest

from tests.application.timesheets.desk import Desk


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    """A timesheets service on the store in memory that knows Acme, Mia and Tala."""
    async with Desk() as service:
        yield service
