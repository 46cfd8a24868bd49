"""Alpha158, ours beside Qlib: the same numbers in, the newest rows held against each other.

    python bench.py OURS [--quick]
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import pandas as pd

FIELDS = ["open", "high", "low", "close", "vwap", "volume"]


def prices(rows, symbols, seed):
    """Bars of a random walk, rounded to 32 bits, which is what Qlib's files keep."""
    random = np.random.default_rng(seed)
    close = 50 * np.exp(np.cumsum(random.standard_t(4, (rows, symbols)) * 0.01, axis=0))
    open_ = close * np.exp(random.normal(0, 0.005, close.shape))
    high = np.maximum(open_, close) * np.exp(np.abs(random.normal(0, 0.005, close.shape)))
    low = np.minimum(open_, close) * np.exp(-np.abs(random.normal(0, 0.005, close.shape)))
    volume = np.round(np.exp(random.normal(13, 0.5, close.shape)))
    made = dict(zip(FIELDS, [open_, high, low, close, (high + low + close) / 3, volume]))
    return {field: values.astype("<f4") for field, values in made.items()}


def qlib_home(folder, made):
    rows, symbols = made["close"].shape
    days = [day.strftime("%Y-%m-%d") for day in pd.bdate_range("2015-01-05", periods=rows)]
    for name in ("calendars", "instruments", "features"):
        (folder / name).mkdir()
    (folder / "calendars" / "day.txt").write_text("\n".join(days) + "\n")
    lines = [f"S{n:03}\t{days[0]}\t{days[-1]}" for n in range(symbols)]
    (folder / "instruments" / "all.txt").write_text("\n".join(lines) + "\n")
    for n in range(symbols):
        (folder / "features" / f"s{n:03}").mkdir()
        for field, values in made.items():
            path = folder / "features" / f"s{n:03}" / f"{field}.day.bin"
            np.concatenate([[0], values[:, n]]).astype("<f4").tofile(path)


def shown(seconds):
    return f"{seconds:.3g} s" if seconds >= 1 else f"{seconds * 1e3:.3g} ms"


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("ours")
    arguments.add_argument("--quick", action="store_true")
    asked = arguments.parse_args()
    rows, symbols, times = (260, 20, 3) if asked.quick else (1_260, 500, 5)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        made = prices(rows, symbols, 1)
        for field, values in made.items():
            values.astype("<f8").tofile(folder / f"{field}.f64")
        home = folder / "qlib"
        home.mkdir()
        qlib_home(home, made)
        run = subprocess.run(
            [asked.ours, folder, str(rows), str(symbols), str(times)], capture_output=True, text=True
        )
        if run.returncode:
            sys.exit(run.stderr)
        ours = json.loads(run.stdout)
        cores = min(2, os.cpu_count() or 1)
        peer = [sys.executable, "-B", str(pathlib.Path(__file__).with_name("peer.py"))]
        subprocess.run([*peer, home, folder / "peer.json", folder / "newest.npy", str(cores)], check=True)
        theirs = json.loads((folder / "peer.json").read_text())
        a = np.fromfile(folder / "newest.f64", "<f8").reshape(symbols, -1)
        b = np.load(folder / "newest.npy")
    gap = np.abs(a - b) / np.maximum(np.abs(b), 1e-3)
    unlike = (np.isnan(a) != np.isnan(b)).sum()
    print(f"Alpha158, {symbols} shares x {rows} days; Qlib 0.9.7 on {cores} cores: {shown(theirs['seconds'])}")
    for name, label in (("one", "ours, one core"), ("two", "ours, two cores")):
        ratio = theirs["seconds"] / ours[name]
        print(f"{label:20} {shown(ours[name]):>10} {ratio:>8.1f}x  goal >= 10x")
    print(f"{'ours, newest day':20} {shown(ours['newest']):>10}")
    print(
        f"newest day: median gap {np.nanmedian(gap):.1e}, 99.9 % under {np.nanquantile(gap, 0.999):.1e} "
        f"(Qlib keeps 32 bits), {unlike} of {a.size} known on one side only"
    )
    out = pathlib.Path("target/bench/features.json")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps({"ours": ours, "qlib": theirs, "gap": float(np.nanmedian(gap))}, indent=1))
    print(f"written to {out}")


main()
