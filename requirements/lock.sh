#!/bin/sh
# Choose versions for run, teams and test, and write their locks: hashes of every file, no address of any registry.
#
#   requirements/lock.sh [further arguments of `uv pip compile`, such as --upgrade-package NAME]
set -eu
cd "$(dirname "$0")/.."

if command -v uv >/dev/null 2>&1; then
    uv=uv
else
    uv=.venv/bin/uv
    if [ ! -x "$uv" ]; then
        sh requirements/install.sh run
        .venv/bin/python -m pip install --quiet uv
    fi
fi

compile() {
    lock=requirements/$1.txt
    shift
    "$uv" pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes --no-header \
        --no-emit-index-url --no-emit-find-links --group build --output-file "$lock" "$@"
}

# Without arguments everything moves to the newest release; with some, only what they name moves.
[ $# -gt 0 ] || set -- --upgrade

# Each is built around the one before, so one machine never holds two versions of a package.
compile run "$@"
compile teams --extra teams --constraint requirements/run.txt "$@"
# Tests see everything, Teams too.
compile test --group test --extra teams --constraint requirements/teams.txt "$@"
