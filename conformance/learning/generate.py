"""What scikit-learn and shap say of models that this project trains too.

    pip install -r requirements.txt
    python generate.py

Reads `examples/data/us20.parquet`, writes `rows.json` (the training rows), `expected.json` and the
models in `cases/`. Everything is seeded.
"""

import json
import pathlib
import warnings

import numpy as np
import pandas as pd
import shap
from sklearn.decomposition import PCA
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import f_regression, mutual_info_regression
from sklearn.inspection import permutation_importance
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.neural_network._stochastic_optimizers import AdamOptimizer
from sklearn.tree import DecisionTreeRegressor
from skl2onnx import to_onnx

HERE = pathlib.Path(__file__).parent
NAMES = ["momentum_12_1", "reversal_21d", "volatility_63d", "drawdown_252d", "distance_50d", "skewness_63d"]


def rows():
    """Months of 2001 to 2003, twenty stocks; a few values unknown."""
    close = pd.read_parquet(HERE / "../../examples/data/us20.parquet").set_index("date")
    close.index = pd.to_datetime(close.index)
    returns = close.pct_change()
    features = [
        close.shift(21) / close.shift(252) - 1,
        -close.pct_change(21),
        returns.rolling(63).std() * np.sqrt(252),
        close / close.rolling(252).max() - 1,
        close / close.rolling(50).mean() - 1,
        returns.rolling(63).skew(),
    ]
    ahead = close.shift(-21) / close - 1
    ahead = ahead.sub(ahead.mean(axis=1), axis=0)
    days = close.loc["2001-01-01":"2003-12-31"].index[::42]
    x = np.stack([f.loc[days].to_numpy().ravel() for f in features], axis=1)
    x = x.astype(np.float32).astype(float)
    y = ahead.loc[days].to_numpy().ravel().astype(np.float32).astype(float)
    x.ravel()[np.arange(17, x.size, 53)] = np.nan
    return x, y, [d.strftime("%Y-%m-%d") for d in days for _ in close.columns]


def standard(x):
    mean, deviation = np.nanmean(x, axis=0), np.nanstd(x, axis=0)
    return np.nan_to_num((x - mean) / deviation, nan=0.0)


def expected_return(classifier, z, y, classes):
    probabilities = classifier.fit(z, classes).predict_proba(z)
    return probabilities @ [y[classes == c].mean() for c in classifier.classes_]


def quantiles(y, count):
    cuts = np.sort(y)[[k * len(y) // count for k in range(1, count)]]
    return np.searchsorted(cuts, y, side="right")


def models(x, y):
    z, up, n = standard(x), (y > 0).astype(int), len(y)
    unit = (y - y.mean()) / y.std()
    def lasso(z):
        return Lasso(alpha=0.02, tol=1e-14, max_iter=100000).fit(z, unit).predict(z) * y.std() + y.mean()
    def ridge(z):
        return Ridge(alpha=5.0).fit(z, y).predict(z)
    def logistic(classes, alpha):
        model = LogisticRegression(C=1 / alpha, tol=1e-12, max_iter=100000)
        return expected_return(model, z, y, classes)
    components = PCA(3, svd_solver="full").fit_transform(z)
    # The project standardises the components once more, as it does all features of linear models.
    again = standard(components)
    f = by_score(x, y, "f-test")
    information = by_score(x, y, "mutual-information")
    varied = [c for c in range(x.shape[1]) if np.nanvar(x[:, c]) > 0.02]
    tree = DecisionTreeRegressor(max_depth=4, min_samples_leaf=8, random_state=0).fit(x, y)
    cases = {
        "lasso": ({"kind": "lasso", "alpha": 0.02}, {}, lasso(z)),
        "logistic": ({"kind": "logistic", "alpha": 3.0}, {}, logistic(up, 3.0)),
        "logistic_quantiles": ({"kind": "logistic", "alpha": 3.0, "quantiles": 3}, {}, logistic(quantiles(y, 3), 3.0)),
        "naive_bayes": ({"kind": "naive-bayes"}, {}, expected_return(GaussianNB(), z, y, up)),
        "naive_bayes_quantiles": (
            {"kind": "naive-bayes", "quantiles": 4, "smoothing": 0.1},
            {},
            expected_return(GaussianNB(var_smoothing=0.1), z, y, quantiles(y, 4)),
        ),
        "nearest_neighbours": (
            {"kind": "nearest-neighbours", "neighbours": 12},
            {},
            KNeighborsRegressor(12).fit(z, y).predict(z),
        ),
        "tree": (
            {"kind": "random-forest", "trees": 1, "depth": 4, "min_leaf": 8, "column_sample": 1.0, "bootstrap": False, "bins": 4096},
            {},
            tree.predict(x),
        ),
        "components": ({"kind": "ridge", "alpha": 5.0}, {"components": 3}, ridge(again)),
        "f_test": ({"kind": "ridge", "alpha": 5.0}, {"select": {"by": "f-test", "top": 3}}, ridge(z[:, best(f, 3)])),
        "mutual_information": (
            {"kind": "ridge", "alpha": 5.0},
            {"select": {"by": "mutual-information", "top": 2}},
            ridge(z[:, best(information, 2)]),
        ),
        "variance": ({"kind": "lasso", "alpha": 0.02}, {"variance_above": 0.02}, lasso(z[:, varied])),
    }
    assert 0 < len(varied) < x.shape[1]
    return {name: {"model": m, "prepare": p, "forecast": v.tolist()} for name, (m, p, v) in cases.items()}


def best(scores, top):
    return sorted(np.argsort(-np.array(scores))[:top])


def by_score(x, y, criterion):
    scores = []
    for column in x.T:
        known = ~np.isnan(column)
        a, b = column[known], y[known]
        if criterion == "correlation":
            scores.append(abs(np.corrcoef(a, b)[0, 1]))
        elif criterion == "f-test":
            scores.append(f_regression(a[:, None], b)[0][0])
        else:
            scores.append(mutual_info_regression(a[:, None], b, random_state=0)[0])
    return scores


def network():
    """Steps of Adam over the whole batch from weights that are written down."""
    random = np.random.RandomState(5)
    x, y = random.normal(size=(20, 3)), random.normal(size=20)
    cases = {}
    for activation in ["relu", "tanh"]:
        model = MLPRegressor(hidden_layer_sizes=(4, 3), activation=activation, alpha=0.1, learning_rate_init=0.01, batch_size=20, shuffle=False, random_state=1)
        model.partial_fit(x, y)
        model._optimizer = AdamOptimizer(model.coefs_ + model.intercepts_, 0.01)
        layers = lambda: [{"weights": w.tolist(), "offsets": b.tolist()} for w, b in zip(model.coefs_, model.intercepts_)]
        before, steps = layers(), 60
        for _ in range(steps):
            model.partial_fit(x, y)
        cases[activation] = {"x": x.ravel().tolist(), "y": y.tolist(), "steps": steps, "before": before, "after": layers()}
    return cases


def forest(x, y):
    """The mean of forests, and how far one of them lies from it."""
    one = lambda seed: RandomForestRegressor(200, max_depth=6, min_samples_leaf=10, max_features=2, random_state=seed).fit(x, y).predict(x)
    forecasts = np.array([one(seed) for seed in range(20)])
    mean = forecasts.mean(axis=0)
    spread = np.sqrt(((forecasts - mean) ** 2).mean(axis=1))
    return {"mean": mean.tolist(), "largest_distance": float(spread.max())}


def explained(x, y):
    """Shapley values of trees by the way that rows take through them, and of a linear model."""
    full = np.nan_to_num(x, nan=0.1).astype(np.float32)
    label = (np.sin(6 * full[:, 0]) + full[:, 1] * full[:, 2] + 0.1 * y).astype(np.float32)
    trees = {
        "tree": DecisionTreeRegressor(max_depth=5, min_samples_leaf=4, random_state=0),
        "boosting": GradientBoostingRegressor(n_estimators=20, max_depth=3, random_state=0),
        "forest": RandomForestRegressor(10, max_depth=6, max_features=2, bootstrap=False, random_state=0),
    }
    some = full[::37]
    cases = {}
    for name, model in trees.items():
        model.fit(full, label)
        (HERE / f"cases/{name}.onnx").write_bytes(to_onnx(model, full[:1]).SerializeToString())
        explainer = shap.TreeExplainer(model)
        cases[name] = {
            "expected": float(np.ravel(explainer.expected_value)[0]),
            "values": explainer.shap_values(some).tolist(),
        }
    linear = LinearRegression().fit(full, label)
    (HERE / "cases/linear.onnx").write_bytes(to_onnx(linear, full[:1]).SerializeToString())
    explainer = shap.LinearExplainer(linear, shap.maskers.Independent(full, max_samples=10**6))
    cases["linear"] = {"expected": float(explainer.expected_value), "values": explainer.shap_values(some).tolist()}
    importance = permutation_importance(linear, full, label, scoring="neg_mean_squared_error", n_repeats=400, random_state=0)
    return {
        "x": full.ravel().tolist(),
        "y": label.tolist(),
        "some": some.ravel().tolist(),
        "shapley": cases,
        "permutation": {"mean": importance.importances_mean.tolist(), "deviation": importance.importances_std.tolist()},
    }


def texts():
    documents = [
        "Inflation remained elevated; the Committee decided to raise rates.",
        "The Committee decided to keep rates unchanged. Growth was strong!",
        "Growth slowed, inflation eased and the unemployment rate rose.",
        "",
        "Rates, rates, rates: inflation.",
    ]
    vectorizer = TfidfVectorizer()
    weights = vectorizer.fit_transform(documents).toarray()
    terms = vectorizer.get_feature_names_out()
    def as_known(number):
        """The weights of a document by a vectoriser that has seen it and those before."""
        seen = TfidfVectorizer().fit(documents[: number + 1])
        row = dict(zip(seen.get_feature_names_out(), seen.transform([documents[number]]).toarray()[0]))
        return [row.get(term, 0.0) for term in terms]
    return {
        "documents": documents,
        "terms": terms.tolist(),
        "idf": vectorizer.idf_.tolist(),
        "weights": weights.tolist(),
        "as_known": [as_known(number) for number in range(len(documents))],
    }


def main():
    warnings.simplefilter("ignore")
    (HERE / "cases").mkdir(exist_ok=True)
    x, y, dates = rows()
    hole = lambda v: None if np.isnan(v) else float(v)
    (HERE / "rows.json").write_text(json.dumps({"names": NAMES, "x": [hole(v) for v in x.ravel()], "y": y.tolist(), "dates": dates}))
    criteria = ["correlation", "f-test", "mutual-information"]
    expected = {
        "models": models(x, y),
        "scores": {c: by_score(x, y, c) for c in criteria},
        "network": network(),
        "forest": forest(x, y),
        "explained": explained(x, y),
        "texts": texts(),
    }
    (HERE / "expected.json").write_text(json.dumps(expected, default=float))


if __name__ == "__main__":
    main()
