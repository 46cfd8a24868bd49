"""Writes scenarios/riskfolio.json and cases/riskfolio_file_*.json: the minimum-risk weights that
Riskfolio-Lib ships as fixtures of its own tests, over the 200 returns that it tests them with.

    python generate_riskfolio.py --tests riskfolio_lib-7.0.1/tests

`--tests` is the folder of a Riskfolio-Lib source distribution (BSD-3-Clause); the files in it are
the same in 7.0 and 7.4. Values are given where Riskfolio's scaling of the measure is the usual one;
they were recomputed from the shipped weights. GMD and TG are left out: upstream approximates them
by p-norms. Tolerances follow the accuracy of the shipped weights.
"""

import argparse
import pathlib

import pandas as pd

from generate import case, floats, write

MEASURES = {
    "MAD": ("mad", 1e-6),
    "MSV": ("semi-deviation", 2e-6),
    "FLPM": ("first lower partial moment(0%)", 1e-6),
    "SLPM": ("second lower partial moment(0%)", 2e-6),
    "CVaR": ("cvar(95%)", 1e-6),
    "EVaR": ("evar(95%)", 1e-4),
    "WR": ("worst realisation", 1e-6),
    "RG": ("range", 1e-6),
    "CVRG": ("cvar range(95%)", 1e-6),
    "MDD": ("maximum drawdown", 1e-6),
    "ADD": ("average drawdown", 1e-6),
    "CDaR": ("cdar(95%)", 1e-6),
    "UCI": ("ulcer index", 2e-6),
}
VALUES = {
    "FLPM": 0.0021374806,
    "CVaR": 0.0154290674,
    "EVaR": 0.0194251349,
    "WR": 0.0217656804,
    "RG": 0.0428135352,
    "CVRG": 0.0315477459,
    "MDD": 0.0318480010,
    "ADD": 0.0069598578,
    "CDaR": 0.0264158628,
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tests", type=pathlib.Path, required=True)
    folder = parser.parse_args().tests
    weights = pd.read_csv(folder / "Classic_MinRisk.csv", index_col=0)
    prices = pd.read_csv(folder / "stock_prices.csv", index_col=0)[list(weights.index)]
    returns = prices.pct_change().dropna().iloc[-200:].round(10)
    source = "Riskfolio-Lib (BSD-3-Clause), tests/stock_prices.csv, last 200 simple returns"
    write("scenarios", "riskfolio", {"source": source, "returns": returns.values.tolist()})
    for name, (words, tolerance) in MEASURES.items():
        value = {}
        if name in VALUES:
            value = {"value": VALUES[name], "value_tolerance": 1e-6 if name == "EVaR" else 1e-9}
        case(f"riskfolio_file_{name.lower()}",
             source=f"Riskfolio-Lib, tests/Classic_MinRisk.csv, {name}", moments="riskfolio",
             objective=f"minimise {words}", constraints=["long only"],
             tolerance=tolerance, weights=floats(weights[name]), **value)


if __name__ == "__main__":
    main()
