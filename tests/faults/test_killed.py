"""Killed under load, again and again: what was acknowledged is there, and no batch in part."""

import os
import random
import sqlite3
import threading
import time

from load import Load
from processes import within

ROUNDS = int(os.environ.get("TRIMTAB_FAULTS_ROUNDS", "10"))


def test_killed_under_load(server, asking):
    seed = random.SystemRandom().randrange(1_000_000)
    moments, loads = random.Random(seed), []
    for number in range(ROUNDS):
        load = Load(server, seed=seed + number)
        within(30, lambda: load.acknowledged, "something is written")
        time.sleep(moments.uniform(0.0, 1.2))
        server.kill()
        load.end()
        loads.append(load)
        server.start()
        load.check(server)
    total = sum(load.acknowledged for load in loads)
    print(f"seed {seed}: {total} writes acknowledged in {ROUNDS} rounds")
    # Nor did a later kill take what an earlier one had left.
    loads[0].check(server)
    assert asking(server).post("registered-models/create", {"name": "after"})
    if server.backend == "sqlite":
        server.kill()
        with sqlite3.connect(server.home / "tracking.db") as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_version_of_a_model_is_whole_after_a_kill(server, asking):
    """Models, versions and their history are written together: the chain verifies after a kill."""
    made, stop = [], threading.Event()

    def register(number):
        ask = asking(server)
        while not stop.is_set():
            try:
                version = ask.post("model-versions/create", {"name": f"m{number % 4}", "source": "s3://b/m"})
                made.append((f"m{number % 4}", int(version["model_version"]["version"])))
            except Exception:  # noqa: BLE001: the server was killed under it
                return

    for number in range(4):
        asking(server).post("registered-models/create", {"name": f"m{number}"})
    threads = [threading.Thread(target=register, args=(number,), daemon=True) for number in range(16)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    server.kill()
    stop.set()
    for thread in threads:
        thread.join(60)
    server.start()
    ask = asking(server)
    assert made and len(set(made)) == len(made), "a version was given twice"
    verified = ask.get("/api/2.0/trimtab/registry/verify")
    assert verified["records"] >= len(made)
    for number in range(4):
        found = ask.get(f"model-versions/search?filter=name%3D%27m{number}%27&max_results=10000")
        versions = sorted(int(version["version"]) for version in found["model_versions"])
        assert versions == list(range(1, len(versions) + 1)), "there is a gap"
        assert {v for name, v in made if name == f"m{number}"} <= set(versions), "a version is lost"
