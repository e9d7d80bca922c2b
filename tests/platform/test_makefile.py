"""The Makefile is the interface: every promised command is there, says what it is for, and calls the right program."""

import re
import subprocess
from pathlib import Path

import pytest

from deploy.local.downloads import REPOSITORY

_PROMISED = [
    "setup",
    "up",
    "down",
    "status",
    "logs",
    "reset",
    "token",
    "scenario",
    "scenarios",
    "sim",
    "test",
    "check",
    "demo",
    "bench",
    "audit",
    "rebuild",
    "crash",
    "store-fast",
    "lock",
    "events",
]


def _make(*words: str) -> str:
    answer = subprocess.run(["make", *words], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return answer.stdout


def test_make_alone_lists_every_command_with_its_purpose() -> None:
    listed = dict(re.findall(r"^  make ([a-z0-9-]+) +(\S.*)$", _make(), flags=re.MULTILINE))
    assert set(_PROMISED) <= set(listed)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["scenario", "FILES=a.yaml b"], "-m tools.scenarios a.yaml b"),
        (["scenarios"], "-m tools.scenarios scenarios"),
        (["audit"], "-m tools.audit"),
        (["crash", "SEED=7", "KILLS=9"], "-m tools.crash --seed 7 --kills 9"),
        (["bench", "SECONDS=5", "STORE=fast"], "-m tools.bench --seconds 5 --store fast"),
        (["demo"], "-m tools.demo"),
        (["logs", "SERVICE=payouts-worker"], "-m deploy.local logs payouts-worker"),
        (["token", "AS=cl_1", "ROLE=client"], '-m deploy.local token "cl_1" "client"'),
        (["test"], "-m pytest"),
    ],
)
def test_command_calls_its_program(words: list[str], expected: str) -> None:
    assert expected in _make("-n", *words)


@pytest.mark.parametrize("name", ["app", "dev", "store"])
def test_requirements_are_pinned_by_hash_and_name_no_index_and_no_path(name: str) -> None:
    text = (REPOSITORY / "requirements" / f"{name}.txt").read_text()
    pins = re.findall(r"^[a-z0-9._-]+(?:\[[a-z0-9,-]+\])?==\S+", text, flags=re.MULTILINE)
    starts = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert len(pins) == len(starts) > 0
    assert text.count("--hash=sha256:") >= len(pins)
    assert not re.search(r"://|--index|--find-links|^/|file:", text, flags=re.MULTILINE)


@pytest.mark.parametrize("name", ["app", "dev"])
def test_nothing_that_the_product_imports_is_a_prerelease(name: str) -> None:
    text = (REPOSITORY / "requirements" / f"{name}.txt").read_text()
    versions = re.findall(r"^[a-z0-9._-]+==([^ ;\\]+)", text, flags=re.MULTILINE)
    assert [version for version in versions if re.search(r"\d(a|b|rc|\.dev)\d", version)] == []


def test_the_pom_names_no_repository() -> None:
    pom = (REPOSITORY / "deploy" / "local" / "kafka" / "pom.xml").read_text()
    assert "<repositor" not in pom
    assert "<version>4.2.1</version>" in pom


def test_the_store_is_never_imported() -> None:
    """It is a separate server under another licence: the product may speak to it, never load it."""
    app = (REPOSITORY / "requirements" / "app.txt").read_text() + (REPOSITORY / "requirements" / "dev.txt").read_text()
    assert "secantus" not in app


def test_the_python_that_is_chosen_makes_environments() -> None:
    answer = subprocess.run([REPOSITORY / "deploy/local/fastest_python.sh"], capture_output=True, text=True, check=True)
    chosen = answer.stdout.strip()
    subprocess.run([chosen, "-c", "import ensurepip, sys, venv; assert sys.version_info >= (3, 11)"], check=True)


def test_a_python_that_is_too_slow_or_too_old_is_passed_over(tmp_path: Path) -> None:
    """Two programs stand in for builds of Python: each names itself when asked, and then says how long it took."""
    for name, timing in (("python3", "echo 3000"), ("python3.12", "echo 1000"), ("python3.11", "exit 1")):
        program = tmp_path / name
        program.write_text(f'#!/bin/bash\n[[ $3 == *realpath* ]] && echo "$0" || {timing}\n')
        program.chmod(0o755)
    answer = subprocess.run(["/bin/bash", REPOSITORY / "deploy/local/fastest_python.sh"], check=True, text=True,
                            capture_output=True, env={"PATH": f"{tmp_path}:/bin"})
    assert answer.stdout.strip() == str(tmp_path / "python3.12")


def test_an_old_python_that_was_named_is_refused(tmp_path: Path) -> None:
    old = tmp_path / "python"
    old.write_text("#!/bin/bash\nexit 1\n")
    old.chmod(0o755)
    answer = subprocess.run(["make", "setup", f"PYTHON={old}", f"VENV={tmp_path / 'none'}"], cwd=REPOSITORY,
                            capture_output=True, text=True, check=False)
    assert answer.returncode != 0
    assert "Python 3.11 or newer is needed" in answer.stderr
