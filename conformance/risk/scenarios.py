"""Expected block lengths, quantiles and volatilities, computed by arch and numpy.

    python -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python scenarios.py

The returns are of skfolio's own `sp500_dataset` (BSD-3-Clause). Writes `scenarios.json` beside this
file.
"""

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
from arch import arch_model
from arch.bootstrap import optimal_block_length
from skfolio.datasets import load_sp500_dataset

HERE = Path(__file__).parent
rows = lambda x: np.asarray(x).tolist()


def block_lengths(returns):
    out = []
    for name in returns.columns:
        for series in (returns[name], returns[name] ** 2, returns[name].abs().tail(101)):
            found = optimal_block_length(series).iloc[0]
            out.append({"series": rows(series), "stationary": found["stationary"], "circular": found["circular"]})
    return out


def garch(returns):
    out = []
    for name in returns.columns:
        moves = (returns[name] - returns[name].mean()).to_numpy()
        # In per cent, as arch asks for, and to more digits than it stops at by itself.
        model = arch_model(100 * moves, mean="Zero", vol="GARCH", rescale=False)
        fit = model.fit(disp="off", tol=1e-14, options={"maxiter": 10_000, "ftol": 1e-14})
        omega, alpha, beta = fit.params
        variances = fit.conditional_volatility**2 / 1e4
        next_variance = fit.forecast(horizon=1).variance.iloc[-1, 0] / 1e4
        out.append({
            "moves": rows(moves), "omega": omega / 1e4, "alpha": alpha, "beta": beta,
            "log_likelihood": fit.loglikelihood + len(moves) * np.log(100),
            "variances": rows(np.append(variances, next_variance)),
        })
    return out


def main():
    returns = load_sp500_dataset()[["AAPL", "BAC", "JNJ"]].pct_change().loc[:"2020-12-31"].tail(400)
    numbers = np.concatenate([returns.to_numpy().ravel(), [0.0, -0.0, 1e9, -1e-300]])
    levels = [0.0, 0.01, 0.05, 1 / 3, 0.5, 0.77, 0.99, 1.0]
    out = {
        "versions": {name: version(name) for name in ["arch", "numpy"]},
        "block_lengths": block_lengths(returns),
        "garch": garch(returns),
        "quantiles": {"numbers": rows(numbers), "levels": levels, "expected": rows(np.quantile(numbers, levels))},
    }
    lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in out.items())
    (HERE / "scenarios.json").write_text("{\n" + lines + "\n}\n")


if __name__ == "__main__":
    main()
