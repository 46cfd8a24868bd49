"""Signed models: the server signs what is registered, and refuses to load what was tampered with.

The judge of the format is the package `model-signing` 1.1.1: it must accept what is signed here, and
what it signed must be accepted here.
"""

import os
import pathlib
import shutil

import boto3
import mlflow
import numpy
import pytest
from mlflow.exceptions import MlflowException
from sklearn.linear_model import LinearRegression

from conftest import KIND, S3
from names import unused
from servers import Server
from signers import by_package, flip, flipped, make_key

pytestmark = pytest.mark.skipif(KIND == "mlflow", reason="MLflow's own server signs nothing")

BUCKET = os.environ.get("TRIMTAB_TEST_S3_BUCKET")
FEATURES = numpy.array([[0.0], [1.0], [2.0]])


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return make_key(tmp_path_factory.mktemp("keys"), "key")


@pytest.fixture(scope="module", params=["folder"] + ["s3"] * bool(S3))
def server(request, keys, tmp_path_factory):
    """A server of its own for this module: it signs, and refuses what is not as it was signed."""
    options = ["--signing-key", str(keys[0]), "--require-signatures", "enforce"]
    bucket = f"s3://{BUCKET}/{unused('signing')}" if request.param == "s3" else None
    home = tmp_path_factory.mktemp("signing")
    running = Server(KIND, "sqlite", home, artifacts=bucket, options=options).start()
    yield running
    running.stop()


class Place:
    """Where the files of a version are, for whoever comes past the server: a folder, or a bucket."""

    def __init__(self, server, path):
        self.folder = server.home / "artifacts" / path
        self.bucket = None
        if server.artifacts:
            self.bucket = boto3.resource("s3", endpoint_url=S3).Bucket(BUCKET)
            self.prefix = f"{server.artifacts.removeprefix(f's3://{BUCKET}/')}/{path}/"

    def names(self):
        if self.bucket:
            return [item.key.removeprefix(self.prefix) for item in self.bucket.objects.filter(Prefix=self.prefix)]
        return [str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()]

    def flip(self, name):
        if self.bucket:
            item = self.bucket.Object(self.prefix + name)
            item.put(Body=flipped(item.get()["Body"].read()))
        else:
            flip(self.folder / name)

    def copy(self, to):
        """The files in a folder that other tools can read."""
        for name in self.names():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            if self.bucket:
                self.bucket.download_file(self.prefix + name, str(to / name))
            else:
                shutil.copy(self.folder / name, to / name)
        return to


@pytest.fixture
def logged(client, server, name):
    """A model that was logged and registered by the client, and where its files are."""
    mlflow.set_experiment(experiment_id=client.create_experiment(name))
    model = LinearRegression().fit(FEATURES, FEATURES[:, 0] * 2 + 1)
    with mlflow.start_run():
        mlflow.sklearn.log_model(model, name="model", registered_model_name=name)
    client.set_registered_model_alias(name, "champion", 1)
    place = client.get_model_version_download_uri(name, "1")
    return name, Place(server, place.removeprefix("mlflow-artifacts:/"))


def test_a_model_that_was_tampered_with_is_not_loaded(client, keys, logged, tmp_path):
    name, place = logged
    addresses = [f"models:/{name}@champion", f"models:/{name}/1", f"models:/{name}/latest"]
    for address in addresses:
        predicted = mlflow.pyfunc.load_model(address).predict(FEATURES)
        numpy.testing.assert_allclose(predicted, [1.0, 3.0, 5.0])
    tags = client.get_model_version(name, "1").tags
    assert tags["trimtab.signature"].startswith("sha256:")
    assert by_package("verify", place.copy(tmp_path / "a"), keys[1]) == (0, "Verification succeeded\n")

    (weights,) = [name for name in place.names() if name.startswith("model.") and name != "model.sig"]
    place.flip(weights)
    status, says = by_package("verify", place.copy(tmp_path / "b"), keys[1])
    assert status != 0 and weights in says
    for address in addresses:
        with pytest.raises(MlflowException, match=f"`{weights}` was changed") as refused:
            mlflow.pyfunc.load_model(address)
        assert refused.value.error_code == "PERMISSION_DENIED"

    place.flip(weights)
    mlflow.sklearn.load_model(addresses[0])
    assert by_package("verify", place.copy(tmp_path / "c"), keys[1])[0] == 0


def test_a_copy_of_a_version_has_its_signature(client, logged):
    name, _ = logged
    copied = client.copy_model_version(f"models:/{name}/1", unused("copy"))
    assert copied.tags["trimtab.signature"] == client.get_model_version(name, "1").tags["trimtab.signature"]
    mlflow.sklearn.load_model(f"models:/{copied.name}/1")


def test_who_signs_with_the_package_before_registering(client, keys, name, tmp_path):
    model = tmp_path / "model"
    mlflow.sklearn.save_model(LinearRegression().fit(FEATURES, FEATURES[:, 0]), model)
    assert by_package("sign", model, keys[0])[0] == 0
    signature = (model / "model.sig").read_bytes()
    mlflow.set_experiment(experiment_id=client.create_experiment(name))
    with mlflow.start_run() as run:
        mlflow.log_artifacts(str(model), "model")
    client.create_registered_model(name)
    client.create_model_version(name, f"{run.info.artifact_uri}/model", run.info.run_id)
    mlflow.sklearn.load_model(f"models:/{name}/1")
    kept = mlflow.artifacts.download_artifacts(f"models:/{name}/1")
    assert (pathlib.Path(kept) / "model.sig").read_bytes() == signature


def test_who_signs_with_another_key_is_not_believed(client, name, tmp_path):
    model = tmp_path / "model"
    mlflow.sklearn.save_model(LinearRegression().fit(FEATURES, FEATURES[:, 0]), model)
    assert by_package("sign", model, make_key(tmp_path, "other")[0])[0] == 0
    mlflow.set_experiment(experiment_id=client.create_experiment(name))
    with mlflow.start_run() as run:
        mlflow.log_artifacts(str(model), "model")
    client.create_registered_model(name)
    with pytest.raises(MlflowException, match="it was made with another key"):
        client.create_model_version(name, f"{run.info.artifact_uri}/model", run.info.run_id)
