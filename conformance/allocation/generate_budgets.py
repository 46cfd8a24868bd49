"""Writes cases/budget_*.json, cases/moment_*.json and cases/tree_*.json: risk budgets of measures of
scenarios, the measures of higher order, and hierarchical methods by measures of scenarios, with
answers that Trimtab did not compute.

    python generate_budgets.py

reads scenarios/us20_250.json, which generate_scenarios.py writes. Answers come from Riskfolio-Lib
(rp_optimization, Portfolio.optimization, HCPortfolio), from skfolio (RiskBudgeting,
HierarchicalRiskParity, HierarchicalEqualRiskContribution) and from cvxpy models written down here,
all solved by Clarabel at the tightest tolerance that it reaches.
"""

import json
import warnings

import cvxpy as cp
import numpy as np
import pandas as pd

from generate import GROUPS, HERE, SYMBOLS, case, floats

warnings.filterwarnings("ignore")
MOMENTS = "us20_250"
ALPHA = 0.05
TIGHT = [1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7]


def settings(accuracy):
    return {"tol_gap_abs": accuracy, "tol_gap_rel": accuracy, "tol_feas": accuracy,
            "max_iter": 500}


def budgets_by_riskfolio(returns):
    import riskfolio as rp

    port = rp.Portfolio(returns=returns)
    port.assets_stats(method_mu="hist", method_cov="hist")
    port.solvers, port.kappa, port.p_em, port.p_esm = ["CLARABEL"], 0.3, 3, 3
    given = np.arange(1, 21)
    # Clarabel finds nothing for its programs of RLVaR, RLDaR and EM.
    for rm, words, tolerance in [
        ("MAD", "mad", 1e-5), ("MSV", "semi-deviation", 1e-5),
        ("FLPM", "first lower partial moment", 1e-5),
        ("SLPM", "second lower partial moment", 1e-5), ("CVaR", "cvar(95%)", 1e-5),
        ("EVaR", "evar(95%)", 1e-5), ("CVRG", "cvar range(95%)", 1e-5),
        ("EVRG", "evar range(95%)", 1e-5), ("RVRG", "rlvar range(95%, 0.3)", 1e-4),
        ("ESM", "even semi-moment(3)", 1e-4), ("CDaR", "cdar(95%)", 1e-5),
        ("UCI", "ulcer index", 1e-5), ("EDaR", "edar(95%)", 1e-5),
    ]:
        for b, name in [(None, ""), (given, "_given")]:
            if b is not None and rm not in ("CVaR", "CDaR", "EVaR"):
                continue
            found = None
            for accuracy in TIGHT:
                port.sol_params = {"CLARABEL": settings(accuracy)}
                shares = None if b is None else (b / b.sum()).reshape(-1, 1)
                found = port.rp_optimization(model="Classic", rm=rm, rf=0, b=shares, hist=True)
                if found is not None:
                    break
            if found is None:
                print("riskfolio found nothing for", rm)
                continue
            print(rm, accuracy)
            sentence = f"risk parity by {words}"
            if b is not None:
                parts = ", ".join(f"{symbol} {part}" for symbol, part in zip(SYMBOLS, b))
                sentence += f" with budgets {parts}"
            case(f"budget_riskfolio_{rm.lower()}{name}",
                 source=f"Riskfolio-Lib 7.4.0 rp_optimization, Classic, {rm}, CLARABEL",
                 moments=MOMENTS, objective=sentence, tolerance=tolerance,
                 weights=found["weights"].to_numpy())


def budgets_by_skfolio(returns):
    from skfolio import RiskMeasure as R
    from skfolio.optimization import RiskBudgeting

    for measure, words in [
        (R.MEAN_ABSOLUTE_DEVIATION, "mad"), (R.SEMI_DEVIATION, "semi-deviation"),
        (R.SEMI_VARIANCE, "semi-variance"), (R.CVAR, "cvar(95%)"), (R.EVAR, "evar(95%)"),
        (R.WORST_REALIZATION, "worst realisation"), (R.CDAR, "cdar(95%)"),
        (R.MAX_DRAWDOWN, "maximum drawdown"), (R.AVERAGE_DRAWDOWN, "average drawdown"),
        (R.EDAR, "edar(95%)"), (R.ULCER_INDEX, "ulcer index"),
        (R.GINI_MEAN_DIFFERENCE, "gini mean difference"),
    ]:
        for accuracy in TIGHT:
            try:
                model = RiskBudgeting(risk_measure=measure, solver="CLARABEL",
                                      solver_params=settings(accuracy))
                weights = model.fit(returns).weights_
                break
            except Exception as error:
                weights = None
        if weights is None:
            print("skfolio found nothing for", measure)
            continue
        print(measure, accuracy)
        case(f"budget_skfolio_{measure.value}",
             source=f"skfolio 1.12.2 RiskBudgeting, {measure.value}, CLARABEL", moments=MOMENTS,
             objective=f"risk parity by {words}", tolerance=2e-5, weights=weights)


def solved(problem):
    for accuracy in TIGHT:
        try:
            problem.solve(solver="CLARABEL", **settings(accuracy))
            if problem.status == "optimal":
                return accuracy
        except cp.SolverError:
            pass
    raise RuntimeError("no solution")


def models(returns):
    values = returns.to_numpy()
    count = len(values)
    w = cp.Variable(20)
    apart = (values - values.mean(axis=0)) @ w * 100
    losses = -(values @ w) * 100

    def spectrum(tail, of):
        ranks = np.arange(count + 1) / count
        rest = np.maximum(1 - ranks / tail, 0) ** 2
        parts = np.append(rest[:-1] - rest[1:], 0)
        return sum((parts[k] - parts[k + 1]) * cp.sum_largest(of, k + 1)
                   for k in range(count) if parts[k] > parts[k + 1])

    def evar(of):
        z, u, t = cp.Variable(nonneg=True), cp.Variable(count), cp.Variable()
        evar.rows += [cp.sum(u) <= z,
                      cp.constraints.ExpCone(of - t, z * np.ones(count), u)]
        return t + z * np.log(1 / (ALPHA * count))

    def even(p, of):
        return cp.norm(of, 2 * p) / count ** (1 / (2 * p))

    for name, words, root, power, tolerance in [
        ("tgrg", "tail gini range(95%)", lambda: spectrum(0.05, losses) + spectrum(0.05, -losses), 1, 2e-5),
        ("tg", "tail gini(90%)", lambda: spectrum(0.1, losses), 1, 2e-5),
        ("evrg", "evar range(95%)", lambda: evar(losses) + evar(-losses), 1, 1e-5),
        ("kt", "square-root kurtosis", lambda: even(2, apart), 2, 1e-5),
        ("skt", "square-root semi-kurtosis", lambda: even(2, cp.pos(-apart)), 2, 1e-5),
        ("em", "even moment(3)", lambda: even(3, apart), 2, 1e-5),
        ("esm", "even semi-moment(4)", lambda: even(4, cp.pos(-apart)), 2, 1e-5),
    ]:
        evar.rows = []
        goal = root()
        problem = cp.Problem(cp.Minimize(goal), [cp.sum(w) == 1, w >= 0] + evar.rows)
        print(name, solved(problem))
        case(f"moment_{name}", source="cvxpy 1.9.3 with CLARABEL", moments=MOMENTS,
             objective=f"minimise {words}", constraints=["long only"], tolerance=2e-4,
             weights=w.value, value=(problem.value / 100) ** power, value_tolerance=1e-9)
        # A limit a tenth above the least; norms of cvxpy keep it with 1e-5 of it to spare.
        limit = round((1.1 * problem.value / 100) ** power, 12)
        mean = values.mean(axis=0)
        scaled = 100 * limit ** (1 / power)
        problem = cp.Problem(cp.Maximize(mean @ w),
                             [cp.sum(w) == 1, w >= 0, goal <= scaled] + evar.rows)
        print(name, "limit", solved(problem))
        case(f"moment_{name}_limit", source="cvxpy 1.9.3 with CLARABEL", moments=MOMENTS,
             objective="maximise return", constraints=["long only", f"{words} <= {limit}"],
             tolerance=1e-3, weights=w.value, value=problem.value, value_tolerance=1e-7)
        problem = cp.Problem(cp.Minimize(goal - cp.sum(cp.log(w)) / 20), evar.rows)
        try:
            print(name, "budget", solved(problem))
        except RuntimeError:
            print("no reference for the budgets of", name)
            continue
        case(f"budget_cvxpy_{name}", source="cvxpy 1.9.3 with CLARABEL", moments=MOMENTS,
             objective=f"risk parity by {words}", tolerance=tolerance,
             weights=w.value / w.value.sum())
    grouped(values, w)


def grouped(values, w):
    """Richard and Roncalli (2019): the factor of the logarithms at which the weights sum to one."""
    factor, count = cp.Parameter(nonneg=True), len(values)
    members = [SYMBOLS.index(symbol) for symbol in GROUPS["energy"]]
    a, z = cp.Variable(), cp.Variable(count, nonneg=True)
    cvar = a + cp.sum(z) / (0.05 * count)
    rows = [z >= -(values @ w) * 100 - a, cp.sum(w[members]) <= 0.08, w >= 0.02]
    problem = cp.Problem(cp.Minimize(cvar - factor * cp.sum(cp.log(w))), rows)
    low, high = 1e-4, 10.0
    for _ in range(40):
        factor.value = (low * high) ** 0.5
        solved(problem)
        low, high = (factor.value, high) if w.value.sum() < 1 else (low, factor.value)
    case("budget_cvxpy_cvar_groups",
         source="cvxpy 1.9.3: the barrier problem within the sentences, its factor found by bisection",
         moments=MOMENTS, objective="risk parity by cvar(95%)",
         constraints=["group(energy) <= 8%", "weight >= 2%"], groups=GROUPS, tolerance=2e-5,
         weights=w.value)


def trees_by_skfolio(returns):
    from skfolio import ExtraRiskMeasure as E, RiskMeasure as R
    from skfolio.cluster import HierarchicalClustering, LinkageMethod
    from skfolio.distance import PearsonDistance
    from skfolio.optimization import HierarchicalEqualRiskContribution, HierarchicalRiskParity
    from skfolio.seriation import HierarchicalSeriation

    for measure, words in [
        (R.CVAR, "cvar(95%)"), (R.EVAR, "evar(95%)"), (R.CDAR, "cdar(95%)"),
        (R.EDAR, "edar(95%)"), (R.MAX_DRAWDOWN, "max drawdown"),
        (R.AVERAGE_DRAWDOWN, "average drawdown"), (R.ULCER_INDEX, "ulcer index"),
        (R.SEMI_DEVIATION, "semi-deviation"), (R.SEMI_VARIANCE, "semi-variance"),
        (R.MEAN_ABSOLUTE_DEVIATION, "mad"), (R.WORST_REALIZATION, "worst realisation"),
        (R.GINI_MEAN_DIFFERENCE, "gini mean difference"), (E.VALUE_AT_RISK, "var(95%)"),
        (E.DRAWDOWN_AT_RISK, "dar(95%)"), (E.FOURTH_CENTRAL_MOMENT, "fourth central moment"),
    ]:
        clustering = HierarchicalClustering(linkage_method=LinkageMethod.SINGLE)
        model = HierarchicalRiskParity(
            risk_measure=measure, distance_estimator=PearsonDistance(),
            seriation_estimator=HierarchicalSeriation(
                hierarchical_clustering_estimator=clustering, optimal_ordering=False))
        tolerance = 1e-6 if measure in (R.EVAR, R.EDAR) else 1e-10
        case(f"tree_skfolio_hrp_{measure.value}",
             source=f"skfolio 1.12.2 HierarchicalRiskParity, {measure.value}, single linkage, "
                    "optimal leaf ordering switched off",
             moments=MOMENTS, objective=f"hierarchical risk parity by {words}",
             tolerance=tolerance, weights=model.fit(returns).weights_)
        model = HierarchicalEqualRiskContribution(
            risk_measure=measure, distance_estimator=PearsonDistance(),
            hierarchical_clustering_estimator=HierarchicalClustering(
                linkage_method=LinkageMethod.WARD))
        case(f"tree_skfolio_herc_{measure.value}",
             source=f"skfolio 1.12.2 HierarchicalEqualRiskContribution, {measure.value}, ward",
             moments=MOMENTS, objective=f"hierarchical equal risk by {words}",
             tolerance=tolerance, weights=model.fit(returns).weights_)


def trees_by_riskfolio(returns):
    import riskfolio as rp

    port = rp.HCPortfolio(returns=returns, alpha=ALPHA, kappa=0.3)
    for rm, words, tolerance in [
        ("CVaR", "cvar(95%)", 1e-10), ("CVRG", "cvar range(95%)", 1e-10),
        ("VRG", "var range(95%)", 1e-10), ("RG", "range", 1e-10),
        ("KT", "square-root kurtosis", 1e-10), ("SKT", "square-root semi-kurtosis", 1e-10),
        ("EM", "even moment(2)", 1e-10), ("ESM", "even semi-moment(2)", 1e-10),
        ("FLPM", "first lower partial moment", 1e-10),
        ("SLPM", "second lower partial moment", 1e-10), ("EVRG", "evar range(95%)", 1e-5),
        ("RLVaR", "rlvar(95%, 0.3)", 1e-4), ("MDD_Rel", "max drawdown(compounded)", 1e-10),
        ("ADD_Rel", "average drawdown(compounded)", 1e-10),
        ("CDaR_Rel", "cdar(95%, compounded)", 1e-10), ("DaR_Rel", "dar(95%, compounded)", 1e-10),
        ("UCI_Rel", "ulcer index(compounded)", 1e-10), ("EDaR_Rel", "edar(95%, compounded)", 1e-5),
    ]:
        found = port.optimization(model="HRP", codependence="pearson", rm=rm, rf=0,
                                  linkage="average", leaf_order=False)
        weights = found.loc[SYMBOLS, "weights"].to_numpy()
        case(f"tree_riskfolio_hrp_{rm.lower()}",
             source=f"Riskfolio-Lib 7.4.0 HCPortfolio HRP, {rm}, average linkage, leaves not reordered",
             moments=MOMENTS, objective=f"hierarchical risk parity by {words} with average linkage",
             tolerance=tolerance, weights=weights)


def main():
    file = json.loads((HERE / "scenarios" / f"{MOMENTS}.json").read_text())
    days = pd.bdate_range("2022-01-03", periods=len(file["returns"]))
    returns = pd.DataFrame(file["returns"], index=days, columns=SYMBOLS)
    trees_by_skfolio(returns)
    trees_by_riskfolio(returns)
    models(returns)
    budgets_by_skfolio(returns)
    budgets_by_riskfolio(returns)


if __name__ == "__main__":
    main()
