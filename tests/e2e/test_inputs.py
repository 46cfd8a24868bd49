"""What went into a run and what came out: datasets, models."""

import json

import mlflow
import pandas
import pytest
from mlflow.entities import Dataset, DatasetInput, InputTag, LoggedModelInput, LoggedModelOutput
from mlflow.exceptions import MlflowException


def test_a_table(client, experiment):
    frame = pandas.DataFrame({"price": [1.0, 2.0, 3.0], "name": ["a", "b", "c"]})
    dataset = mlflow.data.from_pandas(
        frame, source="https://example.com/prices.csv", name="prices", targets="price"
    )
    with mlflow.start_run() as run:
        mlflow.log_input(dataset, context="training", tags={"split": "first"})
    (kept,) = client.get_run(run.info.run_id).inputs.dataset_inputs
    assert (kept.dataset.name, kept.dataset.digest) == ("prices", dataset.digest)
    assert json.loads(kept.dataset.profile) == {"num_rows": 3, "num_elements": 6}
    assert [c["name"] for c in json.loads(kept.dataset.schema)["mlflow_colspec"]] == ["price", "name"]
    assert json.loads(kept.dataset.source)["url"] == "https://example.com/prices.csv"
    assert {tag.key: tag.value for tag in kept.tags} == {"mlflow.data.context": "training", "split": "first"}
    source = mlflow.data.get_source(kept.dataset)
    assert source.url == "https://example.com/prices.csv"


def inputs(client, run):
    return {
        (i.dataset.name, i.dataset.digest): {t.key: t.value for t in i.tags}
        for i in client.get_run(run).inputs.dataset_inputs
    }


def test_several_and_the_same_again(client, run):
    first = Dataset("first", "1", "local", "{}", schema="s", profile="p")
    second = Dataset("second", "2", "local", "{}")
    client.log_inputs(run, [DatasetInput(first, [InputTag("a", "1")]), DatasetInput(second, [])])
    client.log_inputs(run, [DatasetInput(first, [InputTag("a", "1")])])
    assert inputs(client, run) == {("first", "1"): {"a": "1"}, ("second", "2"): {}}


def test_one_dataset_in_two_runs(client, experiment):
    runs = [client.create_run(experiment).info.run_id for _ in range(2)]
    dataset = Dataset("shared", "1", "local", "{}", profile="x" * 100_000)
    for place, run in enumerate(runs):
        client.log_inputs(run, [DatasetInput(dataset, [InputTag("place", str(place))])])
    for place, run in enumerate(runs):
        assert inputs(client, run) == {("shared", "1"): {"place": str(place)}}
        (kept,) = client.get_run(run).inputs.dataset_inputs
        assert kept.dataset.profile == "x" * 100_000


@pytest.mark.parametrize(
    "changed",
    [{"name": "n" * 501}, {"digest": "d" * 37}, {"source": "s" * 65_536}, {"schema": "s" * 1_048_576}],
    ids=lambda changed: next(iter(changed)),
)
def test_too_long(client, run, changed):
    fields = {"name": "n", "digest": "d", "source_type": "local", "source": "{}", **changed}
    with pytest.raises(MlflowException) as refusal:
        client.log_inputs(run, [DatasetInput(Dataset(**fields), [])])
    assert refusal.value.error_code == "INVALID_PARAMETER_VALUE"
    assert inputs(client, run) == {}


def test_models_in_and_out(client, experiment, run):
    made = client.create_logged_model(experiment, name="made", source_run_id=run)
    used = client.create_logged_model(experiment, name="used")
    client.log_outputs(run, [LoggedModelOutput(made.model_id, step=3)])
    client.log_inputs(run, models=[LoggedModelInput(used.model_id)])
    kept = client.get_run(run)
    assert [(o.model_id, o.step) for o in kept.outputs.model_outputs] == [(made.model_id, 3)]
    assert [i.model_id for i in kept.inputs.model_inputs] == [used.model_id]


def test_refused(wire, run):
    dataset = {"name": "n", "digest": "d", "source_type": "local", "source": "{}"}
    wire.absent(wire.post("runs/log-inputs", {"run_id": "0" * 32, "datasets": [{"dataset": dataset}]}))
    wire.invalid(wire.post("runs/log-inputs", {"datasets": [{"dataset": dataset}]}), "run_id")
