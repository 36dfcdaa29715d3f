#!/bin/sh
# Put what a lock names into .venv, and the project itself on top.
#
#   requirements/install.sh run|teams|test
#
# A stamp named after the lock's content makes the next call return at once.
set -eu
cd "$(dirname "$0")/.."

kind=$1
lock=requirements/$kind.txt
python=.venv/bin/python

digest() {
    cat "$lock" pyproject.toml | cksum | tr ' ' '-'
}

find_python() {
    for candidate in python3.11 python3.12 python3.13 python3.14 python3; do
        # Running it is the only proof: a version manager's shim may be on the PATH without a Python behind it.
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            echo "$candidate"
            return
        fi
    done
    echo 'telemachy needs Python 3.11 or newer, and none of python3.11, python3.12, python3.13, python3.14, python3' >&2
    echo 'on the PATH is one. Install it (on Debian 12: apt install python3 python3-venv) and run make again.' >&2
    exit 1
}

stamp=.venv/stamp-$kind-$(digest)
if [ -e "$stamp" ] && [ "$(cat "$stamp")" = "$PWD" ] && "$python" -c '' 2>/dev/null; then
    exit 0
fi

# Scripts in a .venv know its full path, so a moved one is made anew, as is one whose Python is gone.
place=.venv/made-in
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    { [ -e "$place" ] && [ "$(cat "$place")" != "$PWD" ]; }; then
    base=$(find_python)
    echo "Setting up .venv with $("$base" -V) …"
    rm -rf .venv
    "$base" -m venv .venv || {
        echo "$base cannot make a virtual environment (on Debian: apt install python3-venv)." >&2
        exit 1
    }
fi

echo "$PWD" >"$place"

echo "Installing what $lock names …"
# uv is quicker but reads only its own settings: where those do not reach a registry, pip and its settings do.
if command -v uv >/dev/null 2>&1 &&
    uv pip install --quiet --python "$python" --require-hashes -r "$lock"; then
    uv pip install --quiet --python "$python" --offline --no-deps --no-build-isolation --editable .
else
    "$python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
    "$python" -m pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation --editable .
fi

rm -f .venv/stamp-"$kind"-*
echo "$PWD" >"$stamp"
# The test lock holds everything that running needs, at the same versions.
if [ "$kind" = test ]; then
    kind=run lock=requirements/run.txt
    rm -f .venv/stamp-run-*
    echo "$PWD" >".venv/stamp-run-$(digest)"
fi
