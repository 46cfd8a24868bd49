"""A clock that goes backwards: times may repeat, order and numbers hold, nothing fails.

The clock is bent with libfaketime (Debian's package `faketime`), while the server runs.
"""

import pathlib
import time

import pytest

from load import Load

LIBRARY = next(iter(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), None)
DAY = 86_400_000


@pytest.fixture
def clock(tmp_path):
    """Sets the server's clock: `clock("-1d")`."""
    if LIBRARY is None:
        pytest.skip("there is no libfaketime: install the package `faketime`")
    file = tmp_path / "clock"

    def to(offset):
        part = file.with_suffix(".part")
        part.write_text(offset + "\n")
        part.rename(file)
        time.sleep(0.1)

    to.file = file
    to("+0")
    return to


@pytest.fixture
def bent(serve, clock):
    environment = {
        "LD_PRELOAD": LIBRARY,
        "FAKETIME_TIMESTAMP_FILE": clock.file,
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }

    def make(database=None):
        return serve(database=database, environment=environment).start()

    return make


@pytest.fixture(params=["sqlite", "postgres"])
def server(request, bent):
    return bent(request.getfixturevalue("postgres") if request.param == "postgres" else None)


def test_it_is_bent(server, clock, asking):
    """Else the other tests would show nothing."""
    ask = asking(server)
    now = created(ask, "now")
    clock("-1d")
    yesterday = created(ask, "yesterday")
    clock("+400d")
    later = created(ask, "later")
    assert abs(now - yesterday - DAY) < 60_000
    assert abs(later - now - 400 * DAY) < 60_000


def created(ask, name):
    made = ask.experiment(name)
    return ask.get(f"experiments/get?experiment_id={made}")["experiment"]["creation_time"]


def test_versions_and_history_keep_their_order(server, clock, asking):
    ask = asking(server)
    ask.post("registered-models/create", {"name": "m"})
    given = []
    for offset in ["+0", "-1d", "-400d", "+1d", "-20000d", "+0"]:
        clock(offset)
        made = ask.post("model-versions/create", {"name": "m", "source": "s3://b/m"})
        given.append(int(made["model_version"]["version"]))
        ask.post("registered-models/alias", {"name": "m", "alias": "champion", "version": str(given[-1])})
    assert given == [1, 2, 3, 4, 5, 6]
    assert ask.get("registered-models/alias?name=m&alias=champion")["model_version"]["version"] == "6"
    latest = ask.get("registered-models/get?name=m")["registered_model"]["latest_versions"]
    assert [version["version"] for version in latest] == ["6"]
    assert ask.get("/api/2.0/trimtab/registry/verify")["records"] >= 13
    history = ask.get("/api/2.0/trimtab/registry/history?name=m&max_results=1000")
    assert history["aliases"] == [{"alias": "champion", "version": "6"}]
    # Newest first, in the order in which it happened.
    seqs = [record["seq"] for record in history["records"]]
    assert seqs == sorted(seqs, reverse=True), seqs
    rolled = ask.post("/api/2.0/trimtab/registry/rollback", {"name": "m"})
    assert rolled["model_version"]["version"] == "5"


def test_runs_go_on(server, clock, asking):
    ask = asking(server)
    run = ask.run()
    load = Load(server, patient=True)
    for offset in ["-1d", "+1d", "-30d", "+0"]:
        clock(offset)
        time.sleep(0.3)
    load.end()
    assert load.acknowledged and not load.refusals, load.refusals[:3]
    load.check(server)
    clock("-1d")
    # The step decides which value is the latest, not the time at which it came.
    for step in [1, 3, 2]:
        ask.post("runs/log-metric", {"run_id": run, "key": "k", "value": step, "step": step, "timestamp": 1})
    data = ask.get(f"runs/get?run_id={run}")["run"]["data"]
    assert [metric["value"] for metric in data["metrics"]] == [3]
    ask.post("runs/update", {"run_id": run, "status": "FINISHED", "end_time": 5})
    ask.post("runs/delete", {"run_id": run})
    ask.post("runs/restore", {"run_id": run})
    clock("-30000d")
    # Before 1970 it counts as 1970.
    assert created(ask, "before 1970") >= 0
    assert ask.get("/health") == b"OK"
