#!/bin/sh
# Seed skills on ScienceWorld's official dev variations: a random policy and a trained one, each without skills and with them.
# Runs are kept in runs/scienceworld-*; running it again goes on where it was.
set -eu
cd "$(dirname "$0")/.."
reskill=${RESKILL:-cargo run --release --quiet --}
out=${OUT:-runs/scienceworld}
mkdir -p "$(dirname "$out")"

# Nothing is evaluated during training: that comes below.
quiet='s/^splits = .*/splits = []/'
sed "$quiet; s/^demonstrations = .*/demonstrations = 0/; s/^steps = .*/steps = 0/" envs/scienceworld/train.toml > "$out-random.toml"
sed "$quiet; s/^steps = .*/steps = ${STEPS:-8}/; s/^evolve = .*/evolve = false/" envs/scienceworld/train.toml > "$out-trained.toml"
for policy in random trained; do
    if [ -d "$out-$policy" ]; then
        $reskill train --resume "$out-$policy"
    else
        $reskill train "$out-$policy.toml" -o "$out-$policy"
    fi
done
for policy in random trained; do
    for bank in none initial; do
        echo "$policy policy, skills: $bank"
        $reskill eval "$out-$policy" --split seen --choice sampled --bank "$bank" --markdown
        echo
    done
done
