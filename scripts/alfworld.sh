#!/bin/sh
# ALFWorld for the bridge and the comparison with the household: a virtual environment of its own.
# Running it again makes only what is missing.
set -eu
cd "$(dirname "$0")/.."
venv=.venv-alfworld
if ! "$venv/bin/python" -c 'import importlib.metadata as m, sys; sys.exit(m.version("alfworld") != "0.4.2")' 2>/dev/null; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet alfworld==0.4.2
fi
