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
if [ -n "${SERVING_VENV:-}" ]; then
    python="$SERVING_VENV/bin/python"
else
    python="$(scripts/venv.sh target/bench/venv-serving benches/serving/requirements.txt mlflow onnxruntime lightgbm)"
fi

if [ -z "${TRIMTAB_BIN:-}" ]; then
    echo "== build"
    cargo build --release --locked -p cli --features sql --bin trimtab
    TRIMTAB_BIN="$(realpath "$target/release/trimtab")"
fi
export TRIMTAB_BIN

if [ "$question" != log ]; then
    echo "== predictions over HTTP"
    "$python" -B benches/serving/bench.py "$TRIMTAB_BIN" ${QUICK:+--quick}
fi
if [ "$question" != http ]; then
    benches/serving/log.sh
fi
