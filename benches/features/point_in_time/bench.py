"""Point-in-time joins, ours beside polars and Feast: the same files in, the answers held together.

    python bench.py OURS [--quick]
"""

import argparse
import json
import multiprocessing
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

from made import made

HERE = pathlib.Path(__file__).parent


def apart(work, *arguments):
    """Runs work in a process of its own: what a child has held at most counts what its parent holds."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments)


def run(command):
    """What a program says in JSON, and the most memory that it held, in MB."""
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True)
    said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    if status:
        return None, used.ru_maxrss / 1024
    return json.loads(said.splitlines()[-1]), used.ru_maxrss / 1024


def held(ours, theirs):
    """Cells that differ; rows are brought into one order, since Feast gives another."""
    a, b = (pq.read_table(path) for path in (ours, theirs))
    names = a.column_names
    order = [("account", "ascending"), ("event_timestamp", "ascending")]
    a, b = a.take(pc.sort_indices(a, order)), b.select(names).take(pc.sort_indices(b, order))
    unlike = abs(a.num_rows - b.num_rows)
    for name in names[2:]:
        x, y = (t[name].cast("float64", safe=False).fill_null(float("nan")).to_numpy() for t in (a, b))
        unlike += int((~((x == y) | (np.isnan(x) & np.isnan(y)))).sum()) if len(x) == len(y) else len(x)
    return unlike


def question(folder, binary, peer, size, goal, threads):
    views, rows, asked, accounts = size
    names = [f"v{number}" for number in range(views)]
    apart(made, folder, views, rows, asked, accounts)
    home = folder / "home"
    ours, ours_mb = run([binary, folder, home, folder / "asked.parquet", folder / "ours.parquet", threads, *names])
    if ours is None:
        sys.exit("ours failed")
    script = HERE / f"{peer}_peer.py"
    theirs, theirs_mb = run([sys.executable, "-B", script, folder, folder / "theirs.parquet", *names])
    print(f"{asked:,} rows ask {views} views of {rows:,} rows each, {accounts:,} accounts, {threads} threads")
    print(f"  {'ours':24} {ours['seconds']:>9.2f} s {ours_mb:>9,.0f} MB")
    if theirs is None:
        print(f"  {peer:24} did not finish ({theirs_mb:,.0f} MB)")
        return {"ours": ours, "ours_mb": ours_mb, "size": size}
    ratio = theirs["seconds"] / ours["seconds"]
    print(f"  {peer:24} {theirs['seconds']:>9.2f} s {theirs_mb:>9,.0f} MB {ratio:>8.1f}x  goal >= {goal}x")
    unlike = apart(held, folder / "ours.parquet", folder / "theirs.parquet")
    print(f"  cells that differ: {unlike}")
    return {"ours": ours, "theirs": theirs, "ours_mb": ours_mb, "theirs_mb": theirs_mb, "ratio": ratio, "unlike": unlike, "size": size}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("ours")
    arguments.add_argument("--quick", action="store_true")
    asked = arguments.parse_args()
    threads = min(2, os.cpu_count() or 1)
    large = (2, 200_000, 50_000, 10_000) if asked.quick else (10, 10_000_000, 1_000_000, 100_000)
    small = (1, 100_000, 10_000, 5_000) if asked.quick else (2, 1_000_000, 100_000, 20_000)
    found = {}
    for name, peer, size, goal in [("polars", "polars", large, 1), ("feast", "feast", small, 10)]:
        with tempfile.TemporaryDirectory(dir="target/bench") as folder:
            found[name] = question(pathlib.Path(folder), asked.ours, peer, size, goal, threads)
    out = pathlib.Path("target/bench/point_in_time.json")
    out.write_text(json.dumps(found, indent=1))
    print(f"written to {out}")


if __name__ == "__main__":
    main()
