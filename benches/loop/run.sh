#!/usr/bin/env bash
# One loop, three systems: `make bench NAME=loop`. Installs the peers, builds, runs, compares.
#
#   RUNS=3                   how often a peer answers each question (ours: as often, at least 5)
#   TRIMTAB_SP500_5YR=FILE   long table of daily bars for the question about 500 stocks
set -euo pipefail
cd "$(dirname "$0")/../.."

python="$(scripts/venv.sh target/bench/venv-loop benches/loop/requirements.txt bt skfolio)"

echo "== build"
cargo build --release -p cli --bin trimtab

echo "== run"
exec "$python" -B benches/loop/bench.py \
    "${CARGO_TARGET_DIR:-target}/release/trimtab" --runs "${RUNS:-3}"
