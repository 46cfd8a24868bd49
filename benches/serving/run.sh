#!/usr/bin/env bash
# Predictions over HTTP beside MLflow's scoring server, and batches beside ONNX Runtime:
# `make bench NAME=serving`. Installs the peers, builds, runs, compares.
#
#   QUICK=1              few requests, under a minute: its figures mean little
#   SERVING_VENV=DIR     a virtual environment that holds the peers already
#   TRIMTAB_BINARY=FILE  a binary that is built already
set -euo pipefail
cd "$(dirname "$0")/../.."

target="${CARGO_TARGET_DIR:-target}"
venv="${SERVING_VENV:-target/bench/venv-serving}"
pins=benches/serving/requirements.txt
mkdir -p target/bench
if [ -z "${SERVING_VENV:-}" ] && ! cmp -s "$pins" "$venv/installed.txt"; then
    echo "== peers: $(grep -E '^(mlflow|onnxruntime|lightgbm)==' "$pins" | tr '\n' ' ')"
    rm -rf "$venv"
    python3 -m venv "$venv" || {
        echo "error: this needs Python 3.11 or newer with venv: apt-get install python3-venv" >&2
        exit 1
    }
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$pins"
    cp "$pins" "$venv/installed.txt"
fi

if [ -z "${TRIMTAB_BINARY:-}" ]; then
    echo "== build"
    cargo build --release -p cli --bin trimtab
    TRIMTAB_BINARY="$(realpath "$target/release/trimtab")"
fi

echo "== run"
exec "$venv/bin/python" -B benches/serving/bench.py "$TRIMTAB_BINARY" ${QUICK:+--quick}
