"""Allocation and risk, ours beside the peers: the same numbers in, the answers held against each other.

    python bench.py OURS [--quick] [--only "variance sharpe"]

Ours answers in a process of its own and says how long one answer took. The value of each answer is
computed here, by one formula for all; a gap says how much worse or better a peer's value is.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

import data
import peers


def variance(given, weights):
    return weights @ given["covariance"] @ weights


def volatility(given, weights):
    return variance(given, weights) ** 0.5


def sharpe(given, weights):
    return given["mean"] @ weights / volatility(given, weights)


def uneven(given, weights):
    """How far the largest share of risk is from an equal one."""
    shares = weights * (given["covariance"] @ weights) / variance(given, weights)
    return np.abs(shares * len(weights) - 1).max()


def cvar(given, weights):
    losses = np.sort(-(given["returns"] @ weights))[::-1]
    worst = 0.05 * len(losses)
    whole = int(worst)
    return (losses[:whole].sum() + (worst - whole) * losses[min(whole, len(losses) - 1)]) / worst


def drawn(kind):
    """How far the mean wealth is from its expectation, in standard errors."""

    def errors(given, mean):
        steps, paths = given["steps"][0], given["paths"][0]
        if kind == "normal":
            first, second = 1.004, 1.004**2 + 0.04**2
        else:
            first, second = np.exp(0.004 + 0.04**2 / 2), np.exp(2 * 0.004 + 2 * 0.04**2)
        deviation = (second**steps - first ** (2 * steps)) ** 0.5
        return abs(mean[0] - first**steps) / (deviation / paths**0.5)

    return errors


def norm(given, values):
    return float(np.linalg.norm(values))


def from_returns(rows, assets, seed):
    def make():
        x = data.returns(rows, assets, seed)
        return {"returns": x, "mean": data.means(x), "covariance": data.covariance(x)}

    return make


def from_factors(assets, factors, seed):
    def make():
        mean, loadings, specific = data.factor_covariance(assets, factors, seed)
        covariance = loadings @ loadings.T + np.diag(specific)
        return {"mean": mean, "covariance": covariance, "loadings": loadings, "specific": specific}

    return make


def monte_carlo(paths, steps):
    return lambda: {"mean": np.zeros(1), "paths": np.array([float(paths)]), "steps": np.array([float(steps)])}


def questions(quick):
    """(name, ours' words, data, value, times of ours, [(peer, answer, times)], goal)."""
    large = 100 if quick else 500
    for assets in (20, large):
        peer = {
            "variance": [
                ("skfolio", peers.skfolio_mean_risk("MINIMIZE_RISK"), 5),
                ("PyPortfolioOpt", peers.pypfopt_frontier("variance"), 5),
            ],
            "sharpe": [
                ("skfolio", peers.skfolio_mean_risk("MAXIMIZE_RATIO"), 5),
                ("PyPortfolioOpt", peers.pypfopt_frontier("sharpe"), 5),
            ],
        }
        make = from_returns(1_260, assets, assets)
        yield f"variance, {assets} assets", "minimise variance", make, volatility, 101, peer["variance"], 100
        yield f"sharpe, {assets} assets", "maximise sharpe", make, sharpe, 101, peer["sharpe"], 100
    huge = 200 if quick else 1_000
    many = from_returns(2_520, huge, 3)
    yield f"risk parity, {huge} assets", "risk parity", many, uneven, 11, [
        ("skfolio", peers.skfolio_model("RiskBudgeting"), 1),
    ], "< 20 ms"
    yield f"hrp, {huge} assets", "hierarchical risk parity", many, volatility, 11, [
        ("skfolio", peers.skfolio_model("HierarchicalRiskParity"), 3),
        ("PyPortfolioOpt", peers.pypfopt_hrp, 3),
    ], "< 50 ms"
    yield f"ledoit-wolf, 1260 x {large}", "ledoit-wolf", from_returns(1_260, large, 5), norm, 21, [
        ("scikit-learn", peers.sklearn_ledoit_wolf, 21),
    ], 5
    yield f"critical line, {large} assets", "critical-line", from_factors(large, large, 7), volatility, 5, [
        ("cvxcla", peers.cvxcla_trace, 1),
        *([("PyPortfolioOpt", peers.pypfopt_cla, 1)] if quick else []),
    ], "< 0.1 s"
    many, futures = (50, 1_000) if quick else (392, 10_000)
    yield f"cvar, {many} assets x {futures} scenarios", "minimise cvar(95%)", from_returns(futures, many, 11), cvar, 3, [
        ("clarabel", peers.clarabel_cvar(), 1),
        *([("skfolio", peers.skfolio_mean_risk("MINIMIZE_RISK", "CVAR"), 1)] if quick else []),
    ], "< 0.3 s, >= 200x"
    yield f"cvar, 10 assets x {futures} scenarios, warm", "cvar-warm", from_returns(futures, 10, 12), cvar, 90, [
        ("clarabel", peers.clarabel_cvar(floor=0.3), 3),
        ("skfolio", peers.skfolio_mean_risk("MINIMIZE_RISK", "CVAR"), 3),
    ], "< 1 ms"
    paths = 100_000 if quick else 1_000_000
    for kind, words in (("normal", "wealth"), ("lognormal", "wealth-lognormal")):
        make = monte_carlo(paths, 360)
        yield f"wealth, {paths} paths x 360 {kind} months", words, make, drawn(kind), 3, [
            ("numpy", peers.numpy_wealth(kind), 1),
        ], 5
    alone = lambda: {"mean": np.zeros(1)}
    yield "daily, 501 assets x 1,259 decisions with costs", "daily-costs", alone, norm, 1, [], "< 5 s"
    yield "accounts, 10,000 of 100 assets with costs", "many-accounts", alone, norm, 1, [], "< 10 s"
    wide = 200 if quick else 2_000
    yield f"critical line, {wide} assets", "critical-line", from_factors(wide, wide, 8), volatility, 3, [
        ("cvxcla", peers.cvxcla_trace, 1),
    ], "< 2 s"
    yield f"critical line, {wide} assets, 20 factors", "critical-line-factors", from_factors(wide, 20, 9), volatility, 3, [
        ("cvxcla", peers.cvxcla_trace, 1),
    ], "< 0.3 s"


def ours(program, words, given, times):
    """Our answer, from files."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name, values in given.items():
            if not (name == "covariance" and "returns" in given):
                np.ascontiguousarray(values, dtype="<f8").tofile(folder / f"{name}.f64")
        np.array([float(len(given["mean"]))]).tofile(folder / "assets.f64")
        run = subprocess.run([program, words, folder, str(times)], capture_output=True, text=True)
        if run.returncode:
            sys.exit(run.stderr)
        weights = folder / "weights.f64"
        found = np.fromfile(weights, "<f8") if weights.exists() else None
        return json.loads(run.stdout)["seconds"], found


def shown(seconds):
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.0f} ns"


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("ours")
    arguments.add_argument("--quick", action="store_true")
    arguments.add_argument("--only", default="")
    asked = arguments.parse_args()
    only = tuple(asked.only.split())
    rows = []
    print(f"{'question':46} {'ours':>10} {'peer':16} {'':>10} {'ratio':>9} {'gap of value':>13}  goal", flush=True)
    for name, words, make, value, times, others, goal in questions(asked.quick):
        if only and not name.startswith(only):
            continue
        given = make()
        seconds, weights = ours(asked.ours, words, given, times)
        if not others:
            print(f"{name:46} {shown(seconds):>10} {'-':16} {'':>10} {'':>9} {'':>13}  {goal}", flush=True)
            rows.append({"question": name, "ours": seconds, "peer": None, "goal": goal})
            continue
        mine = value(given, weights)
        for peer, answer, repeats in others:
            try:
                took, theirs = answer(given, repeats)
            except Exception as error:
                print(f"{name:46} {shown(seconds):>10} {peer:16} failed: {type(error).__name__}: {error}"[:160], flush=True)
                continue
            gap = value(given, theirs) - mine
            wanted = f">= {goal}x" if isinstance(goal, int) else goal
            print(
                f"{name:46} {shown(seconds):>10} {peer:16} {shown(took):>10} {took / seconds:>8,.1f}x {gap:>13.1e}  {wanted}",
                flush=True,
            )
            rows.append({"question": name, "ours": seconds, "peer": peer, "theirs": took, "gap": gap, "goal": wanted})
    out = pathlib.Path("target/bench/allocation.json")
    out.write_text(json.dumps(rows, indent=1))
    print(f"written to {out}")


if __name__ == "__main__":
    main()
