"""Writes scenarios/us20_250.json and cases/scen_*.json: risk measures over scenarios, with answers
that Trimtab did not compute.

    python generate_scenarios.py --prices ../../examples/data/us20.parquet

Answers come from Riskfolio-Lib (Portfolio.optimization, model Classic), from skfolio (MeanRisk),
and from cvxpy models written down here; all solved by Clarabel at tight tolerances. Values are
those of the other system's own risk functions at its own weights.
"""

import argparse
import pathlib
import warnings

import cvxpy as cp
import numpy as np
import pandas as pd

from generate import GROUPS, SYMBOLS, case, floats, write, write_moments

warnings.filterwarnings("ignore")
TIGHT = {"tol_gap_abs": 1e-11, "tol_gap_rel": 1e-11, "tol_feas": 1e-11, "max_iter": 500}
ALPHA = 0.05


def add(name, source, objective, sentences, weights, value, *, value_tolerance=1e-6, **more):
    case(f"scen_{name}", source=source, moments="us20_250", objective=objective,
         constraints=sentences, tolerance=2.0, weights=weights, value=value,
         value_tolerance=value_tolerance, **more)


def riskfolio(returns):
    import riskfolio as rp
    import riskfolio.src.RiskFunctions as rk

    port = rp.Portfolio(returns=returns)
    port.assets_stats(method_mu="hist", method_cov="hist")
    port.solvers = ["CLARABEL"]
    port.kappa = 0.3
    measures = {
        "MV": ("standard deviation", lambda x: np.std(x, ddof=1)),
        "MAD": ("mad", rk.MAD),
        "MSV": ("semi-deviation", rk.SemiDeviation),
        "FLPM": ("first lower partial moment", lambda x: rk.LPM(x, MAR=0, p=1)),
        "SLPM": ("second lower partial moment", lambda x: rk.LPM(x, MAR=0, p=2)),
        "CVaR": ("cvar(95%)", rk.CVaR_Hist),
        "EVaR": ("evar(95%)", lambda x: rk.EVaR_Hist(x, alpha=ALPHA, solver="CLARABEL")[0]),
        "RLVaR": ("rlvar(95%, 0.3)",
                  lambda x: rk.RLVaR_Hist(x, alpha=ALPHA, kappa=0.3, solver="CLARABEL")),
        "WR": ("worst realisation", rk.WR),
        "RG": ("range", rk.RG),
        "CVRG": ("cvar range(95%)", rk.CVRG),
        "MDD": ("maximum drawdown", rk.MDD_Abs),
        "ADD": ("average drawdown", rk.ADD_Abs),
        "CDaR": ("cdar(95%)", rk.CDaR_Abs),
        "UCI": ("ulcer index", rk.UCI_Abs),
        "EDaR": ("edar(95%)", lambda x: rk.EDaR_Abs(x, alpha=ALPHA, solver="CLARABEL")[0]),
        "RLDaR": ("rldar(95%, 0.3)",
                  lambda x: rk.RLDaR_Abs(x, alpha=ALPHA, kappa=0.3, solver="CLARABEL")),
    }
    mean = returns.mean().to_numpy()
    for rm, (words, value) in measures.items():
        for goal, objective in [("MinRisk", f"minimise {words}"),
                                ("Sharpe", f"maximise return / {words}")]:
            found = None
            for accuracy in [1e-11, 1e-9, 1e-8]:
                tight = {"tol_gap_abs": accuracy, "tol_gap_rel": accuracy, "tol_feas": accuracy}
                port.sol_params = {"CLARABEL": {**tight, "max_iter": 500}}
                found = port.optimization(model="Classic", rm=rm, obj=goal, rf=0, l=0, hist=True)
                if found is not None:
                    break
            if found is None:
                print("riskfolio found nothing for", rm, goal)
                continue
            w = found["weights"].to_numpy()
            risk = float(np.ravel(value(returns.to_numpy() @ w.reshape(-1, 1)))[0])
            add(f"riskfolio_{goal.lower()}_{rm.lower()}",
                f"Riskfolio-Lib 7.4.0, Classic, {rm}, {goal}, CLARABEL", objective,
                ["long only"], w, risk if goal == "MinRisk" else mean @ w / risk)


def skfolio(returns):
    from skfolio import RiskMeasure as R
    from skfolio.optimization import MeanRisk, ObjectiveFunction

    mean = returns.mean().to_numpy()
    for measure, words in [
        (R.MEAN_ABSOLUTE_DEVIATION, "mad"),
        (R.SEMI_DEVIATION, "semi-deviation"),
        (R.SEMI_VARIANCE, "semi-variance"),
        (R.CVAR, "cvar(95%)"),
        (R.EVAR, "evar(95%)"),
        (R.WORST_REALIZATION, "worst realisation"),
        (R.CDAR, "cdar(95%)"),
        (R.MAX_DRAWDOWN, "maximum drawdown"),
        (R.AVERAGE_DRAWDOWN, "average drawdown"),
        (R.EDAR, "edar(95%)"),
        (R.ULCER_INDEX, "ulcer index"),
        (R.GINI_MEAN_DIFFERENCE, "gini mean difference"),
    ]:
        for goal, objective in [(ObjectiveFunction.MINIMIZE_RISK, f"minimise {words}"),
                                (ObjectiveFunction.MAXIMIZE_RATIO, f"maximise return / {words}")]:
            if measure == R.SEMI_VARIANCE and "return" in objective:
                continue
            model = MeanRisk(risk_measure=measure, objective_function=goal, solver="CLARABEL",
                             solver_params=TIGHT, cvar_beta=0.95, evar_beta=0.95, cdar_beta=0.95,
                             edar_beta=0.95)
            try:
                weights = model.fit(returns).weights_
            except Exception as error:
                print("skfolio found nothing for", measure, goal, error)
                continue
            portfolio = model.predict(returns)
            risk = float(getattr(portfolio, measure.value))
            kind = "min" if goal == ObjectiveFunction.MINIMIZE_RISK else "ratio"
            add(f"skfolio_{kind}_{measure.value}",
                f"skfolio 1.12.2 MeanRisk, {measure.value}, {goal.value}, CLARABEL", objective,
                ["long only"], weights, risk if kind == "min" else mean @ weights / risk)


def largest(losses, count):
    """The sum of the `count` largest, a fraction of the next one included."""
    whole = int(np.floor(count + 1e-9))
    part = count - whole
    total = cp.sum_largest(losses, whole)
    return total if part < 1e-9 else total * (1 - part) + cp.sum_largest(losses, whole + 1) * part


def models(returns):
    values = returns.to_numpy()
    count = len(values)
    mean, covariance = returns.mean().to_numpy(), returns.cov().to_numpy()
    rng = np.random.default_rng(11)
    previous = rng.dirichlet(np.ones(20)).round(4)
    previous[-1] += 1 - previous.sum()
    index = rng.dirichlet(np.ones(20) * 3).round(4)
    index[-1] += 1 - index.sum()
    esg = rng.uniform(0, 1, 20).round(3)
    beta = rng.uniform(-0.5, 1.5, 20).round(3)
    w = cp.Variable(20)
    invested, long_only = cp.sum(w) == 1, w >= 0
    root = np.linalg.cholesky(covariance).T

    def cvar(tail, portfolio=None):
        losses = -(values @ w) if portfolio is None else portfolio
        return largest(losses, tail * count) / (tail * count)

    def group(name):
        return cp.sum(w[[SYMBOLS.index(symbol) for symbol in GROUPS[name]]])

    def at(symbol):
        return w[SYMBOLS.index(symbol)]

    def solve(name, objective, sentences, goal, constraints, sign=1, power=1, **more):
        problem = cp.Problem(cp.Minimize(goal), constraints + drawdowns.rows)
        drawdowns.rows = []
        problem.solve(solver="CLARABEL", **TIGHT)
        value = sign * problem.value**power
        add(name, "cvxpy 1.9.3 with CLARABEL at 1e-11", objective, sentences, w.value, value,
            value_tolerance=1e-8, **more)

    turnover = cp.norm1(w - previous) / 2
    track = cp.norm(root @ (w - index))
    tail = 0.1
    ranks = np.arange(count + 1) / count
    rest = np.maximum(1 - ranks / tail, 0) ** 2
    parts = rest[:-1] - rest[1:]
    tail_gini = sum((parts[k] - parts[k + 1]) * cp.sum_largest(-(values @ w), k + 1)
                    for k in range(count - 1) if parts[k] > parts[k + 1])
    solve("tail_gini", "minimise tail gini(90%)", ["long only"], tail_gini, [invested, long_only])
    solve("mean_cvar", "maximise return - 5 * cvar(95%)", ["long only", "weight <= 15%"],
          -(mean @ w) + 5 * cvar(0.05), [invested, long_only, w <= 0.15], sign=-1)
    solve("mean_two_risks", "maximise return - 2 * cvar(90%) - 3 * variance - 0.5 * mad",
          ["long only"], -(mean @ w) + 2 * cvar(0.1) + 3 * cp.sum_squares(root @ w)
          + 0.5 * cp.sum(cp.abs(values @ w - mean @ w)) / count, [invested, long_only], sign=-1)
    solve("cvar_turnover", "minimise cvar(95%)", ["long only", "turnover <= 20%"],
          cvar(0.05), [invested, long_only, turnover <= 0.2], previous=previous)
    solve("cvar_long_short", "minimise cvar(95%)", ["weight >= -10%", "gross <= 140%"],
          cvar(0.05), [invested, w >= -0.1, cp.norm1(w) <= 1.4])
    solve("return_cvar_limit", "maximise return", ["long only", "cvar(95%) <= 2.2%"],
          -(mean @ w), [invested, long_only, cvar(0.05) <= 0.022], sign=-1)
    solve("variance_cvar_limit", "minimise variance",
          ["long only", "cvar(95%) <= 1.9%", "group(energy) >= 10%"],
          cp.sum_squares(root @ w),
          [invested, long_only, cvar(0.05) <= 0.019, group("energy") >= 0.1], groups=GROUPS)
    solve("return_many_limits", "maximise return",
          ["long only", "cdar(90%) <= 15%", "volatility <= 1.2%", "mad <= 0.9%"],
          -(mean @ w), [invested, long_only, cp.norm(root @ w) <= 0.012,
                        cp.sum(cp.abs(values @ w - mean @ w)) / count <= 0.009,
                        cvar(0.1, drawdowns(values, w)) <= 0.15], sign=-1)
    costs = rng.uniform(0.0002, 0.004, 20).round(6)
    solve("cvar_costs", "maximise return - 0.3 * cvar(95%) - costs", ["long only"],
          -(mean @ w) + 0.3 * cvar(0.05) + costs @ cp.abs(w - previous), [invested, long_only],
          sign=-1, previous=previous,
          costs={"linear": costs, "impact_factor": np.zeros(20)})
    extra = {"benchmarks": {"index": floats(index)},
             "characteristics": {"esg": floats(esg), "beta": floats(beta)}}
    solve("tracking_limit", "maximise return", ["long only", "tracking_error(index) <= 0.4%"],
          -(mean @ w), [invested, long_only, track <= 0.004], sign=-1, extra=extra)
    solve("tracking", "minimise tracking_error(index)", ["long only", "weight(AAPL) == 0%",
                                                         "weight(XOM) == 0%"],
          track, [invested, long_only, at("AAPL") == 0, at("XOM") == 0], extra=extra)
    solve("enhanced_index", "maximise return - 20 * tracking_variance(index)", ["long only"],
          -(mean @ w) + 20 * cp.square(track), [invested, long_only], sign=-1, extra=extra)
    solve("characteristics", "minimise variance",
          ["weight >= -20%", "esg >= 0.6", "beta == 0.3", "energy <= 5%"],
          cp.sum_squares(root @ w),
          [invested, w >= -0.2, esg @ w >= 0.6, beta @ w == 0.3, group("energy") <= 0.05],
          groups=GROUPS, extra=extra)
    solve("sums", "maximise return - 5 * variance",
          ["long only", "weight(AAPL) - weight(MSFT) <= -5%",
           "group(health) <= 0.5 * group(staples)", "2 * energy + 10% >= weight(LLY)"],
          -(mean @ w) + 5 * cp.sum_squares(root @ w),
          [invested, long_only, at("AAPL") - at("MSFT") <= -0.05,
           group("health") <= 0.5 * group("staples"), 2 * group("energy") + 0.1 >= at("LLY")],
          sign=-1, groups=GROUPS)
    solve("one_thirty", "maximise return - 5 * variance", ["long <= 120%", "short <= 20%"],
          -(mean @ w) + 5 * cp.sum_squares(root @ w),
          [invested, cp.sum(cp.pos(w)) <= 1.2, cp.sum(cp.neg(w)) <= 0.2], sign=-1)
    solve("no_trade", "minimise cvar(90%)", ["long only", "no trade: JPM, KO"],
          cvar(0.1), [invested, long_only] + [at(s) == previous[SYMBOLS.index(s)]
                                              for s in ["JPM", "KO"]], previous=previous)
    solve("growth", "maximise growth", ["weight >= -50%", "gross <= 300%"],
          -cp.sum(cp.log(1 + values @ w)) / count,
          [invested, w >= -0.5, cp.norm1(w) <= 3], sign=-1)
    p = rng.dirichlet(np.ones(count) * 2)
    p = p / p.sum()
    a = cp.Variable()
    solve("cvar_probabilities", "minimise cvar(95%)", ["long only"],
          a + p @ cp.pos(-(values @ w) - a) / 0.05, [invested, long_only],
          extra={"probabilities": floats(p)})


def drawdowns(values, w):
    """Columns above the drawdown of summed returns."""
    wealth = cp.cumsum(values @ w)
    peaks = cp.Variable(len(values))
    drawdowns.rows = [peaks >= wealth, peaks >= 0, peaks[1:] >= peaks[:-1]]
    return peaks - wealth


drawdowns.rows = []


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--prices", type=pathlib.Path, required=True)
    prices = pd.read_parquet(arguments.parse_args().prices)
    if "date" in prices.columns:
        prices = prices.set_index("date")
    prices.index = pd.to_datetime(prices.index)
    returns = prices[SYMBOLS].pct_change().dropna().iloc[-250:].round(7)
    write_moments("us20_250", "20 US large caps, the last 250 daily simple returns, 7 digits",
                  SYMBOLS, returns.mean(), returns.cov())
    write("scenarios", "us20_250", {
        "source": "20 US large caps, the last 250 daily simple returns, 7 digits",
        "returns": [floats(row) for row in returns.to_numpy()],
    })
    models(returns)
    riskfolio(returns)
    skfolio(returns)


if __name__ == "__main__":
    main()
