#!/usr/bin/env bash
# Trimtab beside MLflow's own server: `make bench NAME=tracking`. Installs the peer, builds, runs.
#
#   QUICK=1              small sizes and PEERS=one, about a minute: its figures mean little
#   PEERS="one"          which forms of MLflow: one (1 worker, no jobs), default (4 workers), or both
#   MLFLOW_VENV=DIR      a virtual environment that holds the peer already
#   TRIMTAB_BINARY=FILE  a binary that is built already
#   OURS=COMMAND         what is started in its place, with {port} and {home}
set -euo pipefail
cd "$(dirname "$0")/../.."

target="${CARGO_TARGET_DIR:-target}"
venv="${MLFLOW_VENV:-target/bench/venv-tracking}"
pins=benches/tracking/requirements.txt
mkdir -p target/bench
if [ -z "${MLFLOW_VENV:-}" ] && ! cmp -s "$pins" "$venv/installed.txt"; then
    echo "== peer: $(grep -E '^mlflow==' "$pins")"
    rm -rf "$venv"
    python3 -m venv "$venv" || {
        echo "error: this needs Python 3.11 or newer with venv: apt-get install python3-venv" >&2
        exit 1
    }
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$pins"
    cp "$pins" "$venv/installed.txt"
fi

echo "== build"
cargo build --release --locked --manifest-path benches/tracking/load/Cargo.toml \
    --target-dir "$target/bench-load"
if [ -z "${OURS:-}" ]; then
    if [ -z "${TRIMTAB_BINARY:-}" ]; then
        cargo build --release -p cli --bin trimtab
        TRIMTAB_BINARY="$(realpath "$target/release/trimtab")"
    fi
    OURS="'$TRIMTAB_BINARY' serve --port {port} --home {home}"
fi

echo "== run"
options=(--peers "${PEERS:-one default}")
[ -n "${QUICK:-}" ] && options=(--quick --peers "${PEERS:-one}")
exec "$venv/bin/python" -B benches/tracking/bench.py "$target/bench-load/release/load" "$OURS" \
    "${options[@]}"
