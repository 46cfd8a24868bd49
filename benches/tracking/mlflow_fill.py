"""Runs of the load client -> rows of MLflow's SQLite file, as its own server would write them.

Through its server 50,000 runs would take MLflow an hour. The table comes from the same program that
fills Trimtab by calls, so that both hold the same runs.
"""

import csv
import sqlite3
import subprocess
import uuid


def fill(load, database, experiment, first, last):
    """Inserts the runs `first` to `last` (without it) into an experiment, in one transaction."""
    words = [load, "runs", "--from", str(first), "--to", str(last)]
    text = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    rows = csv.reader(text.splitlines(), delimiter="\t")
    columns = next(rows)
    runs, metrics, params, tags = [], [], [], []
    for row in rows:
        run, name, start = uuid.uuid4().hex, row[0], int(row[1])
        uri = f"mlflow-artifacts:/{experiment}/{run}/artifacts"
        runs.append((run, name, "bench", start, uri, int(experiment)))
        tags.append(("mlflow.runName", name, run))
        for column, value in zip(columns[2:], row[2:]):
            kind, key = column.split(":")
            if kind == "metric":
                metrics.append((key, float(value), start + 500, run))
            else:
                (params if kind == "param" else tags).append((key, value, run))
    with sqlite3.connect(database, timeout=60) as store:
        insert(store, runs, metrics, params, tags)
    store.close()


def analyse(database, wanted):
    """Gives SQLite statistics of the tables, or takes them away: MLflow itself never asks for any,
    and without them SQLite joins the metrics of a search by reading all of them for each run."""
    with sqlite3.connect(database, timeout=60) as store:
        store.execute("ANALYZE" if wanted else "DROP TABLE IF EXISTS sqlite_stat1")
    store.close()


def insert(store, runs, metrics, params, tags):
    """Newest values of metrics have a table of their own beside the history."""
    store.executemany(
        "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id,"
        " status, start_time, source_version, lifecycle_stage, artifact_uri, experiment_id)"
        " VALUES (?, ?, 'UNKNOWN', '', '', ?, 'RUNNING', ?, '', 'active', ?, ?)",
        runs,
    )
    for table in ("metrics", "latest_metrics"):
        store.executemany(
            f"INSERT INTO {table} (key, value, timestamp, step, is_nan, run_uuid)"
            " VALUES (?, ?, ?, 0, 0, ?)",
            metrics,
        )
    store.executemany("INSERT INTO params (key, value, run_uuid) VALUES (?, ?, ?)", params)
    store.executemany("INSERT INTO tags (key, value, run_uuid) VALUES (?, ?, ?)", tags)
