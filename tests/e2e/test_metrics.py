"""Metrics: values that are no numbers, steps and times of 64 bits, long histories, the latest."""

import math

import pytest
from mlflow.entities import Metric

from names import unused

LARGEST = 1.7976931348623157e308
BULK = "metrics/get-history-bulk-interval"


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (0.1, 0.1),
        (-0.0, 0.0),
        (5e-324, 5e-324),
        (LARGEST, LARGEST),
        (1 / 3, 1 / 3),
        (2**53 + 2, float(2**53 + 2)),
        # The real server keeps an infinity as the largest finite number.
        (math.inf, LARGEST),
        (-math.inf, -LARGEST),
        (math.nan, math.nan),
    ],
)
def test_values(client, run, value, kept):
    client.log_metric(run, "m", value)
    (once,) = client.get_metric_history(run, "m")
    latest = client.get_run(run).data.metrics["m"]
    if math.isnan(kept):
        assert math.isnan(once.value)
        assert math.isnan(latest)
    else:
        assert (once.value, latest) == (kept, kept)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("NaN", "NaN"), ("Infinity", LARGEST), ("-Infinity", -LARGEST), ("1.5", 1.5), (7, 7.0)],
)
def test_values_on_the_wire(wire, run, sent, kept):
    wire.ok("POST", "runs/log-metric", {"run_id": run, "key": "m", "value": sent, "timestamp": 1})
    (metric,) = wire.ok("GET", "runs/get", params={"run_id": run})["run"]["data"]["metrics"]
    assert metric == {"key": "m", "value": kept, "timestamp": 1, "step": 0}


def test_steps_and_times_of_64_bits(client, run):
    points = [(-(2**63), 0), (-5, 1), (0, 2**63 - 1), (2**53 + 1, 2**53 + 1), (2**63 - 1, 5)]
    for step, timestamp in points:
        client.log_metric(run, "m", 1.0, timestamp=timestamp, step=step)
    history = client.get_metric_history(run, "m")
    assert sorted((m.step, m.timestamp) for m in history) == points


# Which of two points is the latest: the greater step, then the greater time, then the greater value.
@pytest.mark.parametrize(
    ("points", "latest"),
    [
        ([(1.0, 10, 0), (2.0, 20, 0)], 2.0),
        ([(2.0, 20, 0), (1.0, 10, 0)], 2.0),
        ([(1.0, 10, 5), (2.0, 20, 3)], 1.0),
        ([(1.0, 10, -5), (2.0, 20, -7)], 1.0),
        ([(1.0, 10, 0), (2.0, 10, 0)], 2.0),
        ([(2.0, 10, 0), (1.0, 10, 0)], 2.0),
        ([(2.0, 10, 1), (math.nan, 10, 2)], math.nan),
        ([(math.nan, 10, 1), (2.0, 10, 2)], 2.0),
    ],
)
@pytest.mark.parametrize("batched", [False, True])
def test_the_latest(client, run, points, latest, batched):
    if batched:
        client.log_batch(run, metrics=[Metric("m", value, at, step) for value, at, step in points])
    else:
        for value, at, step in points:
            client.log_metric(run, "m", value, timestamp=at, step=step)
    assert len(client.get_metric_history(run, "m")) == len(points)
    seen = client.get_run(run).data.metrics["m"]
    assert (math.isnan(seen) and math.isnan(latest)) or seen == latest


def test_the_same_point_twice_is_one(client, run):
    for _ in range(2):
        client.log_metric(run, "m", 1.5, timestamp=10, step=1)
    client.log_batch(run, metrics=[Metric("m", 1.5, 10, 1)] * 3)
    assert len(client.get_metric_history(run, "m")) == 1


def test_keys_are_kept_apart(client, run):
    keys = ["loss", "Loss", "val/loss", "val/loss 1", "va.l:l-o_s", "größe", "k" * 250]
    for place, key in enumerate(keys):
        client.log_metric(run, key, place)
    assert client.get_run(run).data.metrics == {key: float(place) for place, key in enumerate(keys)}
    assert [m.value for m in client.get_metric_history(run, "Loss")] == [1.0]


def test_a_history_of_nothing(client, run):
    assert client.get_metric_history(run, "no such metric") == []


@pytest.fixture(scope="module")
def long_run(client):
    """A run with 10,000 points of `m`: the value is the square of the step."""
    run = client.create_run(client.create_experiment(unused("long"))).info.run_id
    for start in range(0, 10_000, 1_000):
        points = [Metric("m", float(step**2), 1_000_000 + step, step) for step in range(start, start + 1_000)]
        client.log_batch(run, metrics=points)
    return run


def test_a_long_history(client, long_run):
    history = client.get_metric_history(long_run, "m")
    assert [m.step for m in history] == list(range(10_000))
    assert [m.value for m in history] == [float(step**2) for step in range(10_000)]
    assert [m.timestamp for m in history] == [1_000_000 + step for step in range(10_000)]
    assert client.get_run(long_run).data.metrics == {"m": 9_999.0**2}


def test_a_long_history_in_pages(wire, long_run):
    steps, token, sizes = [], None, []
    while True:
        page = {"run_id": long_run, "metric_key": "m", "max_results": 3_000}
        answer = wire.ok(
            "GET", "metrics/get-history", params={**page, **({"page_token": token} if token else {})}
        )
        sizes.append(len(answer["metrics"]))
        steps += [m["step"] for m in answer["metrics"]]
        token = answer.get("next_page_token")
        if not token:
            break
    assert sizes == [3_000, 3_000, 3_000, 1_000]
    assert steps == list(range(10_000))


def test_an_interval_is_sampled(wire, long_run):
    """At most about `max_results` points, evenly, with the last one among them."""
    answer = wire.ok("GET", BULK, params={"run_ids": [long_run], "metric_key": "m", "max_results": 100})
    points = answer["metrics"]
    steps = [m["step"] for m in points]
    assert {m["run_id"] for m in points} == {long_run}
    assert {m["key"] for m in points} == {"m"}
    assert steps == sorted(set(steps))
    assert 100 <= len(steps) <= 102
    assert (steps[0], steps[-1]) == (0, 9_999)
    gaps = {after - before for before, after in zip(steps, steps[1:], strict=False)}
    assert max(gaps) < 200
    assert all(m["value"] == float(m["step"] ** 2) for m in points)


def test_an_interval_of_some_steps(wire, long_run):
    answer = wire.ok("GET", BULK, params={
        "run_ids": [long_run], "metric_key": "m", "start_step": 40, "end_step": 50, "max_results": 2_500,
    })  # fmt: skip
    assert [m["step"] for m in answer["metrics"]] == list(range(40, 51))


def test_an_interval_of_many_runs(client, wire, experiment):
    runs = [client.create_run(experiment).info.run_id for _ in range(3)]
    for place, run in enumerate(runs):
        client.log_batch(run, metrics=[Metric("m", float(place), 1, step) for step in range(place + 1)])
    answer = wire.ok("GET", BULK, params={"run_ids": runs, "metric_key": "m", "max_results": 10})
    seen = sorted((m["run_id"], m["step"], m["value"]) for m in answer["metrics"])
    assert seen == sorted(
        (run, step, float(place)) for place, run in enumerate(runs) for step in range(place + 1)
    )


def test_an_interval_asked_wrongly(wire, run):
    of = {"run_ids": [run], "metric_key": "m"}
    wire.invalid(wire.get(BULK, **of, max_results=0), "max_results")
    wire.invalid(wire.get(BULK, **of, max_results=2_501), "max_results")
    wire.invalid(wire.get(BULK, **of, start_step=0))
    wire.invalid(wire.get(BULK, **of, start_step=5, end_step=0), "end_step must be greater than start_step")
    wire.invalid(wire.get(BULK, metric_key="m"), "run_ids")
    wire.invalid(wire.get(BULK, run_ids=[run]), "metric_key")
    wire.invalid(wire.get(BULK, run_ids=[run] * 101, metric_key="m"), "at most 100")
    assert wire.ok("GET", BULK, params={"run_ids": ["0" * 32], "metric_key": "m"}) == {}
