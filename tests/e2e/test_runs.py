"""Runs: started, nested, ended, renamed, tagged, deleted, restored; params are written once."""

import time

import mlflow
import pytest
from mlflow.entities import RunStatus
from mlflow.exceptions import MlflowException


def test_fluent_run(client, experiment):
    with mlflow.start_run(run_name="first", tags={"colour": "red"}, description="what for") as run:
        assert mlflow.active_run().info.run_id == run.info.run_id
        mlflow.log_param("depth", 3)
        mlflow.log_params({"rate": 0.1, "kind": "tree", "nothing": None})
        mlflow.log_metric("loss", 0.5, step=1)
        mlflow.log_metrics({"loss": 0.25, "accuracy": 0.9}, step=2)
        mlflow.set_tag("note", "käse ☂")
        assert client.get_run(run.info.run_id).info.status == "RUNNING"
    ended = client.get_run(run.info.run_id)
    assert ended.info.status == "FINISHED"
    assert ended.info.run_name == "first"
    assert ended.info.experiment_id == experiment
    assert ended.info.end_time >= ended.info.start_time
    assert ended.info.artifact_uri == f"mlflow-artifacts:/{experiment}/{run.info.run_id}/artifacts"
    assert ended.data.params == {"depth": "3", "rate": "0.1", "kind": "tree", "nothing": "None"}
    assert ended.data.metrics == {"loss": 0.25, "accuracy": 0.9}
    tags = ended.data.tags
    assert (tags["colour"], tags["note"]) == ("red", "käse ☂")
    assert (tags["mlflow.note.content"], tags["mlflow.runName"]) == ("what for", "first")


def test_a_run_that_raises_has_failed(client, experiment):
    with pytest.raises(ZeroDivisionError), mlflow.start_run() as run:
        1 / 0
    assert client.get_run(run.info.run_id).info.status == "FAILED"


def test_a_name_is_made_up(client, experiment):
    names = {client.create_run(experiment).info.run_name for _ in range(5)}
    assert all(names)
    assert len(names) > 1


def test_nested_runs(client, experiment):
    with mlflow.start_run() as parent:
        with mlflow.start_run(nested=True) as first:
            mlflow.log_param("x", 1)
        with mlflow.start_run(nested=True) as second:
            mlflow.log_param("x", 2)
    children = client.search_runs([experiment], f"tags.mlflow.parentRunId = '{parent.info.run_id}'")
    assert {child.info.run_id for child in children} == {first.info.run_id, second.info.run_id}
    assert mlflow.get_parent_run(first.info.run_id).info.run_id == parent.info.run_id
    assert mlflow.get_parent_run(parent.info.run_id) is None


def test_resume(client, experiment):
    with mlflow.start_run() as run:
        mlflow.log_metric("m", 1)
    with mlflow.start_run(run_id=run.info.run_id) as again:
        assert client.get_run(again.info.run_id).info.status == "RUNNING"
        mlflow.log_metric("m", 2, step=1)
    resumed = client.get_run(run.info.run_id)
    assert (resumed.info.status, resumed.data.metrics["m"]) == ("FINISHED", 2)


def test_given_times_user_and_tags(client, wire, experiment):
    made = wire.ok("POST", "runs/create", {
        "experiment_id": experiment, "user_id": "somebody", "start_time": 1_700_000_000_123,
        "run_name": "given", "tags": [{"key": "a", "value": "b"}, {"key": "empty", "value": ""}],
    })["run"]  # fmt: skip
    run = client.get_run(made["info"]["run_id"])
    assert run.info.user_id == "somebody"
    assert run.info.start_time == 1_700_000_000_123
    assert run.info.end_time is None
    assert run.data.tags == {"a": "b", "empty": "", "mlflow.runName": "given"}


def test_run_name_and_its_tag_are_one(client, wire, experiment):
    run_id = client.create_run(experiment, tags={"mlflow.runName": "by tag"}).info.run_id
    assert client.get_run(run_id).info.run_name == "by tag"
    client.update_run(run_id, name="updated")
    updated = client.get_run(run_id)
    assert (updated.info.run_name, updated.data.tags["mlflow.runName"]) == ("updated", "updated")
    client.set_tag(run_id, "mlflow.runName", "tagged")
    assert client.get_run(run_id).info.run_name == "tagged"
    contradiction = {
        "experiment_id": experiment, "run_name": "one",
        "tags": [{"key": "mlflow.runName", "value": "other"}],
    }  # fmt: skip
    wire.invalid(wire.post("runs/create", contradiction), "run_name")


@pytest.mark.parametrize("status", RunStatus.all_status())
def test_set_terminated_and_update(client, run, status):
    status = RunStatus.to_string(status)
    client.update_run(run, status=status)
    assert client.get_run(run).info.status == status
    client.set_terminated(run, status, end_time=1_800_000_000_999)
    ended = client.get_run(run).info
    assert (ended.status, ended.end_time) == (status, 1_800_000_000_999)


def test_an_update_changes_what_it_names(wire, run):
    before = wire.ok("GET", "runs/get", params={"run_id": run})["run"]["info"]
    after = wire.ok("POST", "runs/update", {"run_id": run})["run_info"]
    assert after == before
    after = wire.ok("POST", "runs/update", {"run_id": run, "end_time": 77})["run_info"]
    assert after == {**before, "end_time": 77}


def test_tags(client, run):
    client.set_tag(run, "a", "1")
    client.set_tag(run, "a", "2")
    client.set_tag(run, "path/like key:1", "")
    client.set_tag(run, "long", "é" * 8_000)
    tags = client.get_run(run).data.tags
    assert (tags["a"], tags["path/like key:1"], tags["long"]) == ("2", "", "é" * 8_000)
    client.delete_tag(run, "a")
    assert "a" not in client.get_run(run).data.tags
    with pytest.raises(MlflowException) as refusal:
        client.delete_tag(run, "a")
    assert refusal.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_params_are_written_once(client, wire, run):
    client.log_param(run, "depth", 3)
    client.log_param(run, "depth", "3")
    answer = wire.post("runs/log-parameter", {"run_id": run, "key": "depth", "value": "4"})
    wire.invalid(answer, "Changing param values is not allowed")
    with pytest.raises(MlflowException, match="Changing param values is not allowed"):
        client.log_param(run, "depth", 4)
    assert client.get_run(run).data.params == {"depth": "3"}


def test_params_keep_their_text(client, run):
    texts = {
        "empty": "",
        "long": "x" * 6_000,
        "unicode": "☂ é 漢字 \U0001f600",
        "lines": "a\nb\r\n\tc",
        "quotes": """'single' "double" `back` \\ %s %""",
        "a key/with every.kind-of_letter: 1": "v",
        "ключ": "значение",
    }
    for key, value in texts.items():
        client.log_param(run, key, value)
    assert client.get_run(run).data.params == texts


def test_values_that_are_too_long_are_cut(wire, client, run):
    # The real server cuts instead of refusing (MLFLOW_TRUNCATE_LONG_VALUES is on by default).
    wire.ok("POST", "runs/log-parameter", {"run_id": run, "key": "p", "value": "y" * 6_001})
    wire.ok("POST", "runs/set-tag", {"run_id": run, "key": "t", "value": "z" * 8_001})
    data = client.get_run(run).data
    assert data.params["p"] == "y" * 6_000
    assert data.tags["t"] == "z" * 8_000


def test_delete_and_restore(client, wire, experiment, run):
    client.delete_run(run)
    assert client.get_run(run).info.lifecycle_stage == "deleted"
    assert [r.info.run_id for r in client.search_runs([experiment])] == []
    wire.invalid(wire.post("runs/log-parameter", {"run_id": run, "key": "a", "value": "b"}), "active")
    wire.invalid(
        wire.post("runs/log-metric", {"run_id": run, "key": "a", "value": 1, "timestamp": 1}), "active"
    )
    wire.invalid(wire.post("runs/set-tag", {"run_id": run, "key": "a", "value": "b"}), "active")
    wire.invalid(wire.post("runs/update", {"run_id": run, "status": "FINISHED"}), "active")
    wire.invalid(wire.post("runs/log-batch", {"run_id": run, "tags": [{"key": "a", "value": "b"}]}), "active")
    client.delete_run(run)
    client.restore_run(run)
    client.restore_run(run)
    assert client.get_run(run).info.lifecycle_stage == "active"
    assert [r.info.run_id for r in client.search_runs([experiment])] == [run]
    client.log_param(run, "a", "b")


def test_an_ended_run_still_takes_what_comes(client, run):
    client.set_terminated(run)
    client.log_metric(run, "late", 1.0)
    assert client.get_run(run).data.metrics == {"late": 1.0}


def test_absent(client, wire):
    with pytest.raises(MlflowException) as refusal:
        client.get_run("0" * 32)
    assert refusal.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    gone = {"run_id": "0" * 32}
    wire.absent(wire.post("runs/delete", gone))
    wire.absent(wire.post("runs/restore", gone))
    wire.absent(wire.post("runs/update", {**gone, "status": "FINISHED"}))
    wire.absent(wire.post("runs/set-tag", {**gone, "key": "a", "value": "b"}))
    wire.absent(wire.post("runs/log-metric", {**gone, "key": "a", "value": 1, "timestamp": 1}))
    wire.absent(wire.post("runs/log-parameter", {**gone, "key": "a", "value": "1"}))


def test_asynchronous_logging(client, experiment):
    with mlflow.start_run() as run:
        waits = [mlflow.log_metric("m", step * 1.5, step=step, synchronous=False) for step in range(40)]
        waits.append(mlflow.log_param("p", "v", synchronous=False))
        waits.append(mlflow.set_tag("t", "w", synchronous=False))
        for wait in waits:
            wait.wait()
    history = client.get_metric_history(run.info.run_id, "m")
    assert sorted((m.step, m.value) for m in history) == [(step, step * 1.5) for step in range(40)]
    data = client.get_run(run.info.run_id).data
    assert (data.params["p"], data.tags["t"]) == ("v", "w")


def test_start_and_end_are_of_now(experiment, client):
    before = int(time.time() * 1000)
    with mlflow.start_run() as run:
        pass
    after = int(time.time() * 1000)
    info = client.get_run(run.info.run_id).info
    assert before <= info.start_time <= info.end_time <= after
