"""The local platform with the real services: it starts whole, survives hard kills, and finds its data again."""

import os
import signal
from collections.abc import Callable

import httpx
import psutil
import pytest

from deploy.local import lifecycle, readiness
from deploy.local.layout import SERVICES, Layout
from deploy.local.left_overs import left_overs
from deploy.local.programs import Program, service_programs
from shared.web.dev_issuer import DevIssuer
from tests.platform.probes import until

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]

_MEMORY_MAX = 3 * 2**30
_NOW = "2026-02-20T00:00:00.000Z"


def _pids(layout: Layout) -> dict[str, int]:
    return {program.name: int(layout.pid_file(program.name).read_text()) for program in service_programs(layout)}


def _is_new(layout: Layout, name: str, before: int) -> Callable[[], bool]:
    def new() -> bool:
        try:
            return int(layout.pid_file(name).read_text()) != before
        except ValueError:
            return False

    return new


def _operator(layout: Layout) -> dict[str, str]:
    return {"Authorization": f"Bearer {DevIssuer.load_or_create(layout.issuer_dir).token('op_platform', 'operator')}"}


def _make_clock(layout: Layout) -> str:
    """A test clock: something small that contracts keeps in its store."""
    url, headers = f"{layout.api_url('contracts')}/v1/test_clocks", {**_operator(layout), "Idempotency-Key": "platform"}
    made = httpx.post(url, json={"now": _NOW}, headers=headers, timeout=30)
    assert made.status_code in (200, 201, 202), made.text
    return str(made.json()["id"])


def _clock_is_there(layout: Layout, clock: str) -> bool:
    url = f"{layout.api_url('contracts')}/v1/test_clocks/{clock}"
    return httpx.get(url, headers=_operator(layout), timeout=30).status_code == httpx.codes.OK


def test_every_process_is_ready_and_the_whole_fits_in_three_gibibytes(private_suite: Layout) -> None:
    servers = [Program("kafka", [], private_suite.kafka_port), Program("store", [], private_suite.store_port)]
    answers = readiness.ask_all([*servers, *service_programs(private_suite)])
    assert [answer for answer in answers if not answer.ready] == []
    assert sum(process.memory_info().rss for process in left_overs(private_suite.run_dir)) < _MEMORY_MAX


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_documents_its_api(private_suite: Layout, service: str) -> None:
    assert httpx.get(f"{private_suite.api_url(service)}/docs", timeout=30).status_code == httpx.codes.OK


def test_everything_listens_on_loopback_alone(private_suite: Layout) -> None:
    addresses = {
        connection.laddr[0].removeprefix("::ffff:")
        for process in left_overs(private_suite.run_dir)
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert addresses == {"127.0.0.1"}


def test_starting_what_runs_changes_nothing(private_suite: Layout) -> None:
    before = _pids(private_suite)
    lifecycle.up(private_suite, ready_timeout_s=60)
    assert _pids(private_suite) == before


def test_every_service_killed_hard_is_replaced_within_two_seconds_and_ready_again(private_suite: Layout) -> None:
    before = _pids(private_suite)
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    for name, pid in before.items():
        until(_is_new(private_suite, name, pid), within_s=2)
    missing = readiness.wait_for(service_programs(private_suite), timeout_s=90, tell=lambda _: None)
    assert missing == []


def test_services_outlive_servers_that_are_killed_hard(private_suite: Layout) -> None:
    before = _pids(private_suite)
    for name in ("kafka", "store"):
        os.kill(int(private_suite.pid_file(name).read_text()), signal.SIGKILL)
    servers = [Program("kafka", [], private_suite.kafka_port), Program("store", [], private_suite.store_port)]
    assert readiness.wait_for(servers, timeout_s=60, tell=lambda _: None) == []
    assert readiness.wait_for(service_programs(private_suite), timeout_s=90, tell=lambda _: None) == []
    apis = [f"{service}-api" for service in SERVICES]
    assert {name: _pids(private_suite)[name] for name in apis} == {name: before[name] for name in apis}


def test_what_was_stored_is_found_again_after_down_and_up(private_suite: Layout) -> None:
    clock = _make_clock(private_suite)
    lifecycle.down(private_suite)
    assert left_overs(private_suite.run_dir) == []
    lifecycle.up(private_suite, ready_timeout_s=120)
    assert _clock_is_there(private_suite, clock)
