"""`python -m tests.reference FOLDER --seeds N`: writes drawn stories, with what the second opinion expects of them.

They can be told to the simulated suite (`python -m tests.simulation FOLDER`) or to the running one (`make scenario`).
"""

import argparse
from pathlib import Path

from tests.reference.drawing import drawn_story


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(prog="python -m tests.reference", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--seeds", type=int, default=20, help="how many")
    parser.add_argument("--acts", type=int, default=30, help="acts of each story")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    for left_over in given.folder.glob("drawn-*.yaml"):
        left_over.unlink()
    for seed in range(given.seed, given.seed + given.seeds):
        (given.folder / f"drawn-{seed}.yaml").write_text(drawn_story(seed, acts=given.acts))


if __name__ == "__main__":
    main()
