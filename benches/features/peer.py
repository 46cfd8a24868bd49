"""Alpha158 by Qlib, from its own files: a process of its own, so that its forks start small.

    python peer.py HOME SECONDS.json OUT.npy KERNELS

HOME is a Qlib data folder. The time is that of `D.features` over all instruments with the caches on
disk off, as Qlib's data handler asks it; imports and `qlib.init` are not in it.
"""

import json
import sys
import time

import numpy as np
import qlib
from qlib.contrib.data.loader import Alpha158DL
from qlib.data import D


def main():
    home, seconds, out, kernels = sys.argv[1:]
    qlib.init(
        provider_uri=home, region="us", kernels=int(kernels), expression_cache=None,
        dataset_cache=None, logging_level="ERROR",
    )
    fields, _ = Alpha158DL.get_feature_config()
    start = time.perf_counter()
    table = D.features(D.instruments("all"), fields, disk_cache=0)
    took = time.perf_counter() - start
    last = table.index.get_level_values("datetime").max()
    newest = table.xs(last, level="datetime").sort_index()
    np.save(out, newest.to_numpy(dtype="float64"))
    with open(seconds, "w") as file:
        json.dump({"seconds": took, "rows": len(table)}, file)


if __name__ == "__main__":
    main()
