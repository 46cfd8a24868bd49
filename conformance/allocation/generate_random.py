"""Writes random/*.json: 300 random problems for each kind of method, with answers that Trimtab did not
compute.

    python generate_random.py

The scenarios are not stored: `scenarios` below and the function of the same name in
`crates/portfolio/allocation/tests/random.rs` compute the same numbers from the number of the
problem. Risk budgets come from cvxpy models with Clarabel, trees from skfolio, weights within
sentences from cvxpy.
"""

import warnings

import cvxpy as cp
import numpy as np
import pandas as pd

from generate import floats, write

warnings.filterwarnings("ignore")
PROBLEMS = 300
MASK = (1 << 64) - 1


class Numbers:
    """Knuth's linear congruential generator (The Art of Computer Programming, 3.3.4)."""

    def __init__(self, seed):
        self.state = seed

    def uniform(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) & MASK
        return (self.state >> 11) / 2.0**53

    def bell(self):
        return self.uniform() + self.uniform() + self.uniform() - 1.5


def scenarios(numbers, rows, cols):
    """A market, and heavy tails of the assets' own."""
    betas = [0.4 + numbers.uniform() for _ in range(cols)]
    sizes = [0.5 + 1.5 * numbers.uniform() for _ in range(cols)]
    values = np.empty((rows, cols))
    for row in range(rows):
        market = numbers.bell()
        for col in range(cols):
            own = numbers.bell()
            values[row, col] = 0.01 * (betas[col] * market + sizes[col] * own * own * own + 0.02 * own)
    return values


def spectrum(losses, count, tail):
    ranks = np.arange(count + 1) / count
    rest = np.maximum(1 - ranks / tail, 0) ** 2
    parts = np.append(rest[:-1] - rest[1:], 0)
    return sum((parts[k] - parts[k + 1]) * cp.sum_largest(losses, k + 1)
               for k in range(count) if parts[k] > parts[k + 1])


class Model:
    """Risks in cvxpy's words, over equally likely scenarios."""

    def __init__(self, values):
        self.count, n = values.shape
        self.values = 100 * values
        self.w = cp.Variable(n)
        self.returns = self.values @ self.w
        self.losses = -self.returns
        self.apart = (self.values - self.values.mean(axis=0)) @ self.w
        self.rows = []

    def cvar(self, losses, tail):
        a = cp.Variable()
        return a + cp.sum(cp.pos(losses - a)) / (tail * self.count)

    def evar(self, losses, tail):
        z, u, t = cp.Variable(nonneg=True), cp.Variable(self.count), cp.Variable()
        cone = cp.constraints.ExpCone(losses - t, z * np.ones(self.count), u)
        self.rows += [cp.sum(u) <= z, cone]
        return t + z * np.log(1 / (tail * self.count))

    def rlvar(self, losses, tail, kappa):
        # Cajas (2023), "Portfolio optimization of relativistic value at risk", equation 18.
        t, z = cp.Variable(), cp.Variable(nonneg=True)
        psi, theta, epsilon, omega = (cp.Variable(self.count) for _ in range(4))
        ones = np.ones(self.count)
        odds = 1 / (tail * self.count)
        self.rows += [
            cp.constraints.PowCone3D(z * (1 + kappa) / (2 * kappa) * ones,
                                     psi * (1 + kappa) / kappa, epsilon, 1 / (1 + kappa)),
            cp.constraints.PowCone3D(omega / (1 - kappa), theta / kappa,
                                     -z / (2 * kappa) * ones, 1 - kappa),
            losses - t + epsilon + omega <= 0,
        ]
        return t + (odds**kappa - odds**-kappa) / (2 * kappa) * z + cp.sum(psi + theta)

    def depths(self):
        wealth = cp.cumsum(self.returns)
        peaks = cp.Variable(self.count)
        self.rows += [peaks >= wealth, peaks >= 0, peaks[1:] >= peaks[:-1]]
        return peaks - wealth

    def below(self, target):
        return cp.pos(100 * target * cp.sum(self.w) - self.returns)

    def even(self, p, parts):
        return cp.norm(parts, 2 * p) / self.count ** (1 / (2 * p))

    def risks(self):
        count, root = self.count, np.sqrt
        return [
            ("cvar(90%)", lambda: self.cvar(self.losses, 0.1)),
            ("evar(90%)", lambda: self.evar(self.losses, 0.1)),
            ("rlvar(90%, 0.3)", lambda: self.rlvar(self.losses, 0.1, 0.3)),
            ("mad", lambda: cp.norm1(self.apart) / count),
            ("standard deviation", lambda: cp.norm(self.apart) / root(count - 1)),
            ("semi-deviation", lambda: cp.norm(cp.pos(-self.apart)) / root(count - 1)),
            ("first lower partial moment", lambda: cp.sum(self.below(0)) / count),
            ("first lower partial moment(0.1%)", lambda: cp.sum(self.below(0.001)) / count),
            ("second lower partial moment", lambda: cp.norm(self.below(0)) / root(count - 1)),
            ("second lower partial moment(0.1%)",
             lambda: cp.norm(self.below(0.001)) / root(count - 1)),
            ("worst realisation", lambda: cp.max(self.losses)),
            ("range", lambda: cp.max(self.losses) + cp.max(self.returns)),
            ("cvar range(80%)", lambda: self.cvar(self.losses, 0.2) + self.cvar(self.returns, 0.2)),
            ("evar range(80%)", lambda: self.evar(self.losses, 0.2) + self.evar(self.returns, 0.2)),
            ("rlvar range(80%, 0.4)",
             lambda: self.rlvar(self.losses, 0.2, 0.4) + self.rlvar(self.returns, 0.2, 0.4)),
            ("tail gini(80%)", lambda: spectrum(self.losses, count, 0.2)),
            ("tail gini range(80%)", lambda: spectrum(self.losses, count, 0.2)
                + spectrum(self.returns, count, 0.2)),
            ("gini mean difference", self.gini),
            ("square-root kurtosis", lambda: self.even(2, self.apart)),
            ("square-root semi-kurtosis", lambda: self.even(2, cp.pos(-self.apart))),
            ("even moment(3)", lambda: self.even(3, self.apart)),
            ("even semi-moment(3)", lambda: self.even(3, cp.pos(-self.apart))),
            ("maximum drawdown", lambda: cp.max(self.depths())),
            ("average drawdown", lambda: cp.sum(self.depths()) / count),
            ("ulcer index", lambda: cp.norm(self.depths()) / root(count)),
            ("cdar(80%)", lambda: self.cvar(self.depths(), 0.2)),
            ("edar(80%)", lambda: self.evar(self.depths(), 0.2)),
            ("rldar(80%, 0.3)", lambda: self.rlvar(self.depths(), 0.2, 0.3)),
        ]

    def gini(self):
        count = self.count
        parts = [2 * (count - 1 - 2 * k) / (count * (count - 1)) for k in range(count)]
        parts.append(parts[-1] - 4 / (count * (count - 1)))
        sums = sum((parts[k] - parts[k + 1]) * cp.sum_largest(self.losses, k + 1)
                   for k in range(count - 1))
        return sums + parts[count - 1] * cp.sum(self.losses)


def solved(problem):
    for accuracy in [1e-12, 1e-11, 1e-10, 1e-9, 1e-8]:
        try:
            problem.solve(solver="CLARABEL", tol_gap_abs=accuracy, tol_gap_rel=accuracy,
                          tol_feas=accuracy, max_iter=500)
            if problem.status == "optimal":
                return True
        except cp.SolverError:
            pass
    return False


def budgets():
    found, number = [], -1
    while len(found) < PROBLEMS:
        number += 1
        numbers = Numbers(number)
        rows, cols = 30 + 7 * number % 50, 3 + number % 6
        model = Model(scenarios(numbers, rows, cols))
        budgets = np.array([0.2 + numbers.uniform() for _ in range(cols)])
        budgets /= budgets.sum()
        risks = model.risks()
        words, risk = risks[number % len(risks)]
        goal = risk()
        problem = cp.Problem(cp.Minimize(goal - budgets @ cp.log(model.w)), model.rows)
        if not solved(problem):
            print("no reference for", number, words)
            continue
        weights = model.w.value / model.w.value.sum()
        found.append({"number": number, "rows": rows, "cols": cols, "risk": words,
                      "weights": [round(float(weight), 12) for weight in weights]})
    write("random", "budgets", {"source": "cvxpy 1.9.3 with CLARABEL", "problems": found})


def many():
    """More scenarios than cones are written for: least risk and budgets of what has infinitely many
    planes."""
    found = []
    smooth = ["evar(90%)", "rlvar(90%, 0.3)", "semi-deviation", "second lower partial moment(0.1%)",
              "evar range(80%)", "square-root kurtosis", "even semi-moment(3)", "ulcer index",
              "edar(80%)"]
    for number, name in enumerate(smooth):
        rows, cols = (3050 if name.startswith("rl") else 650), 6
        for goal in ["minimise", "share"]:
            model = Model(scenarios(Numbers(5000 + number), rows, cols))
            risk = dict(model.risks())[name]()
            if goal == "minimise":
                problem = cp.Problem(cp.Minimize(risk),
                                     [cp.sum(model.w) == 1, model.w >= 0] + model.rows)
            else:
                problem = cp.Problem(cp.Minimize(risk - cp.sum(cp.log(model.w)) / cols), model.rows)
            if not solved(problem):
                print("no reference for", goal, name)
                continue
            weights = np.maximum(model.w.value, 0) / model.w.value.sum()
            found.append({"number": 5000 + number, "rows": rows, "cols": cols, "risk": name,
                          "minimise": goal == "minimise", "weights": floats(weights)})
    write("random", "many", {"source": "cvxpy 1.9.3 with CLARABEL", "problems": found})


def trees():
    from skfolio.cluster import HierarchicalClustering, LinkageMethod
    from skfolio.distance import PearsonDistance
    from skfolio.optimization import (HierarchicalEqualRiskContribution, HierarchicalRiskParity,
                                      MeanRisk, NestedClustersOptimization, SchurComplementary)
    from skfolio.seriation import HierarchicalSeriation

    exact = {"tol_gap_abs": 1e-13, "tol_gap_rel": 1e-13, "tol_feas": 1e-12}
    found = []
    for number in range(PROBLEMS):
        numbers = Numbers(1000 + number)
        rows, cols = 60, 4 + number % 9
        values = scenarios(numbers, rows, cols)
        returns = pd.DataFrame(values, columns=[f"S{i}" for i in range(cols)])
        linkage = [LinkageMethod.SINGLE, LinkageMethod.AVERAGE, LinkageMethod.WARD][number % 3]
        words = ["single", "average", "ward"][number % 3]

        def clustering():
            return HierarchicalClustering(linkage_method=linkage)

        def seriation():
            return HierarchicalSeriation(hierarchical_clustering_estimator=clustering(),
                                         optimal_ordering=False)

        hrp = HierarchicalRiskParity(distance_estimator=PearsonDistance(),
                                     seriation_estimator=seriation()).fit(returns).weights_
        herc = HierarchicalEqualRiskContribution(
            distance_estimator=PearsonDistance(),
            hierarchical_clustering_estimator=clustering()).fit(returns).weights_
        schur = SchurComplementary(gamma=0.2, seriation_estimator=seriation()).fit(returns)
        inner = MeanRisk(solver="CLARABEL", solver_params=exact)
        nested = NestedClustersOptimization(inner_estimator=inner, outer_estimator=inner,
                                            cv="ignore", clustering_estimator=clustering())
        # The first three assets together have at most this much.
        limit = round(float((0.4 + 0.5 * numbers.uniform()) * hrp[:3].sum()), 12)
        kept = [floats(near(start, min(limit, 0.9 * start[:3].sum()))) for start in (hrp, herc)]
        limits = [float(min(limit, 0.9 * start[:3].sum())) for start in (hrp, herc)]
        found.append({
            "number": number, "rows": rows, "cols": cols, "linkage": words,
            "hrp": floats(hrp), "herc": floats(herc), "limits": limits,
            "hrp_kept": kept[0], "herc_kept": kept[1],
            "schur": floats(schur.weights_) if schur.effective_gamma_ == 0.2 else [],
            "nested": floats(nested.fit(returns).weights_),
        })
    write("random", "trees", {
        "source": "skfolio 1.12.2; what is kept, by cvxpy 1.9.3 with CLARABEL", "problems": found})


def near(start, limit):
    """The nearest weights in relative terms of which the first three hold at most `limit`. A weight
    counts as a tenth of the mean one at least."""
    w = cp.Variable(len(start))
    size = np.maximum(start, 0.1 * start.mean())
    problem = cp.Problem(cp.Minimize(cp.sum_squares((w - start) / size)),
                         [cp.sum(w) == 1, w >= 0, cp.sum(w[:3]) <= limit])
    assert solved(problem)
    return w.value


if __name__ == "__main__":
    budgets()
    many()
    trees()
