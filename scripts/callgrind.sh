#!/bin/sh
# Instructions per step of the engine, counted by valgrind. In: nothing (SKILLS="10 1000", PASSES=2); out: a table.
# The bench plays its episodes N and 2N times: the difference is steps alone, whatever setting up took.
set -eu
cd "$(dirname "$0")/.."
passes=${PASSES:-2}

command -v valgrind >/dev/null || { echo "callgrind: valgrind is not installed" >&2; exit 1; }
bench=$(cargo bench --quiet --no-default-features --features evolve,cli --bench engine --no-run --message-format=json |
    sed -n 's/.*"name":"engine".*"executable":"\([^"]*\)".*/\1/p' | tail -n 1)

# Prints "INSTRUCTIONS STEPS" of so many passes ($1) at so many skills ($2).
count() {
    said=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null "$bench" --passes "$1" --skills "$2" 2>&1)
    echo "$said" | awk '/Collected/ { instructions = $NF } / steps$/ { steps = $1 } END { print instructions, steps }'
}

printf '%8s %24s\n' skills 'instructions per step'
for skills in ${SKILLS:-10 1000}; do
    once=$(count "$passes" "$skills")
    twice=$(count $((2 * passes)) "$skills")
    echo "$once $twice" | awk -v skills="$skills" '{ printf "%8d %24.0f\n", skills, ($3 - $1) / ($4 - $2) }'
done
