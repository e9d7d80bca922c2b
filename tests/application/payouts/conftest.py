"""A fresh payouts service for each test."""

from collections.abc import AsyncIterator

import pytest

from tests.application.payouts.books import Books


@pytest.fixture
async def books() -> AsyncIterator[Books]:
    """A payouts service on the store in memory."""
    async with Books() as service:
        yield service
