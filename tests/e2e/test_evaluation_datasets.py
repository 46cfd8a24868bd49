"""Evaluation datasets: made, filled, merged, searched, shared, deleted."""

import pytest
from mlflow.exceptions import MlflowException
from mlflow.genai import datasets

RECORDS = [
    {"inputs": {"question": "one"}, "expectations": {"answer": "1"}, "tags": {"kind": "easy"}},
    {"inputs": {"question": "two", "n": [1, {"deep": None}]}, "expectations": {"answer": "2 ☂"}},
]


@pytest.fixture
def dataset(experiment, name):
    return datasets.create_dataset(name=name, experiment_id=experiment, tags={"a": "b"})


def again(dataset):
    return datasets.get_dataset(dataset_id=dataset.dataset_id)


def rows(dataset):
    records = again(dataset).to_df().to_dict("records")
    return sorted(
        ((r["inputs"], r["expectations"] or {}, r["tags"]) for r in records), key=lambda row: str(row[0])
    )


def test_create_and_get(dataset, experiment, name):
    kept = again(dataset)
    assert kept.dataset_id == dataset.dataset_id
    assert kept.dataset_id.startswith("d-")
    assert (kept.name, kept.experiment_ids) == (name, [experiment])
    assert kept.tags["a"] == "b"
    assert kept.created_time > 0
    assert len(kept.to_df()) == 0
    assert datasets.get_dataset(name=name).dataset_id == dataset.dataset_id


def test_records(dataset):
    dataset.merge_records(RECORDS)
    (one, two) = rows(dataset)
    assert (one[0], one[1], one[2]["kind"]) == ({"question": "one"}, {"answer": "1"}, "easy")
    assert (two[0], two[1]) == ({"question": "two", "n": [1, {"deep": None}]}, {"answer": "2 ☂"})
    kept = again(dataset)
    assert '"num_records": 2' in kept.profile
    assert '"question": "string"' in kept.schema


def test_the_same_inputs_are_merged(dataset):
    dataset.merge_records(RECORDS)
    dataset.merge_records([
        {"inputs": {"question": "one"}, "expectations": {"also": "x"}, "tags": {"kind": "hard", "new": "y"}},
        {"inputs": {"question": "three"}},
    ])  # fmt: skip
    (one, three, two) = rows(dataset)
    assert one[1] == {"answer": "1", "also": "x"}
    assert (one[2]["kind"], one[2]["new"]) == ("hard", "y")
    assert (three[0], three[1]) == ({"question": "three"}, {})
    assert two[1] == {"answer": "2 ☂"}


def test_many_records(dataset):
    dataset.merge_records([{"inputs": {"i": i}, "expectations": {"square": i * i}} for i in range(1_200)])
    kept = rows(dataset)
    assert len(kept) == 1_200
    assert {inputs["i"]: expected["square"] for inputs, expected, _ in kept} == {
        i: i * i for i in range(1_200)
    }


def test_delete_records(dataset, wire):
    dataset.merge_records(RECORDS)
    ids = list(again(dataset).to_df()["dataset_record_id"])
    path = f"/api/3.0/mlflow/datasets/{dataset.dataset_id}/records"
    answer = wire.ok("DELETE", path, {"dataset_id": dataset.dataset_id, "dataset_record_ids": ids[:1]})
    assert answer == {"deleted_count": 1}
    assert list(again(dataset).to_df()["dataset_record_id"]) == ids[1:]


def test_search(experiment, client, name):
    first = datasets.create_dataset(name=f"{name}-first", experiment_id=experiment, tags={"colour": "red"})
    datasets.create_dataset(name=f"{name}-second", experiment_id=experiment, tags={"colour": "blue"})
    other = client.create_experiment(f"{name}-other")
    datasets.create_dataset(name=f"{name}-third", experiment_id=other)
    found = lambda **ask: sorted(d.name.removeprefix(f"{name}-") for d in datasets.search_datasets(**ask))  # noqa: E731
    assert found(experiment_ids=[experiment]) == ["first", "second"]
    assert found(experiment_ids=[experiment, other]) == ["first", "second", "third"]
    assert found(filter_string=f"name = '{name}-third'") == ["third"]
    assert found(filter_string=f"name LIKE '{name}-%'") == ["first", "second", "third"]
    assert found(experiment_ids=[experiment], filter_string="tags.colour = 'red'") == ["first"]
    assert found(experiment_ids=[experiment], filter_string="tags.colour != 'red'") == ["second"]
    ordered = datasets.search_datasets(experiment_ids=[experiment, other], order_by=["name DESC"])
    assert [d.name.removeprefix(f"{name}-") for d in ordered] == ["third", "second", "first"]
    assert found(experiment_ids=[experiment], filter_string=f"created_time <= {first.created_time}") == [
        "first"
    ]


def test_tags(dataset):
    datasets.set_dataset_tags(dataset_id=dataset.dataset_id, tags={"a": "changed", "k": "v"})
    assert {key: again(dataset).tags[key] for key in ("a", "k")} == {"a": "changed", "k": "v"}
    datasets.delete_dataset_tag(dataset_id=dataset.dataset_id, key="a")
    assert "a" not in again(dataset).tags


def test_shared_by_experiments(dataset, client, experiment, name):
    other = client.create_experiment(f"{name}-other")
    shared = datasets.add_dataset_to_experiments(dataset_id=dataset.dataset_id, experiment_ids=[other])
    assert sorted(shared.experiment_ids) == sorted([experiment, other])
    left = datasets.remove_dataset_from_experiments(
        dataset_id=dataset.dataset_id, experiment_ids=[experiment]
    )
    assert left.experiment_ids == [other]
    assert again(dataset).experiment_ids == [other]


def test_delete(dataset):
    dataset.merge_records(RECORDS)
    datasets.delete_dataset(dataset_id=dataset.dataset_id)
    with pytest.raises(MlflowException) as refusal:
        again(dataset)
    assert refusal.value.error_code == "RESOURCE_DOES_NOT_EXIST"
