"""Two that sign and verify models on a disk: `trimtab sign`, and the package `model-signing`.

Comes in: a folder and a key. Goes out: the status and what was said. Knows nothing of servers.
"""

import pathlib
import subprocess
import sys

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from servers import trimtab_binary


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


def flipped(data):
    data = bytearray(data)
    data[len(data) // 2] ^= 1
    return bytes(data)


def flip(path):
    path.write_bytes(flipped(path.read_bytes()))
