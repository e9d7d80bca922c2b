"""Faust's producer, idempotent and by whole batches. Must never return before the broker has what was handed over.

A future per record, as Faust and aiokafka make them, costs more than the records themselves; here it is one per batch.
"""

import asyncio
from collections.abc import Iterable
from itertools import islice
from typing import Any

from faust.transport.drivers import aiokafka as driver

AT_ONCE_MAX = 2_000
"""Records under way at a time: a clock that makes everything due at once must not fill the memory."""

Message = tuple[str, bytes | None, bytes | None, int | None, list[tuple[str, bytes]]]
"""Topic, key, value, partition (None: by key), headers."""


class RecordTooLarge(ValueError):
    """A record that no batch takes."""


class ExactProducer(driver.Producer):  # type: ignore[misc]
    """A producer whose retries neither double nor reorder."""

    def _settings_extra(self) -> dict[str, Any]:
        return {"acks": "all", "enable_idempotence": True}

    async def deliver(self, messages: Iterable[Message]) -> None:
        """Send `messages`, in order within a partition, and return when the broker has all of them."""
        rest = iter(messages)
        while some := list(islice(rest, AT_ONCE_MAX)):
            await self._deliver(some)

    async def _deliver(self, messages: list[Message]) -> None:
        under_way: list[Any] = []
        open_batches: dict[tuple[str, int], Any] = {}
        for topic, key, value, partition, headers in messages:
            place = topic, self.key_partition(topic, key).partition if partition is None else partition
            batch = open_batches.get(place)
            if batch is None:
                batch = open_batches[place] = self._producer.create_batch()
            if batch.append(key=key, value=value, timestamp=None, headers=headers) is None:
                under_way.append(await self._submit(place, batch))
                batch = open_batches[place] = self._producer.create_batch()
                if batch.append(key=key, value=value, timestamp=None, headers=headers) is None:
                    raise RecordTooLarge(f"{topic}: {len(value or b'')} bytes")
        for place, batch in open_batches.items():
            under_way.append(await self._submit(place, batch))
        if under_way:
            await asyncio.gather(*under_way)

    async def _submit(self, place: tuple[str, int], batch: Any) -> Any:
        batch.close()
        return await self._producer.send_batch(batch, place[0], partition=place[1])
