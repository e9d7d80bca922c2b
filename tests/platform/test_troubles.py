"""What a person is told when the machine is not as it must be: one sentence that says what to do, and exit code 1."""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.downloads import REPOSITORY, Cache
from deploy.local.layout import Layout
from deploy.local.ports import free_ports
from deploy.local.problems import PlatformProblem
from deploy.local.programs import service_programs
from deploy.local.store_server import StoreBuild


def _command(*words: str, run_dir: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    told = {**os.environ, "HOLDFAST_RUN_DIR": str(run_dir), "HOLDFAST_PORT_OFFSET": "11000", **environment}
    command = [sys.executable, "-m", "deploy.local", *words]
    return subprocess.run(command, cwd=REPOSITORY, env=told, capture_output=True, text=True, timeout=60, check=False)


def _sentence(answer: subprocess.CompletedProcess[str]) -> str:
    """The one line of complaint; a traceback, or a second line, is a failure."""
    lines = [line for line in answer.stderr.splitlines() if line.startswith("holdfast: ")]
    assert answer.returncode == 1, answer
    assert "Traceback" not in answer.stderr
    assert len(lines) == 1, answer.stderr
    return lines[0]


def _tools_without(tmp_path: Path, *missing: str) -> str:
    """A search path with the shell's own tools and without the missing ones."""
    place = tmp_path / "bin"
    place.mkdir(exist_ok=True)
    for tool in ("sh", "java", "mvn"):
        found = shutil.which(tool)
        if found and tool not in missing:
            (place / tool).symlink_to(found)
    return str(place)


def test_missing_java_is_named_with_its_cure(tmp_path: Path) -> None:
    answer = _command("up", run_dir=tmp_path, PATH=_tools_without(tmp_path, "java"), JAVA_HOME="")
    assert "install a JDK of version 17 or newer" in _sentence(answer)


def test_too_old_java_is_named_with_its_cure(tmp_path: Path) -> None:
    java = tmp_path / "old" / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text("#!/bin/sh\necho 'openjdk version \"1.8.0_402\"' >&2\n")
    java.chmod(0o755)
    answer = _command("up", run_dir=tmp_path, JAVA_HOME=str(tmp_path / "old"))
    assert "version 8" in _sentence(answer)


def test_missing_maven_is_named_with_its_cure(tmp_path: Path) -> None:
    path = _tools_without(tmp_path, "mvn")
    answer = _command("fetch", run_dir=tmp_path, PATH=path, MAVEN_HOME="", HOLDFAST_CACHE=str(tmp_path / "cache"))
    assert "Maven was not found" in _sentence(answer)


def test_missing_cargo_is_named_with_its_cure(tmp_path: Path) -> None:
    path = _tools_without(tmp_path)
    answer = _command("store-fast", run_dir=tmp_path, PATH=path, CARGO_HOME="", HOLDFAST_CACHE=str(tmp_path / "cache"))
    assert "install Rust" in _sentence(answer)


def test_fast_store_that_was_never_built_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(PlatformProblem, match="make store-fast"):
        Cache(tmp_path).store_program(StoreBuild.FAST, print)


def test_taken_port_names_port_process_and_owner(tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", Layout(tmp_path, 11000).api_port("payouts")))
        listener.listen()
        sentence = _sentence(_command("up", run_dir=tmp_path))
    assert "Port 19104 for payouts-api is taken" in sentence
    assert f"pid {os.getpid()}" in sentence


@pytest.mark.parametrize("setting", [{"HOLDFAST_PORT_OFFSET": "-1"}, {"HOLDFAST_PORT_OFFSET": "x"}, {"STORE": "slow"}])
def test_setting_without_a_meaning_is_refused(tmp_path: Path, setting: dict[str, str]) -> None:
    name, value = next(iter(setting.items()))
    assert f"{name}={value}" in _sentence(_command("up", run_dir=tmp_path, **setting))


def test_token_for_an_unknown_role_lists_the_roles(tmp_path: Path) -> None:
    assert "client|freelancer|mediator|operator" in _sentence(_command("token", "fr_1", "admin", run_dir=tmp_path))


def test_status_of_a_platform_that_does_not_run_says_how_to_start_it(tmp_path: Path) -> None:
    answer = _command("status", run_dir=tmp_path)
    assert answer.returncode == 1
    assert "make up" in answer.stdout


def test_store_is_not_changed_under_data(tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    before = Layout(run_dir, store_build=StoreBuild.DEFAULT)
    before.store_home.mkdir(parents=True)
    before.record()
    assert "make reset" in _sentence(_command("up", run_dir=run_dir, STORE="fast"))


def test_half_finished_download_is_taken_up_again(tmp_path: Path) -> None:
    """A jar that was cut short, as by a full disk, is noticed and everything is fetched anew."""
    fetched: list[Path] = []

    def fetch(place: Path) -> None:
        (place / "kafka.jar").write_bytes(b"whole")
        fetched.append(place)

    cache = Cache(tmp_path)
    place = cache.whole("kafka", "1", fetch)
    assert cache.whole("kafka", "1", fetch) == place
    assert len(fetched) == 1
    (place / "kafka.jar").write_bytes(b"wh")
    cache.whole("kafka", "1", fetch)
    assert len(fetched) == 2
    assert (place / "kafka.jar").read_bytes() == b"whole"


def test_download_that_fails_leaves_nothing_that_counts_as_whole(tmp_path: Path) -> None:
    def fetch(place: Path) -> None:
        (place / "kafka.jar").write_bytes(b"wh")
        raise PlatformProblem("Maven could not fetch")

    with pytest.raises(PlatformProblem):
        Cache(tmp_path).whole("kafka", "1", fetch)
    with pytest.raises(PlatformProblem):
        Cache(tmp_path).whole("kafka", "1", fetch)


def test_maven_that_fails_is_told_in_one_sentence(tmp_path: Path) -> None:
    maven = tmp_path / "maven" / "bin" / "mvn"
    maven.parent.mkdir(parents=True)
    maven.write_text("#!/bin/sh\nexit 1\n")
    maven.chmod(0o755)
    answer = _command(
        "fetch", run_dir=tmp_path, MAVEN_HOME=str(tmp_path / "maven"), HOLDFAST_CACHE=str(tmp_path / "cache")
    )
    assert "run `make setup` again" in _sentence(answer)


def test_two_layouts_share_no_port(tmp_path: Path) -> None:
    def ports(layout: Layout) -> set[int]:
        rows = {program.port for program in service_programs(layout)}
        return rows | {layout.kafka_port, layout.kafka_controller_port, layout.store_port}

    one, two = ports(Layout(tmp_path / "one")), ports(Layout(tmp_path / "two", 1000))
    assert len(one) == 15
    assert not one & two


def test_record_of_a_platform_names_every_address(tmp_path: Path) -> None:
    layout = Layout(tmp_path, free_ports(1)[0] - 20_000, StoreBuild.FAST)
    layout.record()
    facts = json.loads((tmp_path / "platform.json").read_text())
    assert Layout.recorded(tmp_path) == layout
    assert facts["services"]["payouts"] == layout.api_url("payouts")
    assert facts["mongodb_uri"] == layout.mongodb_uri
