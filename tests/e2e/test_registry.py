"""The registry: models and versions, stages, aliases, searches."""

import time

import pytest
from mlflow.exceptions import MlflowException

from names import unused

MODELS, VERSIONS = "registered-models", "model-versions"


def source_of(client, run, path="model"):
    return f"{client.get_run(run).info.artifact_uri}/{path}"


@pytest.fixture
def model(client, name):
    client.create_registered_model(name)
    return name


@pytest.fixture
def versions(client, model, run):
    """The name of a model with three versions."""
    for place in range(3):
        client.create_model_version(
            model, source_of(client, run), run_id=run, description=f"number {place + 1}"
        )
    return model


def test_create_and_get(client, name):
    made = client.create_registered_model(name, tags={"a": "1", "b": "☂"}, description="what for")
    got = client.get_registered_model(name)
    assert dict(got) == dict(made)
    assert (got.name, got.description, got.tags) == (name, "what for", {"a": "1", "b": "☂"})
    assert got.creation_timestamp == got.last_updated_timestamp > 0
    assert (got.latest_versions, got.aliases) == ([], {})


def test_the_name_is_taken(client, model):
    with pytest.raises(MlflowException) as refusal:
        client.create_registered_model(model)
    assert refusal.value.error_code == "RESOURCE_ALREADY_EXISTS"


@pytest.mark.parametrize(
    "odd", ["with space", "100%", "ünï ☂", "a'b\"c", "x" * 250, "semi;colon--", "a\\b", "a.b"]
)
def test_odd_names(client, odd):
    odd = f"{odd} {unused()}"[-256:]
    client.create_registered_model(odd, description="odd")
    assert client.get_registered_model(odd).description == "odd"
    client.update_registered_model(odd, "odder")
    assert client.get_registered_model(odd).description == "odder"
    client.delete_registered_model(odd)
    with pytest.raises(MlflowException):
        client.get_registered_model(odd)


@pytest.mark.parametrize("bad", ["", "  ", "a/b", "a:b", ".", ".."])
def test_bad_names(wire, model, bad):
    wire.invalid(wire.post(f"{MODELS}/create", {"name": bad}))
    wire.invalid(wire.post(f"{MODELS}/rename", {"name": model, "new_name": bad}))


def test_rename(client, wire, versions, name):
    client.set_registered_model_alias(versions, "champion", "2")
    client.set_registered_model_tag(versions, "t", "1")
    client.rename_registered_model(versions, f"{name} renamed")
    wire.absent(wire.get(f"{MODELS}/get", name=versions))
    assert client.get_model_version(f"{name} renamed", "3").description == "number 3"
    assert client.get_model_version_by_alias(f"{name} renamed", "champion").version == "2"
    assert client.get_registered_model(f"{name} renamed").tags == {"t": "1"}
    client.create_registered_model(versions)
    answer = wire.post(f"{MODELS}/rename", {"name": versions, "new_name": f"{name} renamed"})
    wire.refused(answer, 400, "RESOURCE_ALREADY_EXISTS")


def test_describe_and_tag_a_model(client, model):
    before = client.get_registered_model(model)
    time.sleep(0.005)
    after = client.update_registered_model(model, "described")
    assert after.description == "described"
    assert after.last_updated_timestamp > before.last_updated_timestamp
    client.set_registered_model_tag(model, "a", "1")
    client.set_registered_model_tag(model, "a", "2")
    client.set_registered_model_tag(model, "long", "x" * 100_000)
    assert client.get_registered_model(model).tags == {"a": "2", "long": "x" * 100_000}
    client.delete_registered_model_tag(model, "long")
    client.delete_registered_model_tag(model, "not there")
    assert client.get_registered_model(model).tags == {"a": "2"}


def test_delete_a_model(client, wire, versions):
    client.set_registered_model_alias(versions, "champion", "1")
    client.delete_registered_model(versions)
    wire.absent(wire.get(f"{MODELS}/get", name=versions))
    wire.absent(wire.get(f"{VERSIONS}/get", name=versions, version="1"))
    wire.absent(wire.call("DELETE", f"{MODELS}/delete", {"name": versions}))
    assert client.search_model_versions(f"name = '{versions}'") == []
    client.create_registered_model(versions)
    assert client.get_registered_model(versions).aliases == {}


def test_a_version(client, model, run):
    source = source_of(client, run)
    made = client.create_model_version(
        model, source, run_id=run, tags={"a": "1"}, description="first", run_link="https://example.com/run"
    )
    got = client.get_model_version(model, "1")
    assert dict(got) == dict(made)
    assert (got.version, got.source, got.run_id, got.status) == ("1", source, run, "READY")
    assert (got.description, got.tags, got.current_stage) == ("first", {"a": "1"}, "None")
    assert (got.run_link, got.aliases) == ("https://example.com/run", [])
    assert got.creation_timestamp == got.last_updated_timestamp > 0
    assert client.get_model_version_download_uri(model, "1") == source
    assert [v.version for v in client.get_registered_model(model).latest_versions] == ["1"]


def test_describe_and_tag_a_version(client, versions):
    before = client.get_model_version(versions, "1")
    time.sleep(0.005)
    after = client.update_model_version(versions, "1", "described")
    assert (after.description, after.creation_timestamp) == ("described", before.creation_timestamp)
    assert after.last_updated_timestamp > before.last_updated_timestamp
    client.set_model_version_tag(versions, "1", "a", "1")
    client.set_model_version_tag(versions, "1", "b", "")
    client.delete_model_version_tag(versions, "1", "a")
    client.delete_model_version_tag(versions, "1", "not there")
    assert client.get_model_version(versions, "1").tags == {"b": ""}
    assert client.get_model_version(versions, "2").tags == {}


def test_numbers_of_versions(client, wire, versions, run):
    make = lambda: client.create_model_version(versions, source_of(client, run), run_id=run).version  # noqa: E731
    client.delete_model_version(versions, "2")
    wire.absent(wire.get(f"{VERSIONS}/get", name=versions, version="2"))
    wire.absent(wire.call("DELETE", f"{VERSIONS}/delete", {"name": versions, "version": "2"}))
    assert make() == "4"
    # The number of a deleted version is never given again.
    client.delete_model_version(versions, "4")
    assert make() == "5"
    found = client.search_model_versions(f"name = '{versions}'", order_by=["version_number ASC"])
    assert [v.version for v in found] == ["1", "3", "5"]


def test_a_deleted_version_loses_its_alias(client, versions):
    client.set_registered_model_alias(versions, "champion", "2")
    client.delete_model_version(versions, "2")
    assert client.get_registered_model(versions).aliases == {}


def test_stages(client, versions):
    move = client.transition_model_version_stage
    assert move(versions, "1", "Staging").current_stage == "Staging"
    assert move(versions, "2", "production").current_stage == "Production"
    stages = lambda: [client.get_model_version(versions, v).current_stage for v in "123"]  # noqa: E731
    assert stages() == ["Staging", "Production", "None"]
    move(versions, "3", "Production", archive_existing_versions=True)
    assert stages() == ["Staging", "Archived", "Production"]
    move(versions, "1", "Production", archive_existing_versions=False)
    assert stages() == ["Production", "Archived", "Production"]
    move(versions, "1", "None")
    assert stages() == ["None", "Archived", "Production"]


def test_latest_versions(client, wire, versions):
    latest = lambda stages=None: {
        v.current_stage: v.version for v in client.get_latest_versions(versions, stages)
    }  # noqa: E731
    assert latest() == {"None": "3"}
    client.transition_model_version_stage(versions, "1", "Production")
    client.transition_model_version_stage(versions, "2", "Production")
    assert latest() == {"None": "3", "Production": "2"}
    assert latest(["Production"]) == {"Production": "2"}
    assert latest(["Staging"]) == {}
    assert latest(["Staging", "none"]) == {"None": "3"}
    of = {"name": versions}
    by_get = wire.ok("GET", f"{MODELS}/get-latest-versions", params=of)["model_versions"]
    assert {v["version"] for v in by_get} == {"2", "3"}
    wire.invalid(
        wire.post(f"{MODELS}/get-latest-versions", {**of, "stages": ["Bogus"]}), "Invalid Model Version stage"
    )
    wire.absent(wire.post(f"{MODELS}/get-latest-versions", {"name": "no such model"}))


def test_bad_transitions(wire, versions):
    move = f"{VERSIONS}/transition-stage"
    of = {"name": versions, "version": "1"}
    wire.invalid(
        wire.post(move, {**of, "stage": "Bogus", "archive_existing_versions": False}),
        "Invalid Model Version stage",
    )
    wire.invalid(wire.post(move, {**of, "archive_existing_versions": False}), "stage")
    wire.invalid(wire.post(move, {**of, "stage": "None", "archive_existing_versions": True}), mlflow=500)
    wire.absent(
        wire.post(move, {**of, "version": "99", "stage": "Staging", "archive_existing_versions": False})
    )


def test_aliases(client, wire, versions):
    client.set_registered_model_alias(versions, "champion", "1")
    client.set_registered_model_alias(versions, "challenger-2_b", "2")
    client.set_registered_model_alias(versions, "also", "2")
    assert client.get_registered_model(versions).aliases == {
        "champion": "1",
        "challenger-2_b": "2",
        "also": "2",
    }
    assert sorted(client.get_model_version(versions, "2").aliases) == ["also", "challenger-2_b"]
    assert client.get_model_version_by_alias(versions, "champion").version == "1"
    client.set_registered_model_alias(versions, "champion", "3")
    assert client.get_model_version_by_alias(versions, "champion").version == "3"
    assert client.get_model_version(versions, "1").aliases == []
    client.delete_registered_model_alias(versions, "champion")
    client.delete_registered_model_alias(versions, "champion")
    wire.invalid(wire.get(f"{MODELS}/alias", name=versions, alias="champion"), "not found")
    assert client.get_registered_model(versions).aliases == {"challenger-2_b": "2", "also": "2"}


@pytest.mark.parametrize(
    "alias", ["a b", "latest", "Latest", "LATEST", "v1", "V12", "", "a.b", "a/b", "a:b", "a@b", "a" * 256]
)
def test_bad_aliases(wire, versions, alias):
    wire.invalid(wire.post(f"{MODELS}/alias", {"name": versions, "alias": alias, "version": "1"}))


def test_aliases_of_nothing(wire, versions):
    wire.absent(wire.post(f"{MODELS}/alias", {"name": versions, "alias": "x", "version": "99"}))
    wire.absent(wire.post(f"{MODELS}/alias", {"name": "no such model", "alias": "x", "version": "1"}))
    wire.absent(wire.call("DELETE", f"{MODELS}/alias", {"name": "no such model", "alias": "x"}))


@pytest.mark.parametrize("alias", ["1", "v1x", "vv1", "latest1", "a" * 255, "-", "_"])
def test_good_aliases(client, versions, alias):
    client.set_registered_model_alias(versions, alias, "1")
    assert client.get_model_version_by_alias(versions, alias).version == "1"


@pytest.fixture(scope="module")
def zoo(client):
    """Three models under one prefix, with versions of two runs."""
    prefix = unused("zoo")
    experiment_id = client.create_experiment(prefix)
    runs = [client.create_run(experiment_id).info.run_id for _ in range(2)]
    for name, tags in [("ant", {"legs": "6"}), ("Bee", {"legs": "6", "wings": "Two"}), ("cow", {})]:
        client.create_registered_model(f"{prefix}-{name}", tags=tags)
        time.sleep(0.005)
    for name, run, tags in [
        ("ant", 0, {"good": "yes"}),
        ("ant", 1, {"good": "No"}),
        ("Bee", 0, {}),
        ("ant", 0, {}),
    ]:
        client.create_model_version(
            f"{prefix}-{name}", source_of(client, runs[run]), run_id=runs[run], tags=tags
        )
        time.sleep(0.005)
    return prefix, runs


@pytest.mark.parametrize(
    ("filter_string", "expected"),
    [
        ("name LIKE '{p}-%'", ["Bee", "ant", "cow"]),
        ("name ILIKE '{p}-B%'", ["Bee"]),
        ("name ILIKE '{p}-b%'", ["Bee"]),
        ("name LIKE '{p}-b%'", []),
        ("name = '{p}-ant'", ["ant"]),
        ("name LIKE '{p}-%' AND name != '{p}-ant'", ["Bee", "cow"]),
        ("name LIKE '{p}-%' AND tags.legs = '6'", ["Bee", "ant"]),
        ("name LIKE '{p}-%' AND tag.legs = '6' AND tags.`wings` LIKE 'T%'", ["Bee"]),
        ("name LIKE '{p}-%' AND tags.wings ILIKE 'two'", ["Bee"]),
        # Only those that have the tag can differ from it. All of these searches are sent with
        # "is no prompt" appended by the client, which holds of models without that tag.
        ("name LIKE '{p}-%' AND tags.legs != '6'", []),
        ("name LIKE '{p}-%' AND tags.legs != '8'", ["Bee", "ant"]),
    ],
)
def test_search_models(client, zoo, filter_string, expected):
    found = client.search_registered_models(filter_string.format(p=zoo[0]))
    assert [m.name.removeprefix(f"{zoo[0]}-") for m in found] == expected


@pytest.mark.parametrize(
    ("order_by", "expected"),
    [
        (["name"], ["Bee", "ant", "cow"]),
        (["name DESC"], ["cow", "ant", "Bee"]),
        (["timestamp DESC"], ["ant", "Bee", "cow"]),
        (["last_updated_timestamp ASC"], ["cow", "Bee", "ant"]),
        (["last_updated_timestamp DESC", "name"], ["ant", "Bee", "cow"]),
    ],
)
def test_order_models(client, zoo, order_by, expected):
    found = client.search_registered_models(f"name LIKE '{zoo[0]}-%'", order_by=order_by)
    assert [m.name.removeprefix(f"{zoo[0]}-") for m in found] == expected


def test_pages_of_models(client, zoo):
    first = client.search_registered_models(f"name LIKE '{zoo[0]}-%'", max_results=2)
    second = client.search_registered_models(f"name LIKE '{zoo[0]}-%'", max_results=2, page_token=first.token)
    assert [len(first), len(second)] == [2, 1]
    assert [m.name.removeprefix(f"{zoo[0]}-") for m in [*first, *second]] == ["Bee", "ant", "cow"]
    assert not second.token


def test_a_found_model_has_its_latest_versions(client, zoo):
    (ant,) = client.search_registered_models(f"name = '{zoo[0]}-ant'")
    assert [v.version for v in ant.latest_versions] == ["3"]


@pytest.mark.parametrize(
    ("filter_string", "expected"),
    [
        ("name = '{p}-ant'", ["ant 3", "ant 2", "ant 1"]),
        ("name LIKE '{p}%'", ["ant 3", "Bee 1", "ant 2", "ant 1"]),
        ("name ILIKE '{p}-BEE'", ["Bee 1"]),
        ("name IN ('{p}-ant', '{p}-Bee')", ["ant 3", "Bee 1", "ant 2", "ant 1"]),
        ("name = '{p}-ant' AND version_number = 2", ["ant 2"]),
        ("name = '{p}-ant' AND version_number > 1", ["ant 3", "ant 2"]),
        ("name = '{p}-ant' AND version_number != 2", ["ant 3", "ant 1"]),
        ("run_id = '{r0}'", ["ant 3", "Bee 1", "ant 1"]),
        ("run_id IN ('{r1}')", ["ant 2"]),
        ("run_id IN ('{r0}', '{r1}') AND name = '{p}-Bee'", ["Bee 1"]),
        ("name LIKE '{p}%' AND tags.good = 'yes'", ["ant 1"]),
        ("name LIKE '{p}%' AND tags.good != 'yes'", ["ant 2"]),
        ("name LIKE '{p}%' AND tags.`good` ILIKE 'NO'", ["ant 2"]),
        ("source_path LIKE '%{r1}%'", ["ant 2"]),
        ("name = 'no such model'", []),
    ],
)
def test_search_versions(client, zoo, filter_string, expected):
    found = client.search_model_versions(filter_string.format(p=zoo[0], r0=zoo[1][0], r1=zoo[1][1]))
    assert [f"{v.name.removeprefix(f'{zoo[0]}-')} {v.version}" for v in found] == expected


@pytest.mark.parametrize(
    ("order_by", "expected"),
    [
        (["version_number"], ["Bee 1", "ant 1", "ant 2", "ant 3"]),
        (["version_number DESC", "name"], ["ant 3", "ant 2", "Bee 1", "ant 1"]),
        (["name", "version_number ASC"], ["Bee 1", "ant 1", "ant 2", "ant 3"]),
        (["creation_timestamp"], ["ant 1", "ant 2", "Bee 1", "ant 3"]),
        (["last_updated_timestamp DESC"], ["ant 3", "Bee 1", "ant 2", "ant 1"]),
    ],
)
def test_order_versions(client, zoo, order_by, expected):
    found = client.search_model_versions(f"name LIKE '{zoo[0]}%'", order_by=order_by)
    assert [f"{v.name.removeprefix(f'{zoo[0]}-')} {v.version}" for v in found] == expected


def test_pages_of_versions(client, zoo):
    of = {"filter_string": f"name = '{zoo[0]}-ant'", "max_results": 2}
    first = client.search_model_versions(**of)
    second = client.search_model_versions(**of, page_token=first.token)
    assert [v.version for v in [*first, *second]] == ["3", "2", "1"]
    assert not second.token


@pytest.mark.parametrize(
    "filter_string",
    [
        "bogus = 'x'",
        "name > 'x'",
        "name = 'a' OR name = 'b'",
        "name = 'unterminated",
        "name",
        "tags.a > 'x'",
        "name = 1",
        "(name = 'a')",
    ],
)
def test_searches_that_make_no_sense(wire, filter_string):
    wire.invalid(wire.get(f"{MODELS}/search", filter=filter_string))
    wire.invalid(wire.get(f"{VERSIONS}/search", filter=filter_string))


def test_sources_that_are_not_ours_to_read(wire, model, run):
    """A version must not open a way to files of the server's machine, or to other runs."""
    for source in [
        "/etc",
        "file:///etc",
        "mlflow-artifacts:/../x",
        "mlflow-artifacts:/x",
        "models:/m-none",
        "runs:/none/model",
        "https://example.com/a/../../b",
    ]:
        wire.invalid(wire.post(f"{VERSIONS}/create", {"name": model, "source": source}))
    wire.invalid(wire.post(f"{VERSIONS}/create", {"name": model, "source": "file:///etc", "run_id": run}))
    wire.invalid(wire.post(f"{VERSIONS}/create", {"name": model}), "source")


def test_a_version_of_a_version(client, versions, name, run):
    copied = client.copy_model_version(f"models:/{versions}/2", f"{name}-copy")
    assert (copied.version, copied.source) == ("1", f"models:/{versions}/2")
    assert client.get_model_version_download_uri(f"{name}-copy", "1") == source_of(client, run)


def test_absent(wire, versions):
    wire.absent(wire.get(f"{MODELS}/get", name="no such model"))
    wire.absent(wire.get(f"{VERSIONS}/get", name=versions, version="99"))
    wire.absent(wire.get(f"{VERSIONS}/get-download-uri", name=versions, version="99"))
    wire.absent(wire.call("PATCH", f"{MODELS}/update", {"name": "no such model", "description": "x"}))
    wire.absent(
        wire.call("PATCH", f"{VERSIONS}/update", {"name": versions, "version": "99", "description": "x"})
    )
    wire.absent(wire.post(f"{MODELS}/rename", {"name": "no such model", "new_name": "x"}))
    wire.absent(wire.post(f"{MODELS}/set-tag", {"name": "no such model", "key": "a", "value": "b"}))
    wire.absent(
        wire.post(f"{VERSIONS}/set-tag", {"name": versions, "version": "99", "key": "a", "value": "b"})
    )
    wire.invalid(wire.get(f"{VERSIONS}/get", name=versions, version="x"), "must be an integer")
    wire.invalid(wire.get(f"{VERSIONS}/get", name=versions), "version")
    wire.invalid(wire.get(f"{VERSIONS}/get-download-uri", name=versions), "version")
    wire.invalid(wire.get(f"{MODELS}/get"), "name")
