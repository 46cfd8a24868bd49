"""1,000-row batches and single rows: our evaluator beside onnxruntime on one thread.

    cargo build --release -p learning --example predict_speed
    python benches/onnx/bench.py target/release/examples/predict_speed [OUT.json]

Both get the same model and rows; the answers are compared. onnxruntime is called from Python,
which costs it a few microseconds a call.
"""

import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import lightgbm
import numpy as np
import onnxruntime
import xgboost
from onnxmltools.convert import convert_lightgbm, convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType as OtherFloat
from skl2onnx import to_onnx
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

ROWS, COLUMNS = 1000, 20


def models():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4000, COLUMNS)).astype(np.float32)
    y = (x[:, 0] * x[:, 1] + np.sin(x[:, 2]) + 0.3 * rng.normal(size=len(x))).astype(np.float32)
    up = (y > 0).astype(int)
    gaps = x.copy()
    gaps[rng.random(x.shape) < 0.05] = np.nan
    sk = lambda model, x, y, **o: to_onnx(model.fit(x, y), x[:1], target_opset={"": 17, "ai.onnx.ml": 3}, **o)
    types = [("X", OtherFloat([None, COLUMNS]))]
    forest = RandomForestClassifier(100, max_depth=8, random_state=0)
    yield "impute, scale, ridge", sk(make_pipeline(SimpleImputer(), StandardScaler(), Ridge()), gaps, y), gaps
    yield "random forest, 100 trees, depth 8", sk(RandomForestRegressor(100, max_depth=8, random_state=0), x, y), x
    yield "random forest classifier, 100 trees, depth 8", sk(forest, x, up, options={id(forest): {"zipmap": False}}), x
    yield "boosting, 200 trees, depth 3", sk(GradientBoostingRegressor(n_estimators=200, random_state=0), x, y), x
    model = lightgbm.LGBMRegressor(n_estimators=200, verbose=-1).fit(gaps, y)
    yield "LightGBM, 200 trees, 31 leaves, gaps", convert_lightgbm(model, initial_types=types, target_opset=15), gaps
    model = xgboost.XGBRegressor(n_estimators=200, max_depth=6).fit(gaps, y)
    yield "XGBoost, 200 trees, depth 6, gaps", convert_xgboost(model, initial_types=types, target_opset=15), gaps
    yield "perceptron 32-16", sk(MLPRegressor(hidden_layer_sizes=(32, 16), max_iter=50, random_state=0), x, y), x


def median(run, times):
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def theirs(raw, x):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(raw, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    one = x[:1].copy()
    answer = np.asarray(session.run(None, {name: x})[-1], dtype=np.float64)
    return answer, median(lambda: session.run(None, {name: x}), 301), median(lambda: session.run(None, {name: one}), 2001)


def ours(program, raw, x, folder):
    paths = [folder / "model.onnx", folder / "x.f64", folder / "out.f64"]
    paths[0].write_bytes(raw)
    paths[1].write_bytes(x.astype("<f8").tobytes())
    printed = subprocess.run([program, *paths], check=True, capture_output=True, text=True).stdout
    return np.fromfile(paths[2], "<f8"), json.loads(printed)


def main(program, out=None):
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for question, onx, x in models():
            x, raw = np.ascontiguousarray(x[:ROWS]), onx.SerializeToString()
            mine, times = ours(program, raw, x, pathlib.Path(folder))
            answer, batch, row = theirs(raw, x)
            gap = float(np.abs(mine - answer.ravel()).max())
            for size, own, peer in [(f"{ROWS} rows", times["batch_seconds"], batch), ("1 row", times["row_seconds"], row)]:
                rows.append({
                    "question": question, "size": size, "ours_seconds": own,
                    "peer": f"onnxruntime {onnxruntime.__version__}", "peer_seconds": peer,
                    "ratio": peer / own, "answer_gap": gap, "memory_mib": 0.0, "note": "one thread; peer called from Python",
                })
                print(f"{question:46} {size:10} ours {own*1e6:9.1f} us  onnxruntime {peer*1e6:9.1f} us  ratio {peer/own:6.2f}  gap {gap:.1e}")
    if out:
        pathlib.Path(out).write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
