"""Searches of ten thousand terms: answered or refused in bounded time, and nobody else waits for them."""

import time

import pytest

NEWER = "/api/3.0/mlflow/"
AT = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "0"}}

# A search, what else it needs, a term.
SEARCHES = [
    ("runs/search", {"experiment_ids": ["0"]}, "metrics.m > 1"),
    ("runs/search", {"experiment_ids": ["0"]}, "tags.`t` LIKE '%a%'"),
    ("runs/search", {"experiment_ids": ["0"]}, "attributes.run_id IN ('a')"),
    ("experiments/search", {}, "name LIKE '%a'"),
    ("experiments/search", {}, "tags.`t` = 'a'"),
    ("logged-models/search", {"experiment_ids": ["0"]}, "metrics.m > 1"),
    ("logged-models/search", {"experiment_ids": ["0"]}, "params.`t` = 'a'"),
    (NEWER + "traces/search", {"locations": [AT]}, "tag.`t` = 'a'"),
    (NEWER + "traces/search", {"locations": [AT]}, "span.name LIKE '%a%'"),
]


@pytest.mark.usefixtures("serves_others")
def test_filters_of_many_terms(server, asking):
    ask = asking(server)
    ask.run()
    for path, beside, term in SEARCHES:
        for count in (100, 101, 10_000, 100_000):
            status, said = bounded(ask, path, {**beside, "filter": " AND ".join([term] * count)})
            expected = 200 if count == 100 else 400
            assert status == expected, (path, term, count, status, str(said)[:300])


@pytest.mark.usefixtures("serves_others")
def test_lists_of_many_values(server, asking):
    ask = asking(server)
    own = ask.experiment("own")
    run = ask.run(own)

    def found(**asked):
        status, said = bounded(ask, "runs/search", asked)
        return status, [run["info"]["run_id"] for run in said.get("runs", [])]

    for count in (10_000, 100_000):
        values = ", ".join(f"'{n}'" for n in range(count))
        expected = 200 if count == 10_000 else 400
        assert found(experiment_ids=[own], filter=f"attributes.run_id IN ({values})") == (expected, [])
        assert found(experiment_ids=[own] + ["99999"] * count) == (200, [run])
        keys = [f"metrics.m{n}" for n in range(count)]
        assert found(experiment_ids=[own], order_by=keys) == (400, [])
    assert found(experiment_ids=[own], order_by=keys[:50]) == (200, [run])
    assert found(experiment_ids=[own], order_by=keys[:51]) == (400, [])


def bounded(ask, path, asked):
    began = time.monotonic()
    answer = ask.ask("POST", path, {**asked, "max_results": 10})
    assert time.monotonic() - began < 10
    return answer
