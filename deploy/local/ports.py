"""Questions about loopback TCP ports: is it free, does something answer on it.

Answers are a moment old when they arrive: they make messages clear, they never reserve anything.
"""

import random
import socket

import psutil

LOOPBACK = "127.0.0.1"
# Below the range from which Linux and macOS take ports for outgoing connections, so that a server that was killed
# finds its port free when it comes back.
PRIVATE_PORTS = range(20_000, 32_000)


def is_free(port: int) -> bool:
    """True when a server could listen on this port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return not answers(port)


def answers(port: int) -> bool:
    """True when something accepts connections on this port."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((LOOPBACK, port)) == 0


def owner_of(port: int) -> str | None:
    """Name and pid of the program that listens on this port, where the machine lets us see it."""
    try:
        for connection in psutil.net_connections(kind="tcp"):
            listens = connection.status == psutil.CONN_LISTEN and tuple(connection.laddr)[1:] == (port,)
            if listens and connection.pid:
                return f"{psutil.Process(connection.pid).name()}, pid {connection.pid}"
    except psutil.Error:
        return None
    return None


def free_ports(count: int) -> list[int]:
    """Different free ports for private servers."""
    found: list[int] = []
    for port in random.sample(PRIVATE_PORTS, len(PRIVATE_PORTS)):
        if is_free(port):
            found.append(port)
        if len(found) == count:
            return found
    raise OSError(f"fewer than {count} free ports on {LOOPBACK}")
