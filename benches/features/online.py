"""Features online, ours beside Feast's own server over SQLite: the same rows, the same questions over HTTP.

    python online.py TRIMTAB [--quick]

Reads: 50 features of 1 and of 100 entities, one question after the other over one connection, by a client
that sends prepared bytes and waits for the answer's last byte. Materialising: the command of each, from
one Parquet file of rows of different entities into an empty store; Feast is given a part of the rows, since
it holds them all in memory, and both are told in rows a second.
"""

import argparse
import json
import os
import pathlib
import random
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.update(FEAST_USAGE="False", NO_PROXY="127.0.0.1")

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

START = np.datetime64("2026-11-01T00:00:00", "us")
FEAST = pathlib.Path(sys.executable).with_name("feast")
KINDS = [("float64", "Float64")] * 30 + [("int64", "Int64")] * 15 + [("string", "String")] * 5
WIDE = [(f"f{n:02}", *kind) for n, kind in enumerate(KINDS)]
NARROW = [(f"n{n}", *kind) for n, kind in enumerate([("float64", "Float64")] * 4 + [("int64", "Int64")])]


def rows(path, first, count, features, group=1_000_000):
    """Rows of as many entities, in no order of their keys."""
    random_ = np.random.default_rng(7)
    keys = random_.permutation(count).astype("int64") + first
    writer = None
    for start in range(0, count, group):
        size = min(group, count - start)
        seconds = random_.integers(0, 20 * 86_400, size).astype("timedelta64[s]")
        columns = {"entity_id": keys[start : start + size], "event_timestamp": START + seconds}
        for name, kind, _ in features:
            if kind == "float64":
                columns[name] = random_.normal(size=size)
            elif kind == "int64":
                columns[name] = random_.integers(0, 1_000_000, size)
            else:
                columns[name] = np.char.add("value ", random_.integers(0, 1_000, size).astype(str))
        table = pa.table(columns)
        table = table.set_column(1, "event_timestamp", table["event_timestamp"].cast(pa.timestamp("us", "UTC")))
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    writer.close()


def our_definitions(folder):
    text = '[[entity]]\nname = "entity"\nkeys = { entity_id = "int64" }\n'
    for view, features in (("wide", WIDE), ("narrow", NARROW)):
        listed = ", ".join(f'{{ name = "{name}", type = "{kind}" }}' for name, kind, _ in features)
        text += f"""
[[source]]
name = "{view}_rows"
kind = "parquet"
path = "{view}.parquet"
event_time = "event_timestamp"

[[view]]
name = "{view}"
entities = ["entity"]
source = "{view}_rows"
online = true
feature = [{listed}]
"""
    (folder / "features.toml").write_text(text)


def their_definitions(folder, narrow):
    lines = [
        "from datetime import timedelta",
        "from feast import Entity, FeatureView, Field, FileSource, ValueType",
        "from feast.types import Float64, Int64, String",
        'entity = Entity(name="entity", join_keys=["entity_id"], value_type=ValueType.INT64)',
    ]
    for view, features, file in (("wide", WIDE, "wide.parquet"), ("narrow", NARROW, narrow)):
        schema = ", ".join(f'Field(name="{name}", dtype={kind})' for name, _, kind in features)
        lines.append(
            f'{view} = FeatureView(name="{view}", entities=[entity], ttl=timedelta(0), schema=[{schema}], '
            f'source=FileSource(name="{view}_rows", path="{folder}/{file}", timestamp_field="event_timestamp"))'
        )
    (folder / "definitions.py").write_text("\n".join(lines) + "\n")
    (folder / "feature_store.yaml").write_text(
        f"project: bench\nprovider: local\nregistry: {folder}/registry.db\n"
        f"online_store:\n    type: sqlite\n    path: {folder}/online.db\n"
        "entity_key_serialization_version: 3\n"
    )


def timed(*command):
    """Seconds, and the memory of the largest child so far in MiB."""
    began = time.perf_counter()
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{command}\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Client:
    """Prepared questions over one connection."""

    def __init__(self, port):
        self.port = port
        for _ in range(600):
            try:
                self.socket = socket.create_connection(("127.0.0.1", port), 60)
                break
            except OSError:
                time.sleep(0.1)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def question(self, ids):
        body = json.dumps({"features": [f"wide:{name}" for name, _, _ in WIDE], "entities": {"entity_id": ids}})
        head = f"POST /get-online-features HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nContent-Type: application/json\r\n"
        return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()

    def ask(self, question):
        self.socket.sendall(question)
        head, body = b"", b""
        while b"\r\n\r\n" not in head:
            head += self.socket.recv(1 << 18)
        head, body = head.split(b"\r\n\r\n", 1)
        length = int(next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")).split(b":")[1])
        pieces, got = [body], len(body)
        while got < length:
            pieces.append(self.socket.recv(1 << 18))
            got += len(pieces[-1])
        assert b" 200 " in head.split(b"\r\n")[0], (head, b"".join(pieces)[:500])
        return b"".join(pieces)

    def latencies(self, entities, of, times):
        random_ = random.Random(entities)
        questions = [self.question(random_.sample(range(of), entities)) for _ in range(min(times, 200))]
        for question in questions[:20]:
            self.ask(question)
        took = []
        for n in range(times):
            began = time.perf_counter()
            self.ask(questions[n % len(questions)])
            took.append((time.perf_counter() - began) * 1e3)
        took.sort()
        return {"p50_ms": statistics.median(took), "p99_ms": took[int(len(took) * 0.99)]}


def columns(answer):
    told = json.loads(answer)
    return dict(zip(told["metadata"]["feature_names"], (result["values"] for result in told["results"])))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("trimtab")
    arguments.add_argument("--quick", action="store_true")
    asked = arguments.parse_args()
    wide, ours_rows, theirs_rows = (1_000, 200_000, 10_000) if asked.quick else (10_000, 10_000_000, 200_000)
    ours_times, theirs_times = (500, 50) if asked.quick else (5_000, 300)
    trimtab, results = str(pathlib.Path(asked.trimtab).resolve()), {}
    folder = pathlib.Path(tempfile.mkdtemp(prefix="trimtab-online-", dir=os.environ.get("TMPDIR")))
    ours = theirs = None
    try:
        rows(folder / "wide.parquet", 0, wide, WIDE)
        rows(folder / "narrow.parquet", 0, ours_rows, NARROW)
        rows(folder / "less.parquet", 0, theirs_rows, NARROW)
        our_definitions(folder)
        their_definitions(folder, "less.parquet")
        home, span = folder / "home", ("--from", "2026-11-01", "--to", "2026-12-01")
        timed(trimtab, "features", "apply", folder, "--home", home)
        timed(trimtab, "features", "materialize", "wide", *span, "--home", home)
        took, memory = timed(trimtab, "features", "materialize", "narrow", *span, "--home", home)
        ours_rate = ours_rows / took
        results["materialise"] = {"ours_seconds": took, "ours_rows": ours_rows, "ours_peak_mib": memory}
        timed(FEAST, "-c", folder, "apply")
        times = ("2026-11-01T00:00:00", "2026-12-01T00:00:00")
        timed(FEAST, "-c", folder, "materialize", *times, "-v", "wide")
        # What starting Feast takes is not counted: a span that holds nothing takes as long.
        idle, _ = timed(FEAST, "-c", folder, "materialize", "2020-01-01T00:00:00", "2020-01-02T00:00:00", "-v", "narrow")
        took, memory = timed(FEAST, "-c", folder, "materialize", *times, "-v", "narrow")
        theirs_rate = theirs_rows / max(took - idle, 1e-9)
        results["materialise"] |= {"theirs_seconds": took - idle, "theirs_rows": theirs_rows, "theirs_peak_mib": memory}
        print(f"materialise 5 features: ours {ours_rows:,} rows in {ours_rows / ours_rate:.1f} s, {ours_rate:,.0f} rows/s; "
              f"Feast {theirs_rows:,} rows in {took - idle:.1f} s, {theirs_rate:,.0f} rows/s; "
              f"{ours_rate / theirs_rate:.1f}x  goal >= 20x")  # fmt: skip
        ports = free_port(), free_port()
        quiet = dict(stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        ours = subprocess.Popen([trimtab, "serve", "--features", "--home", home, "--port", str(ports[0])], **quiet)
        theirs = subprocess.Popen([FEAST, "-c", folder, "serve", "-p", str(ports[1]), "--no-access-log"], **quiet)
        clients = [Client(port) for port in ports]
        sample = random.Random(1).sample(range(wide), 20)
        answers = [columns(client.ask(client.question(sample))) for client in clients]
        assert answers[0] == answers[1], "the two answer different things"
        for entities, limit in ((1, 1.0), (100, 3.0)):
            mine = clients[0].latencies(entities, wide, ours_times)
            other = clients[1].latencies(entities, wide, theirs_times)
            results[f"read_{entities}"] = {"ours": mine, "theirs": other}
            print(f"50 features of {entities:>3}: ours p50 {mine['p50_ms']:.3f} ms, p99 {mine['p99_ms']:.3f} ms (goal < {limit:g}); "
                  f"Feast p50 {other['p50_ms']:.2f} ms, p99 {other['p99_ms']:.2f} ms; "
                  f"p50 {other['p50_ms'] / mine['p50_ms']:.1f}x  goal >= 10x")  # fmt: skip
    finally:
        for process in (ours, theirs):
            if process:
                process.terminate()
                process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)
    out = pathlib.Path("target/bench/online.json")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(results, indent=1))
    print(f"written to {out}")


main()
