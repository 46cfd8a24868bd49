"""Asks Trimtab and its peers for the same predictions, compares the answers, and writes down what each took.

One row and many go over HTTP to Trimtab, with its prediction log on, and to `mlflow models serve` over the
same ONNX file and over the LightGBM model that it was converted from. Batches go to ONNX Runtime within this
process as well: the whole way over HTTP against a call of a library.

Writes target/bench/serving.json. Ends with 1 if an answer of ours differs.
"""

import argparse
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import sys
import threading
import time

import model
import numpy as np
import onnxruntime
import servers

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
OUT = ROOT / "target" / "bench"
# What LightGBM computes in double, and ONNX in float, over 200 trees.
TOLERANCE = 1e-4


class Client:
    """One connection that stays open, and no more of HTTP than is needed: what is timed is the server."""

    def __init__(self, server, path="/invocations"):
        self.socket = socket.create_connection(("127.0.0.1", server.port), 60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.path = path

    def ask(self, body, headers):
        head = {"Host": "127.0.0.1", "Content-Length": str(len(body)), **headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        self.socket.sendall(f"POST {self.path} HTTP/1.1\r\n{lines}\r\n".encode() + body)
        said = b""
        while b"\r\n\r\n" not in said:
            said += self.received()
        head, said = said.split(b"\r\n\r\n", 1)
        first, *lines = head.decode().split("\r\n")
        head = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        pieces, missing = [said], int(head["content-length"]) - len(said)
        while missing > 0:
            pieces.append(self.received())
            missing -= len(pieces[-1])
        said = b"".join(pieces)
        if " 200 " not in first:
            sys.exit(f"error: {self.path} answered {first}: {said[:300]!r}")
        return said, head

    def received(self):
        some = self.socket.recv(1 << 18)
        return some or sys.exit(f"error: {self.path}: the connection was closed")


def split(x):
    """Rows as a body of MLflow's protocol."""
    names = [f"f{at}" for at in range(x.shape[1])]
    body = {"dataframe_split": {"columns": names, "data": x.astype(float).tolist()}}
    return json.dumps(body).encode(), {"Content-Type": "application/json"}


def binary(x):
    """Rows as raw bytes of the Open Inference Protocol."""
    raw = x.tobytes()
    tensor = {"name": "x", "shape": x.shape, "datatype": "FP32", "parameters": {"binary_data_size": len(raw)}}
    head = json.dumps({"inputs": [tensor], "parameters": {"binary_data_output": True}}).encode()
    return head + raw, {"Inference-Header-Content-Length": str(len(head))}


def of_scoring(said):
    """The predictions in an answer of MLflow's protocol."""
    found = json.loads(said)["predictions"]
    return np.array([next(iter(one.values())) if isinstance(one, dict) else one for one in found], float)


def of_binary(said, headers):
    """The predictions in an answer of raw bytes."""
    return np.frombuffer(said[int(headers["inference-header-content-length"]) :], np.float32)


def timed(ask, seconds, least=20):
    """The median of calls, and the 99th percentile."""
    for _ in range(5):
        ask()
    took, until = [], time.perf_counter() + seconds
    while time.perf_counter() < until or len(took) < least:
        begun = time.perf_counter()
        ask()
        took.append(time.perf_counter() - begun)
    return statistics.median(took), sorted(took)[int(0.99 * (len(took) - 1))]


def many(server, body, headers, clients, seconds):
    """Seconds a request, as so many clients see them together."""
    done, until = [0] * clients, time.perf_counter() + seconds
    begun = time.perf_counter()

    def work(at):
        client = Client(server)
        while time.perf_counter() < until:
            client.ask(body, headers)
            done[at] += 1

    threads = [threading.Thread(target=work, args=(at,)) for at in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return (time.perf_counter() - begun) / max(sum(done), 1)


def register(server, folder):
    """Puts the model into the registry of ours, as champion."""
    import mlflow

    mlflow.set_tracking_uri(server.uri)
    mlflow.set_registry_uri(server.uri)
    client = mlflow.MlflowClient()
    with mlflow.start_run() as run:
        mlflow.log_artifacts(str(folder), "model")
    client.create_registered_model("gbdt")
    source = f"{run.info.artifact_uri}/model"
    version = client.create_model_version("gbdt", source, run.info.run_id)
    client.set_registered_model_alias("gbdt", "champion", version.version)


def server_side(server):
    """What ours says of itself: nanoseconds from arrival to answer, all and of half, and requests."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("GET", "/v2/models/gbdt@champion/stats")
    said = json.loads(connection.getresponse().read())
    of = said["model_stats"][0]
    success = of["inference_stats"]["success"]
    return success["ns"], success["count"], of["latency"]["p50_ns"], of["latency"]["p99_ns"]


class Report:
    """The rows."""

    def __init__(self):
        self.rows, self.differs = [], False

    def add(self, question, size, ours, peer, theirs, gap, memory, note):
        self.differs |= gap is not None and not gap <= TOLERANCE
        ratio = round(theirs / ours, 2) if theirs else None
        self.rows.append(
            {
                "question": question,
                "size": size,
                "ours_seconds": round(ours, 9),
                "peer": peer,
                "peer_seconds": round(theirs, 9) if theirs else None,
                "ratio": ratio,
                "answer_gap": gap,
                "memory_mib": round(memory, 1),
                "note": note,
            }
        )
        shown = f"{ratio:,.1f}x" if ratio else "-"
        theirs = f"{theirs * 1e3:.3f} ms" if theirs else "-"
        print(f"{question:<34} {size:<22} {ours * 1e3:>10.3f} ms  {peer or '-':<34} {theirs:>12} {shown:>8}  {note}")


def run(binary_path, place, quick):
    seconds = 0.5 if quick else 5.0
    report = Report()
    folders = model.save(place)
    session = onnxruntime.InferenceSession(str(folders[0] / "model.onnx"), providers=["CPUExecutionProvider"])
    one, thousand = model.rows(1), model.rows(1_000)
    expected = {len(x): session.run(None, {"x": x})[0].ravel() for x in (one, thousand)}

    ours = servers.trimtab(binary_path, place / "ours")
    try:
        register(ours, folders[0])
        client, raw = Client(ours), Client(ours, "/v2/models/gbdt@champion/infer")
        mine = {}
        for x in (one, thousand):
            body, headers = split(x)
            gap = float(np.max(np.abs(of_scoring(client.ask(body, headers)[0]) - expected[len(x)])))
            before = server_side(ours)
            took = timed(lambda: client.ask(body, headers), seconds)
            after = server_side(ours)
            # The mean is of these requests alone; the quantiles are of all since the model was loaded, and
            # single rows are asked for first.
            within = (after[0] - before[0]) / (after[1] - before[1]) / 1e9, after[2] / 1e9, after[3] / 1e9
            mine[len(x)] = took, gap, within
        body, headers = binary(thousand)
        gap = float(np.max(np.abs(of_binary(*raw.ask(body, headers)) - expected[1_000])))
        mine["raw"] = timed(lambda: raw.ask(body, headers), seconds), gap
        body, headers = split(one)
        mine["clients"] = many(ours, body, headers, 16, seconds)
        memory = ours.memory_mib()
    finally:
        ours.stop()

    (took, p99), gap, within = mine[1]
    mean, half, nearly_all = within
    note = f"goal 0.2 ms: {'met' if half < 2e-4 else 'MISSED'}; mean {mean * 1e3:.3f} ms, p99 {nearly_all * 1e3:.3f} ms"
    report.add("one row, within the server, p50", "200 trees, 20 features", half, None, None, gap, memory, note)
    for folder, name in zip(folders, ["onnx", "lightgbm"]):
        peer = servers.mlflow(folder, place / f"mlflow-{name}")
        label = f"mlflow models serve ({name})"
        try:
            client = Client(peer)
            for x in (one, thousand):
                body, headers = split(x)
                found = of_scoring(client.ask(body, headers)[0])
                gap = max(mine[len(x)][1], float(np.max(np.abs(found - expected[len(x)]))))
                theirs, theirs_p99 = timed(lambda: client.ask(body, headers), seconds)
                (own, own_p99), _, _ = mine[len(x)]
                note = f"p99 {own_p99 * 1e3:.2f} and {theirs_p99 * 1e3:.2f} ms"
                if len(x) == 1:
                    note += "; goal 20x: " + ("met" if theirs / own >= 20 else "MISSED")
                report.add("JSON over HTTP", f"{len(x):,} rows", own, label, theirs, gap, memory, note)
            body, headers = split(one)
            theirs = many(peer, body, headers, 16, seconds)
            note = f"theirs holds {peer.memory_mib():.0f} MiB"
            report.add("one row, 16 clients, each", "1 row", mine["clients"], label, theirs, None, memory, note)
        finally:
            peer.stop()

    theirs, _ = timed(lambda: session.run(None, {"x": thousand}), seconds)
    (own, _), gap = mine["raw"]
    note = "ours over HTTP and logged, theirs a call within the process; goal 1x: "
    note += "met" if theirs / own >= 1 else "MISSED"
    report.add("raw tensors over HTTP", "1,000 rows", own, "onnxruntime, in process", theirs, gap, memory, note)
    return report


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("binary", type=pathlib.Path, help="the trimtab binary")
    arguments.add_argument("--quick", action="store_true", help="few requests")
    arguments = arguments.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("error: told to end"))
    place = OUT / f"serving-{os.getpid()}"
    place.mkdir(parents=True)
    try:
        report = run(arguments.binary.resolve(strict=True), place, arguments.quick)
    finally:
        shutil.rmtree(place)
    path = OUT / ("serving-quick.json" if arguments.quick else "serving.json")
    path.write_text(json.dumps(report.rows, indent=2) + "\n")
    print(f"written to {path.relative_to(ROOT)}")
    if report.differs:
        sys.exit("error: an answer of ours differs")


if __name__ == "__main__":
    main()
