#!/bin/sh
# ScienceWorld for the bridge: a virtual environment of its own, and a test that its tasks can be won. Needs Java 17.
# Running it again makes only what is missing.
set -eu
cd "$(dirname "$0")/.."
venv=.venv-scienceworld
if ! "$venv/bin/python" -c 'import importlib.metadata as m, sys; sys.exit(m.version("scienceworld") != "1.2.3")' 2>/dev/null; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet scienceworld==1.2.3
fi
"$venv/bin/python" envs/scienceworld.py --self-test
