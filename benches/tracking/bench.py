"""Puts the same load on Trimtab and on MLflow's own server, compares the answers, and writes down
what each took.

MLflow is asked in two forms, since its default is heavy: with one worker and without jobs, and as
it comes. The servers run one after the other, each in a fresh folder on the same disk.

Writes target/bench/tracking.json. Ends with 1 if an answer of ours differs or is lost.
"""

import argparse
import json
import math
import os
import shlex
import shutil
import signal
import sys
import time
from importlib.metadata import version
from pathlib import Path

import mlflow_fill
from answers import gap
from measure import MIB, QUICK, Sizes
from questions import Bench
from servers import Failed, Server

ROOT = Path(__file__).resolve().parent.parent.parent
OUT = ROOT / "target" / "bench"
FORMS = {
    "one": (
        "1 worker, no jobs",
        ["--workers", "1"],
        {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
    ),
    "default": ("4 workers", [], {}),
}


def ours(command, load, sizes, place):
    """What Trimtab took, and what it failed at."""
    server = Server("trimtab", command, place / "trimtab")
    bench = Bench(server, load, sizes, place, sizes.ours, by_calls)
    bench.run()
    return bench.found, bench.left_out


def by_calls(bench, experiment, first, last):
    """Fills through the server, as a user would."""
    clients = bench.sizes.fillers
    span = {"from": first, "to": last}
    got = bench.asked("fill", experiment=experiment, clients=clients, **span)
    if got["failed"] or got["kept"] != last:
        raise Failed(f"filled {got['kept']:.0f} of {last} runs: {got['reason']}")


def theirs(form, load, sizes, place):
    """Names of the peer, each with what it took."""
    words, options, environment = FORMS[form]
    name = f"mlflow {version('mlflow')}, {words}"
    home = place / f"mlflow-{form}"
    database = home / "mlflow.db"
    command = [str(Path(sys.executable).parent / "mlflow"), "server", "--host", "127.0.0.1"]
    command += ["--port", "{port}", "--backend-store-uri", f"sqlite:///{database}"]
    command += ["--artifacts-destination", "{home}/artifacts", *options]
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
    server = Server(name, command, home, quiet | environment)

    def by_sql(bench, experiment, first, last):
        mlflow_fill.fill(bench.load, database, experiment, first, last)

    def analyse(wanted):
        mlflow_fill.analyse(database, wanted)

    runs = sizes.peers if form == "one" else sizes.heavy_peers
    bench = Bench(server, load, sizes, place, runs, by_sql, analyse)
    bench.run()
    return [(name, bench.found), (f"{name}, ANALYZE", bench.analysed)]


def compared(mine, other):
    """The gap of one question: of the answers, or of what was kept and what was acknowledged."""
    if mine.answer is not None and other is not None:
        return gap(mine.answer, other.answer)
    return mine.lost


def ratio(mine, other):
    """Peer to ours, of seconds or of memory."""
    if other is None:
        return None
    quotient = other.mib / mine.mib if mine.mib is not None else other.seconds / mine.seconds
    return round(quotient, 2) if math.isfinite(quotient) else None


def finite(seconds):
    """Seconds to the nanosecond; none if nothing was answered."""
    return round(seconds, 9) if seconds is not None and math.isfinite(seconds) else None


def verdict(mine, other):
    """Whether the goals of a question are met, as far as this peer can tell."""
    least, most = mine.at_least, mine.at_most
    value = mine.mib if mine.mib is not None else mine.seconds
    checks = []
    if most is not None:
        checks.append(value < most)
    if least is not None and other is not None:
        checks.append((ratio(mine, other) or 0.0) >= least)
    if not checks:
        return ""
    return "met; " if all(checks) else "MISSED; "


def row(question, size, mine, peer, other):
    """One row of the report; what has no peer has no ratio."""
    difference = compared(mine, other)
    note = verdict(mine, other) + f"ours {mine.shown}: " + ", ".join(mine.notes)
    if other is not None:
        theirs = [text for text in other.notes if not text.startswith("goal")]
        note += f"; theirs {other.shown}" + (": " + ", ".join(theirs) if theirs else "")
        if other.fault:
            note += f"; theirs: {other.fault}"
    if mine.fault or difference:
        note = f"DIFFERS: {mine.fault or 'the answers are not the same'}; {note}"
    return {
        "question": question,
        "size": size,
        "ours_seconds": finite(mine.seconds),
        "peer": peer,
        "peer_seconds": finite(other.seconds) if other else None,
        "ratio": ratio(mine, other),
        "answer_gap": difference,
        "memory_mib": round(mine.memory, 1),
        "note": note,
    }


def show(rows, shown):
    """The table, and the notes below it."""
    line = "{:<43} {:<19} {:>15} {:<41} {:>15} {:>9} {:>6} {:>5} {}"
    print(line.format("question", "size", "ours", "peer", "peer", "ratio", "gap", "MiB", "goal"))
    for one, (mine, other) in zip(rows, shown):
        word = one["note"].split(";")[0].split(":")[0]
        print(
            line.format(
                one["question"],
                one["size"],
                mine,
                one["peer"] or "-",
                other,
                f"{one['ratio']:,.1f}x" if one["ratio"] else "-",
                "-" if one["answer_gap"] is None else f"{one['answer_gap']:.0e}",
                f"{one['memory_mib']:.0f}",
                word if word in ("met", "MISSED", "DIFFERS") else "",
            )
        )
    for one in rows:
        print(f"  {one['question']}, {one['size']}, {one['peer'] or 'ours'}: {one['note']}")


def report(mine, peers):
    """All rows, and what the table shows of each."""
    rows, shown = [], []
    for (question, size), measure in mine.items():
        key = question, size
        known = [(name, found[key]) for name, found in peers if key in found]
        for name, other in known or [(None, None)]:
            rows.append(row(question, size, measure, name, other))
            shown.append((measure.shown, other.shown if other else "-"))
    return rows, shown


def main():
    """Ours first, then each form of the peer."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("load", type=Path, help="the load client")
    arguments.add_argument("ours", help="the command that starts ours, with {port} and {home}")
    arguments.add_argument("--peers", default=" ".join(FORMS), help="forms of MLflow, by blanks")
    arguments.add_argument("--quick", action="store_true", help="small sizes, under a minute")
    arguments = arguments.parse_args()
    # As with an error, the servers are then stopped and their folders removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("error: told to end"))
    sizes = QUICK if arguments.quick else Sizes()
    load = arguments.load.resolve(strict=True)
    place = OUT / f"tracking-{os.getpid()}"
    place.mkdir(parents=True)
    begun = time.perf_counter()
    try:
        with open(place / "file.bin", "wb") as file:
            for _ in range(sizes.file_mib):
                file.write(os.urandom(MIB))
        mine, left_out = ours(shlex.split(arguments.ours), load, sizes, place)
        shutil.rmtree(place / "trimtab")
        peers = []
        for form in arguments.peers.split():
            peers.extend(theirs(form, load, sizes, place))
            shutil.rmtree(place / f"mlflow-{form}")
    finally:
        shutil.rmtree(place)
    rows, shown = report(mine, peers)
    name = "tracking-quick.json" if arguments.quick else "tracking.json"
    (OUT / name).write_text(json.dumps(rows, indent=2) + "\n")
    show(rows, shown)
    took = time.perf_counter() - begun
    print(f"written to {(OUT / name).relative_to(ROOT)} after {took:.0f} s")
    if left_out:
        sys.exit("error: ours did not answer\n  " + "\n  ".join(left_out))
    if any(one["note"].startswith("DIFFERS") for one in rows):
        sys.exit("error: an answer of ours differs, or was lost")


if __name__ == "__main__":
    main()
