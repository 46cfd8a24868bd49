"""More than fits: refused with 429 and a clear word, while the memory stays bounded.

The writer is held up from outside, by a lock on the SQLite file; then work can only pile up.
"""

import contextlib
import json
import resource
import selectors
import sqlite3
import threading
import time

import pytest

from asking import API, Asking, head, raw

# The server lets 8,192 pieces of work wait, and holds 128 MiB of requests.
WAITING = 8_192
MIB_AT_HAND = 128
FEW = 3


@contextlib.contextmanager
def writer_held_up(server):
    db = sqlite3.connect(server.home / "tracking.db", isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        db.execute("ROLLBACK")
        db.close()


@pytest.fixture
def many_files():
    """Sockets for all clients of a test."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def statuses(connections, seconds):
    """The answers so far: a status and a message for each connection that was answered."""
    answers, selector = {}, selectors.DefaultSelector()
    for connection in connections:
        selector.register(connection, selectors.EVENT_READ)
    deadline = time.monotonic() + seconds
    while len(answers) < len(connections) and time.monotonic() < deadline:
        for key, _ in selector.select(0.2):
            connection = key.fileobj
            said = connection.recv(4096)
            answers[connection] = (said[9:12], said)
            selector.unregister(connection)
    selector.close()
    return answers


def test_more_writes_than_may_wait(serve, asking, many_files):
    clients = WAITING + 600
    if many_files < 2 * clients + 500:
        pytest.skip(f"{clients} clients need {2 * clients + 500} files, there are {many_files}")
    server = serve().start()
    run = asking(server).run()
    body = json.dumps({"run_id": run, "key": "k", "value": "v"}).encode()
    request = head("POST", API + "runs/set-tag", Content_Type="application/json", Content_Length=len(body)) + body
    before = server.memory()
    connections = [raw(server) for _ in range(clients)]
    with writer_held_up(server):
        for connection in connections:
            connection.sendall(request)
        refused = statuses(connections, 6)
        # The writer has taken some, and there the lock holds them.
        assert len(refused) >= clients - WAITING - 1024, len(refused)
        # Few may have met the lock itself, which SQLite waits for ten seconds.
        told = [said for status, said in refused.values() if status != b"503"]
        assert len(told) >= len(refused) - FEW
        assert {said[9:12] for said in told} == {b"429"}
        assert all(b"REQUEST_LIMIT_EXCEEDED" in said for said in told)
        assert all(b"too many requests are waiting" in said for said in told)
        # Reads do not wait for the writer.
        assert asking(server).get(f"runs/get?run_id={run}")
        grown = server.memory("VmHWM") - before
    assert grown < 600, f"{grown:.0f} MiB for {clients} requests"
    waiting = [connection for connection in connections if connection not in refused]
    answers = statuses(waiting, 60)
    assert len(answers) == len(waiting)
    assert sum(status != b"200" for status, _ in answers.values()) <= FEW
    for connection in connections:
        connection.close()
    print(f"{len(refused)} of {clients} were refused, {grown:.0f} MiB more")


def test_more_bytes_than_may_be_at_hand(serve, asking):
    server = serve().start()
    run = asking(server).run()
    params = [{"key": f"p{n}", "value": "v" * 5_000} for n in range(100)]
    body = {"run_id": run, "tags": params * 8}
    size = len(json.dumps(body)) / (1 << 20)
    clients = int(3 * MIB_AT_HAND / size)
    before, answers = server.memory(), []

    def one():
        try:
            answers.append(Asking(server).ask("POST", "runs/log-batch", body))
        except OSError as error:
            answers.append((0, error))

    threads = [threading.Thread(target=one, daemon=True) for _ in range(clients)]
    with writer_held_up(server):
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + 8
        while len(answers) < clients // 3 and time.monotonic() < deadline:
            time.sleep(0.1)
        early = list(answers)
    for thread in threads:
        thread.join(90)
    grown = server.memory("VmHWM") - before
    assert {status for status, _ in early} == {429}, early[:3]
    assert all("too many large requests" in said["message"] for _, said in early)
    assert {status for status, _ in answers} <= {200, 400, 429}, [a for a in answers if a[0] not in (200, 400, 429)][:3]
    assert grown < 6 * MIB_AT_HAND, f"{grown:.0f} MiB"
    print(f"{len(early)} of {clients} requests of {size:.1f} MiB were refused, {grown:.0f} MiB more")
    # It is let go again: another large request is taken.
    assert asking(server).ask("POST", "runs/log-batch", {**body, "tags": params[:50]})[0] == 200


def test_sixteen_of_the_largest_requests(serve, asking):
    """Read as a whole, each of them: what that costs is measured."""
    server = serve().start()
    run = asking(server).run()
    metrics = [{"key": f"m{n % 100}", "value": 1.5, "timestamp": 1, "step": n} for n in range(900_000)]
    body = json.dumps({"run_id": run, "metrics": metrics}).encode()
    before, answers = server.memory(), []

    def one():
        answers.append(Asking(server).ask("POST", "runs/log-batch", body, {"Content-Type": "application/json"}))

    threads = [threading.Thread(target=one, daemon=True) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    grown = server.memory("VmHWM") - before
    print(f"16 of {len(body) >> 20} MiB: {sorted(status for status, _ in answers)}, {grown:.0f} MiB more")
    # More than a thousand metrics in one batch are refused, as the protocol has it.
    assert {status for status, _ in answers} <= {400, 429}, answers[:3]
    assert grown < 8 * MIB_AT_HAND, f"{grown:.0f} MiB"
    assert asking(server).get("/health") == b"OK"
