#!/usr/bin/env bash
# Predictions over HTTP beside MLflow's scoring server, batches beside ONNX Runtime, and the prediction
# log: `make bench NAME=serving`. Installs the peers, builds, runs, compares.
#
#   QUICK=1            few requests and rows, a minute: its figures mean little
#   QUESTION=http      only this one; or log (100,000,000 rows take 9 GB)
#   SERVING_VENV=DIR   a virtual environment that holds the peers already
#   TRIMTAB_BIN=FILE   a binary with SQL that is built already
set -euo pipefail
cd "$(dirname "$0")/../.."

question="${QUESTION:-all}"
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

if [ -z "${TRIMTAB_BIN:-}" ]; then
    echo "== build"
    cargo build --release --locked -p cli --features sql --bin trimtab
    TRIMTAB_BIN="$(realpath "$target/release/trimtab")"
fi
export TRIMTAB_BIN

if [ "$question" != log ]; then
    echo "== predictions over HTTP"
    "$venv/bin/python" -B benches/serving/bench.py "$TRIMTAB_BIN" ${QUICK:+--quick}
fi
if [ "$question" != http ]; then
    benches/serving/log.sh
fi
