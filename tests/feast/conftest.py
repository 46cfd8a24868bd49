"""What every test gets: our server and Feast's own over the same rows, and the unchanged client of each.

TRIMTAB_BIN          the binary (default: the debug build)
TRIMTAB_TEST_REDIS   an address of Redis: the tests then run on it as well
"""

import datetime
import os
import pathlib
import subprocess
import sys
import time
import urllib.request

os.environ.update(FEAST_USAGE="False", NO_PROXY="127.0.0.1,localhost", no_proxy="127.0.0.1,localhost")

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "e2e"), str(ROOT / "conformance" / "online")]

import pytest  # noqa: E402
from feast import FeatureStore, RepoConfig  # noqa: E402

import generate  # noqa: E402
from binary import trimtab  # noqa: E402
from servers import Server, free_port  # noqa: E402

REDIS = os.environ.get("TRIMTAB_TEST_REDIS")
DEFINITIONS = ROOT / "conformance" / "online"
SPAN = datetime.datetime(2026, 11, 1), datetime.datetime(2026, 11, 24)


def feature_store(folder, online):
    """A client as its users have it: a registry file of its own, and an online store."""
    folder.mkdir(parents=True, exist_ok=True)
    config = RepoConfig(
        project="conformance", provider="local", registry=str(folder / "registry.db"), online_store=online,
        entity_key_serialization_version=3,
    )  # fmt: skip
    store = FeatureStore(config=config)
    store.apply(generate.definitions())
    return store


def remote(folder, uri):
    return feature_store(folder, {"type": "remote", "path": uri})


@pytest.fixture(scope="session", params=["embedded"] + ["redis"] * bool(REDIS))
def server(request, tmp_path_factory):
    """Our server, with the rows of the definitions materialised by the command line."""
    home = tmp_path_factory.mktemp(f"home-{request.param}")
    online = ["--online", f"{REDIS.rstrip('/')}/2"] if request.param == "redis" else []
    trimtab("features", "apply", DEFINITIONS, "--home", home)
    trimtab("features", "materialize", "--from", "2026-11-01", "--to", "2026-11-24", "--home", home, *online)
    running = Server("trimtab", request.param, home, options=["--features", *online]).start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def client(server, tmp_path_factory):
    return remote(tmp_path_factory.mktemp("client"), server.uri)


@pytest.fixture(scope="session")
def theirs(tmp_path_factory):
    """The same client of Feast's own server, over SQLite."""
    folder = tmp_path_factory.mktemp("feast")
    store = feature_store(folder, {"type": "sqlite", "path": str(folder / "online.db")})
    store.materialize(*SPAN)
    (folder / "feature_store.yaml").write_text(
        f"project: conformance\nprovider: local\nregistry: {folder}/registry.db\n"
        f"online_store:\n    type: sqlite\n    path: {folder}/online.db\nentity_key_serialization_version: 3\n"
    )
    port = free_port()
    feast = pathlib.Path(sys.executable).with_name("feast")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(feast), "-c", str(folder), "serve", "-h", "127.0.0.1", "-p", str(port), "--no-access-log"],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    for _ in range(600):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).read()
            break
        except OSError:
            assert process.poll() is None, (folder / "log").read_text()
            time.sleep(0.1)
    yield remote(folder / "client", f"http://127.0.0.1:{port}")
    process.terminate()
    process.wait(30)
