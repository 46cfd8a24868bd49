#!/usr/bin/env bash
# One loop, three systems: `make bench NAME=loop`. Installs the peers, builds, runs, compares.
#
#   RUNS=3                   how often a peer answers each question (ours: as often, at least 5)
#   TRIMTAB_SP500_5YR=FILE   long table of daily bars for the question about 500 stocks
set -euo pipefail
cd "$(dirname "$0")/../.."

venv=target/bench/venv-loop
pins=benches/loop/requirements.txt
mkdir -p target/bench
if ! cmp -s "$pins" "$venv/installed.txt"; then
    echo "== peers: $(grep -E '^(bt|skfolio)==' "$pins" | tr '\n' ' ')"
    rm -rf "$venv"
    python3 -m venv "$venv" || {
        echo "error: this needs Python 3.11 or newer with venv: apt-get install python3-venv" >&2
        exit 1
    }
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$pins"
    cp "$pins" "$venv/installed.txt"
fi

echo "== build"
cargo build --release -p cli --bin trimtab

echo "== run"
exec "$venv/bin/python" -B benches/loop/bench.py \
    "${CARGO_TARGET_DIR:-target}/release/trimtab" --runs "${RUNS:-3}"
