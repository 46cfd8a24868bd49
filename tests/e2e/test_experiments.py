"""Experiments: made, found, renamed, tagged, deleted, restored, searched."""

import time

import mlflow
import pytest
from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException

from names import unused


def test_create_and_get(client, name):
    before = int(time.time() * 1000) - 1000
    experiment_id = client.create_experiment(name, tags={"team": "alpha", "note": "käse ☂"})
    made = client.get_experiment(experiment_id)
    assert (made.name, made.lifecycle_stage) == (name, "active")
    assert made.tags == {"team": "alpha", "note": "käse ☂"}
    assert made.artifact_location == f"mlflow-artifacts:/{experiment_id}"
    assert before <= made.creation_time <= int(time.time() * 1000) + 1000
    assert made.last_update_time == made.creation_time
    by_name = client.get_experiment_by_name(name)
    assert by_name.experiment_id == experiment_id
    assert by_name.tags == made.tags


def test_the_default_experiment_is_there(client):
    assert client.get_experiment("0").name == "Default"


def test_own_artifact_location(client, name):
    location = f"mlflow-artifacts:/elsewhere/{name}"
    experiment_id = client.create_experiment(name, artifact_location=location)
    assert client.get_experiment(experiment_id).artifact_location == location
    run = client.create_run(experiment_id)
    assert run.info.artifact_uri == f"{location}/{run.info.run_id}/artifacts"


def test_set_experiment_makes_it_once(client, name):
    first = mlflow.set_experiment(name)
    second = mlflow.set_experiment(name)
    assert first.experiment_id == second.experiment_id
    assert client.get_experiment_by_name(name).experiment_id == first.experiment_id


def test_the_name_is_taken(client, name):
    client.create_experiment(name)
    with pytest.raises(MlflowException) as refusal:
        client.create_experiment(name)
    assert refusal.value.error_code == "RESOURCE_ALREADY_EXISTS"
    assert name in refusal.value.message


def test_the_name_of_a_deleted_one_stays_taken(client, name):
    client.delete_experiment(client.create_experiment(name))
    with pytest.raises(MlflowException) as refusal:
        client.create_experiment(name)
    assert refusal.value.error_code == "RESOURCE_ALREADY_EXISTS"


def test_absent(client):
    with pytest.raises(MlflowException) as refusal:
        client.get_experiment("987654321")
    assert refusal.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    assert client.get_experiment_by_name("no such experiment") is None


def test_rename(client, name):
    experiment_id = client.create_experiment(name)
    made = client.get_experiment(experiment_id)
    time.sleep(0.01)
    client.rename_experiment(experiment_id, f"{name} renamed")
    renamed = client.get_experiment(experiment_id)
    assert renamed.name == f"{name} renamed"
    assert renamed.last_update_time > made.last_update_time
    assert renamed.creation_time == made.creation_time
    assert client.get_experiment_by_name(name) is None
    client.create_experiment(name)


def test_rename_to_a_name_that_is_taken(client, wire, name):
    client.create_experiment(name)
    other = client.create_experiment(f"{name}-other")
    answer = wire.post("experiments/update", {"experiment_id": other, "new_name": name})
    assert answer.status_code == 400
    # The real server hands on what its database says, as BAD_REQUEST.
    assert answer.json()["error_code"] in {"BAD_REQUEST", "RESOURCE_ALREADY_EXISTS"}
    assert client.get_experiment(other).name == f"{name}-other"


def test_delete_and_restore(client, name):
    experiment_id = client.create_experiment(name)
    run_id = client.create_run(experiment_id).info.run_id
    client.delete_experiment(experiment_id)
    assert client.get_experiment(experiment_id).lifecycle_stage == "deleted"
    assert client.get_experiment_by_name(name).lifecycle_stage == "deleted"
    assert client.get_run(run_id).info.lifecycle_stage == "deleted"
    client.restore_experiment(experiment_id)
    assert client.get_experiment(experiment_id).lifecycle_stage == "active"
    assert client.get_run(run_id).info.lifecycle_stage == "active"


def test_a_deleted_one_takes_nothing(client, wire, name):
    experiment_id = client.create_experiment(name)
    client.delete_experiment(experiment_id)
    of_it = {"experiment_id": experiment_id}
    wire.invalid(wire.post("runs/create", of_it), "active")
    wire.invalid(wire.post("experiments/set-experiment-tag", {**of_it, "key": "a", "value": "b"}), "active")
    wire.absent(wire.post("experiments/delete", of_it))
    # Cannot rename a non-active experiment: the real server calls it its own fault.
    answer = wire.post("experiments/update", {**of_it, "new_name": f"{name}-2"})
    assert (answer.status_code, answer.json()["error_code"]) in {
        (500, "INVALID_STATE"),
        (400, "INVALID_PARAMETER_VALUE"),
    }
    client.restore_experiment(experiment_id)
    wire.absent(wire.post("experiments/restore", of_it))


def test_tags(client, name):
    experiment_id = client.create_experiment(name, tags={"stays": "1"})
    client.set_experiment_tag(experiment_id, "a", "1")
    client.set_experiment_tag(experiment_id, "a", "2")
    client.set_experiment_tag(experiment_id, "long", "x" * 20_000)
    client.set_experiment_tag(experiment_id, "text", "line\nline\t☂ 'quoted' \"twice\"")
    tags = client.get_experiment(experiment_id).tags
    assert tags["a"] == "2"
    assert tags["long"] == "x" * 20_000
    assert tags["text"] == "line\nline\t☂ 'quoted' \"twice\""
    client.delete_experiment_tag(experiment_id, "a")
    assert set(client.get_experiment(experiment_id).tags) == {"stays", "long", "text"}
    with pytest.raises(MlflowException) as refusal:
        client.delete_experiment_tag(experiment_id, "a")
    assert refusal.value.error_code == "RESOURCE_DOES_NOT_EXIST"


@pytest.fixture(scope="module")
def fruit(client):
    """Four experiments that no other test matches: prefix and names to ids."""
    prefix = unused("fruit")
    made = {}
    for kind, tags in {
        "apple": {"colour": "red", "shape": "round"},
        "Banana": {"colour": "Yellow"},
        "cherry": {"colour": "red"},
        "damson_%": {},
    }.items():
        made[kind] = client.create_experiment(f"{prefix}/{kind}", tags=tags)
        time.sleep(0.005)
    return prefix, made


def found(client, fruit, filter_string, **options):
    prefix, _ = fruit
    own = f"name LIKE '{prefix}/%'"
    filter_string = f"{own} AND {filter_string}" if filter_string else own
    return [
        experiment.name.removeprefix(f"{prefix}/")
        for experiment in client.search_experiments(filter_string=filter_string, **options)
    ]


# Newest first when nothing else is asked.
@pytest.mark.parametrize(
    ("filter_string", "expected"),
    [
        ("", ["damson_%", "cherry", "Banana", "apple"]),
        ("name LIKE '%/app%'", ["apple"]),
        ("name LIKE '%BANANA'", []),
        ("name ILIKE '%BANANA'", ["Banana"]),
        ("name LIKE '%/_anana'", ["Banana"]),
        ("attribute.name LIKE '%cherry'", ["cherry"]),
        ("tags.colour = 'red'", ["cherry", "apple"]),
        ("tags.colour != 'red'", ["Banana"]),
        ("tags.colour LIKE 'Y%'", ["Banana"]),
        ("tags.colour ILIKE 'y%'", ["Banana"]),
        ("tags.`colour` = 'red' AND tag.shape = 'round'", ["apple"]),
        ('tags."colour" = "red"', ["cherry", "apple"]),
        ("tags.colour IS NULL", ["damson_%"]),
        ("tags.shape IS NOT NULL", ["apple"]),
        ("creation_time > 0", ["damson_%", "cherry", "Banana", "apple"]),
        ("last_update_time < 1000", []),
    ],
)
def test_search_filters(client, fruit, filter_string, expected):
    assert found(client, fruit, filter_string) == expected


def test_search_by_exact_name_and_id(client, fruit):
    prefix, made = fruit
    names = lambda text: [e.name for e in client.search_experiments(filter_string=text)]  # noqa: E731
    assert names(f"name = '{prefix}/apple'") == [f"{prefix}/apple"]
    assert names(f"name = '{prefix}/APPLE'") == []
    assert f"{prefix}/apple" not in names(f"name != '{prefix}/apple'")
    assert names(f"experiment_id = '{made['cherry']}'") == [f"{prefix}/cherry"]
    assert names(f"experiment_id IN ('{made['cherry']}', '{made['apple']}')") == [
        f"{prefix}/cherry",
        f"{prefix}/apple",
    ]
    assert found(client, fruit, f"experiment_id NOT IN ('{made['cherry']}')") == [
        "damson_%",
        "Banana",
        "apple",
    ]


@pytest.mark.parametrize(
    ("order_by", "expected"),
    [
        (["name"], ["Banana", "apple", "cherry", "damson_%"]),
        (["name DESC"], ["damson_%", "cherry", "apple", "Banana"]),
        (["creation_time ASC"], ["apple", "Banana", "cherry", "damson_%"]),
        (["attribute.creation_time DESC"], ["damson_%", "cherry", "Banana", "apple"]),
        (["last_update_time ASC", "name"], ["apple", "Banana", "cherry", "damson_%"]),
    ],
)
def test_search_order(client, fruit, order_by, expected):
    assert found(client, fruit, "", order_by=order_by) == expected


def test_search_pages(client, fruit):
    prefix, _ = fruit
    seen, token, sizes = [], None, []
    while True:
        page = client.search_experiments(
            filter_string=f"name LIKE '{prefix}/%'", max_results=3, order_by=["name"], page_token=token
        )
        seen += [e.name.removeprefix(f"{prefix}/") for e in page]
        sizes.append(len(page))
        token = page.token
        if not token:
            break
    assert sizes == [3, 1]
    assert seen == ["Banana", "apple", "cherry", "damson_%"]


def test_search_by_stage(client, name):
    kept = client.create_experiment(f"{name}/kept")
    gone = client.create_experiment(f"{name}/gone")
    client.delete_experiment(gone)
    ids = lambda view: {  # noqa: E731
        e.experiment_id
        for e in client.search_experiments(view_type=view, filter_string=f"name LIKE '{name}/%'")
    }
    assert ids(ViewType.ACTIVE_ONLY) == {kept}
    assert ids(ViewType.DELETED_ONLY) == {gone}
    assert ids(ViewType.ALL) == {kept, gone}
