"""`python -m tools.openapi write | check`: the OpenAPI documents in `docs/openapi`. Must never contact a server."""

import importlib
import json
import sys
from pathlib import Path

from shared.events.catalogue import SERVICES

FOLDER = Path("docs/openapi")


def document_of(service: str) -> str:
    """Return the service's OpenAPI document as it ought to be committed."""
    main = importlib.import_module(f"services.{service}.main")
    app = main.build_api(main.foundation("api"))
    return json.dumps(app.openapi(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def file_of(service: str) -> Path:
    """Return where the document is committed."""
    return FOLDER / f"{service}.json"


def is_stale(service: str) -> bool:
    """Return whether the committed document differs from the code."""
    file = file_of(service)
    return not file.exists() or file.read_text() != document_of(service)


def main(words: list[str]) -> int:
    """Run the command."""
    if words == ["write"]:
        FOLDER.mkdir(parents=True, exist_ok=True)
        for service in SERVICES:
            file_of(service).write_text(document_of(service))
        print(f"openapi: {len(SERVICES)} documents in {FOLDER}")
        return 0
    if words == ["check"]:
        stale = [service for service in SERVICES if is_stale(service)]
        for service in stale:
            print(f"openapi: {file_of(service)} is stale; run `python -m tools.openapi write`", file=sys.stderr)
        return 1 if stale else 0
    print("usage: python -m tools.openapi write | check", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
