#!/usr/bin/env bash
# Trimtab beside MLflow's own server: `make bench NAME=tracking`. Installs the peer, builds, runs.
#
#   QUICK=1              small sizes and PEERS=one, about a minute: its figures mean little
#   PEERS="one"          which forms of MLflow: one (1 worker, no jobs), default (4 workers), or both
#   MLFLOW_VENV=DIR      a virtual environment that holds the peer already
#   TRIMTAB_BIN=FILE  a binary that is built already
#   OURS=COMMAND         what is started in its place, with {port} and {home}
set -euo pipefail
cd "$(dirname "$0")/../.."

target="${CARGO_TARGET_DIR:-target}"
if [ -n "${MLFLOW_VENV:-}" ]; then
    python="$MLFLOW_VENV/bin/python"
else
    python="$(scripts/venv.sh target/bench/venv-tracking benches/tracking/requirements.txt mlflow)"
fi

echo "== build"
cargo build --release --locked --manifest-path benches/tracking/load/Cargo.toml \
    --target-dir "$target/bench-load"
if [ -z "${OURS:-}" ]; then
    if [ -z "${TRIMTAB_BIN:-}" ]; then
        cargo build --release -p cli --bin trimtab
        TRIMTAB_BIN="$(realpath "$target/release/trimtab")"
    fi
    OURS="'$TRIMTAB_BIN' serve --port {port} --home {home}"
fi

echo "== run"
options=(--peers "${PEERS:-one default}")
[ -n "${QUICK:-}" ] && options=(--quick --peers "${PEERS:-one}")
exec "$python" -B benches/tracking/bench.py "$target/bench-load/release/load" "$OURS" \
    "${options[@]}"
