"""The join as its users write it in polars: FOLDER OUT VIEW…"""

import datetime
import json
import sys
import time

import polars as pl

from made import TTL_DAYS

folder, out, *views = sys.argv[1:]
began = time.perf_counter()
asked = pl.read_parquet(f"{folder}/asked.parquet").with_row_index("row").sort("event_timestamp")
for view in views:
    right = pl.read_parquet(f"{folder}/{view}.parquet").rename(
        {"a": f"{view}__a", "b": f"{view}__b", "n": f"{view}__n"}
    )
    asked = asked.join_asof(
        right.set_sorted("event_timestamp"),
        on="event_timestamp",
        by="account",
        strategy="backward",
        tolerance=datetime.timedelta(days=TTL_DAYS),
        check_sortedness=False,
    )
asked.sort("row").drop("row").write_parquet(out, compression="zstd", compression_level=1)
print(json.dumps({"seconds": time.perf_counter() - began}))
