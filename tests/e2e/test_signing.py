"""Signed models: the server signs what is registered, and refuses to load what was tampered with.

The judge of the format is the package `model-signing` 1.1.1: it must accept what is signed here, and
what it signed must be accepted here. What one of the two refuses, the other refuses too.
"""

import base64
import json
import os
import pathlib
import subprocess
import sys

import mlflow
import numpy
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from mlflow.exceptions import MlflowException
from sklearn.linear_model import LinearRegression

from conftest import KIND
from names import unused
from servers import Server, trimtab_binary

pytestmark = pytest.mark.skipif(KIND == "mlflow", reason="MLflow's own server signs nothing")

FEATURES = numpy.array([[0.0], [1.0], [2.0]])


def make_key(folder, name):
    """A pair of keys in PEM; the paths of the private and of the public one."""
    key = ec.generate_private_key(ec.SECP256R1())
    private, public = folder / f"{name}.pem", folder / f"{name}.pub"
    plain = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    private.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    private.chmod(0o600)
    public.write_bytes(key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo))
    return private, public


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return make_key(tmp_path_factory.mktemp("keys"), "key")


@pytest.fixture(scope="module")
def server(keys, tmp_path_factory):
    """A server of its own for this module: it signs, and refuses what is not as it was signed."""
    options = ["--signing-key", str(keys[0]), "--require-signatures", "enforce"]
    running = Server(KIND, "sqlite", tmp_path_factory.mktemp("signing"), options=options).start()
    yield running
    running.stop()


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


def by_package(action, folder, key, *options):
    tool = str(pathlib.Path(sys.executable).with_name("model_signing"))
    which = {"sign": "--private_key", "verify": "--public_key"}[action]
    signature = ["--signature", str(folder / "model.sig")]
    return run(tool, action, "key", str(folder), *signature, which, str(key), *options)


def by_trimtab(action, folder, key, *options):
    verify = ["--verify"] if action == "verify" else []
    return run(trimtab_binary(), "sign", str(folder), *verify, "--key", str(key), *options)


@pytest.fixture
def logged(client, server, name):
    """A model that was logged and registered by the client, with its folder in the artifact store."""
    mlflow.set_experiment(experiment_id=client.create_experiment(name))
    model = LinearRegression().fit(FEATURES, FEATURES[:, 0] * 2 + 1)
    with mlflow.start_run():
        mlflow.sklearn.log_model(model, name="model", registered_model_name=name)
    client.set_registered_model_alias(name, "champion", 1)
    place = client.get_model_version_download_uri(name, "1")
    path = place.removeprefix("mlflow-artifacts:/")
    return name, server.home / "artifacts" / path


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def test_a_model_that_was_tampered_with_is_not_loaded(client, keys, logged):
    name, folder = logged
    addresses = [f"models:/{name}@champion", f"models:/{name}/1", f"models:/{name}/latest"]
    for address in addresses:
        predicted = mlflow.pyfunc.load_model(address).predict(FEATURES)
        numpy.testing.assert_allclose(predicted, [1.0, 3.0, 5.0])
    tags = client.get_model_version(name, "1").tags
    assert tags["trimtab.signature"].startswith("sha256:")
    assert by_package("verify", folder, keys[1]) == (0, "Verification succeeded\n")

    (weights,) = [path for path in folder.iterdir() if path.name.startswith("model.") and path.suffix != ".sig"]
    flip(weights)
    status, says = by_package("verify", folder, keys[1])
    assert status != 0 and weights.name in says
    for address in addresses:
        with pytest.raises(MlflowException, match=f"`{weights.name}` was changed") as refused:
            mlflow.pyfunc.load_model(address)
        assert refused.value.error_code == "PERMISSION_DENIED"

    flip(weights)
    mlflow.sklearn.load_model(addresses[0])
    assert by_package("verify", folder, keys[1])[0] == 0


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


@pytest.fixture
def folder(tmp_path):
    model = tmp_path / "churn"
    (model / "code").mkdir(parents=True)
    (model / ".git").mkdir()
    files = {"MLmodel": "flavors: {}\n", "code/a.py": "a = 1\n", "code.txt": "", "größe 1.txt": "ü", ".git/x": "1"}
    for name, text in files.items():
        (model / name).write_text(text, encoding="utf-8")
    (model / "weights").write_bytes(os.urandom(3 << 20))
    return model


def change_bundle(folder, change):
    signature = folder / "model.sig"
    bundle = json.loads(signature.read_text())
    change(bundle)
    signature.write_text(json.dumps(bundle))


def change_digest(bundle):
    payload = base64.b64decode(bundle["dsseEnvelope"]["payload"]).decode()
    statement = json.loads(payload)
    digest = statement["predicate"]["resources"][0]["digest"]
    payload = payload.replace(digest, digest[::-1])
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(payload.encode()).decode()


TAMPERING = {
    "nothing": lambda folder: None,
    "git has another file": lambda folder: (folder / ".git/y").write_text(""),
    "a byte": lambda folder: flip(folder / "weights"),
    "a file is added": lambda folder: (folder / "code/b.py").write_text(""),
    "an empty file is added": lambda folder: (folder / "b").touch(),
    "a file is removed": lambda folder: (folder / "code.txt").unlink(),
    "a file has another name": lambda folder: (folder / "MLmodel").rename(folder / "mlmodel"),
    "a file has another folder": lambda folder: (folder / "code/a.py").rename(folder / "a.py"),
    "a link to a file": lambda folder: (folder / "link").symlink_to("MLmodel"),
    "a link to a folder": lambda folder: (folder / "link").symlink_to("code"),
    "two files change places": lambda folder: [
        (folder / "MLmodel").rename(folder / "tmp"),
        (folder / "code/a.py").rename(folder / "MLmodel"),
        (folder / "tmp").rename(folder / "code/a.py"),
    ],
    "a digest in the signature": lambda folder: change_bundle(folder, change_digest),
    "the payload type": lambda folder: change_bundle(
        folder, lambda bundle: bundle["dsseEnvelope"].update(payloadType="application/json")
    ),
    "the media type": lambda folder: change_bundle(
        folder, lambda bundle: bundle.update(mediaType="application/vnd.dev.sigstore.bundle.v0.2+json")
    ),
    "the key that is named": lambda folder: change_bundle(
        folder, lambda bundle: bundle["verificationMaterial"]["publicKey"].update(hint="00")
    ),
    "the signature is empty": lambda folder: change_bundle(
        folder, lambda bundle: bundle["dsseEnvelope"]["signatures"][0].update(sig="")
    ),
    "the signature is gone": lambda folder: (folder / "model.sig").unlink(),
}
ACCEPTED = {"nothing", "git has another file"}


@pytest.mark.parametrize("signer", [by_trimtab, by_package], ids=["trimtab signs", "package signs"])
@pytest.mark.parametrize("tampering", TAMPERING)
def test_both_see_the_same_tampering(folder, keys, signer, tampering):
    status, says = signer("sign", folder, keys[0])
    assert status == 0, says
    TAMPERING[tampering](folder)
    theirs, ours = by_package("verify", folder, keys[1]), by_trimtab("verify", folder, keys[1])
    assert (theirs[0] == 0) == (ours[0] == 0) == (tampering in ACCEPTED), (theirs, ours)


@pytest.mark.parametrize("signer", [by_trimtab, by_package], ids=["trimtab signs", "package signs"])
def test_a_model_may_be_moved(folder, keys, signer):
    assert signer("sign", folder, keys[0])[0] == 0
    moved = folder.rename(folder.parent / "elsewhere")
    assert by_package("verify", moved, keys[1])[0] == 0
    assert by_trimtab("verify", moved, keys[1])[0] == 0


@pytest.mark.parametrize("signer", [by_trimtab, by_package], ids=["trimtab signs", "package signs"])
def test_another_key_verifies_nothing(folder, keys, signer, tmp_path):
    assert signer("sign", folder, keys[0])[0] == 0
    other = make_key(tmp_path, "other")[1]
    assert by_package("verify", folder, other)[0] != 0
    status, says = by_trimtab("verify", folder, other)
    assert status == 3 and "another key" in says


def test_signing_twice_gives_the_same_bytes(folder, keys):
    assert by_trimtab("sign", folder, keys[0])[0] == 0
    first = (folder / "model.sig").read_bytes()
    assert by_trimtab("sign", folder, keys[0])[0] == 0
    assert (folder / "model.sig").read_bytes() == first
