#!/usr/bin/env bash
# Features beside Qlib, point-in-time joins beside polars and Feast, online reads beside Feast:
# `make bench NAME=features`.
# Installs the peers, builds, runs, compares.
#
#   QUICK=1                  small sizes, a few seconds: its figures mean little
#   QUESTION=alpha158        only this one; or point_in_time, online
set -euo pipefail
cd "$(dirname "$0")/../.."

question="${QUESTION:-all}"

if [[ $question == all || $question == alpha158 ]]; then
    python="$(scripts/venv.sh target/bench/venv-features benches/features/requirements.txt pyqlib)"
    echo "== build"
    cargo build --release --locked --manifest-path benches/features/ours/Cargo.toml \
        --target-dir target/bench-features
    echo "== Alpha158"
    "$python" -B benches/features/bench.py \
        target/bench-features/release/ours ${QUICK:+--quick}
fi

if [[ $question == all || $question == point_in_time ]]; then
    python="$(scripts/venv.sh target/bench/venv-point-in-time benches/features/point_in_time/requirements.txt polars)"
    echo "== build"
    cargo build --release --locked -p feature_store --example history
    echo "== point-in-time joins"
    "$python" -B benches/features/point_in_time/bench.py \
        "${CARGO_TARGET_DIR:-target}/release/examples/history" ${QUICK:+--quick}
fi

if [[ $question == all || $question == online ]]; then
    benches/features/online.sh
fi
