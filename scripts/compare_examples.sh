#!/usr/bin/env bash
# Runs every mandate of examples/ in full and prints their results as Markdown tables:
# `scripts/compare_examples.sh [BINARY]`, by default the release binary. One table for each period;
# the highest Sharpe ratio comes first.
set -euo pipefail
cd "$(dirname "$0")/.."
exec python3 - "${1:-${CARGO_TARGET_DIR:-target}/release/trimtab}" <<'END'
import json
import math
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

HEAD = [
    "mandate", "growth", "per year", "over equal weight", "volatility", "Sharpe", "worst fall",
    "turnover a year", "costs a year",
]


def run(trimtab, mandate, folder):
    """What a run says of itself, with its costs in basis points of net asset value a year."""
    home, report = folder / mandate.stem, folder / f"{mandate.stem}-report"
    words = [trimtab, "run", mandate, "--home", home, "--report", report, "--format", "json"]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"error: {mandate} did not come to its end")
    return json.loads(done.stdout) | {"cost_bps": cost_bps(report / "tearsheet.html")}


def cost_bps(tearsheet):
    """The last row of the tearsheet's table of costs; nought where there is no such table."""
    page = tearsheet.read_text()
    table = re.search(r"Basis points a year.*?</table>", page, re.DOTALL)
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", table.group()) if table else ["0"]
    return float(cells[-1].replace(",", ""))


def row(said):
    metrics, growth = said["metrics"], 1 + said["metrics"]["total_return"]
    years = math.log(growth) / math.log1p(metrics["cagr"])
    over = metrics["cagr"] - (said["benchmark_growth"] ** (1 / years) - 1)
    return [
        said["mandate"],
        f"{growth:.2f}×",
        f"{metrics['cagr']:.2%}",
        f"{over * 100:+.2f} points".replace("-", "−"),
        f"{metrics['volatility']:.2%}",
        f"{metrics['sharpe']:.2f}",
        f"{metrics['max_drawdown']:.1%}",
        f"{said['totals']['turnover_annual']:.0%}",
        f"{said['cost_bps']:.1f} bps",
    ]


def line(cells):
    print("| " + " | ".join(cells) + " |")


def table(period, runs):
    print(f"\n{period[0]} to {period[1]}:\n")
    line(HEAD)
    line(["---"] + ["---:"] * (len(HEAD) - 1))
    for said in sorted(runs, key=lambda said: -said["metrics"]["sharpe"]):
        line(row(said))


def main(trimtab):
    periods, skipped = defaultdict(list), []
    with tempfile.TemporaryDirectory() as folder:
        for mandate in sorted(Path("examples").glob("*.toml")):
            named = re.findall(r'"([^"]*\.parquet)"', mandate.read_text())
            absent = [name for name in named if not (mandate.parent / name).exists()]
            if absent:
                skipped.append(f"{mandate.stem}: skipped, for want of {', '.join(absent)}")
                continue
            print(f"{mandate} ...", file=sys.stderr)
            said = run(trimtab, mandate, Path(folder))
            periods[said["from"], said["to"]].append(said)
    for period, runs in sorted(periods.items(), key=lambda item: (-len(item[1]), item[0])):
        table(period, runs)
    if skipped:
        print("\n" + "\n".join(skipped))


main(sys.argv[1])
END
