"""Fetches what the local platform runs but the product never imports: the Kafka jars and the document store.

Everything lands in one cache directory and becomes visible only when it is whole: a download that was cut off is
thrown away and started again by the next run. It never writes outside the cache (Maven and cargo keep their own).
"""

import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from deploy.local.class_archives import write_class_archive
from deploy.local.prerequisites import find_cargo, find_java, find_maven
from deploy.local.problems import PlatformProblem
from deploy.local.store_server import StoreBuild

REPOSITORY = Path(__file__).resolve().parents[2]
FAST_STORE_VERSION = "0.5.3-beta.196"
_POM = Path(__file__).parent / "kafka" / "pom.xml"
_STORE_REQUIREMENTS = REPOSITORY / "requirements" / "store.txt"
_CONTENTS = "contents.json"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Cache:
    """The directory of downloads, shared by every platform and test run on this machine that names it."""

    home: Path

    @staticmethod
    def from_environment() -> "Cache":
        """`HOLDFAST_CACHE`, or `.cache` in the repository."""
        return Cache(Path(os.environ.get("HOLDFAST_CACHE") or REPOSITORY / ".cache").absolute())

    def kafka_jars(self, say: Say) -> Path:
        """The directory of Kafka's jars, fetched by Maven when it is absent or not whole."""
        return self.whole("kafka", _fingerprint(_POM), lambda place: _fetch_kafka(place, say))

    def store_program(self, build: StoreBuild, say: Say) -> Path:
        """The store's program; the wheel is installed when absent, the fast build must have been made before."""
        if build is StoreBuild.DEFAULT:
            version = f"{_fingerprint(_STORE_REQUIREMENTS)}-{_interpreter()}"
            place = self.whole("store", version, lambda place: _install_store(place, say))
            return place / "bin" / "secantusd-py"
        program = self._place("store-fast", FAST_STORE_VERSION) / "bin" / "secantusd-rs"
        if not program.is_file():
            raise PlatformProblem("The fast store is not built yet: run `make store-fast` once (about five minutes).")
        return program

    def build_fast_store(self, say: Say) -> Path:
        """Build the Rust store with cargo, once; its own progress is shown."""
        place = self.whole("store-fast", FAST_STORE_VERSION, lambda place: _build_fast_store(place, say))
        return place / "bin" / "secantusd-rs"

    def _place(self, name: str, version: str) -> Path:
        return self.home / f"{name}-{version}"

    def whole(self, name: str, version: str, fetch: Callable[[Path], None]) -> Path:
        """The finished directory of one download; `fetch` fills it when it is absent or not whole."""
        place = self._place(name, version)
        if _is_whole(place):
            return place
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        fetch(place)
        # Written last: its presence, and the sizes in it, are what makes the download count as whole.
        (place / _CONTENTS).write_text(json.dumps(_sizes(place)))
        return place


def _fetch_kafka(place: Path, say: Say) -> None:
    java = find_java()
    say("Fetching Apache Kafka with Maven (about 45 MB) ...")
    copying = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={place}"]
    _run(
        [str(find_maven()), "-q", "-B", "-Dstyle.color=never", "-f", str(_POM), *copying],
        otherwise="Maven could not fetch the Kafka jars: check that this machine reaches its Maven repository, "
        "then run `make setup` again.",
    )
    if not list(place.glob("kafka_*.jar")):
        raise PlatformProblem("Maven finished without the Kafka jars: run `mvn -X` on deploy/local/kafka/pom.xml.")
    say("Preparing Kafka for quick starts (once, about ten seconds) ...")
    write_class_archive(java, place)


def _install_store(place: Path, say: Say) -> None:
    say("Installing the local document store (SecantusDB) into an environment of its own ...")
    venv.create(place, with_pip=True, symlinks=os.name != "nt")
    installing = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    _run(
        [str(place / "bin" / "python"), *installing, "-r", str(_STORE_REQUIREMENTS)],
        otherwise="pip could not install the local document store: check that this machine reaches its package "
        "index, then run `make setup` again.",
    )


def _build_fast_store(place: Path, say: Say) -> None:
    say("Building the fast document store with cargo: about five minutes, once ...")
    crate = ["secantus-mdb", "--version", FAST_STORE_VERSION, "--ignore-rust-version", "--locked"]
    # Build output goes to the standard error stream of cargo, which the terminal shows as it comes.
    _run(
        [str(find_cargo()), "install", *crate, "--root", str(place)],
        otherwise="cargo could not build the fast store: read its message above, or use STORE=default.",
    )


def _run(command: Sequence[str], *, otherwise: str) -> None:
    """Run one download in view of the person who waits; a failure is told in one sentence."""
    try:
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=sys.stderr)
    except (OSError, subprocess.CalledProcessError) as error:
        raise PlatformProblem(otherwise) from error


def _fingerprint(description: Path) -> str:
    """A short name for what the file asks for, so that a change of version fetches anew."""
    return sha256(description.read_bytes()).hexdigest()[:12]


def _interpreter() -> str:
    """A short name for the Python that runs this, whose builds differ in speed: the store runs on the same one."""
    return sha256(f"{sys.version} {sys.base_prefix}".encode()).hexdigest()[:6]


def _sizes(place: Path) -> dict[str, int]:
    """Every file at the top and in `bin`: enough to notice a cut or cleaned cache without reading thousands."""
    files = [*place.glob("*"), *place.glob("bin/*")]
    return {str(file.relative_to(place)): file.stat().st_size for file in sorted(files) if file.is_file()}


def _is_whole(place: Path) -> bool:
    try:
        expected: dict[str, int] = json.loads((place / _CONTENTS).read_text())
    except (OSError, ValueError):
        return False
    found = _sizes(place)
    return all(found.get(name) == size for name, size in expected.items())
