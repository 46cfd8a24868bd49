"""The question in bt.

Conventions that differ from Trimtab's:

* Who pays the commission. bt sets each position so that its trade and its commission together come
  to the change of weight; Trimtab trades to the target weights and shrinks purchases by one factor
  until cash pays for all of it. Both end fully invested.
* bt has no minimum-variance step, so one is written here as a user would: the sample covariance
  from pandas and scipy's SLSQP, the solver of bt's own mean-variance step. It stops at a tolerance
  of its own.
"""

import bt
import numpy as np
from scipy.optimize import minimize

from question import CAPITAL, COMMISSION, FIRST, WINDOW, answer


class MinimumVariance(bt.Algo):
    """Sets weights to those of least variance, long only and fully invested."""

    def __call__(self, target):
        closes = target.universe.loc[: target.now, target.temp["selected"]].iloc[-WINDOW - 1 :]
        # Scaled so that the solver's tolerance is small beside the values.
        covariance = closes.pct_change().iloc[1:].cov().to_numpy() * 252 * 100
        assets = len(covariance)
        solved = minimize(
            lambda w: w @ covariance @ w,
            np.full(assets, 1 / assets),
            jac=lambda w: 2 * covariance @ w,
            method="SLSQP",
            bounds=[(0, 1)] * assets,
            constraints={
                "type": "eq",
                "fun": lambda w: w.sum() - 1,
                "jac": lambda w: np.ones(assets),
            },
            options={"ftol": 1e-10, "maxiter": 500},
        )
        if not solved.success:
            raise RuntimeError(solved.message)
        target.temp["weights"] = dict(zip(closes.columns, solved.x, strict=True))
        return True


def solve(question, data):
    """One backtest; the final value."""
    weigh = bt.algos.WeighEqually() if question == "equal-weight" else MinimumVariance()
    strategy = bt.Strategy(
        question,
        [
            bt.algos.RunAfterDate(FIRST - np.timedelta64(1, "D")),
            bt.algos.RunMonthly(run_on_first_date=False, run_on_end_of_period=True),
            bt.algos.SelectAll(),
            weigh,
            bt.algos.Rebalance(),
        ],
    )
    test = bt.Backtest(
        strategy,
        data,
        initial_capital=CAPITAL,
        commissions=lambda quantity, price: abs(quantity) * price * COMMISSION,
        integer_positions=True,
        progress_bar=False,
    )
    bt.run(test)
    traded = test.strategy.get_transactions()
    return {
        "final_value": float(test.strategy.value),
        "decisions": int(traded.index.get_level_values(0).nunique()),
    }


if __name__ == "__main__":
    answer(f"bt {bt.__version__}", solve)
