"""How cost grows with assets and with scenarios: a table, the exponents, and a plot.

    python scaling.py OURS PLOT.svg [--quick]

The exponent is the slope of log(seconds) over log(size), fitted to the upper half of the sizes.
"""

import sys

import numpy as np

import data
from bench import from_returns, ours, shown

ASSETS = (10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000)
SCENARIOS = (1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)
# the question, ours' words, the largest number of assets that is asked
BY_ASSETS = (
    ("minimum variance", "minimise variance", 5_000),
    ("maximum Sharpe", "maximise sharpe", 5_000),
    ("risk parity", "risk parity", 2_000),
    ("hierarchical risk parity", "hierarchical risk parity", 5_000),
    ("Ledoit-Wolf", "ledoit-wolf", 2_000),
)
BY_SCENARIOS = (
    ("CVaR, 20 assets", "minimise cvar(95%)", 20),
    ("CVaR, 100 assets", "minimise cvar(95%)", 100),
)


def main():
    program, plot = sys.argv[1:3]
    quick = "--quick" in sys.argv
    curves = []
    for name, words, largest in BY_ASSETS:
        sizes = [n for n in ASSETS if n <= (100 if quick else largest)]
        curves.append((0, name, sizes, [asked(program, words, 2_520, n) for n in sizes]))
    for name, words, assets in BY_SCENARIOS:
        sizes = [s for s in SCENARIOS if s <= (2_000 if quick else 100_000)]
        curves.append((1, name, sizes, [asked(program, words, s, assets) for s in sizes]))
    for _, name, sizes, seconds in curves:
        half = len(sizes) // 2
        slope = np.polyfit(np.log(sizes[half:]), np.log(seconds[half:]), 1)[0]
        cells = " | ".join(f"{size:,}: {shown(s)}" for size, s in zip(sizes, seconds))
        print(f"| {name} | {slope:.2f} | {cells} |", flush=True)
    draw(curves, plot)


def asked(program, words, rows, assets):
    seconds, _ = ours(program, words, from_returns(rows, assets, assets)(), 3)
    return seconds


def draw(curves, plot):
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    plt.rcParams["svg.hashsalt"] = "scaling"
    figure, panels = plt.subplots(1, 2, figsize=(11, 4.2), sharey=True)
    for panel, name, sizes, seconds in curves:
        panels[panel].loglog(sizes, seconds, "o-", markersize=3.5, linewidth=1.4, label=name)
    panels[0].set(xlabel="assets (2,520 days)", ylabel="seconds", title="by assets")
    panels[1].set(xlabel="scenarios", title="by scenarios")
    for panel in panels:
        panel.grid(True, which="major", color="#e4e7eb")
        panel.legend(frameon=False, fontsize=8)
    figure.tight_layout()
    figure.savefig(plot, metadata={"Date": None})


main()
