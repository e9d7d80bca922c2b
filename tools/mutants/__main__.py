"""`python -m tools.mutants [SERVICE ...]`: change the rules one small step at a time, and see which test notices.

mutmut makes the mutants of the domain rooms; the tests that know a rule without servers judge them. Works on a copy of
the tree in the run directory. Writes `docs/mutants.md` when every service was asked for. Exit code 0: done, whatever
the score; 1: the tests fail without any mutant; 2: a name is wrong.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.local.layout import SERVICES, Layout

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "mutants.md"
COPIED = ("services", "shared", "tests", "tools", "deploy", "docs", "scenarios")
MUTMUT = Path(sys.executable).parent / "mutmut"
WORKERS = 2
SAY_EVERY_S = 15.0
LIMIT_S = 3_600
"""A run that takes longer is ended: nothing here runs without an end."""

_PROGRESS = re.compile(r"(\d+)/(\d+)\s+🎉 (\d+)")
_MUTANT = re.compile(
    r"^\s*(?P<mutant>services\.\w+\.domain\.(?P<module>\w+)\.x_?(?P<name>.+)__mutmut_\d+): (?P<status>[\w ]+)$")
_DIFFS = """
import json, sys
from mutmut.__main__ import get_diff_for_mutant
print(json.dumps({name: get_diff_for_mutant(name) for name in sys.argv[1:]}))
"""
"""One process for all: mutmut takes a second to begin."""
_SENTENCE = re.compile(r"[\"'][^\"']* [^\"']*[\"']")
NOTICED = {"killed", "timeout", "segfault", "suspicious"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one function, by mutmut's name, and whether a test noticed."""

    name: str
    module: str
    function: str
    noticed: bool


@dataclass(frozen=True, slots=True)
class Score:
    """The mutants of one service."""

    service: str
    mutants: tuple[Mutant, ...]

    @property
    def noticed(self) -> int:
        """How many made a test fail."""
        return sum(mutant.noticed for mutant in self.mutants)

    @property
    def percent(self) -> int:
        """Of a hundred, rounded down."""
        return 100 * self.noticed // len(self.mutants) if self.mutants else 100


def main(words: Sequence[str]) -> int:
    """Run the command; return the exit code."""
    asked = tuple(words) or SERVICES
    if unknown := set(asked) - set(SERVICES):
        print(f"mutants: {', '.join(sorted(unknown))} is no service: give {', '.join(SERVICES)}", file=sys.stderr)
        return 2
    scores: list[Score] = []
    for service in asked:
        score = score_of(service, Layout.asked_for().run_dir / "mutants" / service)
        if score is None:
            return 1
        print(f"{service}: {score.noticed} of {len(score.mutants)} mutants noticed, {score.percent} %", flush=True)
        scores.append(score)
    page = written(scores)
    if set(asked) == set(SERVICES):
        PAGE.write_text(page, encoding="utf-8")
        print(f"mutants: {PAGE.relative_to(ROOT)} written")
    else:
        print(page)
    return 0


def score_of(service: str, folder: Path) -> Score | None:
    """Make the mutants of `service` in `folder` and judge them; None where the tests fail by themselves."""
    _copy(service, folder)
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command = [str(MUTMUT), "run", "--max-children", str(WORKERS)]
    if not _followed(service, command, folder, environment):
        return None
    listed = _said([str(MUTMUT), "results", "--all", "true"], folder, environment).splitlines()
    found = tuple(mutants_in(listed))
    left = [each.name for each in found if not each.noticed]
    diffs = json.loads(_said([sys.executable, "-c", _DIFFS, *left], folder, environment)) if left else {}
    wordings = {name for name, diff in diffs.items() if is_wording(diff.splitlines())}
    return Score(service, tuple(each for each in found if each.name not in wordings))


def _said(command: Sequence[str], folder: Path, environment: dict[str, str]) -> str:
    return subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True).stdout


def mutants_in(lines: Iterable[str]) -> Iterable[Mutant]:
    """Yield the mutants of a listing; those that no test reaches are not noticed."""
    for line in lines:
        if found := _MUTANT.match(line):
            function = found["name"].strip("ǁ").replace("ǁ", ".")
            yield Mutant(found["mutant"], found["module"], function, found["status"] in NOTICED)


def is_wording(diff: Iterable[str]) -> bool:
    """Whether a mutant changes nothing but the letters of a sentence: mutmut shouts it, or puts XX around it."""
    lines = list(diff)
    old, new = (_side(lines, sign) for sign in "-+")
    return len(old) == len(new) and all(
        _SENTENCE.search(before) is not None and _unspoken(before) == _unspoken(after)
        for before, after in zip(old, new, strict=True))


def _side(diff: Sequence[str], sign: str) -> list[str]:
    return [line[1:] for line in diff if line.startswith(sign) and not line.startswith(3 * sign)]


def _unspoken(line: str) -> str:
    return line.replace("XX", "").lower()


def _copy(service: str, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    judges = [f"tests/unit/{service}", f"tests/application/{service}", "tests/properties"]
    config = {
        "source_paths": ["services/", "shared/"], "only_mutate": [f"services/{service}/domain/*.py"],
        "also_copy": [f"{name}/" for name in COPIED[2:]], "pytest_add_cli_args_test_selection": judges,
        "pytest_add_cli_args": ["-p", "no:cacheprovider", "-p", "tools.mutants.judging", "-m", "not real"],
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in config.items()]
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (folder / "pyproject.toml").write_text("\n".join([project, "[tool.mutmut]", *lines, ""]), encoding="utf-8")


def _followed(service: str, command: Sequence[str], folder: Path, environment: dict[str, str]) -> bool:
    """Run `command` and tell how far it is; True where it came to its end."""
    began, said = time.monotonic(), 0.0
    log = folder / "mutmut.log"
    with log.open("wb") as out:
        running = subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=subprocess.STDOUT)
        try:
            while running.poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    running.wait(1.0)
                now = time.monotonic()
                if now - began > LIMIT_S:
                    raise TimeoutError(f"{service}: no end after {LIMIT_S} s")
                if now - said > SAY_EVERY_S and (steps := _PROGRESS.findall(log.read_text(errors="replace")[-400:])):
                    done, of, noticed = steps[-1]
                    print(f"{service}: {done} of {of}, {noticed} noticed", flush=True)
                    said = now
        finally:
            running.terminate()
            running.wait()
    if running.returncode != 0:
        print(f"mutants: {service}: the tests fail without a mutant, see {log}", file=sys.stderr)
    return running.returncode == 0


def written(scores: Sequence[Score]) -> str:
    """Return the page: the score of each service and module, and where mutants were not noticed."""
    lines = [
        "# Mutants", "",
        "Each rule in a service's domain room is changed one small step at a time (mutmut); a mutant is noticed when",
        "a test without servers fails. `make mutants` makes this page, `make mutants SERVICE=payouts` asks for one.",
        "Mutants that only shout a refusal's sentence are left out: nobody tests those word for word.", "",
        "| service | mutants | noticed | score |", "| --- | ---: | ---: | ---: |",
    ]
    lines += [f"| {score.service} | {len(score.mutants)} | {score.noticed} | {score.percent} % |" for score in scores]
    for score in scores:
        lines += ["", f"## {score.service}", "", "| module | mutants | noticed | not noticed in |",
                  "| --- | ---: | ---: | --- |"]
        for module in sorted({mutant.module for mutant in score.mutants}):
            mine = [mutant for mutant in score.mutants if mutant.module == module]
            left = Counter(mutant.function for mutant in mine if not mutant.noticed)
            where = ", ".join(f"`{function}` {count}" for function, count in left.most_common())
            lines.append(f"| {module} | {len(mine)} | {len(mine) - left.total()} | {where} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
