"""How each peer answers: returns x -> (seconds of the median answer, weights).

What is timed is what their users write: the call that estimates and solves for skfolio, which takes
returns; the construction and the solve for PyPortfolioOpt and cvxcla, which take moments.
"""

import statistics
import time
import warnings

import numpy as np

warnings.filterwarnings("ignore")


def median(answer, times):
    seconds, last = [], None
    for _ in range(times):
        start = time.perf_counter()
        last = answer()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), last


def skfolio_mean_risk(objective, measure="VARIANCE", **options):
    from skfolio import RiskMeasure
    from skfolio.optimization import MeanRisk, ObjectiveFunction

    def answer(data, times):
        model = MeanRisk(
            objective_function=ObjectiveFunction[objective],
            risk_measure=RiskMeasure[measure],
            **options,
        )
        return median(lambda: model.fit(data["returns"]).weights_, times)

    return answer


def skfolio_model(name, **options):
    import skfolio.optimization as optimization

    def answer(data, times):
        model = getattr(optimization, name)(**options)
        return median(lambda: model.fit(data["returns"]).weights_, times)

    return answer


def pypfopt_frontier(method):
    from pypfopt import EfficientFrontier

    def answer(data, times):
        def solve():
            frontier = EfficientFrontier(data["mean"], data["covariance"])
            weights = frontier.min_volatility() if method == "variance" else frontier.max_sharpe(risk_free_rate=0.0)
            return np.array(list(weights.values()))

        return median(solve, times)

    return answer


def pypfopt_hrp(data, times):
    import pandas as pd
    from pypfopt import HRPOpt

    frame = pd.DataFrame(data["returns"])
    return median(lambda: pd.Series(HRPOpt(frame).optimize()).sort_index().to_numpy(), times)


def pypfopt_cla(data, times):
    from pypfopt import CLA

    def trace():
        line = CLA(data["mean"], data["covariance"])
        line.efficient_frontier(points=2)
        return np.array(list(line.min_volatility().values()))

    return median(trace, times)


def cvxcla_trace(data, times):
    from cvxcla import CLA

    n = len(data["mean"])

    def trace():
        line = CLA(
            mean=data["mean"],
            covariance=data["covariance"],
            lower_bounds=np.zeros(n),
            upper_bounds=np.ones(n),
            a=np.ones((1, n)),
            b=np.ones(1),
        )
        return line.turning_points[-1].weights

    return median(trace, times)


def sklearn_ledoit_wolf(data, times):
    from sklearn.covariance import ledoit_wolf

    return median(lambda: ledoit_wolf(data["returns"])[0].ravel(), times)


def clarabel_cvar(confidence=0.95, floor=None):
    """The linear program of Rockafellar and Uryasev over all scenarios at once; `floor` bounds the mean
    from below as a part of the largest."""
    import clarabel
    import scipy.sparse as sparse

    def answer(data, times):
        x = data["returns"]
        futures, n = x.shape
        # weights, the value at risk, the excess of each scenario
        cost = np.concatenate([np.zeros(n), [1.0], np.full(futures, 1.0 / ((1 - confidence) * futures))])
        budget = sparse.csc_matrix(np.concatenate([np.ones(n), np.zeros(1 + futures)])[None, :])
        positive = -sparse.eye(n + 1 + futures, format="csr")[[*range(n), *range(n + 1, n + 1 + futures)]]
        tail = sparse.hstack([-sparse.csr_matrix(x), -np.ones((futures, 1)), -sparse.eye(futures)])
        rows, limits = [budget, positive, tail], [np.ones(1), np.zeros(n + 2 * futures)]
        if floor is not None:
            means = data["mean"] / np.abs(data["mean"]).max()
            rows.append(sparse.csr_matrix(np.concatenate([-means, np.zeros(1 + futures)])[None, :]))
            limits.append(np.array([-floor]))
        matrix, limits = sparse.vstack(rows, format="csc"), np.concatenate(limits)
        cones = [clarabel.ZeroConeT(1), clarabel.NonnegativeConeT(len(limits) - 1)]
        settings = clarabel.DefaultSettings()
        settings.verbose = False
        none = sparse.csc_matrix((len(cost), len(cost)))

        def solve():
            solution = clarabel.DefaultSolver(none, cost, matrix, limits, cones, settings).solve()
            return np.array(solution.x[:n])

        return median(solve, times)

    return answer


def numpy_wealth(kind):
    def answer(data, times):
        paths, steps = int(data["paths"][0]), int(data["steps"][0])

        def normal():
            rng = np.random.default_rng(7)
            wealth = np.ones(paths)
            for _ in range(steps):
                wealth *= 1.004 + 0.04 * rng.standard_normal(paths)
            return np.array([wealth.mean()])

        def lognormal():
            rng = np.random.default_rng(7)
            wealth = np.ones(paths)
            for _ in range(steps):
                wealth *= np.exp(0.004 + 0.04 * rng.standard_normal(paths))
            return np.array([wealth.mean()])

        return median(normal if kind == "normal" else lognormal, times)

    return answer
