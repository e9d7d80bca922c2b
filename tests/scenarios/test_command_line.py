"""The command's last line and exit code, without a suite behind it."""

from pathlib import Path

import pytest

from tests.scenarios.stories import STORY, planted, write_story
from tools.scenarios.__main__ import main


def test_files_that_read_exit_with_zero(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(write_story(tmp_path, STORY)), "--read-only"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1 passed, 0 failed"


def test_a_refused_file_exits_with_two_and_names_file_and_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_story(tmp_path, STORY, "a.yaml")
    path = write_story(tmp_path, planted("currency: USD", "currency: USX"), "b.yaml")
    assert main([str(tmp_path), "--read-only"]) == 2
    captured = capsys.readouterr()
    assert f"{path}:10: " in captured.err
    assert captured.out.splitlines()[-1] == "1 passed, 1 failed"


def test_a_place_without_scenarios_exits_with_two(tmp_path: Path) -> None:
    assert main([str(tmp_path / "nowhere.yaml"), "--read-only"]) == 2


def test_no_files_and_no_parallel_runs_are_errors_of_the_caller(tmp_path: Path) -> None:
    for words in ([], [str(write_story(tmp_path, STORY)), "--parallel", "0"]):
        with pytest.raises(SystemExit) as ended:
            main(words)
        assert ended.value.code == 2
