"""The join as Feast's users write it, with its DuckDB store: FOLDER OUT VIEW…"""

import datetime
import json
import logging
import pathlib
import sys
import tempfile
import time
import warnings

import pandas as pd

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig, ValueType
from feast.infra.offline_stores.duckdb import DuckDBOfflineStoreConfig
from feast.types import Float64, Int64

from made import TTL_DAYS

folder, out, *views = sys.argv[1:]
with tempfile.TemporaryDirectory() as home:
    config = RepoConfig(
        project="bench",
        provider="local",
        registry=f"{home}/registry.db",
        offline_store=DuckDBOfflineStoreConfig(),
        online_store={"type": "sqlite", "path": f"{home}/online.db"},
        entity_key_serialization_version=3,
    )
    store = FeatureStore(config=config)
    account = Entity(name="account", join_keys=["account"], value_type=ValueType.INT64)
    defined = [
        FeatureView(
            name=view,
            entities=[account],
            ttl=datetime.timedelta(days=TTL_DAYS),
            schema=[
                Field(name="account", dtype=Int64),
                Field(name="a", dtype=Float64),
                Field(name="b", dtype=Float64),
                Field(name="n", dtype=Int64),
            ],
            source=FileSource(
                name=f"source_{view}",
                path=str(pathlib.Path(folder, f"{view}.parquet").absolute()),
                timestamp_field="event_timestamp",
            ),
            online=False,
        )
        for view in views
    ]
    store.apply([account, *defined])
    began = time.perf_counter()
    asked = pd.read_parquet(f"{folder}/asked.parquet")
    answered = store.get_historical_features(
        entity_df=asked,
        features=[f"{view}:{name}" for view in views for name in ("a", "b", "n")],
        full_feature_names=True,
    ).to_df()
    answered.to_parquet(out, compression="zstd")
    print(json.dumps({"seconds": time.perf_counter() - began}))
