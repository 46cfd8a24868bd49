"""Asks Trimtab and its peers the same questions, compares the answers, and writes down the times.

Ours is the whole process: start, mandate, reading and checking the data, every fact durable in a
journal on disk, 40 metrics. A peer's time starts after its interpreter and imports, ends at the
final value, and nothing of it is kept. The note says what ours takes with the home in memory, where
durability costs nothing. Memory is ours, at its peak.

Writes target/bench/loop.json. Ends with 1 if an answer differs by more than its convention allows.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
OUT = ROOT / "target" / "bench"
DATA = ROOT / "examples" / "data" / "us20.parquet"
SIZE = "20 stocks x 31 years, monthly"

# Question and peer: the largest difference of final value that the named conventions explain.
CONVENTIONS = {
    ("equal-weight", "bt"): (1e-4, "who pays the commission: each position, or all alike"),
    ("equal-weight", "skfolio"): (1e-4, "commission before or after trades are sized"),
    ("minimum-variance", "bt"): (1e-4, "who pays the commission; tolerance of SLSQP"),
    ("minimum-variance", "skfolio"): (
        1e-3,
        "tolerance of its solver on daily variances; commission after trades are sized",
    ),
}


def ours(binary, mandate, runs, place=OUT):
    """The newest summary, median seconds and peak MiB of `runs` runs, each in a fresh home, and the
    size of that home in MiB."""
    home = place / f"trimtab-bench-loop-{os.getpid()}"
    seconds, memory = [], []
    for _ in range(runs):
        shutil.rmtree(home, ignore_errors=True)
        start = time.perf_counter()
        process = subprocess.Popen(
            [binary, "run", mandate, "--home", home, "--format", "json"],
            stdout=subprocess.PIPE,
            text=True,
        )
        text = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds.append(time.perf_counter() - start)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit(f"error: trimtab run {mandate} ended with {process.returncode}")
        memory.append(usage.ru_maxrss / 1024)
    size = sum(file.stat().st_size for file in home.rglob("*") if file.is_file()) / 2**20
    shutil.rmtree(home)
    summary = json.loads(text)
    return summary, statistics.median(seconds), max(memory), size


def kept(binary, mandate, runs, home):
    """What the note says of our journal."""
    text = f"our journal of {home:.1f} MiB is durable on disk"
    if os.access("/dev/shm", os.W_OK):
        text += f" ({ours(binary, mandate, runs, Path('/dev/shm'))[1]:.3f} s with the home in memory)"
    return text


def theirs(peer, question, runs):
    """The newest answer of a peer, with the median of its seconds."""
    answers = []
    # With more threads, OpenBLAS makes bt five times slower: the matrices are small.
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    for _ in range(runs):
        command = [sys.executable, "-B", HERE / f"peer_{peer}.py", question, DATA]
        done = subprocess.run(
            command, stdout=subprocess.PIPE, text=True, check=True, env=environment
        )
        answers.append(json.loads(done.stdout.splitlines()[-1]))
    return answers[-1] | {"seconds": statistics.median(a["seconds"] for a in answers)}


def compare(binary, question, runs):
    """One row for each peer."""
    mandate, runs_of_ours = HERE / f"{question}.toml", max(runs, 5)
    summary, seconds, memory, home = ours(binary, mandate, runs_of_ours)
    journal = kept(binary, mandate, runs_of_ours, home)
    for peer in ("bt", "skfolio"):
        answer = theirs(peer, question, runs)
        gap = abs(summary["final_value"] / answer["final_value"] - 1)
        most, convention = CONVENTIONS[question, peer]
        note = f"{convention}; final values {summary['final_value']:.0f} and "
        note += f"{answer['final_value']:.0f}; {journal}"
        if "native_value" in answer:
            note += f"; with costs in its own way {answer['native_value']:.0f}"
        if summary["totals"]["decisions"] != answer["decisions"]:
            note = f"DIFFERS: {summary['totals']['decisions']} decisions, theirs {answer['decisions']}; {note}"
        elif gap > most:
            note = f"DIFFERS by more than {most}; {note}"
        yield row(question, SIZE, seconds, memory, note, answer, gap)


def daily(binary):
    """500 stocks and a decision on every day: ours alone, with a goal."""
    data = os.environ.get("TRIMTAB_SP500_5YR")
    if not data:
        print("skipped: daily-500 (its data is not in the repository; set TRIMTAB_SP500_5YR)")
        return
    folder = OUT / "loop-daily-500"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(HERE / "daily-500.toml", folder)
    (folder / "sp500_5yr.parquet").symlink_to(Path(data).resolve(strict=True))
    mandate = folder / "daily-500.toml"
    summary, seconds, memory, home = ours(binary, mandate, 3)
    note = f"goal: under 10 s; {summary['totals']['decisions']} decisions, "
    note += f"{summary['totals']['orders']} orders; {kept(binary, mandate, 3, home)}"
    yield row("daily-500", "505 stocks x 5 years, daily", seconds, memory, note)


def row(question, size, seconds, memory, note, answer=None, gap=None):
    """A row of the report; what has no peer has no ratio."""
    return {
        "question": question,
        "size": size,
        "ours_seconds": round(seconds, 4),
        "peer": answer["peer"] if answer else None,
        "peer_seconds": round(answer["seconds"], 4) if answer else None,
        "ratio": round(answer["seconds"] / seconds, 1) if answer else None,
        "answer_gap": gap,
        "memory_mib": round(memory, 1),
        "note": note,
    }


def show(rows):
    """The table."""
    line = "{:<17} {:<15} {:>8} {:>8} {:>7} {:>9} {:>7}"
    print(line.format("question", "peer", "ours s", "peer s", "ratio", "gap", "MiB"))
    for one in rows:
        has = one["peer"] is not None
        print(
            line.format(
                one["question"],
                one["peer"] or "-",
                f"{one['ours_seconds']:.3f}",
                f"{one['peer_seconds']:.3f}" if has else "-",
                f"{one['ratio']:.0f}x" if has else "-",
                f"{one['answer_gap']:.1e}" if has else "-",
                f"{one['memory_mib']:.0f}",
            )
        )
    for one in rows:
        print(f"  {one['question']}, {one['peer'] or 'ours'}: {one['note']}")


def main():
    """All questions, in their order."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("binary", type=Path)
    arguments.add_argument("--runs", type=int, default=3)
    arguments = arguments.parse_args()
    binary = arguments.binary.resolve(strict=True)
    rows = []
    for question in ("equal-weight", "minimum-variance"):
        rows.extend(compare(binary, question, arguments.runs))
    rows.extend(daily(binary))
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "loop.json").write_text(json.dumps(rows, indent=2) + "\n")
    show(rows)
    print(f"written to {(OUT / 'loop.json').relative_to(ROOT)}")
    if any(one["note"].startswith("DIFFERS") for one in rows):
        sys.exit("error: an answer differs by more than its convention allows")


if __name__ == "__main__":
    main()
