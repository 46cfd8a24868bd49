"""The model that everybody serves: 200 boosted trees over 20 features, as LightGBM trains them.

Gives the folder that MLflow loads, the ONNX file in it, and rows to predict. The same seed gives the same
trees.
"""

import os

os.environ.update(MLFLOW_DISABLE_TELEMETRY="true", DO_NOT_TRACK="true")

import lightgbm
import mlflow
import numpy as np
import onnxmltools
import pandas as pd
from mlflow.models import infer_signature
from onnxmltools.convert.common.data_types import FloatTensorType

FEATURES = 20
TREES = 200


def rows(count, seed=1):
    """Rows of features, as float32 holds them."""
    random = np.random.default_rng(seed)
    return random.normal(size=(count, FEATURES)).astype(np.float32)


def trained():
    """The booster."""
    x = rows(5_000, seed=0)
    random = np.random.default_rng(7)
    y = x[:, 0] * x[:, 1] + np.sin(x[:, 2]) + 0.5 * x[:, 3] + random.normal(size=len(x))
    model = lightgbm.LGBMRegressor(n_estimators=TREES, num_leaves=31, learning_rate=0.05, n_jobs=1, verbose=-1)
    return model.fit(x, y)


def save(folder):
    """Writes the folders of both flavours; their paths, the ONNX one first."""
    model = trained()
    names = [f"f{at}" for at in range(FEATURES)]
    frame = pd.DataFrame(rows(5), columns=names).astype(float)
    onnx = onnxmltools.convert_lightgbm(model, initial_types=[("x", FloatTensorType([None, FEATURES]))], target_opset=15)
    signature = infer_signature(frame)
    mlflow.onnx.save_model(onnx, folder / "onnx", signature=signature)
    mlflow.lightgbm.save_model(model, folder / "lightgbm", signature=signature)
    return folder / "onnx", folder / "lightgbm"
