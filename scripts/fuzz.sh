#!/bin/sh
# Fuzzes the language: every target of fuzz/, or those named, for T seconds each. What breaks a law is kept in
# fuzz/artifacts/TARGET/ and ends the run; `fuzz/target/…/TARGET FILE` shows it again.
set -eu
cd "$(dirname "$0")/../fuzz"
T=${T:-600}
cp ../Cargo.lock .
# The counters need a nightly compiler or the leave to do without.
export RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}"
cargo build --quiet --release
bin=$CARGO_TARGET_DIR/x86_64-unknown-linux-gnu/release
sed -n '/^keyword/,/^}/p' ../grammar/skill.pest | grep -o '"[a-z]*"' >corpus.dict
"$bin/seeds" corpus $(find ../skills ../tests/data ../docs -name '*.skill' -o -name '*.md')
# Foreign files are seeds of their own.
mkdir -p corpus/import
cp ../tests/data/foreign/* corpus/import/
python3 - <<END
import json, pathlib
for n, line in enumerate(open("../tests/fixtures/skill_md.jsonl")):
    pathlib.Path(f"corpus/import/skill_{n}.md").write_text(json.loads(line)["markdown"])
for n, line in enumerate(open("../tests/fixtures/assertions.jsonl")):
    if n < 40:
        pathlib.Path(f"corpus/import/assertions_{n}.json").write_text(json.dumps(json.loads(line)["assertions"]))
END
for target in ${*:-parse format patch agree import}; do
    mkdir -p "artifacts/$target"
    nice -n 15 "$bin/$target" "corpus/$target" -dict=corpus.dict -artifact_prefix="artifacts/$target/" \
        -max_len=8192 -timeout=20 -rss_limit_mb=2048 -max_total_time="$T" -print_final_stats=1 2>"artifacts/$target.log" || {
        tail -n 40 "artifacts/$target.log"
        exit 1
    }
    echo "$target: $(grep -a 'stat::number_of_executed_units' "artifacts/$target.log"), no law broken"
done
