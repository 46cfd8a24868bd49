"""Writes walk.json: minimum variance walked forward over shipped prices, by skfolio.

    python generate_walk.py

Weights drift within each test and are set anew at the next; nothing is paid for trades. The figures
are those of skfolio, brought to a year and to the growth that `trimtab validate` reports by numpy.
"""

import json
import pathlib

import numpy as np
import pandas as pd
from skfolio.model_selection import WalkForward, cross_val_predict
from skfolio.moments import EmpiricalCovariance, EmpiricalMu
from skfolio.optimization import EqualWeighted, MeanRisk, ObjectiveFunction
from skfolio.preprocessing import prices_to_returns
from skfolio.prior import EmpiricalPrior
from skfolio.model_selection import CombinatorialPurgedCV

HERE = pathlib.Path(__file__).parent
DAYS = 600


def figures(portfolio):
    returns = np.asarray(portfolio.returns)
    wealth = np.concatenate([[1.0], np.cumprod(1 + returns)])
    return {
        "annual_return": float(wealth[-1] ** (252 / len(returns)) - 1),
        "volatility": float(portfolio.annualized_standard_deviation),
        "sharpe": float(portfolio.annualized_sharpe_ratio),
        "max_drawdown": float(np.max(1 - wealth / np.maximum.accumulate(wealth))),
    }


def main():
    prices = pd.read_parquet(HERE / "../../examples/data/us20.parquet").set_index("date")
    returns = prices_to_returns(prices).iloc[-DAYS:]
    prior = EmpiricalPrior(mu_estimator=EmpiricalMu(),
                           covariance_estimator=EmpiricalCovariance())
    tight = {"tol_gap_abs": 1e-13, "tol_gap_rel": 1e-13, "tol_feas": 1e-13}
    utility = dict(objective_function=ObjectiveFunction.MAXIMIZE_UTILITY, risk_aversion=5.0)
    methods = {
        "equal weight": EqualWeighted(portfolio_params={"weight_drift": True}),
        "minimise variance": MeanRisk(prior_estimator=prior, solver_params=tight,
                                      portfolio_params={"weight_drift": True}),
        "maximise return - 5 * variance": MeanRisk(prior_estimator=prior, solver_params=tight,
                                                   portfolio_params={"weight_drift": True},
                                                   **utility),
    }
    walk = WalkForward(test_size=21, train_size=252, purged_size=3, reduce_test=True)
    folds = CombinatorialPurgedCV(n_folds=5, n_test_folds=2, purged_size=2, embargo_size=3)
    content = {"source": "skfolio 1.12.2, cross_val_predict with weight_drift", "days": DAYS,
               "walk_forward": {}, "combinatorial": {}}
    for name, method in methods.items():
        content["walk_forward"][name] = figures(cross_val_predict(method, returns, cv=walk))
        paths = cross_val_predict(method, returns, cv=folds)
        content["combinatorial"][name] = [figures(path) for path in paths]
    (HERE / "walk.json").write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
