#!/usr/bin/env bash
# Features beside Qlib, point-in-time joins beside polars and Feast, online reads beside Feast:
# `make bench NAME=features`.
# Installs the peers, builds, runs, compares.
#
#   QUICK=1                  small sizes, a few seconds: its figures mean little
#   QUESTION=alpha158        only this one; or point_in_time, online
set -euo pipefail
cd "$(dirname "$0")/../.."

mkdir -p target/bench
question="${QUESTION:-all}"

# Makes the environment $1 from the pins $2, unless it is there.
environment() {
    cmp -s "$2" "$1/installed.txt" && return
    echo "== peers: $(grep -vE '^#' "$2" | tr '\n' ' ')"
    rm -rf "$1"
    python3 -m venv "$1" || {
        echo "error: this needs Python 3.11 or newer with venv: apt-get install python3-venv" >&2
        exit 1
    }
    "$1/bin/pip" install --quiet --disable-pip-version-check --requirement "$2"
    cp "$2" "$1/installed.txt"
}

if [[ $question == all || $question == alpha158 ]]; then
    environment target/bench/venv-features benches/features/requirements.txt
    echo "== build"
    cargo build --release --locked --manifest-path benches/features/ours/Cargo.toml \
        --target-dir target/bench-features
    echo "== Alpha158"
    target/bench/venv-features/bin/python -B benches/features/bench.py \
        target/bench-features/release/ours ${QUICK:+--quick}
fi

if [[ $question == all || $question == point_in_time ]]; then
    environment target/bench/venv-point-in-time benches/features/point_in_time/requirements.txt
    echo "== build"
    cargo build --release --locked -p feature_store --example history
    echo "== point-in-time joins"
    target/bench/venv-point-in-time/bin/python -B benches/features/point_in_time/bench.py \
        "${CARGO_TARGET_DIR:-target}/release/examples/history" ${QUICK:+--quick}
fi

if [[ $question == all || $question == online ]]; then
    benches/features/online.sh
fi
