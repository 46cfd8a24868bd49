"""A disk that is full: writes say so, reads go on, and room is all that it takes to go on.

The home lies on a tmpfs of a few MiB, which only root may mount.
"""

import json
import sqlite3
import subprocess

import pytest

from asking import ARTIFACTS, Asking, Refused
from load import Load
from servers import trimtab_binary
from test_killed_loads import DEFINITIONS, ROWS, rows
from test_killed_loads import load as materialize

MIB = 1 << 20
SIZE = 64


@pytest.fixture
def small_disk(tmp_path):
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}m", "tmpfs", str(place)], capture_output=True, text=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"a tmpfs cannot be mounted here: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture
def server(serve, small_disk, tmp_path):
    """On the small disk; its log is elsewhere."""
    return serve(home=small_disk / "home", log=tmp_path / "server.log")


def fill(disk, leave=0):
    """Takes all room but so many bytes; whoever deletes the file makes room."""
    file = disk / "ballast"
    with file.open("ab", buffering=0) as ballast:
        try:
            while True:
                ballast.write(b"x" * 4096)
        except OSError:
            pass
        ballast.truncate(max(0, ballast.tell() - leave))
    return file


def is_full(refused):
    said = refused.said
    return (
        refused.status == 503
        and said["error_code"] == "TEMPORARILY_UNAVAILABLE"
        and ("full" in said["message"] or "no room" in said["message"])
        and "room" in said["message"]
    )


def until_refused(ask, run, first=0):
    """Logs batches until one is refused; the number of the refused one, and the refusal."""
    for n in range(first, 10_000):
        metrics = [{"key": "b", "value": i, "timestamp": 1, "step": n * 100 + i} for i in range(100)]
        try:
            ask.post("runs/log-batch", {"run_id": run, "metrics": metrics})
        except Refused as refused:
            return n, refused
    raise AssertionError("the disk does not get full")


def test_records(server, small_disk, asking):
    server.start()
    ask = asking(server)
    run = ask.run()
    ask.post("runs/log-parameter", {"run_id": run, "key": "p", "value": "v"})
    ballast = fill(small_disk, leave=MIB)
    n = 0
    for _ in range(4):
        # A part of what was refused may have left room for a little more: that is taken as well.
        n, refused = until_refused(ask, run, n)
        assert is_full(refused), refused
        fill(small_disk)
    # Reads go on.
    assert ask.get(f"runs/get?run_id={run}")["run"]["data"]["params"] == [{"key": "p", "value": "v"}]
    assert len(ask.post("runs/search", {"experiment_ids": ["0"]})["runs"]) == 1
    assert len(ask.history(run, "b")) == n * 100
    assert ask.get("/health") == b"OK"
    ballast.unlink()
    ask.post("runs/log-metric", {"run_id": run, "key": "after", "value": 1, "timestamp": 1, "step": 1})
    ask.experiment("after")
    assert len(ask.history(run, "b")) == n * 100
    assert_sound(server, run, n)


def assert_sound(server, run, n):
    """What was acknowledged outlives a kill as well, and the file is whole."""
    server.kill()
    server.start()
    ask = Asking(server)
    assert len(ask.history(run, "b")) == n * 100
    assert ask.history(run, "after") == [(1, 1.0)]
    ask.close()
    server.kill()
    with sqlite3.connect(server.home / "tracking.db") as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_sixteen_at_once(server, small_disk, asking):
    """Writes share a commit: when it fails for want of room, none of them was acknowledged."""
    server.start()
    ballast = fill(small_disk, leave=3 * MIB)
    load = Load(server, patient=True)
    while len(load.refusals) < 200 and not load.ended.wait(0.1):
        assert server.runs()
    load.end()
    kinds = {str(error)[-300:] for _, error in load.refusals if not (isinstance(error, Refused) and is_full(error))}
    assert not kinds, kinds
    load.check(server)
    ballast.unlink()
    again = Load(server, patient=True, seed=1)
    again.ended.wait(0.5)
    again.end()
    assert again.acknowledged and not again.refusals
    server.kill()
    server.start()
    load.check(server)
    again.check(server)


def test_an_artifact(server, small_disk, asking):
    server.start()
    ask = asking(server)
    ask.ok("PUT", f"{ARTIFACTS}/folder/small.txt", b"small")
    ballast = fill(small_disk, leave=2 * MIB)
    with pytest.raises(Refused) as refused:
        ask.ok("PUT", f"{ARTIFACTS}/folder/large.bin", b"x" * (8 * MIB))
    assert is_full(refused.value), refused.value
    with pytest.raises(Refused) as refused:
        # Sent in chunks, its size is not known beforehand.
        ask.ok("PUT", f"{ARTIFACTS}/folder/chunked.bin", (b"x" * MIB for _ in range(8)))
    assert is_full(refused.value), refused.value
    listed = ask.get("/api/2.0/mlflow-artifacts/artifacts?path=folder")["files"]
    assert [file["path"] for file in listed] == ["small.txt"]
    names = {path.name for path in (server.home / "artifacts").rglob("*")}
    assert names == {"folder", "small.txt"}, "something is left of what was refused"
    assert ask.get(f"{ARTIFACTS}/folder/small.txt") == b"small"
    ballast.unlink()
    ask.ok("PUT", f"{ARTIFACTS}/folder/large.bin", b"x" * (8 * MIB))
    assert len(ask.get(f"{ARTIFACTS}/folder/large.bin")) == 8 * MIB


def test_starting(server, small_disk):
    (small_disk / "home").mkdir(exist_ok=True)
    ballast = fill(small_disk)
    status, said = server.refuses_to_start()
    assert status == 1 and "full" in said, said
    ballast.unlink()
    server.start()


def test_a_load_that_has_no_room_to_be_sorted(small_disk, tmp_path):
    """Nothing is written, the message says where room is missing, and room is all that it takes."""
    (tmp_path / "features.toml").write_text(DEFINITIONS)
    rows(tmp_path / "rows.parquet")
    home = small_disk / "home"
    applied = [trimtab_binary(), "features", "apply", tmp_path, "--home", home]
    subprocess.run(applied, check=True, capture_output=True)
    refused = subprocess.run(materialize(home), capture_output=True, text=True)
    assert refused.returncode == 1
    assert f"rows cannot be sorted in {home}" in refused.stderr and "No space left" in refused.stderr
    used = sum(file.stat().st_blocks * 512 for file in home.rglob("*"))
    assert used < 16 * MIB, "what was sorted is gone"
    subprocess.run(["mount", "-o", "remount,size=1g", str(small_disk)], check=True)
    done = json.loads(subprocess.run(materialize(home), check=True, capture_output=True).stdout)[0]
    assert done["rows"] == ROWS and done["resumed_at"] == 0
