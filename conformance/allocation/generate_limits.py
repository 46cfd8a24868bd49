"""Writes cases/limit_*.json: robust quantities and volumes as limits, robust ratios, and parts of costs,
with answers that Trimtab did not compute.

    python generate_limits.py

Reads moments/us20_250.json and scenarios/us20_250.json, which generate_scenarios.py writes. Answers
come from cvxpy models written down here, solved by Clarabel, and by HiGHS where names are counted.
"""

import json

import cvxpy as cp
import numpy as np
from scipy import stats

from generate import HERE, case, floats

T = 250.0


def add(name, objective, sentences, w, value, *, tolerance=1e-4, value_tolerance=1e-9, **extra):
    previous = extra.pop("previous", ())
    source = extra.pop("source", "cvxpy 1.9.3 with CLARABEL")
    case(f"limit_{name}", source=source, moments="us20_250",
         objective=objective, constraints=sentences, tolerance=tolerance, weights=w, value=value,
         value_tolerance=value_tolerance, previous=previous, extra=extra)


def solve(problem):
    for accuracy in [1e-11, 1e-10, 1e-9, 1e-8, 1e-7]:
        problem.solve(solver="CLARABEL", tol_gap_abs=accuracy, tol_gap_rel=accuracy,
                      tol_feas=accuracy, max_iter=500)
        if problem.status == "optimal":
            return problem.value
    raise RuntimeError(problem.status)


def main():
    returns = np.array(json.loads((HERE / "scenarios" / "us20_250.json").read_text())["returns"])
    mean, sigma = returns.mean(axis=0), np.cov(returns.T)
    n = len(mean)
    root = np.linalg.cholesky(sigma).T
    rng = np.random.default_rng(5)
    previous = rng.dirichlet(np.ones(n)).round(4)
    previous[-1] += 1 - previous.sum()
    w, size = cp.Variable(n), cp.Variable(nonneg=True)
    invested, long_only = cp.sum(w) == 1, w >= 0
    variance = cp.sum_squares(root @ w)
    k, k2 = np.sqrt(stats.chi2.ppf(0.95, n)), np.sqrt(stats.chi2.ppf(0.95, n * n))
    v = np.diag(sigma)
    lost = k * cp.norm(cp.multiply(np.sqrt(v / T), w))
    a = cp.Variable()
    cvar = a + cp.sum(cp.pos(-(returns @ w) - a)) / (0.05 * T)
    sets = {"observations": T, "level": 0.95}

    value = solve(cp.Problem(cp.Minimize(100 * variance),
                             [invested, long_only, 100 * (mean @ w - lost) >= -0.12])) / 100
    add("robust_return", "minimise variance", ["long only", "robust return >= -0.12%"], w.value, value,
        uncertainty={**sets, "mean_ellipsoid": True})

    squares = cp.multiply(v * 1e4, cp.square(w))
    worst = 1e4 * variance + k2 * cp.norm(cp.hstack([cp.sum(squares), squares])) / np.sqrt(T)
    value = solve(cp.Problem(cp.Maximize(100 * mean @ w), [invested, long_only, worst <= 3])) / 100
    add("robust_variance", "maximise return", ["long only", "robust variance <= 0.0003"], w.value,
        value, value_tolerance=1e-8, uncertainty={**sets, "covariance_ellipsoid": True})

    radius = 0.001
    worst = cvar + radius / 0.05 * cp.norm_inf(w)
    value = solve(cp.Problem(cp.Maximize(mean @ w), [invested, long_only, worst <= 0.03]))
    add("robust_cvar", "maximise return", ["long only", "robust cvar(95%) within 0.1% <= 3%"],
        w.value, value)

    value = solve(cp.Problem(cp.Maximize(100 * mean @ w - 500 * variance),
                             [invested, w >= -0.3, cp.norm_inf(w) <= 0.12])) / 100
    add("largest_weight", "maximise return - 5 * variance",
        ["weight >= -30%", "largest weight <= 12%"], w.value, value)

    volumes = rng.uniform(0.1, 3, n).round(3)
    value = solve(cp.Problem(cp.Maximize(100 * mean @ w - 500 * variance),
                             [invested, long_only, cp.abs(w - previous) <= 0.05 * volumes])) / 100
    add("participation", "maximise return - 5 * variance", ["long only", "participation <= 5%"],
        w.value, value, previous=previous, volumes=floats(volumes))

    value = solve(cp.Problem(cp.Minimize(cvar), [invested, long_only, mean @ w >= 0.0008]))
    add("return", "minimise cvar(95%)", ["long only", "return >= 0.08%"], w.value, value)

    for name, objective, risk, less, uncertainty in [
        ("ratio_cvar", "maximise robust return / cvar(95%)", cvar, 0.0003 * cp.norm1(w),
         {"mean_box": [0.0003] * n}),
        ("ratio_volatility", "maximise robust return / volatility over 0.01%", cp.norm(root @ w),
         0.0002 * cp.norm1(w), {"mean_box": [0.0002] * n}),
    ]:
        rate = 0.0001 if "over" in objective else 0.0
        problem = cp.Problem(cp.Minimize(risk), [
            100 * ((mean - rate) @ w - less) >= 1, cp.sum(w) == size, w >= 0, w <= 0.3 * size])
        value = solve(problem)
        add(name, objective, ["long only", "weight <= 30%"], w.value / size.value, 0.01 / value,
            uncertainty={**sets, **uncertainty}, value_tolerance=1e-7)

    linear, impact = rng.uniform(2e-4, 2e-3, n).round(6), rng.uniform(1e-4, 2e-3, n).round(6)
    borrow, holding = rng.uniform(0, 5e-4, n).round(6), rng.uniform(0, 1e-4, n).round(6)
    moved = cp.abs(w - previous)
    parts = {"trading": linear @ moved + impact @ cp.power(moved, 1.5),
             "borrow": borrow @ cp.neg(w), "holding": holding @ cp.abs(w)}
    costs = {"linear": floats(linear), "impact_factor": floats(impact), "borrow": floats(borrow),
             "holding": floats(holding)}
    for name, words, factors in [
        ("costs_half", "0.5 * costs", {"trading": 0.5, "borrow": 0.5, "holding": 0.5}),
        ("costs_parts", "trading - 0.5 * borrow - 3 * holding",
         {"trading": 1, "borrow": 0.5, "holding": 3}),
        ("costs_borrow", "borrow", {"trading": 0, "borrow": 1, "holding": 0}),
    ]:
        paid = sum(factors[part] * cost for part, cost in parts.items())
        value = solve(cp.Problem(cp.Maximize(100 * (mean @ w - 5 * variance - paid)),
                                 [invested, w >= -0.2, cp.norm1(w) <= 1.5])) / 100
        add(name, f"maximise return - 5 * variance - {words}", ["weight >= -20%", "gross <= 150%"],
            w.value, value, previous=previous, costs=costs)

    z = cp.Variable(n, boolean=True)
    few = [invested, w <= z, w >= 0.05 * z, cp.sum(z) <= 5]
    short = cp.Variable(len(returns), nonneg=True)
    tail = [short >= -(returns @ w) - a]
    cvar = a + cp.sum(short) / (0.05 * T)
    spread = cp.norm1(returns @ w - mean @ w) / T
    for name, objective, sentences, goal, rows in [
        ("names_cvar", "minimise cvar(95%)", [], cvar, tail),
        ("names_mad", "minimise mad", [], spread, []),
        ("names_return", "maximise return", ["cvar(95%) <= 2.2%"], -(mean @ w),
         tail + [cvar <= 0.022]),
    ]:
        problem = cp.Problem(cp.Minimize(1000 * goal), few + rows)
        problem.solve(solver="SCIPY", scipy_options={"mip_rel_gap": 1e-9})
        value = problem.value / 1000
        add(name, objective, ["long only", "names <= 5", "weight >= 5% or nothing", *sentences],
            np.maximum(w.value, 0), -value if "return" in name else value, tolerance=2e-4,
            value_tolerance=1e-7, source="cvxpy 1.9.3 with HiGHS (SciPy 1.17.1)")


if __name__ == "__main__":
    main()
