"""Clients that dawdle, break off, talk nonsense, or come in thousands: others are served meanwhile."""

import contextlib
import json
import socket
import time

import pytest

from asking import API, ARTIFACTS, head, raw, rest
from processes import within

PATIENCE = 3
METRIC = API + "runs/log-metric"


@pytest.fixture
def server(serve):
    """One that waits for clients no longer than a test does."""
    return serve(arguments=["--client-timeout", str(PATIENCE)]).start()


def drip(connection, data, seconds):
    """Sends a byte a tenth of a second, until it is cut off: after how long, and what came back."""
    began = time.monotonic()
    connection.settimeout(0.1)
    received = b""
    for byte in data:
        if time.monotonic() - began > seconds:
            return None, received
        try:
            connection.sendall(bytes([byte]))
            chunk = connection.recv(65536)
            received += chunk
            if not chunk:
                break
        except TimeoutError:
            pass
        except OSError:
            break
    return time.monotonic() - began, received


@pytest.mark.usefixtures("serves_others")
@pytest.mark.parametrize(
    ("begins", "answer"),
    [
        (b"GET /health HTTP/1.1\r\nHost: x\r\nX-Long: ", b""),
        (head("POST", METRIC, Content_Type="application/json", Content_Length=100_000), b"HTTP/1.1 408 "),
        (head("PUT", f"{ARTIFACTS}/dripped.bin", Content_Length=100_000), b"HTTP/1.1 408 "),
        (head("POST", METRIC, Content_Type="application/json", Transfer_Encoding="chunked"), b"HTTP/1.1 408 "),
    ],
    ids=["head", "body", "artifact", "chunked"],
)
def test_one_byte_at_a_time(server, begins, answer):
    """Slow-loris: twenty bytes a second keep no connection open."""
    drop = b"5\r\nxxxxx\r\n" if b"chunked" in begins else b"x"
    connections = []
    for _ in range(20):
        connections.append(raw(server))
        connections[-1].sendall(begins)
    took, received = drip(connections[0], drop * 1000, 4 * PATIENCE)
    assert took is not None, "it was never cut off"
    assert took > PATIENCE * 0.8 and received.startswith(answer), (took, received[:200])
    for connection in connections[1:]:
        connection.settimeout(2 * PATIENCE)
        assert rest(connection).startswith(answer)
    assert not list(server.home.rglob("dripped.bin"))


def test_a_body_that_comes_slowly_but_steadily_is_taken(server, asking):
    """Longer than the patience in all, never slower than the pace."""
    data, began = b"x" * 10_000, time.monotonic()

    def slowly():
        for start in range(0, len(data), 500):
            time.sleep(0.25)
            yield data[start : start + 500]

    asking(server).ok("PUT", f"{ARTIFACTS}/steady.bin", slowly())
    assert time.monotonic() - began > PATIENCE + 1
    assert asking(server).get(f"{ARTIFACTS}/steady.bin") == data


@pytest.mark.usefixtures("serves_others")
def test_who_takes_no_answer_is_cut_off(server, asking):
    """An answer larger than all buffers in between, and a client that does not read it."""
    asking(server).ok("PUT", f"{ARTIFACTS}/large.bin", b"x" * (32 << 20))
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", server.port))
    connection.settimeout(60)
    files = server.files()
    connection.sendall(head("GET", f"{ARTIFACTS}/large.bin"))
    within(PATIENCE * 6, lambda: server.files() < files, "its connection is closed")
    connection.close()


def test_two_thousand_that_say_nothing(serve, asking):
    """The patience is longer than it may take to connect them all."""
    server = serve(arguments=["--client-timeout", "40"]).start()
    before, files = server.memory(), server.files()
    connections = [raw(server) for _ in range(2000)]
    within(30, lambda: server.files() >= files + 2000, "all are taken")
    grown = server.memory() - before
    assert grown < 100, f"{grown:.0f} MiB for 2,000 connections"
    began = time.monotonic()
    ask = asking(server)
    ask.post("runs/set-tag", {"run_id": ask.run(), "key": "k", "value": "v"})
    assert time.monotonic() - began < 2
    within(60, lambda: server.files() < files + 50, "idle connections are closed")
    for connection in connections:
        connection.close()


def test_files_run_out(serve, asking):
    """More connections than the process may have files: those beyond wait, and nothing breaks."""
    server = serve(arguments=["--client-timeout", str(PATIENCE)])
    command = server.command
    server.command = lambda: ["prlimit", "--nofile=256:256", *command()]
    server.start()
    run = asking(server).run()
    idle = [raw(server) for _ in range(400)]
    # Once those that were taken are cut off, there is room again.
    late = asking(server)
    late.post("runs/set-tag", {"run_id": run, "key": "k", "value": "v"})
    late.ok("PUT", f"{ARTIFACTS}/file.txt", b"x")
    assert server.files() <= 256
    for connection in idle:
        connection.close()


MALFORMED = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    b"G\x00T / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nA: \x00\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 200 + b"\r\n",
    b"GET /" + b"x" * 500_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 1_000_000 + b"\r\n\r\n",
    b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n" % METRIC.encode(),
    b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n" % METRIC.encode(),
    b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\n{}\n\n\n" % METRIC.encode(),
    b"POST %s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" % METRIC.encode(),
    b"POST %s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n" % METRIC.encode(),
    b"\r\n" * 1000,
    bytes(range(256)) * 40,
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
]


@pytest.mark.usefixtures("serves_others")
@pytest.mark.parametrize("sent", MALFORMED, ids=range(len(MALFORMED)))
def test_what_is_no_http(server, sent):
    """Refused with a status of 4xx or cut off; never a 5xx, never a hang. Whoever begins as HTTP/2 does is
    answered in its frames, of which the settings come first."""
    connection = raw(server, 3 * PATIENCE)
    with contextlib.suppress(OSError):
        connection.sendall(sent)
    received = rest(connection)
    settings = sent.startswith(b"PRI * HTTP/2.0") and received[3:4] == b"\x04"
    assert not received or settings or received.startswith(b"HTTP/1.1 4"), received[:200]
    assert server.runs()


def test_a_length_and_chunks_at_once_smuggle_nothing(server):
    """RFC 9112, 6.3: chunks win or it is an error; what follows is never taken for another request."""
    inner = head("GET", "/version")
    body = b"0\r\n\r\n" + inner
    connection = raw(server, 3 * PATIENCE)
    fields = f"Content-Length: {len(body)}\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json"
    connection.sendall(f"POST {METRIC} HTTP/1.1\r\nHost: x\r\n{fields}\r\n\r\n".encode() + body)
    received = rest(connection)
    assert b"3.17.2" not in received, received[:500]
    assert received.startswith(b"HTTP/1.1 4") or not received


def test_uploads_that_break_off(server, asking):
    for how in ("close", "reset"):
        connection = raw(server)
        connection.sendall(head("PUT", f"{ARTIFACTS}/broken/{how}.bin", Content_Length=5_000_000))
        connection.sendall(b"x" * 3_000_000)
        if how == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        connection.close()
    ask = asking(server)
    within(5, lambda: not [f for f in server.home.rglob("*") if f.name.startswith("file-")], "leftovers go")
    assert ask.get(f"{ARTIFACTS}?path=broken").get("files", []) == []
    assert not list((server.home / "artifacts").rglob("*.bin"))
    # A file that is there keeps its content when its replacement breaks off.
    ask.ok("PUT", f"{ARTIFACTS}/broken/kept.bin", b"kept")
    connection = raw(server)
    connection.sendall(head("PUT", f"{ARTIFACTS}/broken/kept.bin", Content_Length=100) + b"new")
    connection.close()
    time.sleep(0.3)
    assert ask.get(f"{ARTIFACTS}/broken/kept.bin") == b"kept"


def test_pipelined_requests_are_answered_in_order(server, asking):
    run = asking(server).run()
    requests = []
    for step in range(100):
        metric = {"run_id": run, "key": "m", "value": step, "timestamp": 1, "step": step}
        body = json.dumps(metric).encode()
        requests.append(head("POST", METRIC, Content_Type="application/json", Content_Length=len(body)) + body)
        requests.append(head("GET", f"/api/2.0/mlflow/runs/get?run_id={run}"))
    connection = raw(server)
    connection.sendall(b"".join(requests) + head("GET", "/version", Connection="close"))
    received = rest(connection)
    assert received.count(b"HTTP/1.1 200 ") == 201 and received.endswith(b"3.17.2")
    # Each answer knows what was asked before it.
    latest = [json.loads(part.split(b"\r\n\r\n")[1].split(b"HTTP/1.1")[0])["run"] for part in
              received.split(b"content-type: application/json") if b'{"run":' in part]  # fmt: skip
    assert [run["data"]["metrics"][0]["value"] for run in latest] == list(range(100))
    assert len(asking(server).history(run, "m")) == 100


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "PROPFIND", "CONNECT"])
@pytest.mark.parametrize("path", ["/health", METRIC, API + "runs/get", f"{ARTIFACTS}/a.txt", "/nowhere"])
def test_other_methods(server, asking, method, path):
    ask = asking(server)
    ask.ok("PUT", f"{ARTIFACTS}/a.txt", b"a")
    status, said = ask.ask(method, path)
    assert status in (200, 204, 400, 404, 405, 501), (status, said)
    if method == "HEAD":
        assert said == b""
        expected = {"/health": 200, f"{ARTIFACTS}/a.txt": 200, METRIC: 405, "/nowhere": 404}
        assert status == expected.get(path, 400)
    assert ask.get("/health") == b"OK"


def test_a_head_has_no_body(server):
    for path in ("/health", f"{ARTIFACTS}/none", "/nowhere", METRIC):
        connection = raw(server)
        connection.sendall(head("HEAD", path, Connection="close"))
        received = rest(connection)
        assert received.startswith(b"HTTP/1.1 ") and received.endswith(b"\r\n\r\n"), received


@pytest.mark.usefixtures("serves_others")
def test_bodies_of_a_hundred_mib(server, asking):
    ask, large = asking(server), b"x" * (100 << 20)
    body = b'{"run_id": "' + large + b'"}'
    status, said = ask.ask("POST", METRIC, body, {"Content-Type": "application/json"})
    assert status in (400, 413) and "larger than this server accepts" in said["message"], (status, said)
    ask.ok("PUT", f"{ARTIFACTS}/large.bin", large)
    assert len(ask.get(f"{ARTIFACTS}/large.bin")) == len(large)
    assert server.memory() < 400


@pytest.mark.usefixtures("serves_others")
@pytest.mark.parametrize(
    "body",
    [
        b"[" * 1_000_000,
        b'{"run_id":' * 200_000 + b"1" + b"}" * 200_000,
        b'{"run_id": "x", "deep": ' + b"[" * 500_000 + b"]" * 500_000 + b"}",
        b'{"run_id": "x", "key": "k", "value": "v", ' + b",".join(b'"f%d": 1' % n for n in range(200_000)) + b"}",
        b'{"run_id": "' + b"\\u0000" * 10_000 + b'", "key": "k", "value": "v"}',
        b'{"run_id": "\\ud800", "key": "k", "value": "v"}',
        b"\xff\xfe{}",
    ],
    ids=["brackets", "objects", "beside", "fields", "nuls", "surrogate", "not-utf8"],
)
def test_json_that_nobody_means(server, asking, body):
    """Refused; or taken by a search, which looks at none of the fields that are amiss."""
    began = time.monotonic()
    for path in ("runs/set-tag", "runs/log-batch", "runs/search", "experiments/search"):
        status, said = asking(server).ask("POST", path, body, {"Content-Type": "application/json"})
        assert 400 <= status < 500 or (path.endswith("search") and status == 200), (path, status, said)
    assert time.monotonic() - began < 20
    assert server.runs()
