"""Feature rows and rows that ask, always the same, as Parquet files and as definitions."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

DAY = 86_400_000_000
START = 1_600_000_000_000_000  # 2020-09-13, in microseconds
DAYS = 1_000
TTL_DAYS = 30

TOML_ENTITY = '[[entity]]\nname = "account"\nkeys = { account = "int64" }\n'
TOML_VIEW = """
[[source]]
name = "source_{view}"
kind = "parquet"
path = "{view}.parquet"
event_time = "event_timestamp"

[[view]]
name = "{view}"
entities = ["account"]
source = "source_{view}"
ttl = "{ttl}d"
[[view.feature]]
name = "a"
type = "float64"
[[view.feature]]
name = "b"
type = "float64"
[[view.feature]]
name = "n"
type = "int64"
"""


def made(folder, views, rows, asked, accounts):
    """Rows arrive as time goes by: the files are in the order of their event times."""
    definitions = TOML_ENTITY
    for number in range(views):
        random = np.random.default_rng(number)
        # Steps of at least a microsecond: no two rows of an account share a moment.
        steps = random.integers(1, 2 * DAYS * DAY // rows, rows)
        table = pa.table(
            {
                "account": random.integers(0, accounts, rows),
                "event_timestamp": pa.array(START + np.cumsum(steps), pa.timestamp("us", "UTC")),
                "a": np.round(random.normal(0, 10, rows), 2),
                "b": np.round(random.exponential(5, rows), 2),
                "n": random.integers(0, 1_000, rows),
            }
        )
        pq.write_table(table, folder / f"v{number}.parquet", compression="zstd", row_group_size=1 << 20)
        definitions += TOML_VIEW.format(view=f"v{number}", ttl=TTL_DAYS)
    (folder / "features.toml").write_text(definitions)
    random = np.random.default_rng(10_000)
    asking = pa.table(
        {
            # Some accounts are not known, and some moments lie before the first event.
            "account": random.integers(0, accounts * 21 // 20, asked),
            "event_timestamp": pa.array(
                random.integers(START - 20 * DAY, START + DAYS * DAY, asked), pa.timestamp("us", "UTC")
            ),
        }
    )
    pq.write_table(asking, folder / "asked.parquet", row_group_size=1 << 17)
