"""The import contracts hold, and each of them turns red on a planted violation."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("shared", "services", "tools", "deploy")

PLANTED: dict[str, tuple[str, str]] = {
    "services-are-strangers": (
        "services/payouts/application/planted.py", "import services.invoicing.domain  # noqa\n"),
    "shared-knows-no-service": ("shared/messaging/planted.py", "import services.payouts.domain  # noqa\n"),
    "services-know-no-tool": ("services/payouts/adapters/planted.py", "import tools.audit.checks  # noqa\n"),
    "rules-are-pure": ("services/payouts/domain/planted.py", "import shared.persistence.unit  # noqa\n"),
    "use-cases-know-no-adapter": (
        "services/invoicing/application/planted.py", "import services.invoicing.adapters.simulated_gateway  # noqa\n"),
    "one-direction": ("shared/kernel/planted.py", "import shared.events.catalogue  # noqa\n"),
}


def verdict(folder: Path, contract: str) -> subprocess.CompletedProcess[str]:
    linter = Path(sys.executable).parent / "lint-imports"
    return subprocess.run([str(linter), "--contract", contract, "--no-cache"], cwd=folder, text=True,
                          capture_output=True, timeout=100, check=False)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the house in which a wall may be broken."""
    copy = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", copy)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__", "*.json"))
    return copy


@pytest.mark.parametrize("contract", PLANTED)
def test_the_contract_holds_and_a_planted_violation_breaks_it(house: Path, contract: str) -> None:
    held = verdict(house, contract)
    assert held.returncode == 0, held.stdout[-3000:]
    name, line = PLANTED[contract]
    planted = house / name
    planted.write_text(line)
    try:
        broken = verdict(house, contract)
    finally:
        planted.unlink()
    assert broken.returncode != 0
    assert "BROKEN" in broken.stdout


def test_every_contract_of_the_project_is_planted_here() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    ids = {line.split('"')[1] for line in text.splitlines() if line.startswith('id = "')}
    assert ids == set(PLANTED)
