"""Models that this project trained, in onnxruntime and in MLflow: do they load and agree?

    cargo run -p learning --example export -- FOLDER
    python check_ours.py FOLDER

Prints, for each model, the largest difference from our own forecasts, absolute and relative to
the spread of the forecasts, and exits with 1 if one exceeds the tolerance.
"""

import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime

TOLERANCE = 1e-5


def gap(ours, theirs):
    theirs = np.asarray(theirs, dtype=np.float64).ravel()
    worst = float(np.abs(ours - theirs).max())
    return worst, worst / max(float(ours.std()), 1e-12)


def with_onnxruntime(folder, case):
    onnx.checker.check_model(str(folder / "model.onnx"), full_check=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: case["x"].astype(np.float32)})[0]


def with_mlflow(folder, case):
    """The flavour, the generic one with a frame of doubles, and the folder's own example."""
    import mlflow
    import pandas

    mlflow.onnx.load_model(str(folder))
    model = mlflow.pyfunc.load_model(str(folder))
    frame = pandas.DataFrame(case["x"], columns=case["names"])
    example = model.predict(model.input_example)["forecast"]
    assert gap(case["forecast"][:3], example)[1] < TOLERANCE, "the input example disagrees"
    info = mlflow.models.get_model_info(str(folder))
    assert [c.name for c in info.signature.inputs] == case["names"]
    return model.predict(frame)["forecast"]


def main(root):
    ways = {"onnxruntime": with_onnxruntime}
    try:
        import mlflow

        ways[f"mlflow {mlflow.__version__}"] = with_mlflow
    except ImportError:
        print("mlflow is not installed: only onnxruntime is asked")
    failed = False
    for path in sorted(root.glob("*.json")):
        case = json.loads(path.read_text())
        case["x"] = np.array(case["x"], dtype=np.float64)
        case["forecast"] = np.array(case["forecast"])
        for name, run in ways.items():
            absolute, relative = gap(case["forecast"], run(path.with_suffix(""), case))
            failed |= not relative <= TOLERANCE
            print(f"{path.stem:20} {name:16} {len(case['forecast'])} rows  gap {absolute:.1e}  relative {relative:.1e}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
