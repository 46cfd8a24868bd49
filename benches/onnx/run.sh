#!/usr/bin/env bash
# Our ONNX evaluator beside onnxruntime, one thread each: `make bench NAME=onnx`.
set -euo pipefail
cd "$(dirname "$0")/../.."

venv=target/bench/venv-onnx
pins=benches/onnx/requirements.txt
mkdir -p target/bench
if ! cmp -s "$pins" "$venv/installed.txt"; then
    echo "== peers: $(grep -E '^(onnxruntime|scikit-learn|lightgbm|xgboost)==' "$pins" | tr '\n' ' ')"
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$pins"
    cp "$pins" "$venv/installed.txt"
fi

echo "== build"
cargo build --release -p learning --example predict_speed

echo "== run"
exec "$venv/bin/python" -B benches/onnx/bench.py \
    "${CARGO_TARGET_DIR:-target}/release/examples/predict_speed" target/bench/onnx.json
