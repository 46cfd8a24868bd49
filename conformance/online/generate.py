"""What Feast's own feature server (0.67, SQLite) answers: cases.json, and the rows behind it.

    python -m venv V && V/bin/pip install -r requirements.txt httpx && V/bin/python generate.py

The same rows stand in driver_stats.parquet and pairs.parquet, and definitions.toml defines over them what
is defined here in Python.
"""

import datetime
import json
import os
import pathlib
import sys
import tempfile

os.environ["FEAST_USAGE"] = "False"

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from fastapi.testclient import TestClient
from feast import (
    Entity, FeatureService, FeatureStore, FeatureView, Field, FileSource, PushSource, RepoConfig, RequestSource,
    ValueType,
)
from feast.feature_server import get_app
from feast.on_demand_feature_view import on_demand_feature_view
from feast.types import Bool, Float32, Float64, Int32, Int64, String, UnixTimestamp

HERE = pathlib.Path(__file__).parent
UTC = datetime.timezone.utc


def at(*parts):
    return datetime.datetime(*parts, tzinfo=UTC)


def rows():
    """One row an event: whole, with nulls, with numbers that JSON has no word for; drivers come again."""
    nan, inf = float("nan"), float("inf")
    names = ["driver_id", "event_timestamp", "created", "conv_rate", "acc_rate", "trips", "shifts", "active", "city", "seen"]
    types = [
        pa.int64(), pa.timestamp("us", "UTC"), pa.timestamp("us", "UTC"), pa.float32(), pa.float64(), pa.int64(),
        pa.int32(), pa.bool_(), pa.string(), pa.timestamp("us", "UTC"),
    ]  # fmt: skip
    table = [
        (1001, at(2026, 11, 20), at(2026, 11, 20, 1), 0.25, 0.1, 10, 3, True, "Oslo", at(2026, 11, 19, 8, 30)),
        (1001, at(2026, 11, 23), at(2026, 11, 23, 1), 0.1, 1 / 3, 2**40, -7, False, "Zürich", at(2026, 11, 22)),
        (1001, at(2026, 11, 22), at(2026, 11, 24, 1), 0.5, 0.5, 11, 4, True, "Bern", at(2026, 11, 21)),
        (1002, at(2026, 11, 23, 12, 30, 15, 250000), at(2026, 11, 23, 13), nan, inf, None, None, None, None, None),
        (1003, at(2026, 11, 23, 12, 30, 15, 123456), at(2026, 11, 23, 13), -inf, -inf, 0, 0, True, "", at(1970, 1, 1)),
        (1004, at(2026, 11, 21), at(2026, 11, 21, 1), 1.0, 100.0, 1, 1, True, "first", at(2026, 1, 1)),
        (1004, at(2026, 11, 21), at(2026, 11, 21, 2), 2.0, 1e300, 2, 2, True, "corrected", at(2026, 1, 2)),
        (1005, at(2026, 11, 21), at(2026, 11, 21, 1), 0.0, -0.0, -1, -1, False, 'a "b" \\ \n', at(2026, 1, 2)),
    ]
    columns = list(zip(*table))
    return pa.table({name: pa.array(column, type) for name, column, type in zip(names, columns, types)})


def pairs():
    table = {
        "driver_id": pa.array([1001, 1001, 1002], pa.int64()),
        "symbol": pa.array(["AAA", "BBB", "AAA"]),
        "event_timestamp": pa.array([at(2026, 11, 20)] * 3, pa.timestamp("us", "UTC")),
        "weight": pa.array([0.5, 0.25, 0.125]),
    }
    return pa.table(table)


def definitions():
    driver = Entity(name="driver", join_keys=["driver_id"], value_type=ValueType.INT64)
    symbol = Entity(name="symbol", join_keys=["symbol"], value_type=ValueType.STRING)
    source = FileSource(
        name="driver_rows", path=str(HERE / "driver_stats.parquet"), timestamp_field="event_timestamp",
        created_timestamp_column="created",
    )  # fmt: skip
    of_pairs = FileSource(name="pair_rows", path=str(HERE / "pairs.parquet"), timestamp_field="event_timestamp")
    pushed = PushSource(name="driver_push", batch_source=source)
    stats = FeatureView(
        name="driver_stats", entities=[driver], ttl=datetime.timedelta(0), source=pushed,
        schema=[
            Field(name="conv_rate", dtype=Float32), Field(name="acc_rate", dtype=Float64),
            Field(name="trips", dtype=Int64), Field(name="shifts", dtype=Int32), Field(name="active", dtype=Bool),
            Field(name="city", dtype=String), Field(name="seen", dtype=UnixTimestamp),
        ],
    )  # fmt: skip
    weights = FeatureView(
        name="weights", entities=[driver, symbol], ttl=datetime.timedelta(0), source=of_pairs,
        schema=[Field(name="weight", dtype=Float64)],
    )  # fmt: skip
    request = RequestSource(name="request", schema=[Field(name="boost", dtype=Float64)])

    @on_demand_feature_view(sources=[stats, request], schema=[Field(name="boosted", dtype=Float64)], mode="python")
    def boosted_view(inputs):
        return {"boosted": [a * 2 + b for a, b in zip(inputs["acc_rate"], inputs["boost"])]}

    both = FeatureService(name="both", features=[stats[["trips", "city"]], weights])
    boosted = FeatureService(name="with_boost", features=[stats[["trips"]], boosted_view])
    return [driver, symbol, source, of_pairs, pushed, stats, weights, boosted_view, both, boosted]


def ask(name, body, path="/get-online-features"):
    return {"name": name, "path": path, "body": body}


ALL = [f"driver_stats:{name}" for name in ("conv_rate", "acc_rate", "trips", "shifts", "active", "city", "seen")]
PUSHED = {
    "driver_id": [1001, 2001], "event_timestamp": ["2026-11-25T00:00:00", "2026-11-25T06:30:00"],
    "created": ["2026-11-25T00:00:01", "2026-11-25T06:30:01"], "conv_rate": [0.75, 0.5], "acc_rate": [0.9, None],
    "trips": [12, 5], "shifts": [1, 2], "active": [True, False], "city": ["Basel", None],
    "seen": [1795478400, 0],
}  # fmt: skip
CASES = [
    ask("one feature", {"features": ["driver_stats:trips"], "entities": {"driver_id": [1001]}}),
    ask("every type", {"features": ALL, "entities": {"driver_id": [1001, 1002, 1003, 1004, 1005, 9999]}}),
    ask("order of features", {"features": [ALL[5], ALL[0]], "entities": {"driver_id": [1004, 1001, 1004]}}),
    ask("full names", {"features": ALL[:2], "entities": {"driver_id": [1001]}, "full_feature_names": True}),
    ask("two keys", {"features": ["weights:weight"], "entities": {"driver_id": [1001, 1002, 1002], "symbol": ["BBB", "AAA", "BBB"]}}),
    ask("two views", {"features": ["weights:weight", ALL[2]], "entities": {"driver_id": [1001], "symbol": ["AAA"]}}),
    ask("a service", {"feature_service": "both", "entities": {"driver_id": [1001, 1009], "symbol": ["AAA", "AAA"]}}),
    ask("a service, full names", {"feature_service": "both", "full_feature_names": True, "entities": {"driver_id": [1001], "symbol": ["AAA"]}}),
    ask("on demand", {"features": [ALL[1], "boosted_view:boosted"], "entities": {"driver_id": [1001, 1004], "boost": [1.5, -2.0]}}),
    ask("on demand alone", {"features": ["boosted_view:boosted"], "entities": {"driver_id": [1001], "boost": [1.5]}}),
    ask("an entity that nothing needs", {"features": ["driver_stats:trips"], "entities": {"symbol": ["AAA"], "driver_id": [1001]}}),
    ask("an entity that the service does not need", {"feature_service": "with_boost", "entities": {"driver_id": [1001], "symbol": ["AAA"], "boost": [0.5]}}),
    ask("an entity that nothing needs, of another type", {"features": ["driver_stats:trips"], "entities": {"symbol": [7], "driver_id": [1001]}}),
    ask("on demand in a service", {"feature_service": "with_boost", "entities": {"driver_id": [1001], "boost": [0.5]}}),
    ask("on demand, full names", {"features": ["boosted_view:boosted"], "full_feature_names": True, "entities": {"driver_id": [1001], "boost": [1.5]}}),
    ask("no rows", {"features": ALL[:1], "entities": {"driver_id": []}}),
    ask("a column that nobody needs", {"features": ALL[:1], "entities": {"driver_id": [1001], "other": [5]}}),
    ask("view metadata", {"features": ALL[:1], "entities": {"driver_id": [1001]}, "include_feature_view_version_metadata": True}),
    ask("unknown view", {"features": ["nothing:trips"], "entities": {"driver_id": [1001]}}),
    ask("unknown feature", {"features": ["driver_stats:nothing"], "entities": {"driver_id": [1001]}}),
    ask("unknown service", {"feature_service": "nothing", "entities": {"driver_id": [1001]}}),
    ask("no key", {"features": ALL[:1], "entities": {"other": [1001]}}),
    ask("half a key", {"features": ["weights:weight"], "entities": {"driver_id": [1001]}}),
    ask("ragged columns", {"features": ["weights:weight"], "entities": {"driver_id": [1001, 1002], "symbol": ["AAA"]}}),
    ask("a key of another type", {"features": ALL[:1], "entities": {"driver_id": ["x"]}}),
    ask("a missing key", {"features": ALL[:1], "entities": {"driver_id": [None]}}),
    ask("no request data", {"features": ["boosted_view:boosted"], "entities": {"driver_id": [1001]}}),
    ask("nothing asked", {"features": [], "entities": {"driver_id": [1001]}}),
    ask("no entities", {"features": ALL[:1]}),
    ask("the same name twice", {"features": [ALL[2], ALL[2]], "entities": {"driver_id": [1001]}}),
    ask("no colon", {"features": ["trips"], "entities": {"driver_id": [1001]}}),
    ask("push", {"push_source_name": "driver_push", "df": PUSHED}, "/push"),
    ask("after the push", {"features": ALL, "entities": {"driver_id": [1001, 2001]}}),
    ask("push to nowhere", {"push_source_name": "nothing", "df": PUSHED}, "/push"),
    ask("push to a wrong place", {"push_source_name": "driver_push", "df": PUSHED, "to": "elsewhere"}, "/push"),
    ask("push ragged", {"push_source_name": "driver_push", "df": PUSHED | {"trips": [1]}}, "/push"),
    ask("push without a column", {"push_source_name": "driver_push", "df": {k: v for k, v in PUSHED.items() if k != "trips"}}, "/push"),
    ask("push without a key", {"push_source_name": "driver_push", "df": {k: v for k, v in PUSHED.items() if k != "driver_id"}}, "/push"),
    ask("push a wrong type", {"push_source_name": "driver_push", "df": PUSHED | {"trips": ["x", "y"]}}, "/push"),
    ask("push a column more", {"push_source_name": "driver_push", "df": PUSHED | {"more": [1, 2]}}, "/push"),
    ask("write", {"feature_view_name": "weights", "df": {"driver_id": [7], "symbol": ["CCC"], "event_timestamp": ["2026-11-26T00:00:00"], "weight": [0.0625]}}, "/write-to-online-store"),
    ask("after the write", {"features": ["weights:weight"], "entities": {"driver_id": [7], "symbol": ["CCC"]}}),
    ask("write to nowhere", {"feature_view_name": "nothing", "df": {"driver_id": [7]}}, "/write-to-online-store"),
    ask("materialize", {"start_ts": "2026-11-01T00:00:00", "end_ts": "2026-11-24T00:00:00"}, "/materialize"),
    ask("materialize backwards", {"start_ts": "2026-11-24T00:00:00", "end_ts": "2026-11-01T00:00:00"}, "/materialize"),
    ask("materialize no times", {}, "/materialize"),
    ask("materialize when", {"start_ts": "x", "end_ts": "y"}, "/materialize"),
    ask("materialize what", {"start_ts": "2026-11-01T00:00:00", "end_ts": "2026-11-24T00:00:00", "feature_views": ["nothing"]}, "/materialize"),
    ask("materialize incremental", {"end_ts": "2026-11-24T00:00:00"}, "/materialize-incremental"),
]  # fmt: skip


def main():
    pq.write_table(rows(), HERE / "driver_stats.parquet")
    pq.write_table(pairs(), HERE / "pairs.parquet")
    with tempfile.TemporaryDirectory() as folder:
        store = FeatureStore(config=RepoConfig(
            project="conformance", provider="local", registry=f"{folder}/registry.db",
            online_store={"type": "sqlite", "path": f"{folder}/online.db"}, entity_key_serialization_version=3,
        ))  # fmt: skip
        store.apply(definitions())
        store.materialize(at(2026, 11, 1), at(2026, 11, 24))
        client = TestClient(get_app(store), raise_server_exceptions=False)
        for case in CASES:
            answer = client.post(case["path"], json=case["body"])
            case["status"] = answer.status_code
            case["answer"] = answer.json() if answer.content else None
            print(case["status"], case["name"], str(case["answer"])[:160], file=sys.stderr)
        if len(sys.argv) > 1:
            store.teardown()
    text = json.dumps(CASES, indent=1, ensure_ascii=False)
    (HERE / "cases.json").write_text(text.replace(folder, "FOLDER") + "\n")


if __name__ == "__main__":
    main()
