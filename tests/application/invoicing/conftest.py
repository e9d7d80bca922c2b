"""A fresh invoicing service for each test."""

from collections.abc import AsyncIterator

import pytest

from tests.application.invoicing.desk import Desk


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    """An invoicing service on the store in memory."""
    async with Desk() as service:
        yield service
