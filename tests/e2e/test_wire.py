"""The shape of what goes over the wire: numbers as numbers, nothing for what is empty, both addresses."""

import json

import pytest
from mlflow.entities import Metric, Param

PREFIXES = ["/api", "/ajax-api"]


def test_it_is_up(wire):
    answer = wire.call("GET", "/health")
    assert (answer.status_code, answer.text) == (200, "OK")
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_its_version_can_record_traces(wire):
    """The client reads this; below 3.4 it would not send spans."""
    major, minor, *_ = wire.call("GET", "/version").text.split(".")
    assert (int(major), int(minor)) >= (3, 4)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_what_it_is(wire, prefix):
    info = wire.ok("GET", f"{prefix}/3.0/mlflow/server-info")
    assert info["store_type"] == "SqlStore"
    assert info["workspaces_enabled"] is False
    assert isinstance(info["multipart_uploads_enabled"], bool)
    assert isinstance(info["multipart_downloads_enabled"], bool)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_run_at_both_addresses(wire, name, prefix):
    base = f"{prefix}/2.0/mlflow/"
    experiment_id = wire.ok("POST", f"{base}experiments/create", {"name": name})["experiment_id"]
    assert isinstance(experiment_id, str)
    run = wire.ok(
        "POST", f"{base}runs/create", {"experiment_id": experiment_id, "start_time": 1_700_000_000_123}
    )["run"]
    run_id = run["info"]["run_id"]
    assert run["info"] == {
        "run_uuid": run_id, "experiment_id": experiment_id, "run_name": run["info"]["run_name"], "user_id": "",
        "status": "RUNNING", "start_time": 1_700_000_000_123, "lifecycle_stage": "active", "run_id": run_id,
        "artifact_uri": f"mlflow-artifacts:/{experiment_id}/{run_id}/artifacts",
    }  # fmt: skip
    # Nothing is said of metrics and params that are not there, but there are inputs, if empty.
    assert run["data"] == {"tags": [{"key": "mlflow.runName", "value": run["info"]["run_name"]}]}
    assert run["inputs"] == {}
    assert (
        wire.ok(
            "POST",
            f"{base}runs/log-metric",
            {"run_uuid": run_id, "key": "m", "value": 2, "timestamp": 2**53 + 1, "step": -3},
        )
        == {}
    )
    assert wire.ok("POST", f"{base}runs/log-parameter", {"run_uuid": run_id, "key": "p", "value": ""}) == {}
    for key in ("run_id", "run_uuid"):
        data = wire.ok("GET", f"{base}runs/get", params={key: run_id})["run"]["data"]
        assert data["metrics"] == [{"key": "m", "value": 2.0, "timestamp": 2**53 + 1, "step": -3}]
        assert data["params"] == [{"key": "p", "value": ""}]
    (found,) = wire.ok("POST", f"{base}runs/search", {"experiment_ids": [experiment_id], "max_results": 5})[
        "runs"
    ]
    assert found["info"]["run_uuid"] == run_id


def test_an_experiment(wire, name):
    experiment_id = wire.ok("POST", "experiments/create", {"name": name})["experiment_id"]
    by_id = wire.ok("GET", "experiments/get", params={"experiment_id": experiment_id})["experiment"]
    assert {**by_id, "creation_time": 0, "last_update_time": 0} == {
        "experiment_id": experiment_id, "name": name, "artifact_location": f"mlflow-artifacts:/{experiment_id}",
        "lifecycle_stage": "active", "creation_time": 0, "last_update_time": 0, "workspace": "default",
    }  # fmt: skip
    assert type(by_id["creation_time"]) is int
    assert wire.ok("GET", "experiments/get-by-name", params={"experiment_name": name})["experiment"] == by_id
    assert (
        wire.ok(
            "POST",
            "experiments/set-experiment-tag",
            {"experiment_id": experiment_id, "key": "a", "value": ""},
        )
        == {}
    )
    tagged = wire.ok("GET", "experiments/get", params={"experiment_id": experiment_id})["experiment"]
    assert tagged["tags"] == [{"key": "a", "value": ""}]
    filter_string = f"name = '{name}'"
    by_post = wire.ok("POST", "experiments/search", {"max_results": 5, "filter": filter_string})
    by_get = wire.ok("GET", "experiments/search", params={"max_results": 5, "filter": filter_string})
    assert by_post == by_get == {"experiments": [tagged]}


def test_finding_nothing_says_nothing(wire, experiment):
    assert wire.ok("POST", "runs/search", {"experiment_ids": [experiment], "max_results": 5}) == {}
    assert wire.ok("POST", "experiments/search", {"max_results": 5, "filter": "name = 'no such'"}) == {}
    assert wire.ok("GET", "registered-models/search", params={"filter": "name = 'no such'"}) == {}
    assert wire.ok("GET", "model-versions/search", params={"filter": "name = 'no such'"}) == {}
    assert wire.ok("POST", "logged-models/search", {"experiment_ids": [experiment]}) == {}


def test_a_next_page_token_only_when_there_is_more(wire, client, experiment):
    for _ in range(2):
        client.create_run(experiment)
    search = lambda size: wire.ok(
        "POST", "runs/search", {"experiment_ids": [experiment], "max_results": size}
    )  # noqa: E731
    assert "next_page_token" in search(1)
    assert "next_page_token" not in search(3)


def test_inputs_of_a_run(wire, run):
    dataset = {"name": "n", "digest": "d", "source_type": "local", "source": "{}", "profile": "p"}
    tag = {"key": "mlflow.data.context", "value": "train"}
    assert (
        wire.ok("POST", "runs/log-inputs", {"run_id": run, "datasets": [{"tags": [tag], "dataset": dataset}]})
        == {}
    )
    (kept,) = wire.ok("GET", "runs/get", params={"run_id": run})["run"]["inputs"]["dataset_inputs"]
    assert kept["tags"] == [tag]
    assert {key: kept["dataset"][key] for key in dataset} == dataset


def test_a_registered_model_and_its_version(wire, client, name, run):
    made = wire.ok("POST", "registered-models/create", {"name": name})["registered_model"]
    assert made == {
        "name": name, "creation_timestamp": made["creation_timestamp"],
        "last_updated_timestamp": made["creation_timestamp"],
    }  # fmt: skip
    assert type(made["creation_timestamp"]) is int
    source = f"{client.get_run(run).info.artifact_uri}/model"
    version = wire.ok("POST", "model-versions/create", {"name": name, "source": source, "run_id": run})[
        "model_version"
    ]
    at = version["creation_timestamp"]
    expected = {
        "name": name, "version": "1", "creation_timestamp": at, "last_updated_timestamp": at, "current_stage": "None",
        "description": "", "source": source, "run_id": run, "status": "READY", "run_link": "",
    }  # fmt: skip
    assert version == expected
    assert (
        wire.ok("GET", "model-versions/get", params={"name": name, "version": "1"})["model_version"]
        == expected
    )
    wire.ok("POST", "registered-models/alias", {"name": name, "alias": "champion", "version": "1"})
    got = wire.ok("GET", "registered-models/get", params={"name": name})["registered_model"]
    assert got["aliases"] == [{"alias": "champion", "version": "1"}]
    # Versions listed with their model do not repeat its aliases.
    assert [v["version"] for v in got["latest_versions"]] == ["1"]
    by_alias = wire.ok("GET", "registered-models/alias", params={"name": name, "alias": "champion"})[
        "model_version"
    ]
    assert by_alias == {**expected, "aliases": ["champion"]}
    assert wire.ok("GET", "model-versions/get-download-uri", params={"name": name, "version": "1"}) == {
        "artifact_uri": source
    }


def test_a_logged_model(wire, experiment, run):
    model = wire.ok("POST", "logged-models", {
        "experiment_id": experiment, "name": "x", "source_run_id": run, "model_type": "t",
        "params": [{"key": "p", "value": "1"}], "tags": [{"key": "t", "value": "2"}],
    })["model"]  # fmt: skip
    info = model["info"]
    assert info["model_id"].startswith("m-")
    assert (info["experiment_id"], info["name"], info["source_run_id"]) == (experiment, "x", run)
    assert (info["status"], info["model_type"]) == ("LOGGED_MODEL_PENDING", "t")
    assert info["artifact_uri"] == f"mlflow-artifacts:/{experiment}/models/{info['model_id']}/artifacts"
    assert type(info["creation_timestamp_ms"]) is int
    assert info["tags"] == [{"key": "t", "value": "2"}]
    assert model["data"]["params"] == [{"key": "p", "value": "1"}]
    answer = wire.ok(
        "PATCH",
        f"logged-models/{info['model_id']}",
        {"model_id": info["model_id"], "status": "LOGGED_MODEL_READY"},
    )
    assert answer["model"]["info"]["status"] == "LOGGED_MODEL_READY"


def test_errors(wire, experiment):
    answer = wire.get("runs/get", run_id="0" * 32)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.json() == {
        "error_code": "RESOURCE_DOES_NOT_EXIST", "message": f"Run with id={'0' * 32} not found",
        "sqlstate": "KAM00", "error_class": "RESOURCE_NOT_FOUND",
    }  # fmt: skip
    answer = wire.get("experiments/get", experiment_id="abc")
    assert answer.status_code == 400
    assert answer.json() == {
        "error_code": "INVALID_PARAMETER_VALUE",
        "message": "Invalid experiment ID 'abc'. Experiment ID must be a valid integer.",
        "sqlstate": "KAM00", "error_class": "INVALID_PARAMETER_VALUE",
    }  # fmt: skip
    answer = wire.post("experiments/create", {"name": "Default"})
    assert answer.status_code == 400
    error = answer.json()
    assert (error["error_code"], error["sqlstate"], error["error_class"]) == (
        "RESOURCE_ALREADY_EXISTS",
        "KAM00",
        "RESOURCE_ALREADY_EXISTS",
    )


def test_unknown_addresses(wire):
    assert wire.call("POST", "experiments/no-such-thing", {}).status_code == 404
    assert wire.call("GET", "/api/2.0/no-such-service").status_code == 404
    assert wire.call("GET", "experiments/create").status_code == 405


def test_numbers_that_come_as_text(wire, experiment):
    """Protobuf's JSON allows 64-bit numbers in quotes, enumerations by number, and whole floats."""
    run = wire.ok("POST", "runs/create", {"experiment_id": experiment, "start_time": "12"})["run"]
    assert run["info"]["start_time"] == 12
    of = {"run_id": run["info"]["run_id"]}
    wire.ok("POST", "runs/log-metric", {**of, "key": "m", "value": "1.5", "timestamp": "7", "step": "-3"})
    wire.ok("POST", "runs/log-metric", {**of, "key": "n", "value": 1, "timestamp": 1e3, "step": 2.0})
    data = wire.ok("GET", "runs/get", params=of)["run"]["data"]
    assert sorted((m["key"], m["value"], m["timestamp"], m["step"]) for m in data["metrics"]) == [
        ("m", 1.5, 7, -3),
        ("n", 1.0, 1_000, 2),
    ]
    assert wire.ok("POST", "runs/update", {**of, "status": 3})["run_info"]["status"] == "FINISHED"


def test_unknown_fields_are_ignored(wire, name):
    made = wire.ok(
        "POST",
        "experiments/create",
        {"name": name, "from_the_future": {"a": [1]}, "tags": [{"key": "a", "value": "b", "c": 1}]},
    )
    kept = wire.ok("GET", "experiments/get", params={"experiment_id": made["experiment_id"], "bogus": "x"})[
        "experiment"
    ]
    assert kept["tags"] == [{"key": "a", "value": "b"}]


def test_null_is_nothing(wire, experiment):
    run = wire.ok(
        "POST", "runs/create", {"experiment_id": experiment, "run_name": None, "tags": None, "start_time": 5}
    )["run"]
    assert run["info"]["run_name"]


def test_text_survives(wire, client, run):
    texts = [
        "☂ \U0001f600",
        'quote" back\\slash',
        "tab\tline\r\nnext",
        "\u2028\u2029",
        "</script>",
        "\x7f",
        "e\u0301",
    ]
    for place, text in enumerate(texts):
        client.log_param(run, f"p{place}", text)
    answer = wire.call("GET", "runs/get", params={"run_id": run})
    kept = {p["key"]: p["value"] for p in json.loads(answer.content)["run"]["data"]["params"]}
    assert kept == {f"p{place}": text for place, text in enumerate(texts)}


def test_doubles_survive(wire, client, run):
    values = [0.1, 1 / 3, 1e-300, 123456789.123456789, 2.0**60, 5e-324, 1.7976931348623157e308]
    client.log_batch(
        run,
        metrics=[Metric(f"m{i}", value, 1, 0) for i, value in enumerate(values)],
        params=[Param("a", "b")],
    )
    kept = {
        m["key"]: m["value"]
        for m in wire.ok("GET", "runs/get", params={"run_id": run})["run"]["data"]["metrics"]
    }
    assert kept == {f"m{i}": value for i, value in enumerate(values)}


def test_pages_compare(wire, client, experiment):
    """A page token is opaque, and that of the last page is not there."""
    for _ in range(3):
        client.create_run(experiment)
    ask = {"experiment_ids": [experiment], "max_results": 2}
    first = wire.ok("POST", "runs/search", ask)
    second = wire.ok("POST", "runs/search", {**ask, "page_token": first["next_page_token"]})
    assert (len(first["runs"]), len(second["runs"])) == (2, 1)
    assert "next_page_token" not in second


def test_many_on_one_connection(wire, run):
    for step in range(50):
        wire.ok(
            "POST",
            "runs/log-metric",
            {"run_id": run, "key": "m", "value": step, "timestamp": 1, "step": step},
        )
    answer = wire.ok("GET", "metrics/get-history", params={"run_id": run, "metric_key": "m"})
    assert [m["step"] for m in answer["metrics"]] == list(range(50))
