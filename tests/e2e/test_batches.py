"""log-batch: what it takes at once, what it refuses, and that a refused one leaves nothing."""

import pytest
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException


def metrics(count, prefix="m"):
    return [{"key": f"{prefix}{i}", "value": i, "timestamp": 1, "step": 0} for i in range(count)]


def pairs(count, prefix):
    return [{"key": f"{prefix}{i}", "value": str(i)} for i in range(count)]


def test_everything_at_once(client, run):
    client.log_batch(
        run,
        metrics=[Metric("m", 1.5, 10, 1), Metric("m", 2.5, 11, 2), Metric("other", -1.0, 10, 0)],
        params=[Param("p", "1"), Param("q", "")],
        tags=[RunTag("t", "x"), RunTag("u", "")],
    )
    data = client.get_run(run).data
    assert data.metrics == {"m": 2.5, "other": -1.0}
    assert data.params == {"p": "1", "q": ""}
    assert (data.tags["t"], data.tags["u"]) == ("x", "")
    assert [(m.step, m.value) for m in client.get_metric_history(run, "m")] == [(1, 1.5), (2, 2.5)]


def test_as_much_as_is_allowed(wire, client, run):
    batch = {"run_id": run, "metrics": metrics(800), "params": pairs(100, "p"), "tags": pairs(100, "t")}
    assert wire.ok("POST", "runs/log-batch", batch) == {}
    data = client.get_run(run).data
    assert data.metrics == {f"m{i}": float(i) for i in range(800)}
    assert data.params == {f"p{i}": str(i) for i in range(100)}
    assert {key: data.tags[key] for key in data.tags if key.startswith("t")} == {
        f"t{i}": str(i) for i in range(100)
    }
    wire.ok("POST", "runs/log-batch", {"run_id": run, "metrics": metrics(1_000, "n")})
    assert len(client.get_run(run).data.metrics) == 1_800


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        ({"metrics": metrics(1_001)}, "at most 1000 metrics"),
        ({"params": pairs(101, "p")}, "at most 100 params"),
        ({"tags": pairs(101, "t")}, "at most 100 tags"),
        ({"metrics": metrics(901), "params": pairs(50, "p"), "tags": pairs(50, "t")}, "at most 1000 metrics, params, and tags"),
        ({"params": [{"key": "p", "value": "1"}, {"key": "p", "value": "2"}]}, "Duplicate parameter keys"),
        ({"params": [{"key": "p", "value": "1"}, {"key": "p", "value": "1"}]}, "Duplicate parameter keys"),
        ({"tags": [{"key": "k" * 251, "value": "1"}]}, "250"),
        ({"params": [{"key": "k" * 251, "value": "1"}]}, "250"),
        ({"metrics": [{"key": "k" * 251, "value": 1, "timestamp": 1}]}, "250"),
        ({"metrics": [{"key": "a;b", "value": 1, "timestamp": 1}]}, "metrics[0].name"),
        ({"params": [{"key": "../a", "value": "1"}]}, "params[0].key"),
        ({"tags": [{"key": "ok", "value": "1"}, {"key": "/a", "value": "1"}]}, "tags[1].key"),
        ({"metrics": [{"key": "m", "value": 1, "timestamp": -1}]}, "timestamp"),
    ],
)  # fmt: skip
def test_refused_whole(wire, client, run, batch, message):
    whole = {"metrics": [], "params": [], "tags": [], **batch}
    # Something good in each: none of it may stay.
    for kind, good in (
        ("metrics", metrics(1, "good")),
        ("params", pairs(1, "good")),
        ("tags", pairs(1, "good")),
    ):
        whole[kind] = whole[kind] or good
    wire.invalid(wire.post("runs/log-batch", {"run_id": run, **whole}), message)
    data = client.get_run(run).data
    assert (data.metrics, data.params) == ({}, {})
    assert set(data.tags) == {"mlflow.runName"}


def test_a_request_of_more_than_a_megabyte(client, run):
    # The documented limit of 1 MB is not enforced by the real server, and clients do send more.
    client.log_batch(
        run,
        params=[Param(f"p{i}", "é" * 6_000) for i in range(100)],
        tags=[RunTag(f"t{i}", "☂" * 8_000) for i in range(100)],
    )
    data = client.get_run(run).data
    assert data.params == {f"p{i}": "é" * 6_000 for i in range(100)}
    assert all(data.tags[f"t{i}"] == "☂" * 8_000 for i in range(100))


def test_a_param_that_would_change(client, wire, run):
    client.log_param(run, "p", "1")
    batch = {"run_id": run, "params": [{"key": "p", "value": "2"}]}
    wire.invalid(wire.post("runs/log-batch", batch), "Changing param values is not allowed")
    with pytest.raises(MlflowException):
        client.log_batch(run, params=[Param("p", "2")])
    client.log_batch(run, params=[Param("p", "1"), Param("q", "1")])
    assert client.get_run(run).data.params == {"p": "1", "q": "1"}


def test_the_last_of_two_tags_counts(client, run):
    client.log_batch(run, tags=[RunTag("t", "first"), RunTag("t", "second")])
    assert client.get_run(run).data.tags["t"] == "second"


def test_an_empty_batch(wire, run):
    assert wire.ok("POST", "runs/log-batch", {"run_id": run}) == {}


def test_no_such_run(wire):
    wire.absent(wire.post("runs/log-batch", {"run_id": "0" * 32, "tags": pairs(1, "t")}))
    wire.invalid(wire.post("runs/log-batch", {"tags": pairs(1, "t")}), "run_id")
