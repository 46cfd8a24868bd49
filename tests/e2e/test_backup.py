"""A server is backed up while it serves. What is restored from the file answers as the server did, in a
folder with SQLite and in a place like the server's own; and the doctor finds nothing wrong anywhere.
"""

import os
import secrets
import threading

import pytest
from mlflow import MlflowClient
from mlflow.entities import Metric

from binary import summary, trimtab
from conftest import KIND, POSTGRES, execute
from servers import Server

pytestmark = pytest.mark.skipif(KIND == "mlflow", reason="MLflow has no such command")


def place(home, database, artifacts):
    """Where something is kept, in the words of the command line."""
    words = ["--home", home]
    words += ["--database", database] if database else []
    return words + (["--artifacts-destination", artifacts] if artifacts else [])


@pytest.fixture(params=["in a folder", "in a place of the same kind"])
def elsewhere(request, server, tmp_path):
    """An empty place: home, database, artifacts."""
    name, database, artifacts = f"restored_{secrets.token_hex(6)}", None, None
    if request.param != "in a folder" and server.database:
        execute(f"CREATE DATABASE {name}")
        database = POSTGRES.rsplit("/", 1)[0] + f"/{name}"
        if server.artifacts:
            artifacts = f"s3://{os.environ['TRIMTAB_TEST_S3_BUCKET']}/{name}"
    yield tmp_path / "home", database, artifacts
    if database:
        execute(f"DROP DATABASE {name} WITH (FORCE)")


def told(client, experiment, run, name):
    """What a client sees of an experiment, a run, its files, and a model."""
    kept = client.get_run(run)
    return (
        client.get_experiment(experiment).name,
        kept.data.metrics,
        kept.data.params,
        kept.data.tags,
        [(m.step, m.value) for m in client.get_metric_history(run, "m")],
        [(f.path, f.file_size) for f in client.list_artifacts(run, "deep")],
        client.get_model_version_by_alias(name, "champion").source,
    )


def test_restored_it_answers_as_before(server, client, experiment, name, elsewhere, tmp_path):
    run = client.create_run(experiment, run_name="kept", tags={"emoji": "🚂"}).info.run_id
    client.log_batch(run, metrics=[Metric("m", step / 3, 1, step) for step in range(100)])
    client.log_param(run, "p", "a\nb")
    client.log_text(run, "kept" * 1_000, "deep/er/a.txt")
    client.log_text(run, "ä", "deep/ünï.txt")
    client.create_registered_model(name)
    client.create_model_version(name, f"{client.get_run(run).info.artifact_uri}/model", run_id=run)
    client.set_registered_model_alias(name, "champion", "1")
    before = told(client, experiment, run, name)

    # Somebody goes on logging meanwhile.
    other, stop = client.create_run(experiment).info.run_id, threading.Event()

    def go_on():
        step = 0
        while not stop.is_set():
            client.log_metric(other, "m", float(step), step=step)
            step += 1

    writer = threading.Thread(target=go_on)
    writer.start()
    file = tmp_path / "backup.tar"
    here = place(server.home, server.database, server.artifacts)
    made = summary("backup", file, *here, "--with-artifacts")
    stop.set()
    writer.join()
    assert made["manifest"]["artifacts"]["files"] >= 2
    assert file.stat().st_mode & 0o777 == 0o600

    there = place(*elsewhere)
    restored = summary("restore", file, *there)
    assert restored["manifest"] == made["manifest"]
    home, database, artifacts = elsewhere
    running = Server(KIND, server.backend, home, database, artifacts).start()
    try:
        again = MlflowClient(tracking_uri=running.uri, registry_uri=running.uri)
        assert told(again, experiment, run, name) == before
        steps = [m.step for m in again.get_metric_history(other, "m")]
        assert steps == list(range(len(steps)))
        assert int(again.create_experiment(f"{name} after")) > int(experiment)
        found = summary("doctor", *there)
        assert found["sound"], found
    finally:
        running.stop()
    refused = trimtab("restore", file, *there, ok=False)
    assert refused.returncode == 1 and "tables already" in refused.stderr


def test_the_server_under_test_is_in_order(server):
    found = summary("doctor", *place(server.home, server.database, server.artifacts))
    assert found["sound"], found
    checks = {check["check"] for check in found["checks"]}
    assert checks >= {"database", "clock", "file", "registry history", "rows", "artifacts"}


def test_a_damaged_file_is_not_restored(server, tmp_path):
    file = tmp_path / "backup.tar"
    here = place(server.home, server.database, server.artifacts)
    trimtab("backup", file, *here)
    whole = bytearray(file.read_bytes())
    whole[whole.index(b"manifest.json") + 600] ^= 1
    file.write_bytes(whole)
    assert trimtab("restore", file, "--check", ok=False).returncode == 3
    refused = trimtab("restore", file, "--home", tmp_path / "home", ok=False)
    assert refused.returncode == 1 and "damaged" in refused.stderr
    assert not (tmp_path / "home" / "tracking.db").exists()
