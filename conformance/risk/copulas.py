"""Expected copulas, computed by pyvinecopulib, and margins by scipy.

    python -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python copulas.py

The returns are of skfolio's own `sp500_dataset` (BSD-3-Clause). Writes `copulas.json` beside this
file: densities, conditional distributions and their inverses at points, fits of single pairs, the
likelihood of whole canonical vines, and Student-t margins.
"""

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pyvinecopulib as pv
import scipy.stats as st
from scipy.optimize import minimize
from skfolio.datasets import load_sp500_dataset

HERE = Path(__file__).parent
NAMES = ["AAPL", "BAC", "JNJ", "XOM"]
rows = lambda x: np.asarray(x).tolist()
F = pv.BicopFamily
FAMILIES = {"gaussian": F.gaussian, "student": F.student, "clayton": F.clayton, "gumbel": F.gumbel, "joe": F.joe}
# Which arguments are turned around, by our word and by their angle.
ROTATIONS = {"none": 0, "first": 90, "both": 180, "second": 270}
POINTS = np.array([[0.3, 0.6], [0.05, 0.1], [0.9, 0.97], [0.02, 0.95], [0.7, 0.4], [0.5, 0.5]])


def pairs():
    cases = [("gaussian", "none", [0.6]), ("gaussian", "none", [-0.9]), ("student", "none", [0.5, 3.5]),
             ("student", "none", [-0.2, 12.0])]
    for family in ["clayton", "gumbel", "joe"]:
        for rotation in ROTATIONS:
            cases += [(family, rotation, [1.3]), (family, rotation, [4.0])]
    out = []
    for family, rotation, parameters in cases:
        copula = pv.Bicop(FAMILIES[family], ROTATIONS[rotation], np.array([parameters]).T)
        out.append({
            "family": family, "rotation": rotation, "parameters": parameters, "points": rows(POINTS),
            "ln_density": rows(np.log(copula.pdf(POINTS))),
            "second_given_first": rows(copula.hfunc1(POINTS)),
            "first_given_second": rows(copula.hfunc2(POINTS)),
            # The second of each point as the probability.
            "second_at": rows(copula.hinv1(POINTS)),
        })
    return out


def uniform(returns):
    return returns.rank().to_numpy() / (len(returns) + 1)


def fits(u):
    out = []
    for family in FAMILIES:
        for a, b in [(0, 1), (2, 3)]:
            for rotation in ["none"] if family in ("gaussian", "student") else ["none", "both"]:
                copula = pv.Bicop(FAMILIES[family], ROTATIONS[rotation])
                data = u[:, [a, b]]
                copula.fit(data, pv.FitControlsBicop(parametric_method="mle"))
                out.append({
                    "family": family, "rotation": rotation, "columns": [a, b],
                    "parameters": rows(copula.parameters.ravel()), "log_likelihood": copula.loglik(data),
                })
    return out


def vines(u):
    out = []
    for order in [[0, 1, 2, 3], [2, 3, 0, 1]]:
        for families in [["gaussian"], ["gaussian", "student", "clayton", "gumbel", "joe"]]:
            controls = pv.FitControlsVinecop(
                family_set=[F.indep] + [FAMILIES[name] for name in families],
                selection_criterion="aic", preselect_families=False,
            )
            # Their order ends with the root of the first tree.
            structure = pv.CVineStructure([col + 1 for col in reversed(order)])
            vine = pv.Vinecop.from_data(u, structure=structure, controls=controls)
            out.append({"first": order, "families": families, "log_likelihood": vine.loglik(u)})
    return out


def margins(returns):
    out = []
    for name in NAMES:
        # scipy stops its own search early: its answer is the start of one that goes on.
        unlikelihood = lambda x: -st.t.logpdf(returns[name], np.exp(x[0]), x[1] / 100, np.exp(x[2])).sum()
        degrees, location, scale = st.t.fit(returns[name])
        x = [np.log(degrees), 100 * location, np.log(scale)]
        for _ in range(3):
            x = minimize(unlikelihood, x, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-11}).x
        degrees, location, scale = np.exp(x[0]), x[1] / 100, np.exp(x[2])
        out.append({"degrees": degrees, "location": location, "scale": scale,
                    "log_likelihood": st.t.logpdf(returns[name], degrees, location, scale).sum()})
    return out


def main():
    returns = load_sp500_dataset()[NAMES].pct_change().loc[:"2020-12-31"].tail(500)
    u = uniform(returns)
    out = {
        "versions": {name: version(name) for name in ["pyvinecopulib", "scipy"]},
        "symbols": NAMES, "returns": rows(returns),
        "pairs": pairs(), "fits": fits(u), "vines": vines(u), "margins": margins(returns),
    }
    lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in out.items())
    (HERE / "copulas.json").write_text("{\n" + lines + "\n}\n")


if __name__ == "__main__":
    main()
