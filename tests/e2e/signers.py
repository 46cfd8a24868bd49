"""Two that sign and verify models on a disk: `trimtab sign`, and the package `model-signing`.

Comes in: a folder and a key. Goes out: the status and what was said. Knows nothing of servers.
"""

import datetime
import pathlib
import subprocess
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

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


def make_certificate(folder, name, issuer=None):
    """A key with a certificate, of that issuer or of its own; the paths of the key and of the certificate."""
    private, _ = make_key(folder, name)
    own = serialization.load_pem_private_key(private.read_bytes(), None)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    key, by = own, subject
    if issuer:
        key = serialization.load_pem_private_key(issuer[0].read_bytes(), None)
        by = x509.load_pem_x509_certificate(issuer[1].read_bytes()).subject
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder(by, subject, own.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if issuer:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING])
        made = made.add_extension(usage, critical=False)
    certificate = folder / f"{name}.crt"
    certificate.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return private, certificate


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


def package(action, method, folder, *options):
    tool = str(pathlib.Path(sys.executable).with_name("model_signing"))
    signature = ["--signature", str(folder / "model.sig")]
    return run(tool, action, method, str(folder), *signature, *map(str, options))


def by_package(action, folder, key, *options):
    which = {"sign": "--private_key", "verify": "--public_key"}[action]
    return package(action, "key", folder, which, key, *options)


def by_trimtab(action, folder, key, *options):
    verify = ["--verify"] if action == "verify" else []
    return run(trimtab_binary(), "sign", str(folder), *verify, "--key", str(key), *options)


def flipped(data):
    data = bytearray(data)
    data[len(data) // 2] ^= 1
    return bytes(data)


def flip(path):
    path.write_bytes(flipped(path.read_bytes()))
