"""Writes moments/*.json and cases/*.json: problems with answers that Trimtab did not compute.

    python generate.py --prices ../../examples/data/us20.parquet \\
        --riskfolio riskfolio_lib-7.4.0/tests

`--prices` is a wide table of adjusted closes of 20 US large caps (skfolio's sp500 dataset);
`--riskfolio` is the `tests` folder of the Riskfolio-Lib 7.4.0 source distribution (BSD-3-Clause).

Answers come from the published tables named in each case, from skfolio and PyPortfolioOpt, and
from cvxpy models written down here a second time, in cvxpy's own words. Quadratic programs are
solved by DAQP, an active-set method that ends at a vertex and not near one, and by PIQP, a proximal
interior-point method, where absolute values leave the Hessian singular.
"""

import argparse
import json
import pathlib

import cvxpy as cp
import numpy as np
import pandas as pd

HERE = pathlib.Path(__file__).parent
HORIZON = 21


def write(folder, name, content):
    path = HERE / folder / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content, indent=1) + "\n")


def floats(values):
    return [float(value) for value in values]


def write_moments(name, source, symbols, mean, covariance):
    n = len(symbols)
    lower = [floats(np.asarray(covariance)[i, : i + 1]) for i in range(n)]
    write("moments", name, {
        "source": source,
        "symbols": list(symbols),
        "mean": floats(mean),
        "covariance_lower_triangle": lower,
    })


def case(name, *, source, moments, objective, constraints=(), tolerance, weights=None,
         value=None, value_tolerance=None, previous=(), groups=None, costs=None, extra=None):
    content = {
        "source": source,
        "moments": moments,
        "objective": objective,
        "constraints": list(constraints),
    }
    if len(previous):
        content["previous"] = floats(previous)
    if groups:
        content["groups"] = groups
    if costs:
        content["costs"] = {key: floats(rates) for key, rates in costs.items()}
    content.update(extra or {})
    content["expected"] = {"tolerance": tolerance}
    if weights is not None:
        content["expected"]["weights"] = floats(weights)
    if value is not None:
        content["expected"]["objective"] = float(value)
        content["expected"]["objective_tolerance"] = value_tolerance
    write("cases", name, content)


# The ten assets of Markowitz and Todd (2000, ch. 13), as printed by Bailey and Lopez de Prado
# (2013), "An Open-Source Implementation of the Critical-Line Algorithm", Algorithms 6(1).
MARKOWITZ_TODD_MEAN = [1.175, 1.19, 0.396, 1.12, 0.346, 0.679, 0.089, 0.73, 0.481, 1.08]
MARKOWITZ_TODD_LOWER = [
    [0.40755159],
    [0.03175842, 0.9063047],
    [0.05183923, 0.03136385, 0.19490901],
    [0.05663904, 0.02687256, 0.04408485, 0.19528471],
    [0.0330226, 0.01917172, 0.03006772, 0.02777345, 0.34059105],
    [0.00827775, 0.00934384, 0.01322738, 0.00526665, 0.00777055, 0.15983874],
    [0.02165938, 0.02495043, 0.03525971, 0.01375808, 0.02067844, 0.02105575, 0.68056711],
    [0.01332419, 0.00761036, 0.0115493, 0.00780878, 0.00736409, 0.00518686, 0.01377882, 0.95526918],
    [0.0343476, 0.02874874, 0.0427563, 0.02914176, 0.02542657, 0.01723737, 0.04627027, 0.0106553,
     0.31681584],
    [0.02249903, 0.01336866, 0.02057303, 0.01640377, 0.01284075, 0.00723779, 0.01926088,
     0.00760955, 0.01854318, 0.11079287],
]


def markowitz_todd():
    lower = np.zeros((10, 10))
    for i, row in enumerate(MARKOWITZ_TODD_LOWER):
        lower[i, : i + 1] = row
    covariance = lower + np.tril(lower, -1).T
    source = "Bailey and Lopez de Prado (2013), Algorithms 6(1), 169-196, table 1 and figure 4"
    write_moments("markowitz_todd", source, [f"X{i + 1}" for i in range(10)],
                  MARKOWITZ_TODD_MEAN, covariance)
    case("markowitz_todd_max_sharpe", source=source, moments="markowitz_todd",
         objective="maximise sharpe", constraints=["long only"], tolerance=2e-8,
         weights=[0.08397319, 0.04890599, 0, 0.21830926, 0.0016773, 0.18120065, 0, 0.03118304,
                  0.00785901, 0.42689156],
         value=4.453533476646, value_tolerance=1e-10)
    case("markowitz_todd_min_variance", source=source, moments="markowitz_todd",
         objective="minimise variance", constraints=["long only"], tolerance=1e-8,
         weights=[0.03696858, 0.02690084, 0.09494243, 0.12577595, 0.07674608, 0.21935567,
                  0.0299871, 0.03596328, 0.06134984, 0.29201023],
         value=0.20523761981387**2, value_tolerance=1e-12)


def riskfolio(folder):
    prices = pd.read_csv(folder / "stock_prices.csv", index_col=0, parse_dates=True)
    names = ["AMZN", "APA", "CMCSA", "CPB", "JCI", "JPM", "MMC", "MO", "TGT", "ZION"]
    returns = prices[names].pct_change().dropna().iloc[-200:]
    source = ("Riskfolio-Lib 7.4.0 (BSD-3-Clause), tests/stock_prices.csv, last 200 simple returns "
              f"({returns.index[0].date()} to {returns.index[-1].date()})")
    write_moments("riskfolio", source, names, returns.mean(), returns.cov())

    def published(file):
        return pd.read_csv(folder / file, index_col=0).loc[names, "MV"].to_numpy()

    case("riskfolio_min_variance", source="Riskfolio-Lib 7.4.0, tests/Classic_MinRisk.csv, MV",
         moments="riskfolio", objective="minimise variance", constraints=["long only"],
         tolerance=1e-6, weights=published("Classic_MinRisk.csv"))
    case("riskfolio_max_sharpe", source="Riskfolio-Lib 7.4.0, tests/Classic_Sharpe.csv, MV",
         moments="riskfolio", objective="maximise sharpe", constraints=["long only"],
         tolerance=2e-7, weights=published("Classic_Sharpe.csv"))
    case("riskfolio_risk_parity",
         source="Riskfolio-Lib 7.4.0, tests/Classic_RP.csv, MV (solved loosely upstream)",
         moments="riskfolio", objective="risk parity", tolerance=1e-5,
         weights=published("Classic_RP.csv"))


ERC = [.0420088, .0321681, .0368757, .0397691, .0397394, .0382183, .0464549, .0676572, .0406381,
       .0639892, .055542, .0681354, .0427415, .0597638, .0613296, .067267, .0314903, .0468024,
       .0749026, .0445065]
SYMBOLS = ["AAPL", "AMD", "BAC", "BBY", "CVX", "GE", "HD", "JNJ", "JPM", "KO", "LLY", "MRK",
           "MSFT", "PEP", "PFE", "PG", "RRC", "UNH", "WMT", "XOM"]
GROUPS = {
    "technology": ["AAPL", "AMD", "MSFT"],
    "health": ["JNJ", "LLY", "MRK", "PFE", "UNH"],
    "energy": ["CVX", "RRC", "XOM"],
    "staples": ["KO", "PEP", "PG", "WMT"],
}


def risk_parity(returns, bounded):
    from skfolio.optimization import RiskBudgeting
    from skfolio import RiskMeasure

    write_moments("us20_2018", "20 US large caps, daily simple returns from 2018-01-03",
                  SYMBOLS, returns.mean(), returns.cov())
    case("us20_risk_parity_published",
         source="skfolio, tests/test_optimization/test_convex/test_risk_budgeting.py (variance)",
         moments="us20_2018", objective="risk parity", tolerance=5e-6, weights=ERC)
    model = RiskBudgeting(risk_measure=RiskMeasure.VARIANCE, solver="CLARABEL",
                          solver_params={"tol_gap_abs": 1e-12, "tol_gap_rel": 1e-12,
                                         "tol_feas": 1e-12})
    case("us20_risk_parity", source="skfolio 1.12.2 RiskBudgeting, variance, CLARABEL at 1e-12",
         moments="us20_2018", objective="risk parity", tolerance=5e-6,
         weights=model.fit(returns).weights_)
    case("us20_risk_parity_bounded",
         source="cvxpy 1.9.3: the barrier problem within bounds, its factor found by bisection",
         moments="us20_2018", objective="risk parity",
         constraints=["weight <= 6%", "weight(RRC) >= 4%"], tolerance=2e-6, weights=bounded)


def bounded_risk_parity(covariance):
    """Richard and Roncalli (2019): the barrier's factor at which the weights sum to one."""
    n = len(covariance)
    sigma = covariance / np.trace(covariance) * n
    w, factor = cp.Variable(n), cp.Parameter(nonneg=True)
    lower, upper = np.zeros(n), np.full(n, 0.06)
    lower[SYMBOLS.index("RRC")] = 0.04
    root = np.linalg.cholesky(sigma).T
    objective = cp.sum_squares(root @ w) / 2 - factor * cp.sum(cp.log(w))
    problem = cp.Problem(cp.Minimize(objective), [w >= lower, w <= upper])
    low, high = 1e-6, 1.0
    for _ in range(60):
        factor.value = (low * high) ** 0.5
        problem.solve(solver="CLARABEL", tol_gap_abs=1e-11, tol_gap_rel=1e-11, tol_feas=1e-11)
        if w.value.sum() < 1:
            low = factor.value
        else:
            high = factor.value
    return w.value


def hierarchical(returns):
    from pypfopt.hierarchical_portfolio import HRPOpt
    from skfolio import RiskMeasure
    from skfolio.cluster import HierarchicalClustering, LinkageMethod
    from skfolio.distance import PearsonDistance
    from skfolio.optimization import HierarchicalRiskParity
    from skfolio.seriation import HierarchicalSeriation

    write_moments("us20_2014", "20 US large caps, daily simple returns from 2014-01-02",
                  SYMBOLS, returns.mean(), returns.cov())
    for linkage in ["single", "average", "complete", "ward"]:
        model = HRPOpt(returns)
        weights = model.optimize(linkage_method=linkage)
        suffix = "" if linkage == "single" else f" with {linkage} linkage"
        case(f"us20_hrp_{linkage}", source=f"PyPortfolioOpt 1.6.0 HRPOpt, {linkage} linkage",
             moments="us20_2014", objective=f"hierarchical risk parity{suffix}", tolerance=1e-12,
             weights=[weights[symbol] for symbol in SYMBOLS])
    # skfolio reorders the leaves optimally; Trimtab, like the paper, leaves them as they are.
    model = HierarchicalRiskParity(
        risk_measure=RiskMeasure.STANDARD_DEVIATION,
        distance_estimator=PearsonDistance(),
        seriation_estimator=HierarchicalSeriation(
            hierarchical_clustering_estimator=HierarchicalClustering(
                linkage_method=LinkageMethod.SINGLE),
            optimal_ordering=False))
    case("us20_hrp_volatility",
         source="skfolio 1.12.2 HierarchicalRiskParity, standard deviation, single linkage, "
                "optimal leaf ordering switched off",
         moments="us20_2014", objective="hierarchical risk parity by volatility", tolerance=1e-12,
         weights=model.fit(returns).weights_)


TIGHT = {
    "CLARABEL": {"tol_gap_abs": 1e-12, "tol_gap_rel": 1e-12, "tol_feas": 1e-11},
    "DAQP": {"eps_prox": 0.0, "primal_tol": 1e-12},
    "PIQP": {"eps_abs": 1e-12, "eps_rel": 1e-12, "eps_duality_gap_abs": 1e-12,
             "eps_duality_gap_rel": 1e-12, "max_iter": 1000},
}


class Model:
    """A problem in cvxpy's words."""

    def __init__(self, mean, covariance, previous):
        self.mean, self.covariance, self.previous = mean, covariance, previous
        self.w = cp.Variable(len(mean))
        self.scale = 1 / np.max(np.diag(covariance))

    def variance(self):
        return cp.quad_form(self.w, cp.psd_wrap(self.covariance))

    def group(self, name):
        return cp.sum(self.w[[SYMBOLS.index(symbol) for symbol in GROUPS[name]]])

    def turnover(self):
        return cp.norm1(self.w - self.previous) / 2

    def minimise(self, objective, constraints, solver="DAQP"):
        problem = cp.Problem(cp.Minimize(self.scale * objective), constraints)
        problem.solve(solver=solver, **TIGHT[solver])
        return self.w.value, problem.value / self.scale


def optimisers(returns):
    mean = HORIZON * returns.mean().to_numpy()
    covariance = HORIZON * returns.cov().to_numpy()
    write_moments("us20_month", "20 US large caps, 21 times the moments of daily simple returns "
                  "from 2018-01-03", SYMBOLS, mean, covariance)
    rng = np.random.default_rng(7)
    previous = rng.dirichlet(np.ones(20)).round(4)
    previous[-1] += 1 - previous.sum()
    model = Model(mean, covariance, previous)
    w = model.w
    invested, long_only = cp.sum(w) == 1, w >= 0

    def add(name, objective_text, sentences, objective, constraints, *, sign=1, solver="DAQP",
            source=None, tolerance=2e-8, **more):
        weights, value = model.minimise(objective, constraints, solver)
        case(f"us20_{name}", source=source or f"cvxpy 1.9.3 with {solver}",
             moments="us20_month", objective=objective_text,
             constraints=sentences, tolerance=tolerance, weights=weights, value=sign * value,
             value_tolerance=1e-11 if tolerance < 1e-7 else 1e-9, **more)

    variance, utility = model.variance(), mean @ w - 5 * model.variance()
    add("min_variance", "minimise variance", ["long only"], variance, [invested, long_only])
    add("min_variance_free", "minimise variance", [], variance, [invested])
    add("min_variance_capped", "minimise variance", ["long only", "weight <= 7%"],
        variance, [invested, long_only, w <= 0.07])
    add("min_variance_cash", "minimise variance", ["long only", "net >= 70%", "cash >= 5%"],
        variance, [cp.sum(w) >= 0.7, cp.sum(w) <= 0.95, long_only])
    add("groups", "maximise return - 5 * variance",
        ["long only", "weight <= 15%", "group(health) <= 25%", "group(energy) >= 5%",
         "group(staples) == 10%", "weight(AMD) == 1%"],
        -utility, [invested, long_only, w <= 0.15, model.group("health") <= 0.25,
                   model.group("energy") >= 0.05, model.group("staples") == 0.10,
                   w[SYMBOLS.index("AMD")] == 0.01], sign=-1, groups=GROUPS)
    add("turnover", "maximise return - 5 * variance", ["long only", "turnover <= 20%"],
        -utility, [invested, long_only, model.turnover() <= 0.2], sign=-1, solver="PIQP",
        previous=previous)
    add("long_short", "maximise return - 5 * variance",
        ["weight >= -5%", "weight <= 20%", "gross <= 130%"],
        -utility, [invested, w >= -0.05, w <= 0.2, cp.norm1(w) <= 1.3], sign=-1,
        solver="PIQP")
    add("market_neutral", "maximise return - 5 * variance",
        ["net == 0%", "weight >= -10%", "weight <= 10%", "gross <= 80%"],
        -utility, [cp.sum(w) == 0, w >= -0.1, w <= 0.1, cp.norm1(w) <= 0.8], sign=-1,
        solver="PIQP")

    linear = rng.uniform(0.0002, 0.004, 20).round(6)
    factor = rng.uniform(0.0, 0.03, 20).round(6)
    factor[3] = 0.0
    paid = linear @ cp.abs(w - previous)
    add("linear_costs", "maximise return - 5 * variance - costs", ["long only"],
        -utility + paid, [invested, long_only], sign=-1, solver="PIQP", previous=previous,
        costs={"linear": linear, "impact_factor": np.zeros(20)})
    impact = factor @ cp.power(cp.abs(w - previous), 1.5)
    add("impact_costs", "maximise return - 5 * variance - costs",
        ["long only", "weight <= 15%"],
        -utility + paid + impact, [invested, long_only, w <= 0.15], sign=-1, solver="CLARABEL",
        source="cvxpy 1.9.3 with CLARABEL at 1e-12, the powers as second-order cones",
        tolerance=5e-7, previous=previous, costs={"linear": linear, "impact_factor": factor})
    maximum_sharpe(returns, model)


def maximum_sharpe(returns, model):
    from pypfopt import EfficientFrontier
    from skfolio import RiskMeasure
    from skfolio.optimization import MeanRisk, ObjectiveFunction

    risk_free = 0.003
    frontier = EfficientFrontier(model.mean, model.covariance, weight_bounds=(0, 0.2),
                                 solver="CLARABEL",
                                 solver_options={"tol_gap_abs": 1e-12, "tol_gap_rel": 1e-12})
    frontier.max_sharpe(risk_free_rate=risk_free)
    value = frontier.portfolio_performance(risk_free_rate=risk_free)[2]
    case("us20_max_sharpe_capped", source="PyPortfolioOpt 1.6.0 max_sharpe with CLARABEL at 1e-12",
         moments="us20_month", objective="maximise sharpe over 0.3%",
         constraints=["long only", "weight <= 20%"], tolerance=1e-7, weights=frontier.weights,
         value=value, value_tolerance=1e-9)
    skfolio = MeanRisk(objective_function=ObjectiveFunction.MAXIMIZE_RATIO,
                       risk_measure=RiskMeasure.VARIANCE, solver="CLARABEL",
                       solver_params={"tol_gap_abs": 1e-13, "tol_gap_rel": 1e-13,
                                      "tol_feas": 1e-12})
    case("us20_max_sharpe", source="skfolio 1.12.2 MeanRisk, MAXIMIZE_RATIO, CLARABEL at 1e-13",
         moments="us20_month", objective="maximise sharpe", constraints=["long only"],
         tolerance=2e-6, weights=skfolio.fit(returns).weights_)
    turnover_sharpe(model)


def turnover_sharpe(model):
    """The best ratio over all mean-variance portfolios within a turnover of 25 %: a search over
    the risk aversion, without the substitution that Trimtab uses."""
    from scipy.optimize import minimize_scalar

    invested, limits = cp.sum(model.w) == 1, [model.w >= 0, model.turnover() <= 0.25]

    def at(log_aversion):
        objective = np.exp(log_aversion) * model.variance() - model.mean @ model.w
        weights, _ = model.minimise(objective, [invested, *limits], "PIQP")
        ratio = model.mean @ weights / np.sqrt(weights @ model.covariance @ weights)
        return weights, ratio

    best = minimize_scalar(lambda x: -at(x)[1], bounds=(-3, 6), method="bounded",
                           options={"xatol": 1e-10})
    weights, ratio = at(best.x)
    case("us20_max_sharpe_turnover",
         source="cvxpy 1.9.3 with PIQP, the risk aversion found by scipy 1.17.1 minimize_scalar",
         moments="us20_month", objective="maximise sharpe",
         constraints=["long only", "turnover <= 25%"], tolerance=1e-5, weights=weights,
         value=ratio, value_tolerance=1e-9, previous=model.previous)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--prices", type=pathlib.Path, required=True)
    arguments.add_argument("--riskfolio", type=pathlib.Path, required=True)
    paths = arguments.parse_args()
    prices = pd.read_parquet(paths.prices)
    if "date" in prices.columns:
        prices = prices.set_index("date")
    prices.index = pd.to_datetime(prices.index)
    prices = prices[SYMBOLS]
    returns = prices.pct_change().dropna()
    markowitz_todd()
    riskfolio(paths.riskfolio)
    recent = returns.loc["2018-01-03":]
    risk_parity(recent, bounded_risk_parity(recent.cov().to_numpy()))
    hierarchical(returns.loc["2014-01-02":])
    optimisers(recent)


if __name__ == "__main__":
    main()
