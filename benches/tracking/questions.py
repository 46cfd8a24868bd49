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
from pathlib import Path

from answers import expected_points, lost, page
from disk import copied, fdatasyncs
from measure import MIB, Measure
from servers import Failed


class Bench:
    """Asks one server everything, in an order in which no question disturbs the next."""

    def __init__(self, server, load, sizes, place, runs, fill, analyse=None):
        self.server, self.load, self.sizes = server, load, sizes
        self.place, self.runs = Path(place), runs
        self.fill, self.analyse, self.is_peer = fill, analyse, analyse is not None
        self.found, self.analysed, self.left_out = {}, {}, []

    def run(self):
        """Fills `found`: (question, size) -> Measure; of a peer also `analysed`, from a database
        with statistics. `left_out` says what failed."""
        print(f"== {self.server.name}", flush=True)
        self.start()
        try:
            for part in (
                self.writes, self.history, self.million, self.searches, self.restart, self.artifacts
            ):
                self.attempt(part)
        finally:
            self.server.stop()

    def attempt(self, part, *values):
        """What fails is left out, and the rest is still asked."""
        try:
            part(*values)
        except Failed as reason:
            self.left_out.append(f"{part.__name__} {values[:4] or ''}: {reason}")
            print(f"   left out: {self.left_out[-1]}", flush=True)

    def keep(self, question, size, measure, found=None):
        """Notes the memory, and says how far we are."""
        if not measure.memory:
            measure.memory = self.server.memory()[0]
        (self.found if found is None else found)[question, size] = measure
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
        self.server.settle()
        self.resident("memory, idle", "whole process tree", 60)

    def restart(self):
        """The same folder again, with all that was put into it."""
        self.server.stop()
        seconds = self.server.start(fresh=False)
        notes = [f"holds {max(self.runs):,} filled runs and all that was written before"]
        measure = Measure(seconds, shown=milliseconds(seconds), notes=notes)
        self.keep("start to ready", "filled folder", measure)
        self.server.settle()

    def resident(self, question, size, most, notes=()):
        """Memory of the tree, as PSS: of one process nearly its RSS, of many what they take."""
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
        appends, overwrites = fdatasyncs(self.place, self.sizes.syncs // 2)
        single = self.median("log-metric", 1)
        more, again = fdatasyncs(self.place, self.sizes.syncs // 2)
        append, overwrite = statistics.median(appends + more), statistics.median(overwrites + again)
        seconds = single["p50_ms"] / 1e3
        measure = self.judged(single, seconds, milliseconds(seconds))
        measure.notes[:0] = [
            f"{seconds / append:.1f} times 4 KiB appended with fdatasync ({append * 1e3:.2f} ms)",
            f"{seconds / overwrite:.1f} times 4 KiB overwritten with it ({overwrite * 1e3:.2f} ms)",
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
        if not rate:
            # All calls hung until after the window: over all the time, then.
            rate = middle["answered"] / middle["longest"] * many
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
        for size in self.runs:
            began = time.perf_counter()
            self.fill(self, experiment, filled, size)
            took, filled = time.perf_counter() - began, size
            print(f"   filled to {size:,} runs in {took:.1f} s", flush=True)
            self.three_searches(experiment, size, self.found)
            if self.analyse:
                self.analyse(True)
                print("   after ANALYZE", flush=True)
                self.three_searches(experiment, size, self.analysed)
                self.analyse(False)

    def three_searches(self, experiment, size, found):
        """By a metric, by a parameter, by both."""
        goal = {10_000: 200, 50_000: 1_000}.get(size)
        for question, order, goal in (
            ("metrics.acc > 0.5", "metrics.acc DESC", goal),
            ("params.x = 'v'", "attributes.start_time DESC", None),
            ("metrics.acc > 0.5 and params.x = 'v'", "metrics.acc DESC", None),
        ):
            self.attempt(self.search, experiment, size, question, order, goal, found)

    def search(self, experiment, size, question, order, goal, found):
        """One client, again and again; a slow answer is asked for at least five times, and a very
        slow one once."""
        out = self.place / "search.json"
        values = {"experiment": experiment, "filter": question, "order": order, "out": out}
        got = self.asked("search", clients=1, seconds=3_600, most=1, **values)
        first, most = (got["p50_ms"] or 0.0) / 1e3, 1
        if 0.0 < first < self.sizes.tedious / 3:
            most = int(min(max(self.sizes.searching / first, 5), 1_001))
            got = self.asked("search", clients=1, seconds=3_600, most=most, **values)
        if got["failed"]:
            raise Failed(got["reason"])
        seconds = got["p50_ms"] / 1e3
        measure = self.judged(got | {"lost": 0.0}, seconds, milliseconds(seconds))
        measure.lost, measure.answer = None, page(json.loads(out.read_text()))
        measure.notes[:0] = [f"order by {order}", "1 call" if most == 1 else f"{most} calls"]
        if "params.x" not in question:
            measure.at_least, measure.at_most = goal, 0.001
            measure.notes[:0] = ["goal: < 1 ms" + (f", {goal:,}x" if goal else "")]
        self.keep(f"search {question}", f"50 of {size:,} runs", measure, found)

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
                cpu[question] = got["server_cpu"], got["client_cpu"]
            if not filecmp.cmp(source, down, shallow=False):
                fault = "what came down is not what went up"
            down.unlink()
        cp = statistics.median(took["cp"])
        for question in ("upload", "download"):
            seconds = statistics.median(took[question])
            notes = [
                f"goal: within 1.3x of cp; {seconds / cp:.2f}x of cp with fsync ({cp:.2f} s)",
                f"peak RSS {peaks[question]:.0f} MiB",
                "server CPU {:.2f} s, client CPU {:.2f} s".format(*cpu[question]),
            ]
            measure = Measure(seconds, shown=f"{seconds:.2f} s", notes=notes, fault=fault)
            measure.memory, measure.at_most = peaks[question], 1.3 * cp
            size = f"{self.sizes.file_mib:,} MiB"
            self.keep(f"artifact {question}", size, measure)


def milliseconds(seconds):
    """As a person reads it."""
    return f"{seconds * 1e3:,.2f} ms" if seconds < 1 else f"{seconds:,.2f} s"
