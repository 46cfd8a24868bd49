"""What MLflow's scoring server answers, for a few models and many bodies.

Writes, beside this file, one folder for each model (`MLmodel`, `model.onnx`) and `cases.json`: bodies with
their content types, and the status, the error code and the predictions that MLflow gave; `fails` where it
took the body and then broke off over it. Needs the versions
in tests/e2e/requirements.txt: `$(scripts/mlflow_venv.sh) conformance/serving/generate.py`.
"""

import base64
import io
import json
import logging
import os
import pathlib
import shutil
import tempfile
import warnings

os.environ.update(MLFLOW_DISABLE_TELEMETRY="true", DO_NOT_TRACK="true")
warnings.filterwarnings("ignore")

import mlflow  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from mlflow.exceptions import MlflowException  # noqa: E402
from mlflow.models import ModelSignature, infer_signature  # noqa: E402
from mlflow.pyfunc.scoring_server import invocations  # noqa: E402
from mlflow.types.schema import ColSpec, Schema  # noqa: E402
from skl2onnx import to_onnx  # noqa: E402
from sklearn.linear_model import LinearRegression, LogisticRegression  # noqa: E402

logging.disable(logging.CRITICAL)
HERE = pathlib.Path(__file__).resolve().parent
RANDOM = np.random.default_rng(7)
X = RANDOM.normal(size=(50, 3)).astype(np.float32)
Y = X @ [1.0, -2.0, 0.5] + 0.25
FRAME = pd.DataFrame(X.astype(float), columns=["a", "b", "c"])
JSON, CSV, PARQUET = "application/json", "text/csv", "application/vnd.apache.parquet"


def models():
    """Names with the ONNX model and its signature."""
    regression = to_onnx(LinearRegression().fit(X, Y), X[:1], target_opset=17)
    options = {LogisticRegression: {"zipmap": False}}
    classifier = LogisticRegression().fit(X, Y > 0)
    classifier = to_onnx(classifier, X[:1], options=options, target_opset=17)
    wholes = Schema([ColSpec("long", "a"), ColSpec("double", "b"), ColSpec("boolean", "c")])
    yield "columns", regression, infer_signature(FRAME)
    yield "unnamed", regression, ModelSignature(Schema([ColSpec("double")] * 3))
    yield "tensor", regression, infer_signature(X)
    yield "unsigned", regression, None
    yield "wholes", regression, ModelSignature(wholes)
    yield "classes", classifier, infer_signature(FRAME)
    opposite = to_onnx(LinearRegression().fit(X, -Y), X[:1], target_opset=17)
    yield "opposite", opposite, infer_signature(FRAME)


def parquet(frame):
    file = io.BytesIO()
    frame.to_parquet(file)
    return file.getvalue()


def bodies():
    """Names with a content type and a body."""
    rows = [[1.0, 2.0, 3.0], [-0.5, 0.25, 4.0]]
    records = [dict(zip("abc", row)) for row in rows]
    columns = {"a": [1.0, -0.5], "b": [2.0, 0.25], "c": [3.0, 4.0]}
    split = {"columns": ["a", "b", "c"], "data": rows}
    yield "split", JSON, {"dataframe_split": split}
    yield "split with an index", JSON, {"dataframe_split": {**split, "index": [4, 9]}}
    turned = {"columns": ["c", "a", "b"], "data": [[row[2], row[0], row[1]] for row in rows]}
    yield "split, columns turned", JSON, {"dataframe_split": turned}
    yield "split without names", JSON, {"dataframe_split": {"data": rows}}
    yield "split, whole numbers", JSON, {"dataframe_split": {**split, "data": [[1, 2, 1]]}}
    yield "split, truth values", JSON, {"dataframe_split": {**split, "data": [[1, 0.5, True]]}}
    yield "split, a fraction", JSON, {"dataframe_split": {**split, "data": [[1.5, 0.5, 1]]}}
    yield "split, a text", JSON, {"dataframe_split": {**split, "data": [["x", 2.0, 1.0]]}}
    yield "split, a number as text", JSON, {"dataframe_split": {**split, "data": [["1.5", 2.0, 1.0]]}}
    yield "split, a null", JSON, {"dataframe_split": {**split, "data": [[None, 2.0, 1.0]]}}
    yield "split, ragged", JSON, {"dataframe_split": {**split, "data": [[1.0, 2.0], [1.0]]}}
    yield "split, one missing", JSON, {"dataframe_split": {"columns": ["a", "b"], "data": [[1.0, 2.0]]}}
    more = {"columns": ["a", "x", "b", "c"], "data": [[1.0, 9.0, 2.0, 1.0]]}
    yield "split, one too many", JSON, {"dataframe_split": more}
    other = {"columns": ["a", "x", "b"], "data": [[1.0, 9.0, 2.0]]}
    yield "split, one missing and another", JSON, {"dataframe_split": other}
    yield "split, unknown key", JSON, {"dataframe_split": {**split, "rows": 1}}
    yield "split, a list", JSON, {"dataframe_split": rows}
    yield "records", JSON, {"dataframe_records": records}
    yield "records, one incomplete", JSON, {"dataframe_records": [records[0], {"a": 1.0, "b": 2.0}]}
    yield "records, one missing", JSON, {"dataframe_records": [{"a": 1.0, "b": 2.0}]}
    yield "records, a dictionary", JSON, {"dataframe_records": columns}
    yield "instances, rows", JSON, {"instances": rows}
    yield "instances, records", JSON, {"instances": records}
    yield "instances, too narrow", JSON, {"instances": [[1.0, 2.0]]}
    yield "inputs, rows", JSON, {"inputs": rows}
    yield "inputs, columns", JSON, {"inputs": columns}
    yield "inputs, records", JSON, {"inputs": records}
    yield "inputs, tensors", JSON, {"inputs": {"X": rows}}
    yield "inputs, columns of unlike lengths", JSON, {"inputs": {**columns, "a": [1.0]}}
    yield "with params", JSON, {"dataframe_split": split, "params": {"q": 1}}
    yield "params, a list", JSON, {"dataframe_split": split, "params": [1]}
    yield "two shapes", JSON, {"dataframe_split": split, "instances": rows}
    yield "no shape", JSON, {"data": rows}
    yield "a list", JSON, rows
    yield "no JSON", JSON, b"{"
    yield "NaN", JSON, b'{"dataframe_split": {"columns": ["a", "b", "c"], "data": [[NaN, 2.0, 1.0]]}}'
    yield "with a charset", JSON + "; charset=utf-8", {"dataframe_split": split}
    yield "with another charset", JSON + "; charset=latin-1", {"dataframe_split": split}
    yield "another type", "text/plain", b"1,2,3"
    frame = pd.DataFrame(rows, columns=["a", "b", "c"])
    yield "CSV", CSV, frame.to_csv(index=False).encode()
    yield "CSV with an index", CSV, frame.to_csv().encode()
    yield "CSV, columns turned", CSV, frame[["c", "b", "a"]].to_csv(index=False).encode()
    yield "CSV, one missing", CSV, frame[["a", "b"]].to_csv(index=False).encode()
    yield "CSV, missing values", CSV, b"a,b,c\n1.0,,3.0\n"
    yield "CSV, a text", CSV, b"a,b,c\n1.0,x,3.0\n"
    yield "CSV, nothing", CSV, b""
    yield "Parquet", PARQUET, parquet(frame)
    yield "Parquet, columns turned", PARQUET, parquet(frame[["c", "b", "a"]])
    yield "Parquet, one missing", PARQUET, parquet(frame[["a", "b"]])
    yield "Parquet, of float", PARQUET, parquet(frame.astype("float32"))
    yield "Parquet, texts", PARQUET, parquet(frame.assign(a=["x", "y"]))
    yield "no Parquet", PARQUET, b"PAR1"


def bare(value):
    """A value with words for what JSON does not have."""
    if isinstance(value, dict):
        return {key: bare(item) for key, item in value.items()}
    if isinstance(value, list):
        return [bare(item) for item in value]
    return str(value) if isinstance(value, float) and not np.isfinite(value) else value


def asked(model, kind, body):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        answer = invocations(body, kind, model, model.metadata.get_input_schema())
    except MlflowException as error:
        said = json.loads(error.serialize_as_json())
        answer = {"status": error.get_http_status_code(), "error_code": said["error_code"]}
        # It was let through, and ONNX Runtime or pandas broke off over it.
        fails = "unexpected error while evaluating" in error.message
        return body, answer | ({"fails": True} if fails else {})
    if answer.status != 200:
        return body, {"status": answer.status}
    return body, {"status": 200, "predictions": bare(json.loads(answer.response)["predictions"])}


def main():
    cases = []
    for name, onnx_model, signature in models():
        with tempfile.TemporaryDirectory() as place:
            folder = pathlib.Path(place) / "model"
            mlflow.onnx.save_model(onnx_model, folder, signature=signature)
            (HERE / name).mkdir(exist_ok=True)
            for file in ["MLmodel", "model.onnx"]:
                shutil.copy(folder / file, HERE / name / file)
            model = mlflow.pyfunc.load_model(str(folder))
            # The last is there to take the place of the first.
            for case, kind, body in bodies() if name != "opposite" else []:
                body, answer = asked(model, kind, body)
                body = base64.b64encode(body).decode()
                cases.append({"model": name, "case": case, "type": kind, "body": body, **answer})
    (HERE / "cases.json").write_text(json.dumps(cases, indent=0) + "\n")
    print(len(cases), "cases with mlflow", mlflow.__version__)


if __name__ == "__main__":
    main()
