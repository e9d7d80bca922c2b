#!/bin/sh
# Resolves the dependencies of pyproject.toml and requirements/store.in and writes them down with their hashes.
# The files name neither an index nor a path: whoever installs from them uses the index of their own machine.
set -eu
uv=$1
cd "$(dirname "$0")/../.."
# Package directories that pip knows of on this machine must not find their way into the files.
unset PIP_FIND_LINKS UV_FIND_LINKS || true
resolve() {
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-header --no-emit-index-url --no-emit-find-links --annotation-style line "$@"
}
resolve pyproject.toml --output-file requirements/app.txt
resolve pyproject.toml --group dev --output-file requirements/dev.txt
resolve requirements/store.in --output-file requirements/store.txt
