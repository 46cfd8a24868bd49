"""PostgreSQL goes away under load and comes back: clear refusals meanwhile, and nothing else to do."""

import os
import signal
import time

import pytest

from asking import Refused
from load import Load
from processes import within


def is_away(error):
    return (
        isinstance(error, Refused)
        and error.status == 503
        and error.said["error_code"] == "TEMPORARILY_UNAVAILABLE"
        and "database is not available" in error.said["message"]
    )


@pytest.mark.parametrize("how", ["kill", "stop"])
def test_it_comes_back_under_load(serve, cluster, asking, how):
    server = serve(database=cluster.url).start()
    load = Load(server, patient=True)
    time.sleep(1)
    gone = time.monotonic()
    getattr(cluster, how)()
    time.sleep(2)
    status, said = asking(server).ask("GET", "/health")
    assert status == 503 and cluster.secret not in str(said)
    status, said = asking(server).ask("POST", "/api/2.0/mlflow/runs/search", {"experiment_ids": ["0"]})
    assert status == 503 and said["error_code"] == "TEMPORARILY_UNAVAILABLE"
    cluster.start()
    back = time.monotonic()
    took = within(10, lambda: load.answered_after(back + 0.6), "every writer is answered again")
    time.sleep(1)
    load.end()
    others = [error for _, error in load.refusals if not is_away(error)]
    assert not others, others[:3]
    assert load.refusals, "nobody met the lost database"
    assert load.slowest < 8, "a request hung while PostgreSQL was away"
    late = [error for moment, error in load.refusals if moment > back + 2]
    assert not late, late[:3]
    load.check(server)
    print(f"{how}: {load.acknowledged} acknowledged, {len(load.refusals)} refused in {back - gone:.1f} s, "
          f"all answered {took:.1f} s after the return")  # fmt: skip
    assert asking(server).get("/health") == b"OK"


def test_connections_that_went_stale_cost_no_write(serve, cluster, asking):
    """PostgreSQL was restarted while nobody asked: the first who ask must not pay for it."""
    server = serve(database=cluster.url).start()
    before = Load(server)
    time.sleep(0.5)
    before.end()
    cluster.stop("fast")
    cluster.start()
    after = Load(server, patient=True, seed=1)
    time.sleep(0.7)
    after.end()
    assert after.acknowledged and not after.refusals, after.refusals[:3]


def test_starting_without_it(serve, cluster):
    server = serve(database=cluster.url)
    cluster.stop()
    began = time.monotonic()
    status, said = server.refuses_to_start()
    assert status == 1 and time.monotonic() - began < 10
    assert "database is not available" in said and "127.0.0.1" in said, said
    assert cluster.secret not in said
    cluster.start()
    server.start()


def test_a_wrong_password_is_not_shown(serve, cluster):
    wrong = cluster.url.replace(cluster.secret, "wr0ng")
    status, said = serve(database=wrong).refuses_to_start()
    assert status == 1 and "password authentication failed" in said and "wr0ng" not in said, said


def test_one_that_answers_no_more(serve, cluster, asking):
    """Frozen, not gone: connections stay open and nothing comes. Whoever asks is told in bounded time."""
    server = serve(database=cluster.url).start()
    run = asking(server).run()
    frozen = children(cluster.pid)
    for pid in frozen:
        os.kill(pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        status, said = asking(server).ask("GET", "/health")
        assert status == 503 and time.monotonic() - began < 5
        server.signal()
        assert server.ends_within(15) == 0
    finally:
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)
    server.start()
    assert asking(server).get(f"runs/get?run_id={run}")


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [pid, *map(int, file.read().split())]
