"""A server that runs -> what it took for each question, and what it answered.

Every question puts the same load from the same client on whichever server it is given. What comes
out is compared in bench.py; this file knows no ratios.
"""

import filecmp
import json
import os
import statistics
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from servers import Failed

MIB = 2**20


@dataclass
class Sizes:
    """How much is asked. Of a peer less, where it would take minutes."""

    seconds: float = 3.0
    warm: float = 0.5
    rounds: int = 3
    starts: int = 5
    ours: tuple = (1_000, 10_000, 50_000, 100_000)
    peers: tuple = (1_000, 10_000, 50_000)
    searching: float = 3.0
    points: int = 100_000
    page: int = 25_000
    metrics: int = 1_000_000
    patience: float = 60.0
    file_mib: int = 1024
    copies: int = 3
    syncs: int = 300
    fillers: int = 64
    # A round that takes longer is not repeated: callers hang, and more of it says no more.
    tedious: float = 15.0


QUICK = Sizes(
    seconds=0.5,
    warm=0.1,
    rounds=1,
    starts=2,
    ours=(200, 1_000),
    peers=(200,),
    searching=0.3,
    points=4_000,
    page=1_000,
    metrics=20_000,
    patience=2.0,
    file_mib=32,
    copies=1,
    syncs=50,
    fillers=4,
)


@dataclass
class Measure:
    """What one question came to at one server."""

    seconds: float | None = None
    mib: float | None = None
    shown: str = ""
    notes: list = field(default_factory=list)
    memory: float = 0.0
    answer: object = None
    fault: str = ""
    lost: float | None = None
    at_least: float | None = None
    at_most: float | None = None


class Bench:
    """Asks one server everything, in an order in which no question disturbs the next."""

    def __init__(self, server, load, sizes, place, fill, is_peer):
        self.server, self.load, self.sizes = server, load, sizes
        self.place, self.fill, self.is_peer = Path(place), fill, is_peer
        self.found = {}

    def run(self):
        """(question, size) -> Measure."""
        print(f"== {self.server.name}", flush=True)
        self.start()
        try:
            for part in (
                self.writes, self.history, self.million, self.searches, self.restart, self.artifacts
            ):
                self.attempt(part)
        finally:
            self.server.stop()
        return self.found

    def attempt(self, part, *values):
        """A peer may fail at a question, and the rest is still asked. Ours may not."""
        try:
            part(*values)
        except Failed as reason:
            if not self.is_peer:
                raise SystemExit(f"error: {self.server.name}: {reason}") from None
            print(f"   left out, {part.__name__} {values}: {reason}", flush=True)

    def keep(self, question, size, measure):
        """Notes the memory, and says how far we are."""
        if not measure.memory:
            measure.memory = self.server.memory()[0]
        self.found[question, size] = measure
        fault = f"  {measure.fault}" if measure.fault else ""
        print(f"   {question}, {size}: {measure.shown}{fault}", flush=True)

    def start(self):
        """Fresh folders; the last server stays. Then its memory, before anything is asked."""
        took = []
        for _ in range(1 if self.is_peer else self.sizes.starts):
            self.server.stop()
            took.append(self.server.start())
        seconds = statistics.median(took)
        self.keep(
            "start to ready", "fresh folder",
            Measure(seconds, shown=milliseconds(seconds), notes=["goal: < 100 ms"], at_most=0.1),
        )
        time.sleep(2)
        self.resident("memory, idle", "whole process tree", 60)

    def restart(self):
        """The same folder again, with all that was put into it."""
        self.server.stop()
        seconds = self.server.start(fresh=False)
        runs = max(self.sizes.peers if self.is_peer else self.sizes.ours)
        notes = [f"holds {runs:,} filled runs and all that was written before"]
        measure = Measure(seconds, shown=milliseconds(seconds), notes=notes)
        self.keep("start to ready", "filled folder", measure)

    def resident(self, question, size, most, notes=()):
        """Memory of the tree, as PSS: of one process nearly its RSS, of many what they really take."""
        pss, rss = self.server.memory()
        shown = f"{pss:.0f} MiB"
        notes = [*notes, f"goal: < {most} MiB", f"RSS {rss:.0f} MiB, PSS {pss:.0f} MiB"]
        notes.append(f"{len(self.server.tree())} processes")
        self.keep(question, size, Measure(mib=pss, shown=shown, notes=notes, memory=pss))
        self.found[question, size].at_most = most

    def asked(self, question, **values):
        """Runs the load client: what it printed, with the processor time of server and client."""
        words = [self.load, question, "--port", str(self.server.port)]
        for name, value in values.items():
            words += [f"--{name}", str(value)]
        before = self.server.cpu()
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as client:
            text = client.stdout.read()
            _, code, usage = os.wait4(client.pid, 0)
            client.returncode = os.waitstatus_to_exitcode(code)
        if client.returncode != 0:
            raise Failed(f"no answer to {question}")
        answer = json.loads(text)
        answer["server_cpu"] = self.server.cpu() - before
        answer["client_cpu"] = usage.ru_utime + usage.ru_stime
        return answer

    def experiment(self, name):
        """A new experiment."""
        path = "/api/2.0/mlflow/experiments/create"
        return self.server.ask(path, {"name": name})["experiment_id"]

    def writes(self):
        """Single points, batches and runs, with few clients and with many."""
        sync = fdatasync(self.place, self.sizes.syncs)
        single = self.median("log-metric", 1)
        seconds = single["p50_ms"] / 1e3
        measure = self.judged(single, seconds, milliseconds(seconds))
        measure.notes[:0] = [
            f"{seconds / sync:.1f} times one fdatasync of 4 KiB ({sync * 1e3:.2f} ms)"
        ]
        self.keep("log-metric, p50", "1 client", measure)
        for clients in (16, 64):
            self.attempt(self.throughput, "log-metric", clients, "calls", 1, 30)
        for clients in (1, 4):
            self.attempt(self.throughput, "log-batch of 1,000", clients, "rows", 1_000, 20)
        self.attempt(self.throughput, "create-run", 16, "runs", 1, 20)

    def throughput(self, question, clients, unit, many, goal):
        """Seconds of one unit when all clients ask at once."""
        middle = self.median(question.split(" ")[0], clients)
        rate = middle["calls"] / middle["seconds"] * many
        seconds = 1 / rate if rate else float("inf")
        measure = self.judged(middle, seconds, f"{rate:,.0f} {unit}/s")
        measure.at_least = goal
        measure.notes[:0] = [f"goal: {goal}x", f"{rate:,.0f} {unit}/s"]
        size = "1 client" if clients == 1 else f"{clients} clients"
        self.keep(f"{question}, {unit}", size, measure)

    def median(self, question, clients):
        """The round in the middle of some, each in an experiment of its own."""
        rounds, took = [], 0.0
        while len(rounds) < self.sizes.rounds and took < self.sizes.tedious:
            begun = time.perf_counter()
            rounds.append(
                self.asked(
                    question,
                    experiment=self.experiment(f"{question} {clients} {len(rounds)}"),
                    clients=clients,
                    seconds=self.sizes.seconds,
                    warm=self.sizes.warm,
                )
            )
            took = time.perf_counter() - begun
        rounds.sort(key=lambda one: one["calls"])
        middle = rounds[len(rounds) // 2]
        middle["longest"] = took
        middle["failed"] = sum(one["failed"] for one in rounds)
        middle["reason"] = next((one["reason"] for one in rounds if one["reason"]), "")
        middle["lost"] = max(lost(one) for one in rounds)
        return middle

    def judged(self, counts, seconds, shown):
        """A measure with latencies, processor time, and what was lost or refused."""
        calls = max(counts["answered"], 1)
        notes = [
            f"p50 {counts['p50_ms'] or 0:.2f} ms, p99 {counts['p99_ms'] or 0:.2f} ms",
            f"server CPU {counts['server_cpu'] / calls * 1e3:.3f} ms a call",
            f"client CPU {counts['client_cpu'] / calls * 1e3:.3f} ms a call",
        ]
        fault = ""
        if counts.get("longest", 0.0) >= self.sizes.tedious:
            notes.append(f"one round; its last call ended after {counts['longest']:.0f} s")
        if counts["failed"]:
            fault = f"{counts['failed']:.0f} calls failed ({counts['reason'][:160]})"
        if counts["lost"]:
            fault = f"kept is not what was acknowledged, by {counts['lost']:.2%}; {fault}"
        return Measure(seconds, shown=shown, notes=notes, fault=fault, lost=counts["lost"])

    def history(self):
        """A long metric, page by page."""
        made = self.asked("points", experiment=self.experiment("history"), points=self.sizes.points)
        out = self.place / "history.json"
        rounds = 3 if self.is_peer else 5
        page, run = self.sizes.page, made["run"]
        got = self.asked("history", run=run, page=page, rounds=rounds, out=out)
        pages = json.loads(out.read_text())
        points = [point for page in pages for point in page["metrics"]]
        answer = [[p["key"], p["value"], p["timestamp"], p["step"]] for p in points]
        notes = ["goal: 50x", f"{got['pages']:.0f} pages", f"{out.stat().st_size / MIB:.1f} MiB"]
        notes.append(f"server CPU {got['server_cpu'] / rounds:.3f} s")
        seconds = got["seconds"]
        measure = Measure(seconds, shown=f"{seconds:.3f} s", notes=notes, answer=answer)
        measure.at_least = 50
        if answer != expected_points(self.sizes.points):
            measure.fault = "the points are not those that were logged"
        self.keep("get-history, all pages", f"{self.sizes.points:,} points", measure)

    def million(self):
        """Many points by batches from 4 clients, then the memory."""
        got = self.asked(
            "log-batch",
            experiment=self.experiment("million"),
            clients=4,
            seconds=3_600 if not self.is_peer else self.sizes.patience,
            most=self.sizes.metrics // 4_000,
        )
        rows = f"{got['answered'] * 1_000:,.0f} metrics logged"
        self.resident("memory, after log-batch", f"{self.sizes.metrics:,} metrics", 250, [rows])

    def searches(self):
        """The best 50 of more and more runs of one experiment."""
        experiment, filled = self.experiment("search"), 0
        for size in self.sizes.peers if self.is_peer else self.sizes.ours:
            began = time.perf_counter()
            self.fill(self, experiment, filled, size)
            took, filled = time.perf_counter() - began, size
            print(f"   filled to {size:,} runs in {took:.1f} s", flush=True)
            for question, order, goal in (
                ("metrics.acc > 0.5", "metrics.acc DESC", {10_000: 200, 50_000: 1_000}.get(size)),
                ("params.x = 'v'", "attributes.start_time DESC", None),
                ("metrics.acc > 0.5 and params.x = 'v'", "metrics.acc DESC", None),
            ):
                self.search(experiment, size, question, order, goal)

    def search(self, experiment, size, question, order, goal):
        """One client, again and again; a slow answer is asked for at least five times."""
        out = self.place / "search.json"
        values = {"experiment": experiment, "filter": question, "order": order, "out": out}
        first = self.asked("search", clients=1, seconds=600, most=1, **values)
        most = int(min(max(self.sizes.searching / (first["p50_ms"] / 1e3), 5), 1_001))
        got = self.asked("search", clients=1, seconds=600, most=most, **values) | {"lost": 0.0}
        seconds = got["p50_ms"] / 1e3
        measure = self.judged(got, seconds, milliseconds(seconds))
        measure.lost, measure.answer = None, page(json.loads(out.read_text()))
        measure.notes[:0] = [f"order by {order}", f"{most} calls"]
        if "params.x" not in question:
            measure.at_least, measure.at_most = goal, 0.001
            measure.notes[:0] = ["goal: < 1 ms" + (f", {goal}x" if goal else "")]
        self.keep(f"search {question}", f"50 of {size:,} runs", measure)

    def artifacts(self):
        """A file up and down through the proxy, and by `cp` with a sync, in turn."""
        source, down = self.place / "file.bin", self.place / "down.bin"
        body = {"experiment_id": self.experiment("artifacts"), "start_time": 1_700_000_000_000}
        run = self.server.ask("/api/2.0/mlflow/runs/create", body)["run"]["info"]
        root = run["artifact_uri"].removeprefix("mlflow-artifacts:/").lstrip("/")
        took = {"cp": [], "upload": [], "download": []}
        peaks, cpu, fault = {"upload": 0.0, "download": 0.0}, {}, ""
        for number in range(self.sizes.copies):
            took["cp"].append(copied(source, self.place / "copy.bin"))
            path = f"/api/2.0/mlflow-artifacts/artifacts/{root}/file-{number}.bin"
            for question, file in (("upload", source), ("download", down)):
                os.sync()
                self.server.forget_peak()
                got = self.asked(question, path=path, file=file)
                took[question].append(got["seconds"])
                peaks[question] = max(peaks[question], self.server.peak())
                cpu[question] = got["server_cpu"]
            if not filecmp.cmp(source, down, shallow=False):
                fault = "what came down is not what went up"
            down.unlink()
        cp = statistics.median(took["cp"])
        for question in ("upload", "download"):
            seconds = statistics.median(took[question])
            notes = [
                f"goal: within 1.3x of cp; {seconds / cp:.2f}x of cp with fsync ({cp:.2f} s)",
                f"peak RSS {peaks[question]:.0f} MiB",
                f"server CPU {cpu[question]:.2f} s",
            ]
            measure = Measure(seconds, shown=f"{seconds:.2f} s", notes=notes, fault=fault)
            measure.memory, measure.at_most = peaks[question], 1.3 * cp
            size = f"{self.sizes.file_mib:,} MiB"
            self.keep(f"artifact {question}", size, measure)


def lost(counts):
    """By which share what is kept differs from what was acknowledged. A call that failed may have
    been kept none the less."""
    acknowledged, kept = counts["answered"], counts["kept"]
    missing = max(acknowledged - kept, kept - acknowledged - counts["failed"], 0)
    return missing / max(acknowledged, 1)


def page(answer):
    """A page of a search without what differs from server to server: ids and places."""
    runs = []
    for run in answer.get("runs", []):
        info, data = run["info"], run["data"]
        head = [info[name] for name in ("run_name", "start_time", "status", "lifecycle_stage")]
        metrics = sorted(
            [m["key"], m["value"], m["timestamp"], m.get("step", 0)] for m in data["metrics"]
        )
        params = sorted([p["key"], p["value"]] for p in data["params"])
        tags = sorted([t["key"], t["value"]] for t in data["tags"])
        runs.append([head, metrics, params, tags])
    return [runs, bool(answer.get("next_page_token"))]


def expected_points(count):
    """What the load client logs, from its rule: remainders of a prime, in millionths."""
    return [
        ["long", (step + 1) * 618_033 % 1_000_003 / 1e6, 1_700_000_000_000 + step, step]
        for step in range(count)
    ]


def fdatasync(place, times):
    """The median of the seconds to append 4 KiB and have them on the disk."""
    path, block, took = place / "sync.bin", bytes(4096), []
    with open(path, "wb", buffering=0) as file:
        for _ in range(times):
            begun = time.perf_counter()
            file.write(block)
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - begun)
    path.unlink()
    return statistics.median(took)


def copied(source, target):
    """Seconds to copy a file with `cp` and have it on the disk."""
    os.sync()
    begun = time.perf_counter()
    subprocess.run(["cp", source, target], check=True)
    with open(target, "rb") as file:
        os.fsync(file.fileno())
    seconds = time.perf_counter() - begun
    target.unlink()
    return seconds


def milliseconds(seconds):
    """As a person reads it."""
    return f"{seconds * 1e3:,.2f} ms" if seconds < 1 else f"{seconds:,.2f} s"
