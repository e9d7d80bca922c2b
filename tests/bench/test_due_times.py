"""The benchmark of due times runs to its end on the real store, with few windows: timings are not looked at."""

import pytest

from deploy.local.store_server import StoreBuild
from tools.bench import due_times
from tools.bench.due_times import Asked, measured


@pytest.mark.real
@pytest.mark.timeout(120)
async def test_every_window_of_noon_ends_and_no_other(mongodb_uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(due_times, "CLIENTS_MANY", 7)
    monkeypatch.setattr(due_times, "EVERY_S", 0.5)
    monkeypatch.setattr(due_times, "LOOKS_OF_STORE", 3)
    figures = await measured(Asked(windows=120, due=80, store=StoreBuild.DEFAULT, most_s=60), mongodb_uri)
    assert figures["drained"] is True
    assert figures["holds_said_due"] == 80
