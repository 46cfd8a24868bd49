"""Writes the excerpts under examples/data from the full files named in NOTICE.

Use: python scripts/excerpt_data.py FOLDER_WITH_THE_FULL_FILES examples/data
"""
import sys
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

source, target = Path(sys.argv[1]), Path(sys.argv[2])
target.mkdir(parents=True, exist_ok=True)


def write(table, name):
    pq.write_table(table.replace_schema_metadata(None), target / name, compression="zstd")


prices = pq.read_table(source / "prices_us20.parquet")
write(prices.select(prices.column_names[:21]), "us20.parquet")

actions = pq.read_table(source / "corporate_actions.parquet")
write(actions.filter(pc.match_substring(actions["source"], "LEAN")), "lean_actions.parquet")
for name, file in [
    ("prices_lean_daily_raw.parquet", "lean_daily_raw.parquet"),
    ("constituents.parquet", "constituents.parquet"),
    ("treasury_yields_daily.parquet", "treasury_yields.parquet"),
    ("vix_daily.parquet", "vix.parquet"),
]:
    write(pq.read_table(source / name), file)
