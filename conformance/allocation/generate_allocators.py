"""Writes cases of hierarchical methods, risk budgets and the critical line beside those of
generate.py, whose moments they share.

    python generate_allocators.py --prices ../../examples/data/us20.parquet

`critical_line/*.json` are whole frontiers: for each risk aversion a of `mean w - a w' covariance w`
the weights of cvxcla, mixed between its turning points, and the weights of PyPortfolioOpt's CLA
where it has them.
"""

import argparse
import pathlib

import cvxpy as cp
import numpy as np
import pandas as pd

from generate import GROUPS, SYMBOLS, case, floats, write


def hierarchical(returns):
    from skfolio import RiskMeasure
    from skfolio.cluster import HierarchicalClustering, LinkageMethod
    from skfolio.distance import PearsonDistance
    from skfolio.optimization import (HierarchicalEqualRiskContribution, MeanRisk,
                                      NestedClustersOptimization, SchurComplementary)
    from skfolio.seriation import HierarchicalSeriation

    moments = "us20_2014"
    exact = {"tol_gap_abs": 1e-13, "tol_gap_rel": 1e-13, "tol_feas": 1e-12}

    def clustering(method):
        return HierarchicalClustering(linkage_method=method)

    for name, method, measure, sentence in [
        ("ward", LinkageMethod.WARD, RiskMeasure.VARIANCE, "hierarchical equal risk"),
        ("volatility", LinkageMethod.WARD, RiskMeasure.STANDARD_DEVIATION,
         "hierarchical equal risk by volatility"),
        ("average", LinkageMethod.AVERAGE, RiskMeasure.VARIANCE,
         "hierarchical equal risk with average linkage"),
        ("weighted", LinkageMethod.WEIGHTED, RiskMeasure.VARIANCE,
         "hierarchical equal risk with weighted linkage"),
    ]:
        model = HierarchicalEqualRiskContribution(
            risk_measure=measure, distance_estimator=PearsonDistance(),
            hierarchical_clustering_estimator=clustering(method))
        case(f"us20_herc_{name}", source=f"skfolio 1.12.2 HierarchicalEqualRiskContribution, {name}",
             moments=moments, objective=sentence, tolerance=1e-12,
             weights=model.fit(returns).weights_)
    model = HierarchicalEqualRiskContribution(max_weights=0.08, min_weights=0.02,
                                              solver_params=exact)
    case("us20_herc_bounded",
         source="skfolio 1.12.2 HierarchicalEqualRiskContribution with weight bounds, CLARABEL at 1e-13",
         moments=moments, objective="hierarchical equal risk",
         constraints=["weight >= 2%", "weight <= 8%"], tolerance=1e-7,
         weights=model.fit(returns).weights_)
    inner = MeanRisk(solver="CLARABEL", solver_params=exact)
    for name, method, sentence in [
        ("ward", LinkageMethod.WARD, "nested clusters"),
        ("average", LinkageMethod.AVERAGE, "nested clusters with average linkage"),
    ]:
        model = NestedClustersOptimization(
            inner_estimator=inner, outer_estimator=inner, cv="ignore",
            clustering_estimator=clustering(method))
        case(f"us20_nco_{name}",
             source=f"skfolio 1.12.2 NestedClustersOptimization without cross-validation, {name}, "
                    "minimum variance by CLARABEL at 1e-13",
             moments=moments, objective=sentence, constraints=["long only"], tolerance=1e-6,
             weights=model.fit(returns).weights_)
    for name, method, gamma, sentence in [
        ("ward_30", LinkageMethod.WARD, 0.3, "schur complementary at 30%"),
        ("single_20", LinkageMethod.SINGLE, 0.2, "schur complementary at 20% with single linkage"),
    ]:
        model = SchurComplementary(
            gamma=gamma,
            seriation_estimator=HierarchicalSeriation(
                hierarchical_clustering_estimator=clustering(method), optimal_ordering=False))
        model.fit(returns)
        assert model.effective_gamma_ == gamma, model.effective_gamma_
        case(f"us20_schur_{name}",
             source=f"skfolio 1.12.2 SchurComplementary, gamma {gamma}, optimal leaf ordering "
                    "switched off",
             moments=moments, objective=sentence, tolerance=1e-9, weights=model.weights_)


def others(returns):
    from skfolio.optimization import MaximumDiversification

    exact = {"tol_gap_abs": 1e-13, "tol_gap_rel": 1e-13, "tol_feas": 1e-12}
    model = MaximumDiversification(solver="CLARABEL", solver_params=exact).fit(returns)
    case("us20_max_diversification", source="skfolio 1.12.2 MaximumDiversification, CLARABEL at 1e-13",
         moments="us20_2018", objective="maximise diversification", constraints=["long only"],
         tolerance=2e-6, weights=model.weights_)
    sigma = returns.cov().to_numpy()
    inverse = 1 / np.diag(sigma)
    case("us20_inverse_variance", source="closed form: 1 / variance, normalised",
         moments="us20_2018", objective="inverse variance", tolerance=1e-13,
         weights=inverse / inverse.sum())
    w = cp.Variable(20)
    correlation = returns.corr().to_numpy()
    problem = cp.Problem(cp.Minimize(cp.quad_form(w, cp.psd_wrap(correlation))),
                         [cp.sum(w) == 1, w >= 0])
    problem.solve(solver="DAQP", eps_prox=0.0, primal_tol=1e-12)
    case("us20_min_correlation", source="cvxpy 1.9.3 with DAQP", moments="us20_2018",
         objective="minimise correlation", constraints=["long only"], tolerance=2e-8,
         weights=w.value, value=problem.value, value_tolerance=1e-11)
    case("us20_risk_parity_groups",
         source="cvxpy 1.9.3: the barrier problem within the groups, its factor found by bisection",
         moments="us20_2018", objective="risk parity",
         constraints=["group(health) <= 20%", "group(energy) >= 18%"], groups=GROUPS,
         tolerance=2e-6, weights=grouped_risk_parity(sigma))


def grouped_risk_parity(covariance):
    """Richard and Roncalli (2019): the barrier's factor at which the weights sum to one."""
    n = len(covariance)
    sigma = covariance / np.trace(covariance) * n
    w, factor = cp.Variable(n), cp.Parameter(nonneg=True)

    def group(name):
        return cp.sum(w[[SYMBOLS.index(symbol) for symbol in GROUPS[name]]])

    objective = cp.sum_squares(np.linalg.cholesky(sigma).T @ w) / 2 - factor * cp.sum(cp.log(w))
    problem = cp.Problem(cp.Minimize(objective), [group("health") <= 0.2, group("energy") >= 0.18])
    low, high = 1e-6, 1.0
    for _ in range(45):
        factor.value = (low * high) ** 0.5
        problem.solve(solver="CLARABEL", tol_gap_abs=1e-12, tol_gap_rel=1e-12, tol_feas=1e-12)
        low, high = (factor.value, high) if w.value.sum() < 1 else (low, factor.value)
    return w.value


def critical_line(returns):
    from cvxcla import CLA
    from pypfopt.cla import CLA as Popular

    mean, sigma = 21 * returns.mean().to_numpy(), 21 * returns.cov().to_numpy()
    for name, low, high in [("long_only", 0.0, 1.0), ("capped", 0.0, 0.12), ("short", -0.05, 0.15)]:
        n = len(mean)
        line = CLA(mean=mean, covariance=sigma, lower_bounds=np.full(n, low),
                   upper_bounds=np.full(n, high), a=np.ones((1, n)), b=np.ones(1), tol=1e-12)
        corners = [(point.lamb, point.weights) for point in line.turning_points]
        corners = [corner for corner in corners if np.isfinite(corner[0])]

        def at(tolerance):
            for (above, a), (below, b) in zip(corners, corners[1:]):
                if below <= tolerance <= above:
                    part = (above - tolerance) / (above - below) if above > below else 0.0
                    return (1 - part) * a + part * b
            return corners[0][1]

        popular = Popular(mean, sigma, weight_bounds=(low, high))
        popular.min_volatility()
        write("critical_line", f"us20_{name}", {
            "source": "cvxcla 2.7.1; minimum variance by PyPortfolioOpt 1.6.0 CLA",
            "moments": "us20_month",
            "constraints": [f"weight >= {low}", f"weight <= {high}"],
            "portfolios": [{"risk_aversion": aversion, "weights": floats(at(0.5 / aversion))}
                           for aversion in [0.5, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 1e6]],
            "minimum_variance": floats(popular.weights),
        })


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--prices", type=pathlib.Path, required=True)
    prices = pd.read_parquet(arguments.parse_args().prices)
    if "date" in prices.columns:
        prices = prices.set_index("date")
    prices.index = pd.to_datetime(prices.index)
    returns = prices[SYMBOLS].pct_change().dropna()
    hierarchical(returns.loc["2014-01-02":])
    others(returns.loc["2018-01-03":])
    critical_line(returns.loc["2018-01-03":])


if __name__ == "__main__":
    main()
