"""Writes splits.json: combinatorial purged cross-validation and walk-forward splits by skfolio.

    python generate.py
"""

import json
import pathlib

import numpy as np
from skfolio.model_selection import CombinatorialPurgedCV, WalkForward


def combinatorial(rows, folds, test_folds, purge, embargo):
    cv = CombinatorialPurgedCV(n_folds=folds, n_test_folds=test_folds, purged_size=purge,
                               embargo_size=embargo)
    splits = [{"train": train.tolist(), "test": [[int(t[0]), int(t[-1]) + 1] for t in test]}
              for train, test in cv.split(np.zeros((rows, 1)))]
    return {"rows": rows, "folds": folds, "test_folds": test_folds, "purge": purge,
            "embargo": embargo, "splits": splits,
            "paths": cv.recombined_paths.T.tolist()}


def walk(rows, train, test, purge, expanding, partial):
    cv = WalkForward(test_size=test, train_size=train, purged_size=purge, expand_train=expanding,
                     reduce_test=partial)
    splits = [{"train": a.tolist(), "test": [[int(b[0]), int(b[-1]) + 1]]}
              for a, b in cv.split(np.zeros((rows, 1)))]
    return {"rows": rows, "train": train, "test": test, "purge": purge, "expanding": expanding,
            "partial": partial, "splits": splits}


def main():
    content = {
        "source": "skfolio 1.12.2, CombinatorialPurgedCV and WalkForward",
        "combinatorial": [
            combinatorial(30, 6, 2, 0, 0), combinatorial(47, 5, 3, 1, 2),
            combinatorial(60, 6, 2, 2, 1), combinatorial(83, 8, 4, 3, 0),
        ],
        "walk_forward": [
            walk(10, 3, 2, 1, False, False), walk(31, 7, 4, 2, True, False),
            walk(31, 7, 4, 0, False, True),
        ],
    }
    path = pathlib.Path(__file__).parent / "splits.json"
    path.write_text(json.dumps(content) + "\n")


if __name__ == "__main__":
    main()
