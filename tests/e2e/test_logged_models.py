"""Logged models: made, finished, tagged, measured, searched, deleted."""

import time

import mlflow
import pytest
from mlflow.entities import LoggedModelStatus, Metric
from mlflow.exceptions import MlflowException

from names import unused

MODELS = "logged-models"


def test_create_and_finalise(client, experiment, run):
    before = int(time.time() * 1000)
    made = client.create_logged_model(
        experiment,
        name="forest",
        source_run_id=run,
        tags={"a": "1"},
        params={"depth": "3"},
        model_type="tree",
    )
    assert made.model_id.startswith("m-")
    assert str(made.status) == "PENDING"
    model = client.get_logged_model(made.model_id)
    assert (model.name, model.model_type, model.source_run_id) == ("forest", "tree", run)
    assert (model.experiment_id, model.params, model.tags) == (experiment, {"depth": "3"}, {"a": "1"})
    assert model.artifact_location == f"mlflow-artifacts:/{experiment}/models/{made.model_id}/artifacts"
    assert before <= model.creation_timestamp <= int(time.time() * 1000)
    assert model.last_updated_timestamp >= model.creation_timestamp
    assert model.metrics == []
    ready = client.finalize_logged_model(made.model_id, LoggedModelStatus.READY)
    assert str(ready.status) == "READY"
    assert str(client.get_logged_model(made.model_id).status) == "READY"


def test_a_name_is_made_up(client, experiment):
    assert client.create_logged_model(experiment).name


def test_a_model_can_fail(client, experiment):
    made = client.create_logged_model(experiment, name="x")
    assert str(client.finalize_logged_model(made.model_id, "FAILED").status) == "FAILED"


def test_tags(client, experiment):
    model_id = client.create_logged_model(experiment, name="x", tags={"a": "1", "b": "2"}).model_id
    client.set_logged_model_tags(model_id, {"a": "changed", "c": "☂", "empty": ""})
    client.delete_logged_model_tag(model_id, "b")
    assert client.get_logged_model(model_id).tags == {"a": "changed", "c": "☂", "empty": ""}
    with pytest.raises(MlflowException) as refusal:
        client.delete_logged_model_tag(model_id, "b")
    assert refusal.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_params(client, wire, experiment):
    model_id = client.create_logged_model(experiment, name="x", params={"a": "1"}).model_id
    client.log_model_params(model_id, {"b": "2", "long": "x" * 6_000})
    assert client.get_logged_model(model_id).params == {"a": "1", "b": "2", "long": "x" * 6_000}


def test_external(client, experiment):
    model = mlflow.create_external_model(name="elsewhere", params={"p": "1"}, tags={"t": "2"})
    kept = client.get_logged_model(model.model_id)
    assert (kept.name, str(kept.status), kept.params["p"], kept.tags["t"]) == ("elsewhere", "READY", "1", "2")


def test_delete(client, experiment):
    model_id = client.create_logged_model(experiment, name="x").model_id
    client.delete_logged_model(model_id)
    with pytest.raises(MlflowException) as refusal:
        client.get_logged_model(model_id)
    assert refusal.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    assert list(client.search_logged_models([experiment])) == []


def test_metrics(client, experiment, run):
    model_id = client.create_logged_model(experiment, name="x", source_run_id=run).model_id
    client.log_metric(run, "m", 0.5, timestamp=10, step=1, model_id=model_id)
    client.log_metric(
        run, "m", 0.25, timestamp=20, step=2, model_id=model_id, dataset_name="d", dataset_digest="1"
    )
    client.log_batch(run, metrics=[Metric("n", 3.0, 30, 0, model_id=model_id)])
    client.log_metric(run, "not of the model", 1.0)
    metrics = client.get_logged_model(model_id).metrics
    assert sorted((m.key, m.value, m.timestamp, m.step, m.dataset_name or "", m.run_id) for m in metrics) == [
        ("m", 0.25, 20, 2, "d", run), ("m", 0.5, 10, 1, "", run), ("n", 3.0, 30, 0, "", run),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def four(client):
    """An experiment with four models; `m` measured overall and on a dataset."""
    experiment_id = client.create_experiment(unused("four"))
    run = client.create_run(experiment_id).info.run_id
    ids = {}
    for name, kind, params, tags, overall, held_back in [
        ("ant", "tree", {"depth": "3"}, {"colour": "red"}, 0.1, 0.9),
        ("Bee", "tree", {"depth": "4"}, {"colour": "Red"}, 0.2, 0.8),
        ("cow", "linear", {}, {}, 0.3, None),
        ("dog", "", {"depth": "10"}, {"colour": "blue"}, None, None),
    ]:
        model = client.create_logged_model(
            experiment_id, name=name, source_run_id=run, params=params, tags=tags, model_type=kind
        )
        ids[name] = model.model_id
        if overall is not None:
            client.log_metric(run, "m", overall, model_id=model.model_id)
        if held_back is not None:
            client.log_metric(
                run, "held", held_back, model_id=model.model_id, dataset_name="prices", dataset_digest="1"
            )
        time.sleep(0.005)
    client.finalize_logged_model(ids["ant"], "READY")
    return experiment_id, ids, run


def names(client, four, filter_string=None, **options):
    return [m.name for m in client.search_logged_models([four[0]], filter_string, **options)]


@pytest.mark.parametrize(
    ("filter_string", "expected"),
    [
        (None, ["dog", "cow", "Bee", "ant"]),
        ("name = 'ant'", ["ant"]),
        ("name != 'ant'", ["dog", "cow", "Bee"]),
        ("name LIKE '%o%'", ["dog", "cow"]),
        ("name ILIKE 'b%'", ["Bee"]),
        ("attributes.name IN ('ant', 'dog')", ["dog", "ant"]),
        ("name NOT IN ('ant', 'dog')", ["cow", "Bee"]),
        ("model_type = 'tree'", ["Bee", "ant"]),
        ("creation_timestamp > 1", ["dog", "cow", "Bee", "ant"]),
        ("creation_time < 1", []),
        ("params.depth = '3'", ["ant"]),
        ("params.depth != '3'", ["dog", "Bee"]),
        ("params.depth LIKE '%0'", ["dog"]),
        ("tags.colour = 'red'", ["ant"]),
        ("tags.colour ILIKE 'RED'", ["Bee", "ant"]),
        ("tags.`colour` != 'red'", ["dog", "Bee"]),
        ("metrics.m > 0.15", ["cow", "Bee"]),
        ("metrics.m <= 0.2", ["Bee", "ant"]),
        ("metrics.m != 0.1 AND model_type = 'tree'", ["Bee"]),
        ("metrics.held > 0.85", ["ant"]),
    ],
)
def test_search_filters(client, four, filter_string, expected):
    assert names(client, four, filter_string) == expected


def test_search_by_ids(client, four):
    experiment_id, ids, run = four
    assert names(client, four, f"model_id = '{ids['cow']}'") == ["cow"]
    assert names(client, four, f"model_id IN ('{ids['cow']}', '{ids['ant']}')") == ["cow", "ant"]
    assert len(names(client, four, f"source_run_id = '{run}'")) == 4


def test_search_by_dataset(client, four):
    of = {"dataset_name": "prices", "dataset_digest": "1"}
    assert names(client, four, "metrics.held > 0.5", datasets=[of]) == ["Bee", "ant"]
    assert names(client, four, "metrics.held > 0.85", datasets=[of]) == ["ant"]
    assert names(client, four, "metrics.held > 0.5", datasets=[{"dataset_name": "other"}]) == []
    assert names(client, four, "metrics.m > 0", datasets=[of]) == []


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ([{"field_name": "name"}], ["Bee", "ant", "cow", "dog"]),
        ([{"field_name": "name", "ascending": False}], ["dog", "cow", "ant", "Bee"]),
        ([{"field_name": "creation_timestamp"}], ["ant", "Bee", "cow", "dog"]),
        ([{"field_name": "creation_timestamp", "ascending": False}], ["dog", "cow", "Bee", "ant"]),
        ([{"field_name": "metrics.m"}], ["ant", "Bee", "cow", "dog"]),
        ([{"field_name": "metrics.m", "ascending": False}], ["cow", "Bee", "ant", "dog"]),
        ([{"field_name": "metrics.held", "ascending": False, "dataset_name": "prices", "dataset_digest": "1"}], ["ant", "Bee", "dog", "cow"]),
        ([{"field_name": "model_type"}, {"field_name": "name"}], ["dog", "cow", "Bee", "ant"]),
    ],
)  # fmt: skip
def test_search_order(client, four, order, expected):
    assert names(client, four, order_by=order) == expected


def test_search_pages(client, four):
    seen, token, sizes = [], None, []
    while True:
        page = client.search_logged_models(
            [four[0]], order_by=[{"field_name": "name"}], max_results=3, page_token=token
        )
        sizes.append(len(page))
        seen += [m.name for m in page]
        token = page.token
        if not token:
            break
    assert (sizes, seen) == ([3, 1], ["Bee", "ant", "cow", "dog"])


def test_a_page_token_is_of_its_question(client, wire, four):
    page = client.search_logged_models([four[0]], "name LIKE '%'", max_results=2)
    other = {
        "experiment_ids": [four[0]],
        "filter": "name LIKE 'a%'",
        "max_results": 2,
        "page_token": page.token,
    }
    wire.invalid(wire.post(f"{MODELS}/search", other))


def test_refused(wire, experiment):
    wire.absent(wire.get(f"{MODELS}/m-{'0' * 32}"))
    wire.absent(wire.call("DELETE", f"{MODELS}/m-{'0' * 32}", {}))
    wire.absent(
        wire.call(
            "PATCH", f"{MODELS}/m-{'0' * 32}", {"model_id": f"m-{'0' * 32}", "status": "LOGGED_MODEL_READY"}
        )
    )
    wire.invalid(wire.post(MODELS, {"name": "x"}), "experiment_id")
    wire.absent(wire.post(MODELS, {"experiment_id": "987654321", "name": "x"}))
    for name in ["a/b", "a:b", "a.b", "a%b", 'a"b', "a'b"]:
        wire.invalid(wire.post(MODELS, {"experiment_id": experiment, "name": name}), "model name")
    search = lambda filter_string: wire.post(
        f"{MODELS}/search", {"experiment_ids": [experiment], "filter": filter_string}
    )  # noqa: E731
    for filter_string in ["name > 'x'", "name = 'a' OR name = 'b'", "params.p > '1'"]:
        wire.invalid(search(filter_string))
    for filter_string in ["bogus = 'x'", "metrics.m = 'x'"]:
        wire.invalid(search(filter_string), mlflow=500)
    wire.invalid(
        wire.post(f"{MODELS}/search", {"experiment_ids": [experiment], "order_by": [{"field_name": "bogus"}]})
    )
    wire.invalid(
        wire.post(f"{MODELS}/search", {"experiment_ids": [experiment], "page_token": "bad"}), mlflow=500
    )


def test_artifacts_of_a_model(client, wire, experiment):
    model_id = client.create_logged_model(experiment, name="x").model_id
    root = f"/api/2.0/mlflow-artifacts/artifacts/{experiment}/models/{model_id}/artifacts"
    assert wire.call("PUT", f"{root}/folder/a.txt", data=b"abc").status_code == 200
    listed = wire.ok("GET", f"{MODELS}/{model_id}/artifacts/directories")
    assert listed["files"] == [{"path": "folder", "is_dir": True}]
    listed = wire.ok(
        "GET", f"{MODELS}/{model_id}/artifacts/directories", params={"artifact_directory_path": "folder"}
    )
    assert listed["files"] == [{"path": "folder/a.txt", "is_dir": False, "file_size": 3}]
    wire.invalid(wire.get(f"{MODELS}/{model_id}/artifacts/directories", artifact_directory_path="../.."))
