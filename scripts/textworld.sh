#!/bin/sh
# TextWorld for the bridge: a virtual environment of its own, the games, and a test that they can be won.
# Running it again makes only what is missing.
set -eu
cd "$(dirname "$0")/.."
venv=.venv-textworld
if ! "$venv/bin/python" -c 'import importlib.metadata as m, sys; sys.exit(m.version("textworld") != "1.7.0")' 2>/dev/null; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet textworld==1.7.0
fi
"$venv/bin/python" envs/textworld.py --make
"$venv/bin/python" envs/textworld.py --self-test
