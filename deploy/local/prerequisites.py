"""Finds the tools of the machine that the local platform runs on: a JDK, Maven, cargo.

It only looks; it never installs anything outside the cache directory.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

from deploy.local.problems import PlatformProblem

JAVA_MAJOR_MIN = 17


def find_java() -> Path:
    """The `java` to run Kafka with: `JAVA_HOME` first, then the search path; Java 17 or newer."""
    java = _find("java", home_variable="JAVA_HOME")
    if java is None:
        raise PlatformProblem(
            f"No Java was found: install a JDK of version {JAVA_MAJOR_MIN} or newer, or set JAVA_HOME to one."
        )
    major = _java_major(java)
    if major is not None and major < JAVA_MAJOR_MIN:
        raise PlatformProblem(
            f"Kafka needs Java {JAVA_MAJOR_MIN} or newer but {java} is version {major}: set JAVA_HOME to a newer JDK."
        )
    return java


def find_maven() -> Path:
    """The `mvn` that fetches the Kafka jars."""
    maven = _find("mvn", home_variable="MAVEN_HOME")
    if maven is None:
        raise PlatformProblem("Maven was not found: install it so that `mvn` is on the search path, or set MAVEN_HOME.")
    return maven


def find_cargo() -> Path:
    """The `cargo` that builds the fast store."""
    cargo = _find("cargo", home_variable="CARGO_HOME")
    if cargo is None:
        raise PlatformProblem(
            "The fast store is built by Rust's cargo, which was not found: install Rust, or use STORE=default."
        )
    return cargo


def _find(command: str, *, home_variable: str) -> Path | None:
    home = os.environ.get(home_variable)
    if home and (Path(home) / "bin" / command).is_file():
        return Path(home) / "bin" / command
    found = shutil.which(command)
    return Path(found) if found else None


def _java_major(java: Path) -> int | None:
    """The major version that `java -version` prints, or None when it prints something unknown."""
    try:
        answer = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise PlatformProblem(f"{java} does not run: install a working JDK or set JAVA_HOME to one.") from error
    match = re.search(r'version "(?:1\.)?(\d+)', answer.stderr + answer.stdout)
    return int(match.group(1)) if match else None
