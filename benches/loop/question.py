"""The question that every system answers, and how a peer reports its answer.

20 US large caps, daily adjusted closes 1990-2022, whole shares or fractions. At the last close of
each month, from FIRST on, weights are chosen and traded at that same close for COMMISSION of the
traded value. Nothing else is charged; cash earns nothing. The last day of the data trades nothing.

* equal-weight: 1/20 each.
* minimum-variance: long only, fully invested, sample covariance of the last WINDOW daily returns.
"""

import argparse
import json
import time

import pandas as pd

CAPITAL = 100_000_000.0
COMMISSION = 0.0005
WINDOW = 504
FIRST = pd.Timestamp("1992-01-31")
QUESTIONS = ("equal-weight", "minimum-variance")


def prices(path):
    """The closes, dates down and symbols across."""
    table = pd.read_parquet(path)
    return table.set_index(pd.to_datetime(table.pop("date")))


def answer(peer, solve):
    """Runs `solve(question, data)` as the command line asks and prints what came of it as JSON.

    The clock runs from before the data is read until the final value is known: the interpreter's
    start and the imports are not counted.
    """
    arguments = argparse.ArgumentParser(description=peer)
    arguments.add_argument("question", choices=QUESTIONS)
    arguments.add_argument("data")
    arguments = arguments.parse_args()
    start = time.perf_counter()
    result = solve(arguments.question, prices(arguments.data))
    seconds = time.perf_counter() - start
    print(json.dumps({"peer": peer, "seconds": seconds, **result}))
