#!/bin/sh
# ALFWorld for the bridge and for the comparison with the household: a virtual environment of its own, games, and a test that
# its expert can win them. The official games cannot be had from a package registry: these are the household's, written in
# ALFWorld's format with the rules and texts of the installed package. Running it again makes only what is missing.
set -eu
cd "$(dirname "$0")/.."
venv=.venv-alfworld
if ! "$venv/bin/python" -c 'import importlib.metadata as m, sys; sys.exit(m.version("alfworld") != "0.4.2")' 2>/dev/null; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet alfworld==0.4.2
fi
logic=$("$venv/bin/python" -c 'import alfworld.info, pathlib; print(pathlib.Path(alfworld.info.__file__).parent / "data")')
for split in train:64 seen:20 unseen:20; do
    if [ ! -d "games/alfworld/${split%:*}" ]; then
        cargo run --quiet --no-default-features --features cli,evolve -- \
            games export --split "${split%:*}" --games "${split#*:}" --seed 1 --logic "$logic" --out games/alfworld
    fi
done
"$venv/bin/python" envs/alfworld.py --self-test
