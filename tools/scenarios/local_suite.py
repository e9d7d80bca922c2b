"""Where the suite runs and whether it does: addresses and tokens of the local platform, started where it is not up.

Must never stop a suite that it did not start, nor start one where the environment names another's addresses.
"""

import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

import httpx

from deploy.local.layout import Layout
from shared.web.dev_issuer import DevIssuer
from tools.scenarios.suite import SERVICES, TokenFor

READY_TIMEOUT_S = 2.0


class SuiteNotUp(Exception):
    """The suite does not run and could not be started."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the five services listen, and who signs tokens for them."""

    urls: Mapping[str, str]
    token_for: TokenFor
    own: bool
    """Whether it is the local platform, which may be started here."""


def find_place(environment: Mapping[str, str]) -> Place:
    """Return the addresses that the environment names (HOLDFAST_CONTRACTS_URL ...), or the local platform's."""
    layout = Layout.current()
    named = {service: environment.get(f"HOLDFAST_{service.upper()}_URL") for service in SERVICES}
    urls = {service: (url or layout.api_url(service)).rstrip("/") for service, url in named.items()}
    issuer = DevIssuer.load_or_create(layout.issuer_dir)
    return Place(urls, issuer.token, own=not any(named.values()))


@contextmanager
def running_suite(place: Place, *, keep: bool) -> Iterator[None]:
    """Have the suite up meanwhile, and leave it as it was found unless `keep`."""
    ready = [_answers(url, "/readyz") for url in place.urls.values()]
    if all(ready):
        yield
        return
    if not place.own:
        raise SuiteNotUp(f"not ready: {', '.join(_missing(place, ready))}; the environment names their addresses")
    was_up = any(ready) or any(_answers(url, "/livez") for url in place.urls.values())
    print("The suite is not up: starting it.", file=sys.stderr)
    if _platform("up") != 0:
        raise SuiteNotUp("the local platform could not be started")
    before = signal.signal(signal.SIGTERM, _end)  # Whoever is told to end still leaves the suite as it was found.
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
        if not was_up and not keep:
            _platform("down")


def _end(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _missing(place: Place, ready: list[bool]) -> list[str]:
    return [f"{service} at {url}" for (service, url), up in zip(place.urls.items(), ready, strict=True) if not up]


def _answers(url: str, path: str) -> bool:
    try:
        return httpx.get(url + path, timeout=READY_TIMEOUT_S).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def _platform(command: str) -> int:
    return subprocess.run([sys.executable, "-m", "deploy.local", command], check=False, stdout=sys.stderr).returncode
