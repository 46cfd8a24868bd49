"""Expected risk measures and contributions, computed by Riskfolio-Lib, skfolio and cvxpy.

    python -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python measures.py

The returns are of skfolio's own `sp500_dataset` (BSD-3-Clause), simple, six symbols. Writes
`measures.json` beside this file: for each window, portfolio returns, and for each measure its words
here, its value there, and (Riskfolio) contributions of the holdings by central differences.
`tolerance` is relative and says how exact the other side is: 1e-12 for closed forms, more where it
calls a solver or differentiates by numbers. Relativistic measures are a model in cvxpy of the dual
that Cajas (2023) states, solved by Clarabel: Riskfolio-Lib models the same, but leaves the solver
at tolerances that are up to 2e-4 off here and takes its answer whatever the status.
"""

import json
from importlib.metadata import version
from pathlib import Path

import cvxpy as cp
import numpy as np
import riskfolio as rp
import skfolio.measures as sk
from skfolio.datasets import load_sp500_dataset

HERE = Path(__file__).parent
NAMES = ["AAPL", "AMD", "BAC", "GE", "JNJ", "XOM"]
WEIGHTS = np.array([0.3, 0.1, 0.15, -0.05, 0.3, 0.2])
TARGET = 0.001
EXACT, SOLVED = 1e-12, 2e-6


def relativistic(r, alpha=0.05, kappa=0.3):
    """The value, and the masses at which it is reached."""
    n, spread = len(r), r.max() - r.min()
    q, up, down = cp.Variable(n), cp.Variable(n), cp.Variable(n)
    ones = np.ones(n)
    limit = ((1 / (alpha * n)) ** kappa - (1 / (alpha * n)) ** -kappa) / (2 * kappa)
    constraints = [
        cp.sum(q) == 1,
        cp.sum(up - down) / (2 * kappa) <= limit,
        cp.PowCone3D(up, ones, q, 1 / (1 + kappa)),
        cp.PowCone3D(q, ones, down, 1 - kappa),
    ]
    problem = cp.Problem(cp.Maximize(q @ (r.max() - r) / spread), constraints)
    tight = {f"tol_{name}": 1e-9 for name in ["gap_abs", "gap_rel", "feas"]}
    problem.solve(solver=cp.CLARABEL, max_iter=500, **tight)
    assert problem.status == cp.OPTIMAL, problem.status
    return -r.max() + spread * problem.value, q.value


def drawdowns(r, compounded):
    return np.asarray(sk.get_drawdowns(r, compounded=compounded))


def relativistic_values(r):
    value = lambda r, *args: relativistic(r, *args)[0]
    return [
        ("rlvar(95%, 0.3)", value(r), SOLVED),
        ("rlvar(90%, 0.7)", value(r, 0.1, 0.7), SOLVED),
        ("rldar(95%, 0.3, compounded)", value(drawdowns(r, True)), SOLVED),
    ]


def riskfolio_values(r):
    f = rp.RiskFunctions
    out = [
        ("mad", f.MAD(r), EXACT),
        ("semi-deviation", f.SemiDeviation(r), EXACT),
        ("square-root kurtosis", f.Kurtosis(r), EXACT),
        ("square-root semi-kurtosis", f.SemiKurtosis(r), EXACT),
        ("even moment(3)", f.EvenMoment(r, p=3), EXACT),
        ("even semi-moment(3)", f.EvenSemiMoment(r, p=3), EXACT),
        ("var(95%)", f.VaR_Hist(r), EXACT),
        ("var(90%)", f.VaR_Hist(r, alpha=0.1), EXACT),
        ("cvar(95%)", f.CVaR_Hist(r), EXACT),
        ("cvar(97.5%)", f.CVaR_Hist(r, alpha=0.025), EXACT),
        ("worst realisation", f.WR(r), EXACT),
        ("first lower partial moment(0.1%)", f.LPM(r, MAR=TARGET, p=1), EXACT),
        ("second lower partial moment(0.1%)", f.LPM(r, MAR=TARGET, p=2), EXACT),
        ("first lower partial moment", f.LPM(r, MAR=0, p=1), EXACT),
        ("entropic risk(99%, 0.02)", f.Entropic_RM(r, z=0.02, alpha=0.01), EXACT),
        ("evar(95%)", f.EVaR_Hist(r)[0], 1e-7),
        ("gini mean difference", f.GMD(r), EXACT),
        # Riskfolio's is a sum over levels: with 20,000 of them it nears the integral.
        ("tail gini(95%)", f.TG(r, a_sim=20_000), 1e-6),
        ("tail gini range(95%)", f.TGRG(r, a_sim=20_000), 1e-6),
        ("range", f.RG(r), EXACT),
        ("var range(95%, 90%)", f.VRG(r, alpha=0.05, beta=0.1), EXACT),
        ("cvar range(95%, 90%)", f.CVRG(r, alpha=0.05, beta=0.1), EXACT),
        ("evar range(95%, 90%)", f.EVRG(r, alpha=0.05, beta=0.1), 1e-7),
    ]
    for suffix, words in (("Abs", "uncompounded"), ("Rel", "compounded")):
        get = lambda name: getattr(f, f"{name}_{suffix}")
        out += [
            (f"max drawdown({words})", get("MDD")(r), EXACT),
            (f"average drawdown({words})", get("ADD")(r), EXACT),
            (f"ulcer index({words})", get("UCI")(r), EXACT),
            (f"dar(95%, {words})", get("DaR")(r), EXACT),
            (f"cdar(95%, {words})", get("CDaR")(r), EXACT),
            (f"edar(95%, {words})", get("EDaR")(r)[0], 1e-7),
        ]
    return out


def skfolio_values(r, p=None):
    kwargs = {} if p is None else {"sample_weight": p}
    out = [
        ("variance", sk.variance(r, **kwargs), EXACT),
        ("standard deviation", sk.standard_deviation(r, **kwargs), EXACT),
        ("semi-variance", sk.semi_variance(r, **kwargs), EXACT),
        ("semi-deviation(0.1%)", sk.semi_deviation(r, TARGET, **kwargs), EXACT),
        ("mad", sk.mean_absolute_deviation(r, **kwargs), EXACT),
        ("first lower partial moment(mean)", sk.first_lower_partial_moment(r, **kwargs), EXACT),
        ("third central moment", sk.third_central_moment(r, **kwargs), EXACT),
        ("fourth central moment", sk.fourth_central_moment(r, **kwargs), EXACT),
        ("fourth lower partial moment", sk.fourth_lower_partial_moment(r, **kwargs), EXACT),
        ("skewness", sk.skew(r, **kwargs), EXACT),
        ("kurtosis", sk.kurtosis(r, **kwargs), EXACT),
        ("cvar(95%)", sk.cvar(r, **kwargs), EXACT),
        ("evar(95%)", sk.evar(r, **kwargs), 1e-10),
        ("evar(80%)", sk.evar(r, beta=0.8, **kwargs), 1e-10),
        ("entropic risk(95%, 0.02)", sk.entropic_risk_measure(r, theta=0.02, **kwargs), EXACT),
    ]
    for compounded, words in ((False, "uncompounded"), (True, "compounded")):
        d = sk.get_drawdowns(r, compounded=compounded)
        out += [
            (f"max drawdown({words})", sk.max_drawdown(d), EXACT),
            (f"average drawdown({words})", sk.average_drawdown(d, **kwargs), EXACT),
            (f"ulcer index({words})", sk.ulcer_index(d, **kwargs), EXACT),
            (f"cdar(95%, {words})", sk.cdar(d, **kwargs), EXACT),
            (f"edar(95%, {words})", sk.edar(d, **kwargs), 1e-10),
        ]
    if p is None:
        out += [
            ("worst realisation", sk.worst_realization(r), EXACT),
            ("gini mean difference", sk.gini_mean_difference(r), EXACT),
        ]
    return out


def riskfolio_contributions(frame):
    rows = [
        ("standard deviation", "MV", 1e-6),
        ("mad", "MAD", 1e-6),
        ("gini mean difference", "GMD", 1e-6),
        ("semi-deviation", "MSV", 1e-6),
        ("first lower partial moment", "FLPM", 1e-6),
        ("second lower partial moment", "SLPM", 1e-6),
        ("var(95%)", "VaR", 1e-6),
        ("cvar(95%)", "CVaR", 1e-6),
        ("evar(95%)", "EVaR", 1e-4),
        ("worst realisation", "WR", 1e-6),
        ("var range(95%)", "VRG", 1e-6),
        ("cvar range(95%)", "CVRG", 1e-6),
        ("range", "RG", 1e-6),
        ("square-root kurtosis", "KT", 1e-6),
        ("square-root semi-kurtosis", "SKT", 1e-6),
        ("even moment", "EM", 1e-6),
        ("even semi-moment", "ESM", 1e-6),
        ("max drawdown", "MDD", 1e-6),
        ("average drawdown", "ADD", 1e-6),
        ("dar(95%)", "DaR", 1e-6),
        ("cdar(95%)", "CDaR", 1e-6),
        ("edar(95%)", "EDaR", 1e-4),
        ("ulcer index", "UCI", 1e-6),
        ("max drawdown(compounded)", "MDD_Rel", 1e-6),
        ("average drawdown(compounded)", "ADD_Rel", 1e-6),
        ("cdar(95%, compounded)", "CDaR_Rel", 1e-6),
        ("ulcer index(compounded)", "UCI_Rel", 1e-6),
    ]
    find = lambda code: rp.RiskFunctions.Risk_Contribution(WEIGHTS, frame, rm=code)
    return [
        {"measure": words, "expected": np.asarray(find(code)).tolist(), "tolerance": tolerance}
        for words, code, tolerance in rows
    ]


def values(found, source):
    return [
        {"measure": words, "expected": float(value), "tolerance": tolerance, "source": source}
        for words, value, tolerance in found
    ]


def relativistic_contributions(frame):
    """Each holding's mean loss under the masses of the whole, by the envelope theorem."""
    masses = relativistic((frame @ WEIGHTS).to_numpy())[1]
    parts = -(masses @ frame.to_numpy()) * WEIGHTS
    return [{"measure": "rlvar(95%, 0.3)", "expected": parts.tolist(), "tolerance": 1e-4}]


def window(frame):
    r = (frame @ WEIGHTS).to_numpy()
    rng = np.random.default_rng(4)
    p = rng.dirichlet(np.full(len(r), 3.0))
    return {
        "returns": frame.to_numpy().tolist(),
        "portfolio": r.tolist(),
        "probabilities": p.tolist(),
        "values": values(riskfolio_values(r), "riskfolio")
        + values(skfolio_values(r), "skfolio")
        + values(relativistic_values(r), "cvxpy"),
        "weighted": values(skfolio_values(r, p), "skfolio"),
        "contributions": riskfolio_contributions(frame) + relativistic_contributions(frame),
    }


def main():
    returns = load_sp500_dataset()[NAMES].pct_change().iloc[1:]
    out = {
        "versions": {name: version(name) for name in ["riskfolio-lib", "skfolio", "cvxpy", "clarabel"]},
        "symbols": NAMES,
        "weights": WEIGHTS.tolist(),
        # 130 days with a crash, so that a tail of 5 % is no whole number of days, and 60 calm ones.
        "windows": [window(returns.loc[:"2020-06-30"].tail(130)), window(returns.tail(60))],
    }
    lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in out.items())
    (HERE / "measures.json").write_text("{\n" + lines + "\n}\n")


if __name__ == "__main__":
    main()
