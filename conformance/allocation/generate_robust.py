"""Writes cases/robust_*.json: worst cases over uncertainty sets and distributions, with answers that
Trimtab did not compute.

    python generate_robust.py

Reads moments/us20_250.json and scenarios/us20_250.json, which generate_scenarios.py writes. Answers
come from skfolio (MeanRisk with uncertainty sets, DistributionallyRobustCVaR), from Riskfolio-Lib
(Portfolio.wc_optimization), and from cvxpy models written down here, all solved by Clarabel; the
worst case over covariances is a semidefinite program in each of them.
"""

import json
import warnings

import cvxpy as cp
import numpy as np
import pandas as pd
from scipy import stats

from generate import HERE, case

warnings.filterwarnings("ignore")
TIGHT = {"tol_gap_abs": 1e-11, "tol_gap_rel": 1e-11, "tol_feas": 1e-11, "max_iter": 500}
T = 250.0


def read():
    moments = json.loads((HERE / "moments" / "us20_250.json").read_text())
    scenarios = json.loads((HERE / "scenarios" / "us20_250.json").read_text())
    returns = pd.DataFrame(scenarios["returns"], columns=moments["symbols"])
    returns.index = pd.date_range("2022-01-03", periods=len(returns), freq="B")
    return returns


def add(name, source, objective, sentences, weights, value, uncertainty=None, *, tolerance=2.0,
        value_tolerance=1e-8):
    extra = {"uncertainty": {"observations": T, "level": 0.95, **uncertainty}} if uncertainty else {}
    case(f"robust_{name}", source=source, moments="us20_250", objective=objective,
         constraints=sentences, tolerance=tolerance, weights=weights, value=value,
         value_tolerance=value_tolerance, extra=extra)


def worst_variance(sigma, w, *, ellipsoid=None, low=None, high=None):
    """max w' S w over a set of positive semidefinite S."""
    n = len(w)
    size = np.trace(sigma) / n
    S = cp.Variable((n, n), PSD=True)
    if ellipsoid is not None:
        shape, k = ellipsoid
        root = np.real(np.linalg.cholesky(shape / size**2 + 1e-12 * np.eye(n * n)))
        z = cp.Variable(n * n)
        sets = [cp.vec(S, order="F") == cp.vec(sigma / size, order="F") + root @ z, cp.norm(z) <= k]
    else:
        sets = [S >= low / size, S <= high / size]
    problem = cp.Problem(cp.Maximize(cp.sum(cp.multiply(np.outer(w, w), S))), sets)
    problem.solve(solver="CLARABEL")
    return problem.value * size


def skfolio(returns):
    from skfolio import RiskMeasure
    from skfolio.optimization import DistributionallyRobustCVaR, MeanRisk, ObjectiveFunction
    from skfolio.uncertainty_set import (EmpiricalCovarianceUncertaintySet,
                                         EmpiricalMuUncertaintySet)

    mean, sigma = returns.mean().to_numpy(), returns.cov().to_numpy()
    n = len(mean)
    k = np.sqrt(stats.chi2.ppf(0.95, n))
    k2 = np.sqrt(stats.chi2.ppf(0.95, n * n))
    v = np.diag(sigma)

    def variance(w):
        q = v * w * w
        return w @ sigma @ w + k2 * np.sqrt((q.sum()**2 + (q**2).sum()) / T)

    for diagonal in [True, False]:
        shape = np.diag(v) / T if diagonal else sigma / T
        tag = "diagonal" if diagonal else "full"
        model = MeanRisk(objective_function=ObjectiveFunction.MAXIMIZE_UTILITY, risk_aversion=5,
                         risk_measure=RiskMeasure.VARIANCE, solver="CLARABEL", solver_params=TIGHT,
                         mu_uncertainty_set_estimator=EmpiricalMuUncertaintySet(diagonal=diagonal))
        w = model.fit(returns).weights_
        value = mean @ w - k * np.sqrt(w @ shape @ w) - 5 * w @ sigma @ w
        add(f"skfolio_mean_{tag}", f"skfolio 1.12.2 MeanRisk, EmpiricalMuUncertaintySet, {tag}, CLARABEL",
            "maximise robust return - 5 * variance", ["long only"], w, value,
            {"mean_ellipsoid": diagonal}, tolerance=1e-5)
    for diagonal in [True, False]:
        tag = "diagonal" if diagonal else "full"
        for short in [0.0, -0.2]:
            model = MeanRisk(risk_measure=RiskMeasure.VARIANCE, solver="CLARABEL", min_weights=short,
                             solver_params={**TIGHT, "tol_gap_abs": 1e-9, "tol_gap_rel": 1e-9, "tol_feas": 1e-9},
                             covariance_uncertainty_set_estimator=EmpiricalCovarianceUncertaintySet(
                                 diagonal=diagonal))
            w = model.fit(returns).weights_
            value = variance(w) if diagonal else (1 + k2 * np.sqrt(2 / T)) * w @ sigma @ w
            name = "long" if short == 0 else "short"
            add(f"skfolio_covariance_{tag}_{name}",
                f"skfolio 1.12.2 MeanRisk, EmpiricalCovarianceUncertaintySet, {tag}, CLARABEL",
                "minimise robust variance", [f"weight >= {short:.0%}"], w, value,
                {"covariance_ellipsoid": diagonal}, tolerance=2e-4, value_tolerance=1e-8)
    for radius, aversion in [(0.0005, 1.0), (0.002, 4.0)]:
        model = DistributionallyRobustCVaR(wasserstein_ball_radius=radius, risk_aversion=aversion,
                                           solver_params={**TIGHT, "tol_gap_abs": 1e-10,
                                                          "tol_gap_rel": 1e-10, "tol_feas": 1e-10})
        w = model.fit(returns).weights_
        # The ball is around returns and tail at once: one radius for both is a larger one for the tail.
        within = radius * (1 + 0.05 / aversion)
        losses = np.sort(-returns.to_numpy() @ w)[::-1]
        tail = 0.05 * T
        whole = int(tail)
        cvar = (losses[:whole].sum() + (tail - whole) * losses[whole]) / tail
        value = mean @ w - aversion * (cvar + within / 0.05 * np.abs(w).max())
        add(f"skfolio_cvar_{radius}", "skfolio 1.12.2 DistributionallyRobustCVaR, CLARABEL",
            f"maximise return - {aversion} * robust cvar(95%) within {within:.10f}", ["long only"], w,
            value, tolerance=1e-3, value_tolerance=1e-7)


def riskfolio(returns):
    import riskfolio as rp

    mean, sigma = returns.mean().to_numpy(), returns.cov().to_numpy()
    n = len(mean)
    v = np.diag(sigma)
    port = rp.Portfolio(returns=returns)
    port.assets_stats(method_mu="hist", method_cov="hist")
    port.solvers = ["CLARABEL"]
    port.sol_params = {"CLARABEL": {"tol_gap_abs": 1e-10, "tol_gap_rel": 1e-10, "tol_feas": 1e-10}}
    z = np.sqrt(stats.chi2.ppf(0.95, 1))
    errors = z * np.sqrt(v / T)
    port.d_mu = pd.DataFrame(errors.reshape(1, -1), columns=returns.columns)
    port.cov_mu = pd.DataFrame(np.diag(v) / T)
    port.cov_sigma, port.k_sigma = pd.DataFrame(np.eye(n * n)), 1.0
    port.k_mu = np.sqrt(stats.chi2.ppf(0.95, n))
    width = z * np.sqrt((np.outer(v, v) + sigma**2) / T)
    port.cov_l, port.cov_u = pd.DataFrame(sigma - width), pd.DataFrame(sigma + width)
    # 3 is the utility's aversion of variance in full.
    for Umu, mean_set, off in [("box", {"mean_box": list(errors)}, lambda w: errors @ np.abs(w)),
                               ("ellip", {"mean_ellipsoid": True},
                                lambda w: port.k_mu * np.sqrt((v * w * w).sum() / T))]:
        found = port.wc_optimization(obj="Utility", rf=0, l=3, Umu=Umu, Ucov="box")
        w = found["weights"].to_numpy()
        value = mean @ w - off(w) - 3 * w @ (sigma + width) @ w
        add(f"riskfolio_{Umu}_box", f"Riskfolio-Lib 7.4.0 wc_optimization, Umu={Umu}, Ucov=box, CLARABEL",
            "maximise robust return - 3 * robust variance", ["long only"], w, value,
            {**mean_set, "covariance_interval": True}, tolerance=1e-4, value_tolerance=1e-8)


def reference(returns):
    mean, sigma = returns.mean().to_numpy(), returns.cov().to_numpy()
    n = len(mean)
    v = np.diag(sigma)
    z = np.sqrt(stats.chi2.ppf(0.95, 1))
    width = z * np.sqrt((np.outer(v, v) + sigma**2) / T)
    size = np.trace(sigma) / n
    # Tutuncu and Koenig (2004): the dual of the worst case over a box, short positions allowed.
    w = cp.Variable(n)
    up, low = cp.Variable((n, n), symmetric=True), cp.Variable((n, n), symmetric=True)
    W = up - low
    block = cp.bmat([[W, cp.reshape(w, (n, 1), order="F")],
                     [cp.reshape(w, (1, n), order="F"), np.ones((1, 1))]])
    risk = cp.trace(up @ (sigma + width)) - cp.trace(low @ (sigma - width))
    problem = cp.Problem(cp.Minimize(risk / size),
                         [block >> 0, up >= 0, low >= 0, cp.sum(w) == 1, w >= -0.2])
    problem.solve(solver="CLARABEL", tol_gap_abs=1e-10, tol_gap_rel=1e-10, tol_feas=1e-10)
    add("cvxpy_box_short", "cvxpy 1.9.3 semidefinite program of Tutuncu and Koenig (2004), CLARABEL",
        "minimise robust variance", ["weight >= -20%"], w.value, problem.value * size,
        {"covariance_interval": True}, tolerance=1e-3, value_tolerance=1e-8)


def parity(returns):
    import riskfolio as rp

    mean = returns.mean().to_numpy()
    port = rp.Portfolio(returns=returns)
    port.assets_stats(method_mu="hist", method_cov="hist")
    port.solvers = ["CLARABEL"]
    port.sol_params = {"CLARABEL": TIGHT}
    floor = float(np.quantile(mean, 0.75))
    v = np.diag(returns.cov())
    for version, words in [("A", ""), ("B", " regularised"), ("C", " penalised by 2")]:
        port.lowerret = floor
        w = port.rrp_optimization(version=version, l=2)["weights"].to_numpy()
        sigma = returns.cov().to_numpy()
        risk = w @ sigma @ w
        rho = {"A": 0.0, "B": risk, "C": 2 * (v * w * w).sum()}[version]
        gamma = np.sqrt(len(w) * (w * (sigma @ w)).min())
        case(f"robust_riskfolio_rrp_{version.lower()}", moments="us20_250",
             source=f"Riskfolio-Lib 7.4.0 rrp_optimization, version {version}, CLARABEL",
             objective=f"relaxed risk parity{words}",
             constraints=["long only", f"characteristic(mean) >= {floor!r}"],
             tolerance=1e-4, weights=w, value=np.sqrt(risk + rho) - gamma, value_tolerance=1e-7,
             extra={"characteristics": {"mean": list(mean)}})
    # Factors: the mean of all assets, and the mean of the first ten less that of the others.
    halves = np.repeat([1.0, -1.0], 10)
    port = rp.Portfolio(returns=returns, factors=pd.DataFrame(
        {"market": returns.mean(axis=1), "halves": (returns * halves).mean(axis=1)}))
    rng = np.random.default_rng(4)
    B = np.column_stack([1 + 0.3 * rng.standard_normal(20), 0.4 * halves + 0.1 * rng.standard_normal(20)])
    B = np.round(B, 3)
    port.assets_stats(method_mu="hist", method_cov="hist")
    port.B = pd.DataFrame(B, index=returns.columns, columns=["market", "halves"])
    port.feature_selection = "stepwise"
    port.solvers = ["CLARABEL"]
    port.sol_params = {"CLARABEL": TIGHT}
    w = port.rp_optimization(model="FC", rm="MV")["weights"].to_numpy()
    case("robust_riskfolio_factor_parity", moments="us20_250",
         source="Riskfolio-Lib 7.4.0 rp_optimization, model FC, CLARABEL",
         objective="factor risk parity: market, halves", constraints=[], tolerance=1e-5, weights=w,
         value=w @ returns.cov().to_numpy() @ w, value_tolerance=1e-8,
         extra={"characteristics": {"market": list(B[:, 0]), "halves": list(B[:, 1])}})


def stacking(returns):
    from skfolio import RiskMeasure
    from skfolio.optimization import (EqualWeighted, InverseVolatility, MeanRisk, RiskBudgeting,
                                      StackingOptimization)

    def least(measure):
        return MeanRisk(risk_measure=measure, solver="CLARABEL", solver_params=TIGHT)

    parts = [("v", InverseVolatility(), "inverse volatility"), ("e", EqualWeighted(), "equal weight"),
             ("m", least(RiskMeasure.VARIANCE), "minimise variance"),
             ("c", least(RiskMeasure.CVAR), "minimise cvar(95%)"),
             ("r", RiskBudgeting(solver_params=TIGHT), "risk parity")]
    for name, last, words, chosen in [
        ("variance", least(RiskMeasure.VARIANCE), "minimise variance", parts[:2] + parts[3:]),
        ("cvar", least(RiskMeasure.CVAR), "minimise cvar(95%)", parts[:3] + parts[4:]),
        ("parity", RiskBudgeting(solver_params=TIGHT), "risk parity", parts)]:
        model = StackingOptimization(estimators=[(key, part) for key, part, _ in chosen],
                                     final_estimator=last, cv="ignore")
        w = model.fit(returns).weights_
        case(f"robust_stack_{name}", moments="us20_250",
             source="skfolio 1.12.2 StackingOptimization without cross-validation, CLARABEL",
             objective=words, constraints=["long only"], tolerance=1e-5, weights=w,
             extra={"stack": [words for _, _, words in chosen]})


if __name__ == "__main__":
    returns = read()
    parity(returns)
    stacking(returns)
    skfolio(returns)
    riskfolio(returns)
    reference(returns)
