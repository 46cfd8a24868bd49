"""Sixteen clients that write as fast as they are answered, and remember what was acknowledged.

Comes in: servers. Goes out: what must be there afterwards (`Kept`), and a check that it is. A write that
was not answered, or answered with an error, may be there or not; a batch is there as a whole or not at
all, whatever became of its answer.
"""

import collections
import itertools
import random
import threading
import time

from asking import BROKEN, Asking

THREADS = 16
BATCH = 40


class Kept:
    """What one run must have: names of acknowledged writes, and batches of either fate."""

    def __init__(self):
        self.metrics, self.params, self.tags = set(), set(), set()
        self.batches = {}


class Writer(threading.Thread):
    """One client. `patient`: goes on after errors, until it is told to stop."""

    def __init__(self, load, number):
        super().__init__(name=f"writer-{number}", daemon=True)
        self.load, self.random = load, random.Random(load.seed * 1000 + number)
        self.server = load.servers[number % len(load.servers)]
        self.runs = collections.defaultdict(Kept)
        self.acknowledged, self.refusals, self.slowest = 0, [], 0.0
        self.answered_at = []

    def run(self):
        asking, run = Asking(self.server), None
        for n in itertools.count():
            if self.load.ended.is_set():
                return
            began = time.monotonic()
            try:
                if run is None or self.random.random() < 0.05:
                    run = asking.run(self.load.experiment)
                    self.runs[run]
                else:
                    self.write(asking, run, n)
                self.acknowledged += 1
                self.answered_at.append(time.monotonic())
            except (AssertionError, *BROKEN) as error:
                self.refusals.append((time.monotonic(), error))
                if not self.load.patient:
                    return
                time.sleep(0.02)
            finally:
                self.slowest = max(self.slowest, time.monotonic() - began)

    def write(self, asking, run, n):
        kept = self.runs[run]
        kind = self.random.choice(["metric", "param", "tag", "batch"])
        if kind == "metric":
            asking.post("runs/log-metric", {"run_id": run, "key": "m", "value": n, "timestamp": 1, "step": n})
            kept.metrics.add(n)
        elif kind == "param":
            asking.post("runs/log-parameter", {"run_id": run, "key": f"p{n}", "value": str(n)})
            kept.params.add(f"p{n}")
        elif kind == "tag":
            asking.post("runs/set-tag", {"run_id": run, "key": f"t{n}", "value": str(n)})
            kept.tags.add(f"t{n}")
        else:
            kept.batches[n] = False
            asking.post("runs/log-batch", batch(run, n))
            kept.batches[n] = True


def batch(run, n):
    return {
        "run_id": run,
        "metrics": [
            {"key": "b", "value": i, "timestamp": 1, "step": n * BATCH + i} for i in range(BATCH)
        ],
        "params": [{"key": f"bp{n}.{i}", "value": "v"} for i in range(5)],
        "tags": [{"key": f"bt{n}", "value": "v"}],
    }


class Load:
    """Starts at once; ends with `end`, or by itself when the server is gone (unless `patient`)."""

    def __init__(self, *servers, experiment="0", seed=0, patient=False, threads=THREADS):
        self.servers, self.experiment, self.seed, self.patient = servers, experiment, seed, patient
        self.ended = threading.Event()
        self.writers = [Writer(self, number) for number in range(threads)]
        for writer in self.writers:
            writer.start()

    def end(self):
        self.ended.set()
        for writer in self.writers:
            writer.join(90)
            assert not writer.is_alive(), "a request was neither answered nor cut off"
        return self

    @property
    def acknowledged(self):
        return sum(writer.acknowledged for writer in self.writers)

    @property
    def refusals(self):
        return [refusal for writer in self.writers for refusal in writer.refusals]

    @property
    def slowest(self):
        return max(writer.slowest for writer in self.writers)

    def answered_after(self, moment):
        """Whether every writer was answered since then."""
        return all(w.answered_at and w.answered_at[-1] > moment for w in self.writers)

    def check(self, server):
        """Every acknowledged write is there, and every batch is there as a whole or not at all."""
        asking = Asking(server)
        for writer in self.writers:
            for run, kept in list(writer.runs.items()):
                check(asking, run, kept)
        asking.close()


def check(asking, run, kept):
    data = asking.get(f"runs/get?run_id={run}")["run"]["data"]
    params = {param["key"] for param in data.get("params", [])}
    tags = {tag["key"] for tag in data.get("tags", [])}
    assert kept.params <= params, f"{run}: params {kept.params - params} are lost"
    assert kept.tags <= tags, f"{run}: tags {kept.tags - tags} are lost"
    if kept.metrics:
        steps = [step for step, _ in asking.history(run, "m")]
        assert kept.metrics <= set(steps), f"{run}: metrics {kept.metrics - set(steps)} are lost"
        assert len(steps) == len(set(steps)), f"{run}: a metric is there twice"
    if kept.batches:
        logged = collections.Counter(step // BATCH for step, _ in asking.history(run, "b"))
        for n, acknowledged in kept.batches.items():
            there = logged[n] + sum(f"bp{n}.{i}" in params for i in range(5)) + (f"bt{n}" in tags)
            whole = BATCH + 5 + 1
            assert there in ([whole] if acknowledged else [0, whole]), (
                f"{run}: {there} of {whole} of batch {n} are there (acknowledged: {acknowledged})"
            )
