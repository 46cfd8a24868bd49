#!/usr/bin/env bash
# Our ONNX evaluator beside onnxruntime, one thread each: `make bench NAME=onnx`.
set -euo pipefail
cd "$(dirname "$0")/../.."

python="$(scripts/venv.sh target/bench/venv-onnx benches/onnx/requirements.txt onnxruntime scikit-learn lightgbm xgboost)"

echo "== build"
cargo build --release -p learning --example predict_speed

echo "== run"
exec "$python" -B benches/onnx/bench.py \
    "${CARGO_TARGET_DIR:-target}/release/examples/predict_speed" target/bench/onnx.json
