"""Expected moments, computed by other systems on real prices.

    python -m venv venv && venv/bin/pip install scikit-learn pandas pyarrow skfolio PyPortfolioOpt
    venv/bin/python generate.py prices_us20.parquet

The input is skfolio's `sp500_dataset` (BSD-3-Clause): adjusted closes of 20 US large caps with a
date column. Writes `window.json` (59 returns of 6 symbols) and `short.json` (12 returns of 20
symbols, so fewer returns than symbols) beside this file. Versions stand in the files.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from pypfopt.risk_models import CovarianceShrinkage
from skfolio.measures import cvar, value_at_risk
from skfolio.moments import EmpiricalCovariance, ShrunkMu, ShrunkMuMethods
from sklearn.covariance import LedoitWolf, ledoit_wolf_shrinkage

HERE = Path(__file__).parent
PACKAGES = ["scikit-learn", "pandas", "numpy", "skfolio", "PyPortfolioOpt"]
HALF_LIFE = 21.0


def rows(frame):
    return np.asarray(frame).tolist()


def constant_correlation(returns):
    shrink = CovarianceShrinkage(returns, returns_data=True, frequency=1)
    # The paper divides by T; PyPortfolioOpt starts from T - 1, so it is given the paper's matrix.
    shrink.S = np.cov(returns.to_numpy(), rowvar=False, ddof=0)
    matrix = shrink.ledoit_wolf("constant_correlation")
    return {"covariance": rows(matrix), "shrinkage": float(shrink.delta)}


def expected(prices):
    returns = prices.pct_change().iloc[1:]
    ewm = returns.ewm(halflife=HALF_LIFE)
    last = returns.index[-1]
    wolf = LedoitWolf().fit(returns)
    assert np.isclose(wolf.shrinkage_, ledoit_wolf_shrinkage(returns))
    weights = np.arange(1, len(prices.columns) + 1) / sum(range(1, len(prices.columns) + 1))
    portfolio = returns.to_numpy() @ weights
    out = {
        "versions": {name: version(name) for name in PACKAGES},
        "symbols": list(prices.columns),
        "dates": [str(day.date()) for day in prices.index],
        "prices": rows(prices),
        "half_life_days": HALF_LIFE,
        "mean": rows(returns.mean()),
        "mean_log": rows(np.log(prices).diff().iloc[1:].mean()),
        "mean_ewm": rows(ewm.mean().loc[last]),
        "sample": rows(returns.cov()),
        "correlation": rows(returns.corr()),
        "ewm": rows(ewm.cov(bias=False).loc[last]),
        "ledoit_wolf": {"covariance": rows(wolf.covariance_), "shrinkage": float(wolf.shrinkage_)},
        "constant_correlation": constant_correlation(returns),
        "weights": rows(weights),
        "volatility": float(np.sqrt(weights @ returns.cov().to_numpy() @ weights)),
        "value_at_risk_5": float(value_at_risk(portfolio, beta=0.95)),
        "conditional_value_at_risk_5": float(cvar(portfolio, beta=0.95)),
    }
    if len(returns) > len(prices.columns):
        plain = EmpiricalCovariance(nearest=False, window_size=None)
        bayes = ShrunkMu(
            covariance_estimator=plain,
            vol_weighted_target=True,
            method=ShrunkMuMethods.BAYES_STEIN,
        )
        out["mean_bayes_stein"] = rows(bayes.fit(returns).mu_)
    return out


def write(name, prices):
    entries = (f"{json.dumps(key)}: {json.dumps(value)}" for key, value in expected(prices).items())
    (HERE / name).write_text("{\n" + ",\n".join(entries) + "\n}\n")


def main(path):
    table = pd.read_parquet(path)
    table = table.set_index(pd.to_datetime(table["date"])).drop(columns="date")
    names = ["AAPL", "AMD", "BAC", "GE", "JNJ", "XOM"]
    until = table.loc[:"2020-04-30"]
    write("window.json", until[names].tail(60))
    twenty = [c for c in table.columns if c not in {"SP500", "MTUM", "QUAL", "SIZE", "USMV", "VLUE"}]
    write("short.json", until[twenty].tail(13))


if __name__ == "__main__":
    main(sys.argv[1])
