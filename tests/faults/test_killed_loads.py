"""`trimtab features materialize` is killed at random moments, and goes on where it ended."""

import json
import random
import subprocess
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from servers import trimtab_binary

ROWS, ENTITIES = 2_000_000, 1_500_000

DEFINITIONS = """
[[entity]]
name = "entity"
keys = { entity_id = "int64" }

[[source]]
name = "rows"
kind = "parquet"
path = "rows.parquet"
event_time = "event_timestamp"

[[view]]
name = "killed"
entities = ["entity"]
source = "rows"
online = true
feature = [
    { name = "a", type = "float64" },
    { name = "b", type = "float64" },
    { name = "n", type = "int64" },
    { name = "word", type = "string" },
]
"""


def rows(path):
    """Entities that come again, with events in no order, some of them at the same moment."""
    made = np.random.default_rng(11)
    seconds = made.integers(0, 1_000, ROWS).astype("timedelta64[s]")
    table = pa.table({
        "entity_id": made.integers(0, ENTITIES, ROWS),
        "event_timestamp": pa.array(np.datetime64("2026-11-01", "us") + seconds, pa.timestamp("us", "UTC")),
        "a": made.normal(size=ROWS), "b": made.normal(size=ROWS), "n": np.arange(ROWS),
        "word": np.char.add("a longer word that takes room ", (np.arange(ROWS) % 97).astype(str)),
    })  # fmt: skip
    pq.write_table(table, path, row_group_size=100_000)


def command(home, *words):
    return [trimtab_binary(), "features", *map(str, words), "--home", str(home), "--format", "json"]


def run(home, *words):
    done = subprocess.run(command(home, *words), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def load(home):
    return command(home, "materialize", "killed", "--from", "2026-11-01", "--to", "2026-12-01")


def test_a_load_that_is_killed_ends_as_one_that_is_not(tmp_path):
    (tmp_path / "features.toml").write_text(DEFINITIONS)
    rows(tmp_path / "rows.parquet")
    calm, torn = tmp_path / "calm", tmp_path / "torn"
    for home in (calm, torn):
        applied = [trimtab_binary(), "features", "apply", tmp_path, "--home", home]
        subprocess.run(applied, check=True, capture_output=True)
    began = time.monotonic()
    done = json.loads(subprocess.run(load(calm), check=True, capture_output=True).stdout)[0]
    whole = time.monotonic() - began
    assert done["rows"] == ROWS and done["resumed_at"] == 0
    moments, kills = random.Random(3), 0
    for _ in range(8):
        process = subprocess.Popen(load(torn), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            process.communicate(timeout=whole * moments.uniform(0.4, 0.95))
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            kills += 1
    done = json.loads(subprocess.run(load(torn), check=True, capture_output=True).stdout)[0]
    print(f"{kills} kills; the last load began at row {done['resumed_at']:,}")
    assert kills >= 2
    sample = ",".join(map(str, moments.sample(range(ENTITIES), 5_000)))
    asked = ("get", "killed", "--entity", f"entity_id={sample}")
    assert run(calm, *asked) == run(torn, *asked)
    stats = [run(home, "freshness")[0] for home in (calm, torn)]
    for key in ("entities", "newest_event", "materialized_to", "pending"):
        assert stats[0][key] == stats[1][key], key
