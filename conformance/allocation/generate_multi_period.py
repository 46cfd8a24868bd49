"""Plans over several periods by cvxpy: writes plans/*.json.

Run `python generate_multi_period.py` in an environment with requirements.txt. Each problem is written as
it stands in Boyd et al. (2017), section 5: one variable for each period, costs on the differences.
"""

import json
from pathlib import Path

import cvxpy as cp
import numpy as np

FOLDER = Path(__file__).parent / "plans"


def case(name, seed, n, periods, *, impact, turnover=None, terminal=False, short=False):
    draw = np.random.default_rng(seed)
    b = draw.normal(0.0, 0.03, (n, 2))
    covariance = b @ b.T + np.diag(draw.uniform(5e-4, 3e-3, n))
    first = draw.normal(0.005, 0.01, n)
    means = [first * 0.6**h for h in range(periods)]
    held = draw.uniform(0.1, 1.0, n)
    held /= held.sum()
    linear = draw.uniform(5e-4, 3e-3, n)
    power = draw.uniform(2e-3, 1e-2, n) if impact else np.zeros(n)
    quadratic = draw.uniform(0.0, 0.02, n)
    borrow = draw.uniform(5e-4, 2e-3, n)
    aversion = 4.0
    end = draw.uniform(0.1, 1.0, n)
    end /= end.sum()
    w = [cp.Variable(n) for _ in range(periods)]
    value, constraints, before = 0, [], held
    for h in range(periods):
        trade = w[h] - before
        value += means[h] @ w[h] - aversion * cp.quad_form(w[h], cp.psd_wrap(covariance))
        value -= linear @ cp.abs(trade) + quadratic @ cp.square(trade) + borrow @ cp.neg(w[h])
        if impact:
            value -= power @ cp.power(cp.abs(trade), 1.5)
        constraints += [cp.sum(w[h]) == 1, w[h] >= (-0.2 if short else 0.0)]
        if turnover:
            constraints.append(cp.norm1(trade) <= 2 * turnover)
        before = w[h]
    if terminal:
        constraints.append(w[-1] == end)
    problem = cp.Problem(cp.Maximize(value), constraints)
    problem.solve(solver=cp.CLARABEL, tol_gap_abs=1e-9, tol_gap_rel=1e-9)
    assert problem.status == "optimal", problem.status
    sentences = ["weight >= -20%" if short else "long only"]
    if turnover:
        sentences.append(f"turnover <= {turnover}")
    FOLDER.mkdir(exist_ok=True)
    written = {
        "source": f"cvxpy {cp.__version__} with Clarabel",
        "aversion": aversion,
        "covariance": covariance.tolist(),
        "means": [m.tolist() for m in means],
        "held": held.tolist(),
        "linear": linear.tolist(),
        "impact": power.tolist(),
        "quadratic": quadratic.tolist(),
        "borrow": borrow.tolist(),
        "constraints": sentences,
        "terminal": end.tolist() if terminal else None,
        "weights": [x.value.tolist() for x in w],
        "objective": problem.value,
    }
    (FOLDER / f"{name}.json").write_text(json.dumps(written, indent=1) + "\n")


case("long_only", 1, 6, 4, impact=False)
case("impact", 2, 6, 5, impact=True)
case("turnover", 3, 5, 4, impact=True, turnover=0.1)
case("terminal", 4, 5, 3, impact=True, terminal=True)
case("shorts", 5, 6, 4, impact=True, short=True)
