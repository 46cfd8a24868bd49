"""What was answered is kept when the server is killed. Last, since it takes the server away."""

import mlflow
from mlflow.entities import Metric


def test_killed_and_started_again(server, client, experiment, name):
    run = client.create_run(experiment, run_name="before").info.run_id
    client.log_batch(run, metrics=[Metric("m", float(step), 1, step) for step in range(500)])
    client.log_param(run, "p", "v")
    client.log_text(run, "kept", "a.txt")
    client.create_registered_model(name)
    client.create_model_version(name, f"{client.get_run(run).info.artifact_uri}/model", run_id=run)
    client.set_registered_model_alias(name, "champion", "1")
    last = client.create_run(experiment, run_name="last").info.run_id
    server.kill()
    server.start()
    assert [m.step for m in client.get_metric_history(run, "m")] == list(range(500))
    kept = client.get_run(run)
    assert (kept.info.status, kept.data.params, kept.data.metrics) == ("RUNNING", {"p": "v"}, {"m": 499.0})
    assert mlflow.artifacts.load_text(f"runs:/{run}/a.txt") == "kept"
    assert client.get_model_version_by_alias(name, "champion").version == "1"
    assert client.get_run(last).info.run_name == "last"
    client.log_metric(run, "m", 500.0, timestamp=1, step=500)
    assert client.get_run(run).data.metrics == {"m": 500.0}
    assert client.create_experiment(f"{name} after") != experiment


def test_it_ends_when_asked(server):
    ended = server.stop()
    server.start()
    assert server.is_mlflow or ended == 0, f"ended with {ended}"
