"""A model of scikit-learn: trained, logged, registered, loaded by every kind of address."""

import json

import mlflow
import numpy
import pandas
import pytest
from mlflow.models import infer_signature
from sklearn.linear_model import LinearRegression, LogisticRegression

from names import unused


@pytest.fixture(scope="module")
def data():
    random = numpy.random.default_rng(7)
    features = pandas.DataFrame(random.normal(size=(60, 3)), columns=["a", "b", "c"])
    return features, features @ [1.0, -2.0, 0.5] + 0.25


def test_autolog(client, experiment, data):
    features, target = data
    mlflow.sklearn.autolog(silent=True)
    try:
        with mlflow.start_run() as run:
            LinearRegression().fit(features, target)
    finally:
        mlflow.sklearn.autolog(disable=True)
    logged = client.get_run(run.info.run_id)
    assert logged.info.status == "FINISHED"
    assert logged.data.params["fit_intercept"] == "True"
    assert logged.data.metrics["training_r2_score"] == pytest.approx(1.0)
    assert logged.data.tags["estimator_name"] == "LinearRegression"
    (used,) = logged.inputs.dataset_inputs
    assert {tag.key: tag.value for tag in used.tags} == {"mlflow.data.context": "train"}
    (out,) = logged.outputs.model_outputs
    model = client.get_logged_model(out.model_id)
    assert (str(model.status), model.source_run_id) == ("READY", run.info.run_id)
    assert "estimator.html" in [f.path for f in client.list_artifacts(run.info.run_id)]
    predictions = mlflow.sklearn.load_model(f"models:/{out.model_id}").predict(features)
    numpy.testing.assert_allclose(predictions, target)


@pytest.fixture(scope="module")
def registered(client, data):
    """A classifier, logged with signature and example, registered twice; the second is champion."""
    name = unused("classifier")
    features, target = data
    model = LogisticRegression().fit(features, target > 0)
    mlflow.set_tracking_uri(client.tracking_uri)
    mlflow.set_registry_uri(client.tracking_uri)
    mlflow.set_experiment(experiment_id=client.create_experiment(name))
    with mlflow.start_run() as run:
        info = mlflow.sklearn.log_model(
            model,
            name="model",
            signature=infer_signature(features, model.predict(features)),
            input_example=features.head(3),
            registered_model_name=name,
            params={"kind": "logistic"},
            metadata={"note": "käse"},
        )
    second = mlflow.register_model(f"runs:/{run.info.run_id}/model", name, tags={"from": "run"})
    assert (info.registered_model_version, second.version) == ("1", "2")
    client.set_registered_model_alias(name, "champion", "2")
    return name, info, run.info.run_id, model.predict(features)


@pytest.mark.parametrize("address", ["models:/{name}/1", "models:/{name}/2", "models:/{name}@champion", "models:/{name}/latest", "models:/{model_id}", "runs:/{run_id}/model"])  # fmt: skip
def test_load_and_predict(registered, data, address):
    name, info, run_id, expected = registered
    address = address.format(name=name, model_id=info.model_id, run_id=run_id)
    numpy.testing.assert_array_equal(mlflow.pyfunc.load_model(address).predict(data[0]), expected)


def test_load_as_scikit_learn(registered, data):
    name, _, _, expected = registered
    model = mlflow.sklearn.load_model(f"models:/{name}@champion")
    assert isinstance(model, LogisticRegression)
    numpy.testing.assert_array_equal(model.predict(data[0]), expected)


def test_what_is_known_of_it(client, registered):
    name, info, run_id, _ = registered
    model = client.get_logged_model(info.model_id)
    assert (model.name, str(model.status), model.source_run_id) == ("model", "READY", run_id)
    assert model.params == {"kind": "logistic"}
    assert json.loads(model.tags["mlflow.modelVersions"])
    assert [o.model_id for o in client.get_run(run_id).outputs.model_outputs] == [info.model_id]
    first, second = client.get_model_version(name, "1"), client.get_model_version(name, "2")
    assert (first.run_id, first.source) == (run_id, f"models:/{info.model_id}")
    assert (second.run_id, second.source, second.tags) == (
        run_id,
        f"models:/{info.model_id}",
        {"from": "run"},
    )
    assert second.aliases == ["champion"]
    assert client.get_registered_model(name).aliases == {"champion": "2"}
    details = mlflow.models.get_model_info(f"models:/{name}/1")
    assert details.signature == info.signature
    assert details.metadata == {"note": "käse"}


def test_the_example_and_the_files(client, registered, data):
    name, info, _, _ = registered
    folder = mlflow.artifacts.download_artifacts(f"models:/{name}@champion")
    example = mlflow.models.Model.load(folder).load_input_example(folder)
    pandas.testing.assert_frame_equal(example, data[0].head(3))
    listed = {f.path for f in mlflow.artifacts.list_artifacts(f"models:/{info.model_id}")}
    assert {"MLmodel", "conda.yaml", "input_example.json", "requirements.txt"} <= listed


def test_a_signature_is_enforced(registered, data):
    name, *_ = registered
    model = mlflow.pyfunc.load_model(f"models:/{name}/1")
    with pytest.raises(mlflow.MlflowException, match="missing inputs"):
        model.predict(data[0][["a", "b"]])


def test_metrics_of_a_model(client, experiment, data):
    features, target = data
    dataset = mlflow.data.from_pandas(features.assign(y=target), name="held-back", targets="y")
    with mlflow.start_run() as run:
        info = mlflow.sklearn.log_model(LinearRegression().fit(features, target), name="model")
        mlflow.log_metrics({"rmse": 0.5, "mae": 0.25}, step=1, model_id=info.model_id, dataset=dataset)
        mlflow.log_metric("rmse", 0.125, step=2, model_id=info.model_id, dataset=dataset)
    model = client.get_logged_model(info.model_id)
    metrics = {(m.key, m.value, m.step, m.dataset_name, m.dataset_digest, m.run_id) for m in model.metrics}
    of = (dataset.name, dataset.digest, run.info.run_id)
    assert metrics >= {("rmse", 0.125, 2, *of), ("mae", 0.25, 1, *of)}
    assert client.get_run(run.info.run_id).data.metrics == {"rmse": 0.125, "mae": 0.25}


def test_a_function_as_model(experiment):
    @mlflow.pyfunc.utils.pyfunc
    def double(model_input: list[float]) -> list[float]:
        return [2 * x for x in model_input]

    with mlflow.start_run():
        info = mlflow.pyfunc.log_model(name="double", python_model=double, pip_requirements=["mlflow"])
    assert mlflow.pyfunc.load_model(info.model_uri).predict([1.0, 2.5]) == [2.0, 5.0]
