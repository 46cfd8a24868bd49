"""Writes conformance/onnx/cases: models that scikit-learn, LightGBM and XGBoost exported, with
the outputs of onnxruntime.

In: nothing but seeds. Out, for each case: NAME.onnx and NAME.json
`{"x": [[..]], "outputs": [{"name", "dims", "values"}], "source"}`; NaN is written as null.
Run it after a change of a case or of requirements.txt:

    python3 -m venv venv && venv/bin/pip install -r requirements.txt && venv/bin/python generate.py

The files are checked in, so that the Rust test needs no Python.
"""

import collections
import json
import pathlib
import warnings

import lightgbm
import numpy as np
import onnx
import onnxruntime
import sklearn
import xgboost
from onnx import TensorProto, helper, numpy_helper
from onnxmltools.convert import convert_lightgbm, convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType as OtherFloat
from skl2onnx import to_onnx
from skl2onnx.common import _container as skl2onnx_container
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import ElasticNet, LinearRegression, LogisticRegression, Ridge, SGDClassifier
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.decomposition import PCA
from sklearn.preprocessing import (
    Binarizer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    PolynomialFeatures,
    RobustScaler,
    StandardScaler,
)
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

warnings.filterwarnings("ignore")
OUT = pathlib.Path(__file__).parent / "cases"
ROWS, COLUMNS, SHOWN = 300, 6, 27
OPSETS = {"": 17, "ai.onnx.ml": 3}


def data(seed=7):
    """Features of different sizes, a label with a linear and a stepped part; float32 throughout."""
    rng = np.random.default_rng(seed)
    x = (rng.normal(size=(ROWS, COLUMNS)) * [1, 10, 0.1, 1, 5, 1] + [0, 3, 0, -1, 0, 2]).astype(np.float32)
    y = 0.5 * x[:, 0] + 0.1 * x[:, 1] - (x[:, 3] > 0) + 0.3 * x[:, 5] * x[:, 0] + 0.2 * rng.normal(size=ROWS)
    return x, y.astype(np.float32)


def with_gaps(x, seed=11):
    """A tenth of the values unknown, and one row with nothing known."""
    gaps = x.copy()
    gaps[np.random.default_rng(seed).random(x.shape) < 0.1] = np.nan
    gaps[1] = np.nan
    return gaps


X, Y = data()
GAPS = with_gaps(X)
BINARY = (Y > 0).astype(int)
THREE = np.digitize(Y, [-0.7, 0.7])
NAMES = np.array(["down", "flat", "up"])[THREE]
DROP_ZIPMAP = {"zipmap": False}


def sk(model, x=X, y=Y, options=None, kind=FloatTensorType):
    model.fit(x, y)
    if options is not None:
        options = {id(model): options}
    onx = to_onnx(model, initial_types=[("X", kind([None, x.shape[1]]))], target_opset=OPSETS, options=options)
    return onx, x


def as_integers(values):
    if not isinstance(values, list):
        return values
    return [int(v) if isinstance(v, (bool, np.bool_, np.integer)) else v for v in values]


def hist_gradient_boosting(model, x, y=Y, options=None):
    """skl2onnx hands numpy numbers and truth values over here, where onnx wants integers."""
    make_node = skl2onnx_container.make_node

    def with_plain_integers(*names, **attributes):
        return make_node(*names, **{k: as_integers(v) for k, v in attributes.items()})

    skl2onnx_container.make_node = with_plain_integers
    try:
        return sk(model, x, y, options)
    finally:
        skl2onnx_container.make_node = make_node


def lgb(model, x, y):
    model.fit(x, y)
    onx = convert_lightgbm(model, initial_types=[("X", OtherFloat([None, x.shape[1]]))], zipmap=False, target_opset=15)
    return onx, x


def xgb(model, x, y):
    model.fit(x, y)
    return convert_xgboost(model, initial_types=[("X", OtherFloat([None, x.shape[1]]))], target_opset=15), x


def graph(nodes, outputs, initializers=(), columns=COLUMNS, opset=17):
    """A graph written by hand, for what no exporter emits."""
    ins = [helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, columns])]
    outs = [helper.make_tensor_value_info(n, t, None) for n, t in outputs]
    g = helper.make_graph(nodes, "hand", ins, outs, list(initializers))
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("ai.onnx.ml", 3)]
    return helper.make_model(g, opset_imports=opsets, ir_version=9 if opset > 17 else 8), X


def ml(op, inputs, outputs, **attributes):
    return helper.make_node(op, inputs, outputs, domain="ai.onnx.ml", **attributes)


def hand_trees(aggregate, modes, targets=1, base=None, transform="NONE"):
    """Three trees of depth two whose inner nodes use the modes in turn, half of them tracking NaN."""
    a = collections.defaultdict(list)
    rng = np.random.default_rng(3)
    k = 0
    for tree in range(3):
        for node in range(7):
            inner = node < 3
            a["nodes_treeids"].append(tree)
            a["nodes_nodeids"].append(node)
            a["nodes_featureids"].append(int(rng.integers(0, COLUMNS)) if inner else 0)
            a["nodes_modes"].append(modes[k % len(modes)] if inner else "LEAF")
            a["nodes_values"].append(float(np.float32(rng.integers(-1, 2))) if inner else 0.0)
            a["nodes_truenodeids"].append(2 * node + 1 if inner else 0)
            a["nodes_falsenodeids"].append(2 * node + 2 if inner else 0)
            a["nodes_missing_value_tracks_true"].append(k % 2 if inner else 0)
            a["nodes_hitrates"].append(1.0)
            k += inner
            if not inner:
                for target in range(targets):
                    if targets > 1 and (node + target) % 3 == 0:
                        continue
                    a["target_treeids"].append(tree)
                    a["target_nodeids"].append(node)
                    a["target_ids"].append(target)
                    a["target_weights"].append(float(np.float32(rng.normal())))
    if base is not None:
        a["base_values"] = base
    node = ml("TreeEnsembleRegressor", ["X"], ["y"], n_targets=targets, aggregate_function=aggregate,
              post_transform=transform, **a)
    onx, _ = graph([node], [("y", TensorProto.FLOAT)])
    x = np.round(GAPS)
    return onx, x


MODES = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"]


def hand_classifier(classes, base, transform, positive=False, sides=None):
    """Three stumps that vote for the classes in `sides`: what a single score of two classes means."""
    a = collections.defaultdict(list)
    rng = np.random.default_rng(9)
    for tree in range(3):
        for node in range(3):
            a["nodes_treeids"].append(tree)
            a["nodes_nodeids"].append(node)
            a["nodes_featureids"].append(tree if node == 0 else 0)
            a["nodes_modes"].append("BRANCH_LT" if node == 0 else "LEAF")
            a["nodes_values"].append(0.0)
            a["nodes_truenodeids"].append(1 if node == 0 else 0)
            a["nodes_falsenodeids"].append(2 if node == 0 else 0)
            a["nodes_missing_value_tracks_true"].append(0)
            for side in sides if node else []:
                a["class_treeids"].append(tree)
                a["class_nodeids"].append(node)
                a["class_ids"].append(side)
                w = float(np.float32(rng.normal()))
                a["class_weights"].append(abs(w) / 3 if positive else w)
    if base is not None:
        a["base_values"] = base
    # For a two-sided vote onnxruntime gives 1 and 0 whatever the labels; so they are just that.
    first = 0 if sides == [0, 1] else 10
    node = ml("TreeEnsembleClassifier", ["X"], ["label", "scores"], classlabels_int64s=list(range(first, first + classes)),
              post_transform=transform, **a)
    return graph([node], [("label", TensorProto.INT64), ("scores", TensorProto.FLOAT)])


def hand_linear_binary(transform):
    """One score, two labels."""
    rng = np.random.default_rng(5)
    node = ml("LinearClassifier", ["X"], ["label", "scores"], coefficients=rng.normal(size=COLUMNS).astype(np.float32) * 0.1,
              intercepts=[0.1], classlabels_ints=[3, 4], post_transform=transform)
    return graph([node], [("label", TensorProto.INT64), ("scores", TensorProto.FLOAT)])


def hand_linear(transform, targets):
    rng = np.random.default_rng(5)
    node = ml("LinearRegressor", ["X"], ["y"], coefficients=rng.normal(size=COLUMNS * targets).astype(np.float32) * 0.1,
              intercepts=rng.normal(size=targets).astype(np.float32), targets=targets, post_transform=transform)
    return graph([node], [("y", TensorProto.FLOAT)])


def hand_tensors():
    """The tensor operators in one chain."""
    c = lambda name, v: numpy_helper.from_array(np.asarray(v), name)
    n = helper.make_node
    f = TensorProto.FLOAT
    nodes = [
        n("Slice", ["X", "s0", "s1", "axis1"], ["a"]),
        n("Gather", ["X", "picked"], ["b"], axis=1),
        n("Concat", ["a", "b"], ["c"], axis=1),
        n("Abs", ["c"], ["d"]),
        n("Add", ["d", "one"], ["e"]),
        n("Log", ["e"], ["g"]),
        n("Exp", ["g"], ["h"]),
        n("Sqrt", ["h"], ["i"]),
        n("Sub", ["i", "row"], ["j"]),
        n("Tanh", ["j"], ["k"]),
        n("Relu", ["k"], ["l"]),
        n("ReduceSum", ["l", "axis1"], ["m"], keepdims=1),
        n("Div", ["l", "m"], ["o"]),
        n("Greater", ["o", "tenth"], ["p"]),
        n("Where", ["p", "o", "tenth"], ["q"]),
        n("Neg", ["q"], ["r"]),
        n("Clip", ["r", "low", "high"], ["s"]),
        n("Transpose", ["s"], ["t"], perm=[1, 0]),
        n("ReduceMean", ["t"], ["u"], axes=[0], keepdims=0),
        n("Unsqueeze", ["u", "axis1"], ["v"]),
        n("Mul", ["v", "s"], ["w"]),
        n("Softmax", ["w"], ["soft"], axis=1),
        n("ArgMax", ["soft"], ["arg"], axis=1, keepdims=0),
        n("Shape", ["X"], ["shape"]),
        n("Gather", ["shape", "zero"], ["rows"], axis=0),
        n("Cast", ["rows"], ["rowsf"], to=f),
        n("Pow", ["w", "two"], ["w2"]),
        n("ReduceMax", ["w2"], ["w3"], axes=[1], keepdims=1),
        n("Mul", ["w3", "rowsf"], ["y"]),
        n("Squeeze", ["y", "axis1"], ["flat"]),
    ]
    init = [c("s0", np.array([1])), c("s1", np.array([4])), c("axis1", np.array([1])), c("picked", np.array([5, 0])),
            c("one", np.float32(1)), c("row", np.arange(5, dtype=np.float32) / 4), c("tenth", np.float32([0.1])),
            c("low", np.float32(-0.5)), c("high", np.float32(0)), c("zero", np.array(0)), c("two", np.float32(2))]
    return graph(nodes, [("soft", f), ("arg", TensorProto.INT64), ("flat", f)], init)


def hand_preparation():
    """The feature operators of ai.onnx.ml that exporters rarely chain."""
    nodes = [
        ml("ArrayFeatureExtractor", ["X", "pick"], ["a"]),
        ml("FeatureVectorizer", ["X", "a"], ["b"], inputdimensions=[COLUMNS, 2]),
        ml("Scaler", ["b"], ["c"], offset=[0.5], scale=[0.1]),
        ml("Binarizer", ["c"], ["d"], threshold=0.2),
        ml("Normalizer", ["c"], ["e1"], norm="L1"),
        ml("Normalizer", ["c"], ["e2"], norm="L2"),
        ml("Normalizer", ["c"], ["e3"], norm="MAX"),
        helper.make_node("Concat", ["d", "e1", "e2", "e3"], ["y"], axis=1),
    ]
    return graph(nodes, [("y", TensorProto.FLOAT)], [numpy_helper.from_array(np.array([2, 4]), "pick")])


def hand_activations():
    """What hidden layers of networks do to their sums."""
    n = helper.make_node
    plain = ["Erf", "HardSwish", "Mish", "Selu", "Softplus", "Softsign", "Relu", "Sigmoid", "Tanh"]
    nodes = [n(op, ["X"], [op]) for op in plain] + [
        n("LeakyRelu", ["X"], ["LeakyRelu"], alpha=0.2),
        n("Elu", ["X"], ["Elu"], alpha=1.5),
        n("HardSigmoid", ["X"], ["HardSigmoid"], alpha=0.3, beta=0.4),
        n("Gelu", ["X"], ["Gelu"]),
        n("Gelu", ["X"], ["GeluTanh"], approximate="tanh"),
        n("Dropout", ["X"], ["Dropout"]),
    ]
    return graph(nodes, [(node.output[0], TensorProto.FLOAT) for node in nodes], opset=20)


def hand_network():
    """Normalisations, soft maxima and the largest few, along both axes."""
    c = lambda name, v: numpy_helper.from_array(np.asarray(v), name)
    n = helper.make_node
    f, i = TensorProto.FLOAT, TensorProto.INT64
    nodes = [
        n("LayerNormalization", ["X", "scale", "offset"], ["layer"], epsilon=1e-3),
        n("LayerNormalization", ["X", "scale"], ["layer_plain"], axis=1),
        n("BatchNormalization", ["X", "scale", "offset", "mean", "variance"], ["batch"]),
        n("LogSoftmax", ["layer"], ["log_soft"], axis=1),
        n("ReduceLogSumExp", ["layer"], ["log_sum_exp"], axes=[1], keepdims=1),
        n("ReduceLogSum", ["squares"], ["log_sum"], axes=[1], keepdims=0),
        n("Mul", ["X", "X"], ["squares"]),
        n("TopK", ["X", "two"], ["top", "top_at"], axis=1),
        n("TopK", ["whole", "two"], ["low", "low_at"], axis=1, largest=0),
        n("Floor", ["X"], ["whole"]),
    ]
    order = ["Mul", "Floor"]
    nodes.sort(key=lambda node: node.op_type not in order)
    init = [c("scale", np.linspace(0.5, 2, COLUMNS).astype(np.float32)), c("offset", np.linspace(-1, 1, COLUMNS).astype(np.float32)),
            c("mean", np.linspace(-2, 2, COLUMNS).astype(np.float32)), c("variance", np.linspace(0.1, 3, COLUMNS).astype(np.float32)),
            c("two", np.array([2]))]
    outputs = [("layer", f), ("layer_plain", f), ("batch", f), ("log_soft", f), ("log_sum_exp", f), ("log_sum", f),
               ("top", f), ("top_at", i), ("low", f), ("low_at", i)]
    return graph(nodes, outputs, init)


CASES = {
    "sklearn_ridge": lambda: sk(Ridge(alpha=2.0)),
    "sklearn_ridge_double": lambda: sk(Ridge(alpha=2.0), x=X.astype(np.float64), kind=DoubleTensorType),
    "sklearn_ridge_two_targets": lambda: sk(Ridge(), y=np.c_[Y, -2 * Y + 1]),
    "sklearn_elastic_net": lambda: sk(ElasticNet(alpha=0.1, l1_ratio=0.5)),
    "sklearn_imputer_scaler_linear": lambda: sk(make_pipeline(SimpleImputer(), StandardScaler(), LinearRegression()), GAPS),
    "sklearn_scaler_imputer_linear": lambda: sk(
        make_pipeline(StandardScaler(), SimpleImputer(strategy="constant", fill_value=0.0), LinearRegression()), GAPS),
    "sklearn_robust_minmax_ridge": lambda: sk(make_pipeline(RobustScaler(), MinMaxScaler(), MaxAbsScaler(), Ridge())),
    "sklearn_columns_ridge": lambda: sk(make_pipeline(
        ColumnTransformer([("a", StandardScaler(), [0, 1, 2]), ("b", "passthrough", [3, 5])]), Ridge())),
    "sklearn_polynomial_ridge": lambda: sk(make_pipeline(PolynomialFeatures(2), Ridge())),
    "sklearn_pca_ridge": lambda: sk(make_pipeline(StandardScaler(), PCA(3), Ridge())),
    "sklearn_normalizer_l1_ridge": lambda: sk(make_pipeline(Normalizer("l1"), Ridge())),
    "sklearn_normalizer_l2_ridge": lambda: sk(make_pipeline(Normalizer("l2"), Ridge())),
    "sklearn_normalizer_max_ridge": lambda: sk(make_pipeline(Normalizer("max"), Ridge())),
    "sklearn_binarizer_ridge": lambda: sk(make_pipeline(Binarizer(threshold=0.5), Ridge())),
    "sklearn_logistic_binary": lambda: sk(LogisticRegression(), y=BINARY, options=DROP_ZIPMAP),
    "sklearn_logistic_zipmap": lambda: sk(LogisticRegression(), y=BINARY),
    "sklearn_logistic_names": lambda: sk(LogisticRegression(), y=NAMES, options=DROP_ZIPMAP),
    "sklearn_sgd_classifier": lambda: sk(SGDClassifier(loss="log_loss", random_state=0), y=THREE, options=DROP_ZIPMAP),
    "sklearn_tree_regressor": lambda: sk(DecisionTreeRegressor(max_depth=5, random_state=0)),
    "sklearn_tree_regressor_two_targets": lambda: sk(DecisionTreeRegressor(max_depth=4, random_state=0), y=np.c_[Y, -Y + 1]),
    "sklearn_tree_classifier": lambda: sk(DecisionTreeClassifier(max_depth=5, random_state=0), y=THREE, options=DROP_ZIPMAP),
    "sklearn_forest_regressor": lambda: sk(RandomForestRegressor(8, max_depth=5, random_state=0)),
    "sklearn_forest_regressor_gaps": lambda: sk(RandomForestRegressor(8, max_depth=4, random_state=0), GAPS),
    "sklearn_extra_trees_deep": lambda: sk(ExtraTreesRegressor(2, random_state=0)),
    "sklearn_forest_binary": lambda: sk(RandomForestClassifier(8, max_depth=4, random_state=0), y=BINARY, options=DROP_ZIPMAP),
    "sklearn_forest_names": lambda: sk(RandomForestClassifier(8, max_depth=4, random_state=0), y=NAMES, options=DROP_ZIPMAP),
    "sklearn_boosting_regressor": lambda: sk(GradientBoostingRegressor(n_estimators=20, random_state=0)),
    "sklearn_boosting_binary": lambda: sk(GradientBoostingClassifier(n_estimators=15, random_state=0), y=BINARY, options=DROP_ZIPMAP),
    "sklearn_boosting_three": lambda: sk(GradientBoostingClassifier(n_estimators=6, random_state=0), y=THREE, options=DROP_ZIPMAP),
    "sklearn_hist_boosting_regressor": lambda: hist_gradient_boosting(HistGradientBoostingRegressor(max_iter=15, max_leaf_nodes=8, random_state=0), GAPS),
    "sklearn_hist_boosting_binary": lambda: hist_gradient_boosting(
        HistGradientBoostingClassifier(max_iter=10, max_leaf_nodes=8, random_state=0), GAPS, BINARY, DROP_ZIPMAP),
    "sklearn_mlp_regressor": lambda: sk(make_pipeline(StandardScaler(), MLPRegressor(hidden_layer_sizes=(8, 4), max_iter=200, random_state=0))),
    "sklearn_mlp_tanh": lambda: sk(MLPRegressor(hidden_layer_sizes=(5,), activation="tanh", max_iter=100, random_state=0)),
    "sklearn_mlp_logistic": lambda: sk(MLPRegressor(hidden_layer_sizes=(5,), activation="logistic", max_iter=100, random_state=0)),
    "sklearn_mlp_classifier": lambda: sk(MLPClassifier(hidden_layer_sizes=(6,), max_iter=100, random_state=0), y=THREE, options=DROP_ZIPMAP),
    "lightgbm_regressor": lambda: lgb(lightgbm.LGBMRegressor(n_estimators=20, num_leaves=8, verbose=-1), GAPS, Y),
    "lightgbm_binary": lambda: lgb(lightgbm.LGBMClassifier(n_estimators=15, num_leaves=8, verbose=-1), GAPS, BINARY),
    "lightgbm_three": lambda: lgb(lightgbm.LGBMClassifier(n_estimators=6, num_leaves=8, verbose=-1), GAPS, THREE),
    "lightgbm_forest": lambda: lgb(
        lightgbm.LGBMRegressor(boosting_type="rf", n_estimators=8, num_leaves=8, bagging_freq=1, bagging_fraction=0.7, verbose=-1), X, Y),
    "xgboost_regressor": lambda: xgb(xgboost.XGBRegressor(n_estimators=20, max_depth=3), GAPS, Y),
    "xgboost_logistic_regressor": lambda: xgb(xgboost.XGBRegressor(n_estimators=5, max_depth=3, objective="reg:logistic"), GAPS, BINARY),
    "xgboost_binary": lambda: xgb(xgboost.XGBClassifier(n_estimators=15, max_depth=3), GAPS, BINARY),
    "xgboost_three": lambda: xgb(xgboost.XGBClassifier(n_estimators=8, max_depth=3), GAPS, THREE),
    "hand_trees_modes_sum": lambda: hand_trees("SUM", MODES, base=[0.25]),
    "hand_trees_modes_average": lambda: hand_trees("AVERAGE", MODES, base=[0.25]),
    "hand_trees_modes_min": lambda: hand_trees("MIN", MODES),
    "hand_trees_modes_max": lambda: hand_trees("MAX", MODES, base=[-1.0]),
    "hand_trees_inequalities": lambda: hand_trees("SUM", MODES[:4]),
    "hand_trees_three_sum": lambda: hand_trees("SUM", MODES[:4], targets=3, base=[1.0, 2.0, 3.0], transform="SOFTMAX"),
    "hand_trees_three_average": lambda: hand_trees("AVERAGE", MODES, targets=3, base=[1.0, 2.0, 3.0], transform="LOGISTIC"),
    "hand_trees_three_min": lambda: hand_trees("MIN", MODES, targets=3),
    "hand_trees_three_max": lambda: hand_trees("MAX", MODES, targets=3, transform="SOFTMAX_ZERO"),
    "hand_trees_logistic": lambda: hand_trees("SUM", MODES[:2], transform="LOGISTIC"),
    "hand_binary_first": lambda: hand_classifier(2, None, "NONE", sides=[0]),
    "hand_binary_second": lambda: hand_classifier(2, None, "NONE", sides=[1]),
    "hand_binary_both": lambda: hand_classifier(2, None, "SOFTMAX", sides=[0, 1]),
    "hand_binary_first_logistic": lambda: hand_classifier(2, [0.3], "LOGISTIC", sides=[0]),
    "hand_binary_second_logistic": lambda: hand_classifier(2, [0.3], "LOGISTIC", sides=[1]),
    "hand_binary_second_two_bases": lambda: hand_classifier(2, [0.3, 0.3], "LOGISTIC", sides=[1]),
    "hand_binary_first_two_bases": lambda: hand_classifier(2, [0.3, 0.3], "LOGISTIC", sides=[0]),
    "hand_binary_both_two_bases": lambda: hand_classifier(2, [0.3, 0.2], "NONE", sides=[0, 1]),
    "hand_binary_positive": lambda: hand_classifier(2, None, "NONE", positive=True, sides=[0]),
    "hand_binary_positive_second": lambda: hand_classifier(2, None, "NONE", positive=True, sides=[1]),
    "hand_binary_positive_logistic": lambda: hand_classifier(2, None, "LOGISTIC", positive=True, sides=[0]),
    "hand_three_bases": lambda: hand_classifier(3, [0.1, 0.2, 0.3], "SOFTMAX", sides=[0, 2]),
    "hand_linear_binary": lambda: hand_linear_binary("NONE"),
    "hand_linear_binary_logistic": lambda: hand_linear_binary("LOGISTIC"),
    "hand_linear_binary_softmax": lambda: hand_linear_binary("SOFTMAX"),
    "hand_linear_probit": lambda: hand_linear("PROBIT", 1),
    "hand_linear_logistic": lambda: hand_linear("LOGISTIC", 1),
    "hand_linear_softmax": lambda: hand_linear("SOFTMAX", 3),
    "hand_linear_softmax_zero": lambda: hand_linear("SOFTMAX_ZERO", 3),
    "hand_tensors": hand_tensors,
    "hand_preparation": hand_preparation,
    "hand_activations": hand_activations,
    "hand_network": hand_network,
}


def plain(value):
    """An output of onnxruntime as dims and a flat list; a list of maps becomes its values by key."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        value = np.array([[row[k] for k in sorted(row)] for row in value], dtype=np.float32)
    value = np.asarray(value)
    flat = [number(v) for v in value.ravel().tolist()]
    return {"dims": list(value.shape), "values": flat}


def number(v):
    if not isinstance(v, float):
        return v
    return None if np.isnan(v) else v


def write(name, make):
    onx, x = make()
    raw = onx.SerializeToString()
    session = onnxruntime.InferenceSession(raw, providers=["CPUExecutionProvider"])
    x = x[:SHOWN]
    outputs = session.run(None, {session.get_inputs()[0].name: x})
    case = {
        "source": f"onnxruntime {onnxruntime.__version__}",
        "x": [[number(float(v)) for v in row] for row in x],
        "outputs": [{"name": o.name, **plain(v)} for o, v in zip(session.get_outputs(), outputs)],
    }
    (OUT / f"{name}.onnx").write_bytes(raw)
    (OUT / f"{name}.json").write_text(json.dumps(case, separators=(",", ":")) + "\n")
    ops = collections.Counter(f"{n.domain}::{n.op_type}" for n in onx.graph.node)
    print(f"{name:38} {len(raw):7} bytes  {dict(ops)}")
    return len(raw)


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    print("scikit-learn", sklearn.__version__, "lightgbm", lightgbm.__version__, "xgboost", xgboost.__version__, "onnx", onnx.__version__)
    total = 0
    for name, make in CASES.items():
        try:
            total += write(name, make)
        except Exception as error:  # noqa: BLE001 - one exporter that fails must not hide the others
            print(f"{name:38} FAILED {type(error).__name__}: {str(error)[:300]}")
    print("total", total, "bytes")
