"""Models signed on a disk: what one of `trimtab sign` and the package `model-signing` 1.1.1 signs, the
other accepts, and what one refuses, the other refuses too.
"""

import base64
import json
import os

import pytest

from conftest import KIND
from signers import by_package, by_trimtab, flip, make_certificate, make_key, package

pytestmark = pytest.mark.skipif(KIND == "mlflow", reason="nothing of MLflow's is tested here")


@pytest.fixture(autouse=True)
def point_the_client():
    """No server is needed here."""


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return make_key(tmp_path_factory.mktemp("keys"), "key")


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


def test_who_signs_with_a_certificate(folder, tmp_path):
    root, other = make_certificate(tmp_path, "root"), make_certificate(tmp_path, "other")
    key, certificate = make_certificate(tmp_path, "signer", root)
    options = ["--private_key", key, "--signing_certificate", certificate, "--certificate_chain", root[1]]
    status, says = package("sign", "certificate", folder, *options)
    assert status == 0, says

    def verdicts(root):
        theirs = package("verify", "certificate", folder, "--certificate_chain", root[1])
        return theirs[0] == 0, by_trimtab("verify", folder, root[1])[0] == 0

    assert verdicts(root) == (True, True)
    assert verdicts(other) == (False, False)
    flip(folder / "weights")
    assert verdicts(root) == (False, False)
