"""Expected posteriors, computed by PyPortfolioOpt, skfolio and Riskfolio-Lib.

    python -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python views.py

The returns are of skfolio's own `sp500_dataset` (BSD-3-Clause), simple, 250 days of four symbols.
Writes `views.json` beside this file. Views stand there as sentences of this project; below they
stand as the other side takes them.
"""

import json
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import riskfolio as rp
from pypfopt import BlackLittermanModel, black_litterman
from skfolio.datasets import load_sp500_dataset
from skfolio.moments import EmpiricalCovariance, EmpiricalMu
from skfolio.prior import BlackLitterman, EmpiricalPrior, EntropyPooling, OpinionPooling

warnings.filterwarnings("ignore")
HERE = Path(__file__).parent
NAMES = ["AAPL", "BAC", "JNJ", "XOM"]
GROUPS = {"AAPL": ["growth"], "BAC": ["value"], "JNJ": ["growth"], "XOM": ["value"]}
rows = lambda x: np.asarray(x).tolist()


def empirical():
    plain = EmpiricalCovariance(nearest=False, window_size=None)
    return EmpiricalPrior(mu_estimator=EmpiricalMu(), covariance_estimator=plain)


def pyportfolioopt(returns):
    cov = returns.cov()
    caps = pd.Series([500.0, 300.0, 400.0, 200.0], index=NAMES)
    pi = black_litterman.market_implied_prior_returns(caps, 2.5, cov)
    p = np.array([[1, 0, 0, 0], [0, 1, -1, 0], [0.5, -0.5, 0.5, -0.5]])
    q = np.array([0.002, -0.0005, 0.001])
    sentences = ["AAPL == 0.2%", "BAC - JNJ == -5bps", "growth - value == 0.1%"]
    out = []
    for tau, confidences in [(0.05, None), (0.02, None), (0.05, [0.6, 0.25, 0.9]), (0.05, [1.0, 0.0, 0.5])]:
        kwargs = {} if confidences is None else {"omega": "idzorek", "view_confidences": confidences}
        model = BlackLittermanModel(cov, pi=pi, Q=q, P=p, tau=tau, **kwargs)
        views = sentences if confidences is None else [
            f"{text} with confidence {100 * c:g}%" for text, c in zip(sentences, confidences)
        ]
        out.append({
            "source": "PyPortfolioOpt", "tau": tau, "views": views, "prior": rows(pi),
            "mean": rows(model.bl_returns()), "covariance": rows(model.bl_cov()),
            # There, no confidence is an error of 1e6, not an infinite one.
            "tolerance": 1e-8 if confidences and 0.0 in confidences else 1e-11,
        })
    omega = np.array([[4e-6, 1e-6, 0], [1e-6, 2e-6, 0], [0, 0, 1e-6]])
    model = BlackLittermanModel(cov, pi=pi, Q=q, P=p, tau=0.05, omega=omega)
    out.append({
        "source": "PyPortfolioOpt", "tau": 0.05, "views": sentences, "prior": rows(pi),
        "uncertainty": rows(omega), "mean": rows(model.bl_returns()),
        "covariance": rows(model.bl_cov()), "tolerance": 1e-11,
    })
    return {"market": rows(caps / caps.sum()), "risk_aversion": 2.5, "equilibrium": rows(pi)}, out


def skfolio_black_litterman(returns):
    cases = [
        (["AAPL == 0.002", "BAC - JNJ == -0.0005", "growth - value == 0.001"], None,
         ["AAPL == 0.2%", "BAC - JNJ == -0.05%", "growth - value == 0.1%"]),
        (["XOM == 0.001", "growth == 0.0015"], [0.3, 0.8],
         ["XOM == 0.1% with confidence 30%", "growth == 0.15% with confidence 80%"]),
    ]
    out = []
    for theirs, confidences, ours in cases:
        model = BlackLitterman(theirs, groups=GROUPS, prior_estimator=empirical(),
                               view_confidences=confidences).fit(returns)
        found = model.return_distribution_
        out.append({
            "source": "skfolio", "tau": 0.05, "views": ours, "prior": rows(returns.mean()),
            "mean": rows(found.mu), "covariance": rows(found.covariance), "tolerance": 1e-11,
        })
    return out


def riskfolio_augmented(returns, factors):
    x = np.column_stack([np.ones(len(factors)), factors])
    b = np.linalg.lstsq(x, returns, rcond=None)[0][1:].T
    w = pd.DataFrame(np.full((4, 1), 0.25), index=NAMES)
    loadings = pd.DataFrame(b, index=NAMES, columns=factors.columns)
    mean, cov, _ = rp.ParamsEstimation.augmented_black_litterman(
        returns, w, factors, loadings,
        P=np.array([[1, 0, -1, 0]]), Q=np.array([[0.001]]),
        P_f=np.array([[1, 0], [0.5, -1]]), Q_f=np.array([[0.0005], [0.0002]]),
        delta=2.5, eq=True, const=False,
    )
    return {
        "factors": rows(factors), "factor_symbols": list(factors.columns), "loadings": rows(b),
        "weights": [0.25] * 4, "risk_aversion": 2.5, "tau": 1 / len(returns),
        "views": ["AAPL - JNJ == 0.1%", "MTUM == 5bps", "0.5 * MTUM - USMV == 0.02%"],
        "mean": rows(mean)[0], "covariance": rows(cov), "tolerance": 1e-8,
    }


def entropy(returns, tolerance, ours, **theirs):
    tight = {f"tol_{name}": 1e-11 for name in ["gap_abs", "gap_rel", "feas"]}
    model = EntropyPooling(prior_estimator=empirical(), solver="CLARABEL", solver_params=tight, **theirs)
    model.fit(returns)
    found = model.return_distribution_
    return {
        "views": ours, "probabilities": rows(found.sample_weight), "mean": rows(found.mu),
        "covariance": rows(found.covariance), "relative_entropy": model.relative_entropy_,
        "effective_scenarios": model.effective_number_of_scenarios_, "tolerance": tolerance,
    }


def entropy_pooling(returns):
    return [
        entropy(returns, 5e-6, ["AAPL == 0.3%", "BAC - JNJ >= 0.1%"],
                mean_views=["AAPL == 0.003", "BAC - JNJ >= 0.001"]),
        # The second of these holds already.
        entropy(returns, 5e-6, ["XOM >= 0.1%", "AAPL <= 5%", "BAC <= 2 * prior(BAC)"],
                mean_views=["XOM >= 0.001", "AAPL <= 0.05", "BAC <= 2 * prior(BAC)"]),
        entropy(returns, 5e-6, ["var(AAPL, 95%) == 5%"], value_at_risk_views=["AAPL == 0.05"]),
        entropy(returns, 5e-6, ["variance(AAPL) == 0.0012", "variance(JNJ) <= 0.0003", "BAC == 0"],
                mean_views=["BAC == 0.0"],
                variance_views=["AAPL == 0.0012", "JNJ <= 0.0003"]),
        entropy(returns, 5e-6, ["corr(AAPL, BAC) == 0.4", "corr(JNJ, XOM) >= 0.7"],
                correlation_views=["(AAPL, BAC) == 0.4", "(JNJ, XOM) >= 0.7"]),
        entropy(returns, 5e-6, ["skewness(AAPL) == -0.8", "kurtosis(XOM) == 9", "AAPL == 0.2%"],
                mean_views=["AAPL == 0.002"],
                skew_views=["AAPL == -0.8"], kurtosis_views=["XOM == 9"]),
        # There, quantiles are searched to 1e-4 only.
        entropy(returns, 2e-2, ["cvar(AAPL, 95%) == 10%"], cvar_views=["AAPL == 0.10"]),
        entropy(returns, 2e-2, ["cvar(AAPL, 95%) == 6%", "AAPL == 0.1%"],
                mean_views=["AAPL == 0.001"], cvar_views=["AAPL == 0.06"]),
    ]


def opinion_pooling(returns):
    make = lambda view: EntropyPooling(mean_views=[view])
    people = [("a", make("AAPL == 0.003")), ("b", make("XOM == -0.002")), ("c", make("JNJ >= 0.001"))]
    fit = lambda **kwargs: OpinionPooling(people, opinion_probabilities=[0.4, 0.3, 0.2], **kwargs).fit(returns)
    linear, logarithmic = fit(), fit(is_linear_pooling=False)
    robust = fit(divergence_penalty=2.0)
    weight = lambda model: rows(model.return_distribution_.sample_weight)
    return {
        "opinions": [weight(model) for model in linear.estimators_],
        # What is missing from 1 goes to equal probabilities.
        "shares": [0.4, 0.3, 0.2, 0.1], "linear": weight(linear), "logarithmic": weight(logarithmic),
        "penalty": 2.0, "robust_shares": rows(robust.opinion_probabilities_),
    }


def main():
    table = load_sp500_dataset()
    returns = table[NAMES].pct_change().loc[:"2020-12-31"].tail(250)
    from skfolio.datasets import load_factors_dataset
    factors = load_factors_dataset()[["MTUM", "USMV"]].pct_change().loc[returns.index]
    equilibrium, cases = pyportfolioopt(returns)
    out = {
        "versions": {name: version(name) for name in ["pyportfolioopt", "skfolio", "riskfolio-lib"]},
        "symbols": NAMES,
        "groups": {"growth": ["AAPL", "JNJ"], "value": ["BAC", "XOM"]},
        "returns": rows(returns),
        "equilibrium": equilibrium,
        "black_litterman": cases + skfolio_black_litterman(returns),
        "augmented": riskfolio_augmented(returns, factors),
        "entropy_pooling": entropy_pooling(returns),
        "opinion_pooling": opinion_pooling(returns),
    }
    lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in out.items())
    (HERE / "views.json").write_text("{\n" + lines + "\n}\n")


if __name__ == "__main__":
    main()
