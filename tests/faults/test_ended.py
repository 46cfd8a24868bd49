"""Told to end: what was begun is answered, the rest is refused, and nobody can hold it up."""

import json
import signal
import time

import pytest

from asking import ARTIFACTS, head, raw, rest
from load import Load
from processes import within

# How long it may take once nothing is at hand, and when a client never finishes.
AT_ONCE, AT_MOST = 3, 12


def begun(server, method, path, body):
    """A request of which half was sent, once the server has that half."""
    connection = raw(server)
    connection.sendall(head(method, path, Content_Length=len(body), Content_Type="application/json"))
    connection.sendall(body[: len(body) // 2])
    time.sleep(0.3)
    return connection, body[len(body) // 2 :]


def refuses_connections(server):
    try:
        raw(server).close()
    except ConnectionError:
        # Refused; or reset, if it was waiting to be taken.
        return True
    return False


def test_under_load_nothing_acknowledged_is_lost(server):
    load = Load(server)
    time.sleep(1)
    server.signal()
    assert server.ends_within(AT_MOST) == 0
    load.end()
    assert load.acknowledged
    # Clients see their connection close between two requests, never an answer that is an error.
    assert not [error for _, error in load.refusals if isinstance(error, AssertionError)]
    server.start()
    load.check(server)


@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT])
def test_a_request_at_hand_is_answered(server, asking, which):
    run = asking(server).run()
    metric = json.dumps({"run_id": run, "key": "m", "value": 1, "timestamp": 1, "step": 1}).encode()
    file = b"x" * 200_000
    logging = begun(server, "POST", "/api/2.0/mlflow/runs/log-metric", metric)
    storing = begun(server, "PUT", f"{ARTIFACTS}/at-hand.bin", file)
    server.signal(which)
    within(AT_ONCE, lambda: refuses_connections(server), "new connections are refused")
    assert server.runs(), "it left while requests were at hand"
    for connection, second_half in (logging, storing):
        connection.sendall(second_half)
        said = rest(connection)
        assert said.startswith(b"HTTP/1.1 200 "), said[:300]
    assert server.ends_within(AT_ONCE) == 0
    server.start()
    ask = asking(server)
    assert ask.history(run, "m") == [(1, 1.0)]
    assert ask.get(f"{ARTIFACTS}/at-hand.bin") == file


def test_connections_that_rest_do_not_hold_it_up(server, asking):
    idle = [raw(server) for _ in range(20)]
    kept_alive = asking(server)
    assert kept_alive.get("/health") == b"OK"
    server.signal()
    assert server.ends_within(AT_ONCE) == 0
    for connection in idle:
        assert rest(connection) == b""


def test_a_client_that_never_finishes_does_not_hold_it_for_ever(server):
    connection, _ = begun(server, "PUT", f"{ARTIFACTS}/stuck.bin", b"x" * 1000)
    server.signal()
    assert server.ends_within(AT_MOST) == 0, "it waits for a client that says no more"
    assert rest(connection) == b""
    assert "stuck.bin" not in [f.name for f in server.home.rglob("*")]


def test_a_second_signal_ends_it_at_once(server):
    connection, _ = begun(server, "PUT", f"{ARTIFACTS}/stuck.bin", b"x" * 1000)
    server.signal()
    assert server.ends_within(1) is None, "it did not wait for the request at hand"
    server.signal()
    assert server.ends_within(AT_ONCE) == 0
    connection.close()
