"""Training sets as Feast makes them with its DuckDB store.

    python generate.py

writes, beside this file, `rows.csv` (feature rows with event and created times, in hours since 2024),
`asked.csv` (the rows that ask) and `expected.csv`: for each of them the features with a ttl of a day,
by event time alone (`seen_`) and with `filter_by_created_timestamp` (`known_`). Rows that differ in
nothing but their place are not made: Feast does not say which of them answers.
"""

import datetime
import logging
import pathlib
import random
import tempfile
import warnings

import pandas as pd

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig, ValueType
from feast.infra.offline_stores.duckdb import DuckDBOfflineStoreConfig
from feast.types import Float64, Int64

HERE = pathlib.Path(__file__).parent
START = pd.Timestamp("2024-01-01", tz="UTC")


def hours(column):
    return START + pd.to_timedelta(column, unit="h")


def made():
    dice = random.Random(5)
    seen, rows = set(), []
    while len(rows) < 400:
        key, event = dice.randrange(8), dice.randrange(240)
        created = event + dice.choice([0, 0, 1, 5, 30])
        if (key, event, created) not in seen:
            seen.add((key, event, created))
            rows.append((key, event, created, round(dice.random(), 4), len(rows)))
    asked = [(dice.randrange(10), dice.randrange(-5, 280)) for _ in range(300)]
    asked += asked[:20]
    rows = pd.DataFrame(rows, columns=["driver", "event", "created", "rate", "trips"])
    return rows, pd.DataFrame(asked, columns=["driver", "time"])


def main():
    rows, asked = made()
    rows.to_csv(HERE / "rows.csv", index=False)
    asked.to_csv(HERE / "asked.csv", index=False)
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/rows.parquet"
        pd.DataFrame(
            {
                "driver": rows.driver,
                "event_timestamp": hours(rows.event),
                "created": hours(rows.created),
                "rate": rows.rate,
                "trips": rows.trips,
            }
        ).to_parquet(path)
        store = FeatureStore(
            config=RepoConfig(
                project="conformance",
                provider="local",
                registry=f"{folder}/registry.db",
                offline_store=DuckDBOfflineStoreConfig(),
                online_store={"type": "sqlite", "path": f"{folder}/online.db"},
                entity_key_serialization_version=3,
            )
        )
        driver = Entity(name="driver", join_keys=["driver"], value_type=ValueType.INT64)
        view = FeatureView(
            name="stats",
            entities=[driver],
            ttl=datetime.timedelta(days=1),
            schema=[
                Field(name="driver", dtype=Int64),
                Field(name="rate", dtype=Float64),
                Field(name="trips", dtype=Int64),
            ],
            source=FileSource(
                path=path, timestamp_field="event_timestamp", created_timestamp_column="created"
            ),
            online=False,
        )
        store.apply([driver, view])
        # Feast gives rows back in another order: each is told apart by its number.
        entities = pd.DataFrame(
            {"driver": asked.driver, "event_timestamp": hours(asked.time), "row": range(len(asked))}
        )
        answers = {}
        for name, how in [("seen", {}), ("known", {"filter_by_created_timestamp": True})]:
            found = store.get_historical_features(
                entity_df=entities, features=["stats:rate", "stats:trips"], **how
            ).to_df()
            assert len(found) == len(asked), f"{len(found)} of {len(asked)} rows came back"
            found = found.set_index("row").sort_index()
            answers[f"{name}_rate"] = found.rate
            answers[f"{name}_trips"] = found.trips.astype("Int64")
        pd.DataFrame(answers).to_csv(HERE / "expected.csv", index=False)


main()
