"""The suite is started where it is not up, and left as it was found."""

import os
import signal

import pytest

from tools.scenarios import local_suite
from tools.scenarios.local_suite import Place, SuiteNotUp, find_place, running_suite

NOWHERE = Place({"contracts": "http://127.0.0.1:9"}, lambda subject, role: "", own=True)


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the platform was told to do; it always manages."""
    told: list[str] = []

    def obey(command: str) -> int:
        told.append(command)
        return 0

    monkeypatch.setattr(local_suite, "_platform", obey)
    return told


def test_a_suite_that_is_down_is_started_and_stopped_again(commands: list[str]) -> None:
    with running_suite(NOWHERE, keep=False):
        assert commands == ["up"]
    assert commands == ["up", "down"]


def test_a_run_that_is_told_to_end_still_stops_what_it_started(commands: list[str]) -> None:
    with pytest.raises(SystemExit), running_suite(NOWHERE, keep=False):
        os.kill(os.getpid(), signal.SIGTERM)
    assert commands == ["up", "down"]


def test_a_suite_that_is_to_be_kept_stays(commands: list[str]) -> None:
    with running_suite(NOWHERE, keep=True):
        pass
    assert commands == ["up"]


def test_a_suite_that_runs_is_left_alone(commands: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_suite, "_answers", lambda url, path: True)
    with running_suite(NOWHERE, keep=False):
        pass
    assert commands == []


def test_a_suite_that_is_half_up_is_completed_and_not_stopped(
    commands: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_suite, "_answers", lambda url, path: path == "/livez")
    with running_suite(NOWHERE, keep=False):
        pass
    assert commands == ["up"]


def test_a_suite_that_cannot_be_started_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_suite, "_platform", lambda command: 1)
    with pytest.raises(SuiteNotUp), running_suite(NOWHERE, keep=False):
        pass


def test_another_suite_is_never_started_here(commands: list[str], monkeypatch: pytest.MonkeyPatch,
                                             tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setenv("HOLDFAST_RUN_DIR", str(tmp_path_factory.mktemp("run")))
    place = find_place({"HOLDFAST_CONTRACTS_URL": "http://127.0.0.1:9/"})
    assert place.urls["contracts"] == "http://127.0.0.1:9"
    with pytest.raises(SuiteNotUp, match="contracts at http://127"), running_suite(place, keep=False):
        pass
    assert commands == []
