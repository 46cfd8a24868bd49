"""Artifacts through the server's proxy: text, folders, megabytes, odd names, and no way out."""

import json
import os

import mlflow
import numpy
import pytest
import requests
from mlflow.exceptions import MlflowException
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

STORE = "/api/2.0/mlflow-artifacts/artifacts"


def listing(client, run, path=None):
    return [(f.path, f.is_dir, f.file_size) for f in client.list_artifacts(run, path)]


def test_text_and_dictionary(client, run):
    client.log_text(run, "hello ☂\n", "notes/a.txt")
    client.log_dict(run, {"a": [1, 2, {"b": None}]}, "d.json")
    client.log_dict(run, {"a": 1}, "d.yaml")
    assert mlflow.artifacts.load_text(f"runs:/{run}/notes/a.txt") == "hello ☂\n"
    assert mlflow.artifacts.load_dict(f"runs:/{run}/d.json") == {"a": [1, 2, {"b": None}]}
    assert mlflow.artifacts.load_text(f"runs:/{run}/d.yaml").strip() == "a: 1"
    assert [path for path, _, _ in listing(client, run)] == ["d.json", "d.yaml", "notes"]


def test_a_folder(client, run, tmp_path):
    (tmp_path / "top.txt").write_text("top")
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "one.bin").write_bytes(b"\x00\xff" * 10)
    (tmp_path / "deep" / "er" / "two.txt").write_text("two")
    client.log_artifacts(run, str(tmp_path), "folder")
    assert listing(client, run) == [("folder", True, None)]
    assert listing(client, run, "folder") == [
        ("folder/deep", True, None),
        # Nothing is said of a size of nought.
        ("folder/empty.txt", False, None),
        ("folder/top.txt", False, 3),
    ]
    assert listing(client, run, "folder/deep") == [
        ("folder/deep/er", True, None),
        ("folder/deep/one.bin", False, 20),
    ]
    assert listing(client, run, "folder/deep/er") == [("folder/deep/er/two.txt", False, 3)]
    assert listing(client, run, "folder/top.txt") == []
    assert listing(client, run, "no/such/folder") == []
    local = client.download_artifacts(run, "folder", str(tmp_path))
    assert sorted(os.path.relpath(os.path.join(at, f), local) for at, _, files in os.walk(local) for f in files) == [
        "deep/er/two.txt", "deep/one.bin", "empty.txt", "top.txt",
    ]  # fmt: skip
    with open(os.path.join(local, "deep", "one.bin"), "rb") as file:
        assert file.read() == b"\x00\xff" * 10


def test_nothing_yet(client, run):
    assert listing(client, run) == []


def test_one_file_replaces_another(client, run):
    client.log_text(run, "first, and longer", "a.txt")
    client.log_text(run, "second", "a.txt")
    assert listing(client, run) == [("a.txt", False, 6)]
    assert mlflow.artifacts.load_text(f"runs:/{run}/a.txt") == "second"


def test_five_megabytes(client, run, tmp_path):
    data = os.urandom(5 * 1024 * 1024 + 7)
    (tmp_path / "large.bin").write_bytes(data)
    client.log_artifact(run, str(tmp_path / "large.bin"))
    assert listing(client, run) == [("large.bin", False, len(data))]
    local = client.download_artifacts(run, "large.bin")
    with open(local, "rb") as file:
        assert file.read() == data


@pytest.mark.parametrize(
    "odd",
    ["with space.txt", "ünï çode ☂.txt", "100%.txt", "plus+and&amp=.txt", 
     "semi;colon,comma.txt", "quote'.txt", "(round)[square]{curly}.txt", ".hidden", "no-extension", "at@tilde~.txt", "a" * 200],
)  # fmt: skip
def test_odd_names(client, run, tmp_path, odd):
    (tmp_path / odd).write_text(odd)
    client.log_artifact(run, str(tmp_path / odd), "in a folder ☂ 5%")
    assert listing(client, run) == [("in a folder ☂ 5%", True, None)]
    assert listing(client, run, "in a folder ☂ 5%") == [(f"in a folder ☂ 5%/{odd}", False, len(odd.encode()))]
    local = client.download_artifacts(run, f"in a folder ☂ 5%/{odd}")
    with open(local, encoding="utf-8") as file:
        assert file.read() == odd


def test_absent(client, wire, experiment, run):
    with pytest.raises((MlflowException, OSError)):
        client.download_artifacts(run, "no such file.txt")
    wire.absent(wire.call("GET", f"{STORE}/{experiment}/{run}/artifacts/nope.txt"))
    assert wire.ok("GET", STORE, params={"path": f"{experiment}/{run}/artifacts/nope"}) == {}


def test_delete(client, wire, experiment, run):
    for path in ["a.txt", "folder/b.txt", "folder/deep/c.txt", "other/d.txt"]:
        client.log_text(run, "x", path)
    repository = get_artifact_repository(client.get_run(run).info.artifact_uri)
    repository.delete_artifacts("a.txt")
    repository.delete_artifacts("folder")
    assert listing(client, run) == [("other", True, None)]
    assert listing(client, run, "other") == [("other/d.txt", False, 1)]
    root = f"{STORE}/{experiment}/{run}/artifacts"
    wire.absent(wire.call("GET", f"{root}/a.txt"))
    # What is not there can be deleted.
    assert wire.ok("DELETE", f"{root}/a.txt") == {}


def as_it_is(wire, method, address, **options):
    """Sends an address that nothing may tidy first; `requests` would."""
    prepared = requests.Request(method, wire.server.uri, **options).prepare()
    prepared.url = wire.server.uri + address
    # A connection of its own: the real server drops it after a 500.
    with requests.Session() as session:
        return session.send(prepared, timeout=60)


@pytest.mark.parametrize(
    "way_out",
    ["..", "../x", "../../../../../etc/passwd", "a/../../x", "%2e%2e/x", "..%2fx", "%2e%2e%2fx", "%252e%252e/x", "a/%2e%2e/%2e%2e/x"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_no_way_out(wire, experiment, run, method, way_out):
    data = {"data": b"x"} if method == "PUT" else {}
    answer = as_it_is(wire, method, f"{STORE}/{experiment}/{run}/artifacts/{way_out}", **data)
    wire.invalid(answer)


@pytest.mark.parametrize(
    "path", ["..", "../x", "a/../../x", "/etc/passwd", "/etc", "file:///etc", "..%2fx", "%2e%2e"]
)
def test_no_way_out_by_listing(wire, run, path):
    wire.invalid(wire.get(STORE, path=path))
    wire.invalid(wire.get("artifacts/list", run_id=run, path=path))


def test_odd_paths_stay_below(wire, server, experiment, run):
    """Absolute, doubled and dotted paths: refused or kept below the run, never a 500 of ours."""
    for path in [
        "..%5cx",
        "%2fetc/passwd",
        "/etc/passwd",
        "a//b",
        "a/./b",
        ".",
        "%2e",
        "a%00b",
        "C:/x",
        "file:///etc/x",
        "a%0ab",
        "x" * 300,
    ]:
        answer = as_it_is(wire, "PUT", f"{STORE}/{experiment}/{run}/artifacts/{path}", data=b"x")
        assert server.is_mlflow or answer.status_code < 500, (path, answer.status_code, answer.text[:300])
        answer = as_it_is(wire, "GET", f"{STORE}/{experiment}/{run}/artifacts/{path}")
        assert server.is_mlflow or answer.status_code < 500, (path, answer.status_code, answer.text[:300])
        assert b"root:" not in answer.content


def test_a_file_is_no_folder(wire, experiment, run):
    root = f"{STORE}/{experiment}/{run}/artifacts"
    assert wire.call("PUT", f"{root}/a", data=b"x").status_code == 200
    below = as_it_is(wire, "PUT", f"{root}/a/b", data=b"y")
    # Object stores have no folders: there both may be kept.
    assert wire.server.is_mlflow or below.status_code in {200, 400, 409}, below.text
    assert wire.call("GET", f"{root}/a").content == b"x"


def test_downloads_cannot_act_as_pages(wire, experiment, run):
    root = f"{STORE}/{experiment}/{run}/artifacts"
    for name, kind in [("page.html", "text/html"), ("a.txt", "text/plain"), ("a.json", "text/plain"), ("x.png", "image/png"),
                       ("MLmodel", "text/plain"), ("a.unknown", "application/octet-stream")]:  # fmt: skip
        assert wire.call("PUT", f"{root}/{name}", data=b"<script>").status_code == 200
        answer = wire.call("GET", f"{root}/{name}")
        assert answer.content == b"<script>"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert name in answer.headers["Content-Disposition"]
        assert answer.headers["Content-Type"].split(";")[0] == kind


def test_list_by_run(wire, client, experiment, run):
    client.log_text(run, "abc", "folder/a.txt")
    for run_key in ("run_id", "run_uuid"):
        answer = wire.ok("GET", "artifacts/list", params={run_key: run})
        assert answer == {
            "root_uri": f"mlflow-artifacts:/{experiment}/{run}/artifacts",
            "files": [{"path": "folder", "is_dir": True}],
        }
    answer = wire.ok("GET", "artifacts/list", params={"run_id": run, "path": "folder"})
    assert answer["files"] == [{"path": "folder/a.txt", "is_dir": False, "file_size": 3}]
    wire.absent(wire.get("artifacts/list", run_id="0" * 32))
    wire.invalid(wire.get("artifacts/list"), "run_id")


def test_the_store_lists_names_below_the_path(wire, client, experiment, run):
    client.log_text(run, "abc", "folder/a.txt")
    root = f"{experiment}/{run}/artifacts"
    assert wire.ok("GET", STORE, params={"path": root}) == {"files": [{"path": "folder", "is_dir": True}]}
    assert wire.ok("GET", STORE, params={"path": f"{root}/folder"}) == {
        "files": [{"path": "a.txt", "is_dir": False, "file_size": 3}]
    }


def test_a_figure_of_bytes(client, run):
    client.log_image(run, numpy.zeros((4, 4, 3), dtype=numpy.uint8), "black.png")
    assert listing(client, run)[0][0] == "black.png"
    assert mlflow.artifacts.load_image(f"runs:/{run}/black.png").size == (4, 4)


def test_a_table(client, run):
    client.log_table(run, {"question": ["a", "b"], "answer": ["c", "d"]}, "table.json")
    client.log_table(run, {"question": ["e"], "answer": ["f"]}, "table.json")
    table = client.load_table(
        artifact_file="table.json", experiment_id=client.get_run(run).info.experiment_id
    )
    assert list(table["question"]) == ["a", "b", "e"]
    assert json.loads(client.get_run(run).data.tags["mlflow.loggedArtifacts"]) == [
        {"path": "table.json", "type": "table"}
    ]
