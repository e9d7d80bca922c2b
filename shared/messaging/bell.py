"""The bell of an outbox: rung where one of the service's processes committed events, so that the relay looks at once.

The worker rings its own bell; an api sends a datagram to the worker's port. A ring says nothing but "look", anybody may
ring, and one that is lost costs `LOOK_EVERY_S`. Must never carry what was committed: the outbox tells.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.observability.logs import logger

LOOK_EVERY_S = 0.5
"""The relay looks so often without a ring: what a lost one costs."""
FOUND_FOR_S = 30.0
"""The address of the worker is looked up again after so long, as a worker that moved has another."""
_RING = b"."
_log = logger("bell")


class Bell:
    """Where the relay waits for events."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """There may be something new in the outbox."""
        self._rung.set()

    def hush(self) -> None:
        """Forget what was rung before: a look follows."""
        self._rung.clear()

    async def wait(self, at_most_s: float = LOOK_EVERY_S) -> None:
        """Return when it was rung since the last hush, or after so long."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), at_most_s)


class _Heard(asyncio.DatagramProtocol):
    def __init__(self, bell: Bell) -> None:
        self._bell = bell

    def datagram_received(self, data: bytes, addr: object) -> None:
        """Ring, whatever it says."""
        self._bell.ring()


@asynccontextmanager
async def heard(bell: Bell, host: str, port: int) -> AsyncIterator[int]:
    """Ring `bell` at every datagram that comes to `port`; yields the port, which 0 leaves to the operating system."""
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Heard(bell), local_addr=(host, port))
    try:
        yield int(transport.get_extra_info("sockname")[1])
    finally:
        transport.close()


@asynccontextmanager
async def ringing(bell: Bell, address: str | None) -> AsyncIterator[None]:
    """Send a datagram to `address` ("host:port") whenever `bell` rings; without an address nobody is told."""
    if address is None:
        yield
        return
    sending = asyncio.create_task(_send(bell, *_host_and_port(address)), name="bell")
    try:
        yield
    finally:
        sending.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sending


async def _send(bell: Bell, host: str, port: int) -> None:
    loop = asyncio.get_running_loop()
    while True:
        try:
            async with asyncio.timeout(FOUND_FOR_S):
                transport, _ = await loop.create_datagram_endpoint(
                    asyncio.DatagramProtocol, remote_addr=(host, port))
                try:
                    while True:
                        await bell.wait(FOUND_FOR_S)
                        bell.hush()
                        transport.sendto(_RING)
                finally:
                    transport.close()
        except TimeoutError:
            continue
        except OSError as error:
            _log.warning("bell_without_address", host=host, error=str(error)[:200])
            await asyncio.sleep(1.0)


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host, int(port)
