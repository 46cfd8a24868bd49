"""The question in skfolio.

Conventions that differ from Trimtab's:

* Daily rebalancing. By default a skfolio portfolio has the same weights on every day of a fold;
  `weight_drift=True` lets them drift as holdings do, and is used here.
* Costs. skfolio charges costs on every observation of a fold, so that a user divides them by the
  length of the fold, and its EqualWeighted takes none at all. The answer here charges commission
  once, at the rebalance, on the turnover that skfolio reports; `native_value` is what skfolio
  itself comes to (minimum variance: costs spread over folds of 21 days; equal weight: no costs).
* Commission is taken from value before the trade is sized in Trimtab, after it here: weights times
  value before costs is what is traded.
* Fractions of shares: skfolio has weights, not shares.
"""

import numpy as np
import pandas as pd
import skfolio
from skfolio.model_selection import WalkForward, cross_val_predict
from skfolio.moments import EmpiricalCovariance
from skfolio.optimization import EqualWeighted, MeanRisk
from skfolio.preprocessing import prices_to_returns
from skfolio.prior import EmpiricalPrior

from question import CAPITAL, COMMISSION, FIRST, WINDOW, answer


def model(question):
    """The estimator. MeanRisk minimises variance unless told otherwise."""
    if question == "equal-weight":
        return EqualWeighted()
    covariance = EmpiricalCovariance(window_size=WINDOW)
    return MeanRisk(
        prior_estimator=EmpiricalPrior(covariance_estimator=covariance),
        transaction_costs=COMMISSION / 21,
    )


def solve(question, data):
    """A walk forward in which each month is a fold, tested from the day after its decision."""
    returns = prices_to_returns(data)
    # 535 weekdays hold a few more than WINDOW trading days; the covariance takes the newest WINDOW.
    history = pd.offsets.BDay(535)
    folds = WalkForward(test_size=1, train_size=history, freq="MS", reduce_test=True)
    path = cross_val_predict(
        model(question),
        returns,
        cv=folds,
        portfolio_params={"weight_drift": True, "compounded": True},
    )
    first = path.portfolios[0].observations[0]
    before = returns.index[returns.index.get_loc(pd.Timestamp(first)) - 1]
    assert before == FIRST, f"the first decision was on {before}"
    return {**value(path), "decisions": len(path.portfolios)}


def value(path):
    """The final value with commission at each rebalance, and as skfolio has it."""
    ours = 1.0
    for fold in path.portfolios:
        ours *= 1 - COMMISSION * float(np.abs(fold.weights - fold.previous_weights).sum())
        ours *= float(np.prod(1 + fold.returns + fold.total_cost))
    return {
        "final_value": CAPITAL * ours,
        "native_value": CAPITAL * float(np.prod(1 + path.returns)),
    }


if __name__ == "__main__":
    answer(f"skfolio {skfolio.__version__}", solve)
