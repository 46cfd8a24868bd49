"""Import from a real MLflow server 3.17.2 and export to another: what the client sees is the same.

Comes in: a real server that the real client has filled. `trimtab import` brings it into homes (over its
address and from its SQLite file) and into a Trimtab server, `trimtab export` takes it to a fresh real
server. Expected is, each time, what the client reads from the first server: values, histories, times,
files, and ids where they can be kept.
"""

import hashlib
import json
import math
import os
import shutil
import signal
import sqlite3
import subprocess
import time

import alembic.command
import mlflow
import numpy
import pandas
import pytest
import sqlalchemy
from mlflow import MlflowClient
from mlflow.entities import Metric, ViewType
from mlflow.store.db.utils import _get_alembic_config
from mlflow.store.tracking.dbmodels.initial_models import Base as InitialBase
from sklearn.linear_model import LinearRegression

from binary import summary, trimtab
from servers import Server, trimtab_binary

pytestmark = pytest.mark.skipif(
    os.environ.get("TRIMTAB_E2E_SERVER") == "mlflow", reason="the real server imports nothing"
)

ORIGIN = "trimtab.origin."
X = pandas.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": [0.5, 0.1, 0.7, 0.3]})
Y = pandas.Series([1.0, 2.5, 2.9, 4.2])


class Filled:
    """A server with a client of it; the fluent interface talks to it while it is entered."""

    def __init__(self, server):
        self.server, self.uri = server, server.uri
        self.client = MlflowClient(server.uri, server.uri)

    def __enter__(self):
        mlflow.set_tracking_uri(self.uri)
        mlflow.set_registry_uri(self.uri)
        return self

    def __exit__(self, *_):
        pass


@pytest.fixture(scope="module")
def origin(tmp_path_factory):
    server = Server("mlflow", "sqlite", tmp_path_factory.mktemp("origin")).start()
    try:
        with Filled(server) as filled:
            fill(filled.client, tmp_path_factory.mktemp("files"))
        yield filled
    finally:
        server.stop()


def started(kind, home):
    server = Server(kind, "sqlite", home).start()
    return Filled(server)


def fill(client, files):
    first = client.create_experiment("first 'one' ☂", tags={"team": "a", "note": "line\nline"})
    client.create_experiment("empty")
    gone = client.create_experiment("gone")
    plain = client.create_run(gone, run_name="of gone").info.run_id
    client.log_metric(plain, "m", 1.0)
    client.delete_experiment(gone)
    mlflow.set_experiment(experiment_id=first)
    with mlflow.start_run(run_name="whole", tags={"ü": "☂", "long": "x" * 5000}) as run:
        mlflow.log_params({f"p{place}": place for place in range(150)} | {"long": "y" * 6000})
        curve = [Metric("curve", math.sin(step), 1_700_000_000_000 + step, step) for step in range(1500)]
        client.log_batch(run.info.run_id, curve[:1000])
        client.log_batch(run.info.run_id, curve[1000:])
        odd = [math.nan, math.inf, -math.inf, -0.0, 1e-300, 1.7976931348623157e308]
        client.log_batch(
            run.info.run_id, [Metric("odd", value, 17 + step, step - 3) for step, value in enumerate(odd)]
        )
        mlflow.log_metric("same", 1.0, step=5, timestamp=5)
        mlflow.log_metric("same", 2.0, step=5, timestamp=5)
        data = mlflow.data.from_pandas(X, name="rows", targets=None)
        mlflow.log_input(data, context="training", tags={"more": "said"})
        mlflow.log_text("text", "a/b ü/☂ 1%.txt")
        mlflow.log_text("", "empty.txt")
        (files / "bytes.bin").write_bytes(bytes(range(256)) * 5000)
        mlflow.log_artifact(files / "bytes.bin", "deep/er")
        model = LinearRegression().fit(X, Y)
        info = mlflow.sklearn.log_model(
            model, name="linear", input_example=X[:1], registered_model_name="lin 'r' ü",
            params={"alpha": "0.1"}, step=3,
        )
        mlflow.log_metric("rmse", 0.25, step=3, model_id=info.model_id, dataset=data)
        client.set_logged_model_tags(info.model_id, {"stage": "best"})
        with mlflow.start_run(nested=True, run_name="inner"):
            mlflow.log_metric("m", 3.0)
    with mlflow.start_run(run_name="reader") as reader:
        mlflow.log_input(model=mlflow.entities.LoggedModelInput(info.model_id))
    with pytest.raises(ZeroDivisionError):
        with mlflow.start_run(run_name="failed"):
            1 / 0
    deleted = client.create_run(first, run_name="deleted").info.run_id
    client.log_param(deleted, "p", "1")
    client.set_terminated(deleted, "KILLED", end_time=1_800_000_000_000)
    client.delete_run(deleted)
    client.create_run(first, run_name="under way", start_time=1_600_000_000_000)
    name = "lin 'r' ü"
    client.update_registered_model(name, "what for ☂")
    client.set_registered_model_tag(name, "owner", "ann")
    artifacts = client.get_run(run.info.run_id).info.artifact_uri
    for place in range(3):
        client.create_model_version(name, f"{artifacts}/deep", run.info.run_id, tags={"n": str(place)})
    client.delete_model_version(name, "3")
    client.update_model_version(name, "2", "number two")
    client.set_registered_model_alias(name, "champion", "1")
    client.set_registered_model_alias(name, "challenger", "4")
    client.transition_model_version_stage(name, "2", "Production")
    client.create_registered_model("no versions")
    mlflow.genai.register_prompt("greeting", "Say hello to {{ name }}", tags={"lang": "en"})
    with mlflow.start_span("outer", attributes={"k": 1}) as span:
        span.set_inputs({"question": "why ☂"})
        with mlflow.start_span("inner") as inner:
            inner.set_outputs([1, 2])
    mlflow.log_feedback(trace_id=span.trace_id, name="good", value=True, rationale="it is")
    assert reader.info.run_id


def seen(client, root, traces=False):
    """All that a client reads, by the ids that things had at first."""
    found, ids = {"experiments": {}, "runs": {}, "models": {}, "registered": {}}, {}
    experiments = client.search_experiments(ViewType.ALL)
    runs, models = [], []
    for experiment in experiments:
        runs += client.search_runs([experiment.experiment_id], run_view_type=ViewType.ALL)
        models += client.search_logged_models([experiment.experiment_id])
    ids |= {run.info.run_id: run.data.tags.get(f"{ORIGIN}id", run.info.run_id) for run in runs}
    ids |= {model.model_id: model.tags.get(f"{ORIGIN}id", model.model_id) for model in models}
    names = {experiment.experiment_id: experiment.name for experiment in experiments}

    def first(text):
        for now, then in ids.items():
            text = text.replace(now, then)
        return text

    def files(folder):
        digest = {}
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                content = path.read_bytes()
                if path.name == "MLmodel":
                    # It names the folder that it was logged to.
                    lines = first(content.decode()).splitlines()
                    content = "\n".join(
                        line for line in lines if not line.startswith("artifact_path")
                    ).encode()
                digest[str(path.relative_to(folder))] = hashlib.sha256(content).hexdigest()
        return digest

    def versions_of(tag):
        return {(each["name"], int(each["version"])) for each in json.loads(tag)}

    for experiment in experiments:
        found["experiments"][experiment.name] = (experiment.lifecycle_stage, experiment.tags)
    for run in runs:
        key, info = ids[run.info.run_id], run.info
        to = root / key
        to.mkdir(parents=True)
        client.download_artifacts(run.info.run_id, "", str(to))
        found["runs"][key] = {
            "experiment": names[info.experiment_id],
            "info": (info.run_name, info.status, info.start_time, info.end_time, info.lifecycle_stage),
            "user": info.user_id,
            "params": run.data.params,
            "tags": {k: first(v) for k, v in run.data.tags.items() if not k.startswith(ORIGIN)},
            "histories": {
                key: [(m.step, m.timestamp, repr(m.value)) for m in client.get_metric_history(info.run_id, key)]
                for key in run.data.metrics
            },
            "newest": {key: repr(value) for key, value in run.data.metrics.items()},
            "datasets": [
                (dict(i.dataset), sorted((t.key, t.value) for t in i.tags)) for i in run.inputs.dataset_inputs
            ],
            # Searches of the real server leave these out.
            "reads": [ids[i.model_id] for i in client.get_run(info.run_id).inputs.model_inputs],
            "makes": [(ids[o.model_id], o.step) for o in run.outputs.model_outputs],
            "files": files(to),
        }
    for model in models:
        key = ids[model.model_id]
        to = root / key
        to.mkdir(parents=True)
        mlflow.artifacts.download_artifacts(f"models:/{model.model_id}", dst_path=str(to))
        found["models"][key] = {
            "said": (model.name, model.model_type, str(model.status), ids.get(model.source_run_id)),
            "params": model.params,
            "tags": {
                k: versions_of(v) if k == "mlflow.modelVersions" else first(v)
                for k, v in model.tags.items()
                if not k.startswith(ORIGIN)
            },
            "metrics": sorted(
                (m.key, m.value, m.step, m.timestamp, m.dataset_name, m.dataset_digest, ids[m.run_id])
                for m in model.metrics or []
            ),
            "files": files(to),
        }
    for model in client.search_registered_models():
        full = client.get_registered_model(model.name)
        versions = [v for v in client.search_model_versions() if v.name == model.name]
        found["registered"][model.name] = {
            "said": (full.description or "", full.tags, full.aliases),
            "versions": {
                v.version: (
                    v.current_stage,
                    v.description or "",
                    {k: first(x) for k, x in v.tags.items() if not k.startswith(ORIGIN)},
                    ids.get(v.run_id),
                    first(v.source).split("/artifacts")[-1] if "/artifacts" in v.source else first(v.source),
                )
                for v in versions
            },
        }
    prompt = mlflow.genai.load_prompt("prompts:/greeting/1")
    found["prompt"] = (prompt.template, prompt.tags.get("lang"))
    if traces:
        found["traces"] = {}
        for trace in client.search_traces(experiment_ids=[e.experiment_id for e in experiments]):
            spans = [(s.name, s.inputs, s.outputs, s.start_time_ns, s.end_time_ns) for s in trace.data.spans]
            said = [(a.name, a.feedback.value, a.rationale) for a in trace.info.assessments]
            found["traces"][trace.info.trace_id] = (trace.info.state, trace.info.request_time, spans, said)
    return found


def times(client):
    """The times that only a home keeps."""
    found = {}
    for experiment in client.search_experiments(ViewType.ALL):
        if experiment.name != "Default":
            found[experiment.name] = (experiment.creation_time, experiment.last_update_time)
        for model in client.search_logged_models([experiment.experiment_id]):
            found[model.model_id] = (model.creation_timestamp, model.last_updated_timestamp)
    for model in client.search_registered_models():
        found[model.name] = (model.creation_timestamp, model.last_updated_timestamp)
    for version in client.search_model_versions():
        found[(version.name, version.version)] = (version.creation_timestamp, version.last_updated_timestamp)
    return found


@pytest.fixture(scope="module")
def expected(origin, tmp_path_factory):
    with origin:
        return seen(origin.client, tmp_path_factory.mktemp("expected"), traces=True)


def compare(found, expected, without=()):
    for part in expected.keys() - set(without):
        assert found[part].__class__ == expected[part].__class__
        if isinstance(expected[part], dict):
            assert found[part].keys() == expected[part].keys(), part
            for key in expected[part]:
                assert found[part][key] == expected[part][key], (part, key)
        else:
            assert found[part] == expected[part]


def nothing_new(told):
    counts = {key: value["made"] for key, value in told.items() if isinstance(value, dict) and "made" in value}
    assert set(counts.values()) == {0}, counts
    assert told["metrics"] == 0 and told["bytes"] == 0


def predictions(filled):
    with filled:
        return mlflow.sklearn.load_model("models:/lin 'r' ü@champion").predict(X)


@pytest.fixture(scope="module")
def home(origin, tmp_path_factory):
    """A home into which the server was imported over its address."""
    home = tmp_path_factory.mktemp("home")
    told = summary("import", origin.uri, "--home", home)
    assert told["left_out"] == {}
    assert told["metrics"] == 1511 and told["versions"] == {"made": 4, "there": 0}
    return home


def test_a_server_is_imported_into_a_home_with_its_ids_and_times(origin, expected, home, tmp_path):
    filled = started("trimtab", home)
    try:
        with filled:
            compare(seen(filled.client, tmp_path), expected, without=["traces"])
            assert times(filled.client) == times(origin.client)
        assert numpy.array_equal(predictions(filled), predictions(origin))
        history = filled.server.uri + "/api/2.0/trimtab/registry/history"
        assert "import" in subprocess.run(["curl", "-s", history], capture_output=True, text=True).stdout
    finally:
        filled.server.stop()
    nothing_new(summary("import", origin.uri, "--home", home))


def test_a_database_is_imported_with_its_artifacts(origin, expected, tmp_path):
    file, artifacts = origin.server.home / "mlflow.db", origin.server.home / "artifacts"
    told = summary("import", file, "--artifacts", artifacts, "--home", tmp_path / "home")
    assert told["left_out"] == {}
    assert told["traces"]["made"] == 1
    filled = started("trimtab", tmp_path / "home")
    try:
        with filled:
            compare(seen(filled.client, tmp_path / "seen", traces=True), expected)
            assert times(filled.client) == times(origin.client)
        assert numpy.array_equal(predictions(filled), predictions(origin))
    finally:
        filled.server.stop()
    nothing_new(summary("import", file, "--artifacts", artifacts, "--home", tmp_path / "home"))
    # What comes over the address afterwards is the same, and is there already.
    again = summary("import", origin.uri, "--home", tmp_path / "home")
    assert again["runs"]["made"] == again["versions"]["made"] == again["files"]["made"] == 0


def test_an_import_that_was_cut_off_goes_on(origin, expected, tmp_path):
    for seconds in (0.15, 0.3, 0.6):
        cut = subprocess.Popen(
            [trimtab_binary(), "import", origin.uri, "--home", tmp_path / "home", "--quiet"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(seconds)
        cut.send_signal(signal.SIGKILL)
        cut.wait()
    summary("import", origin.uri, "--home", tmp_path / "home")
    filled = started("trimtab", tmp_path / "home")
    try:
        with filled:
            compare(seen(filled.client, tmp_path / "seen"), expected, without=["traces"])
    finally:
        filled.server.stop()


def test_a_server_is_imported_into_a_server(origin, expected, tmp_path):
    (tmp_path / "home").mkdir()
    filled = started("trimtab", tmp_path / "home")
    try:
        summary("import", origin.uri, "--to", filled.uri)
        with filled:
            compare(seen(filled.client, tmp_path / "seen"), expected, without=["traces"])
        assert numpy.array_equal(predictions(filled), predictions(origin))
        nothing_new(summary("import", origin.uri, "--to", filled.uri))
    finally:
        filled.server.stop()


def test_a_home_is_exported_to_a_fresh_real_server(origin, expected, home, tmp_path):
    (tmp_path / "home").mkdir()
    filled = started("mlflow", tmp_path / "home")
    try:
        told = summary("export", "--home", home, "--to", filled.uri)
        assert told["left_out"] == {}
        with filled:
            compare(seen(filled.client, tmp_path / "seen"), expected, without=["traces"])
        assert numpy.array_equal(predictions(filled), predictions(origin))
        nothing_new(summary("export", "--home", home, "--to", filled.uri))
        # A run that went on is brought up to date, and no second one is made.
        tagged = [r for e in filled.client.search_experiments() for r in filled.client.search_runs([e.experiment_id])]
        assert len({r.data.tags[f"{ORIGIN}id"] for r in tagged}) == len(tagged)
    finally:
        filled.server.stop()


def test_what_comes_home_is_known(origin, home):
    """Exported back to where it came from, nothing is made: the ids are those of that server."""
    nothing_new(summary("export", "--home", home, "--to", origin.uri))


def test_only_what_is_named(origin, tmp_path):
    told = summary("import", origin.uri, "--home", tmp_path / "one", "--experiment", "empty")
    assert told["experiments"] == {"made": 1, "there": 0} and told["runs"]["made"] == 0
    assert told["registered_models"]["made"] == 0
    told = summary("import", origin.uri, "--home", tmp_path / "two", "--models")
    assert told["versions"]["made"] == 4 and told["logged_models"]["made"] == 1
    # The run that they come from, and no other.
    assert told["runs"]["made"] == 1
    refused = trimtab("import", origin.uri, "--home", tmp_path / "one", "--experiment", "emty", ok=False)
    assert refused.returncode == 1 and "no experiment `emty`; it has " in refused.stderr


def test_logins_and_addresses_that_are_wrong(origin, tmp_path):
    def refused(*args, **env):
        done = trimtab("import", *args, "--home", tmp_path / "home", ok=False, **env)
        assert done.returncode == 1
        return done.stderr

    assert "cannot be reached" in refused("http://127.0.0.1:9")
    assert "no such file" in refused(tmp_path / "missing.db")
    assert "is no address" in refused("http://")
    assert "is this the address of an MLflow server?" in refused(origin.uri + "/nowhere")


OLD = {
    # revision of the schema: the first MLflow that has it
    "97727af70f4d": "2.0",
    "acf3f17fdcc7": "2.9",
    "f5a4f2784254": "2.17",
    "400f98739977": "3.0",
    "bda7b8c39065": "3.1",
    "1bd49d398cd23": "3.8",
    "1b5f0d9ad7c1": "3.10",
    "dc11669786a5": "3.17.2",
}


@pytest.mark.parametrize("revision", OLD)
def test_databases_of_older_versions(revision, tmp_path):
    """The schemas are those that MLflow's own migrations make; the rows are the same in all."""
    file, run = tmp_path / "mlflow.db", "0123456789abcdef0123456789abcdef"
    engine = sqlalchemy.create_engine(f"sqlite:///{file}")
    InitialBase.metadata.create_all(engine)
    alembic.command.upgrade(_get_alembic_config(f"sqlite:///{file}"), revision)
    engine.dispose()
    folder = tmp_path / "mlruns/1" / run / "artifacts"
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text("text")
    rows = [
        ("experiments", {"experiment_id": 1, "name": "old", "artifact_location": f"{tmp_path}/mlruns/1",
                         "lifecycle_stage": "active", "creation_time": 11, "last_update_time": 12}),
        ("experiment_tags", {"key": "k", "value": "v", "experiment_id": 1}),
        ("runs", {"run_uuid": run, "name": "", "source_type": "LOCAL", "user_id": "ann", "status": "FINISHED",
                  "start_time": 21, "end_time": 22, "lifecycle_stage": "active", "experiment_id": 1,
                  "artifact_uri": f"file://{folder}"}),
        ("tags", {"key": "mlflow.runName", "value": "by tag", "run_uuid": run}),
        ("params", {"key": "p", "value": "1", "run_uuid": run}),
        ("metrics", {"key": "m", "value": 0.0, "timestamp": 31, "run_uuid": run, "step": 1, "is_nan": 1}),
        ("metrics", {"key": "m", "value": 2.5, "timestamp": 32, "run_uuid": run, "step": 2, "is_nan": 0}),
        ("latest_metrics", {"key": "m", "value": 2.5, "timestamp": 32, "run_uuid": run, "step": 2, "is_nan": 0}),
        ("registered_models", {"name": "model", "creation_time": 41, "last_updated_time": 42, "description": "d"}),
        ("model_versions", {"name": "model", "version": 2, "creation_time": 51, "last_updated_time": 52,
                            "current_stage": "Production", "source": f"file://{folder}", "run_id": run,
                            "status": "READY"}),
        ("model_versions", {"name": "model", "version": 1, "creation_time": 50, "last_updated_time": 50,
                            "current_stage": "Deleted_Internal", "source": "x", "status": "READY"}),
        ("registered_model_tags", {"name": "model", "key": "k", "value": "v"}),
        ("model_version_tags", {"name": "model", "version": 2, "key": "k", "value": "w"}),
    ]  # fmt: skip
    with sqlite3.connect(file) as db:
        for table, row in rows:
            names, marks = ", ".join(row), ", ".join("?" * len(row))
            db.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(row.values()))
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
        if "registered_model_aliases" in tables:
            db.execute("INSERT INTO registered_model_aliases (name, alias, version) VALUES ('model', 'champion', 2)")
    told = summary("import", file, "--home", tmp_path / "home")
    assert told["left_out"] == {}
    filled = started("trimtab", tmp_path / "home")
    try:
        client = filled.client
        experiment = client.get_experiment("1")
        assert (experiment.name, experiment.creation_time, experiment.tags) == ("old", 11, {"k": "v"})
        got = client.get_run(run)
        assert (got.info.run_name, got.info.start_time, got.info.end_time) == ("by tag", 21, 22)
        assert (got.data.params, got.data.metrics) == ({"p": "1"}, {"m": 2.5})
        history = [(m.step, m.timestamp, repr(m.value)) for m in client.get_metric_history(run, "m")]
        assert history == [(1, 31, "nan"), (2, 32, "2.5")]
        assert [f.path for f in client.list_artifacts(run)] == ["a.txt"]
        version = client.get_model_version("model", "2")
        assert (version.current_stage, version.tags, version.creation_timestamp) == ("Production", {"k": "w"}, 51)
        assert client.get_model_version_download_uri("model", "2") == got.info.artifact_uri
        assert [v.version for v in client.search_model_versions("name = 'model'")] == ["2"]
        if "registered_model_aliases" in tables:
            assert client.get_model_version_by_alias("model", "champion").version == "2"
    finally:
        filled.server.stop()


def test_a_server_that_asks_who_is_there(origin, tmp_path):
    class Guarded(Server):
        def command(self):
            return super().command() + ["--auth", "basic"]

    (tmp_path / "home").mkdir()
    os.environ.update(TRIMTAB_ADMIN_USERNAME="admin", TRIMTAB_ADMIN_PASSWORD="a long password")
    server = Guarded("trimtab", "sqlite", tmp_path / "home").start()
    try:
        ask = ("import", origin.uri, "--to", server.uri, "--experiment", "empty")
        refused = trimtab(*ask, ok=False)
        assert refused.returncode == 1 and "401" in refused.stderr
        # The variables of the server that it comes from are not shown to the one that it goes to.
        mine = {"USERNAME": "admin", "PASSWORD": "a long password"}
        wrong = {f"MLFLOW_TRACKING_{key}": value for key, value in mine.items()}
        assert trimtab(*ask, ok=False, **wrong).returncode == 1
        told = summary(*ask, **{f"TRIMTAB_TRACKING_{key}": value for key, value in mine.items()})
        assert told["experiments"]["made"] == 1
        address = server.uri.replace("http://", "http://admin:a%20long%20password@")
        done = trimtab("import", origin.uri, "--to", address, "--experiment", "empty")
        assert "a%20long" not in done.stdout + done.stderr
    finally:
        server.stop()
        os.environ.pop("TRIMTAB_ADMIN_USERNAME"), os.environ.pop("TRIMTAB_ADMIN_PASSWORD")


def damaged(path, place, content):
    with path.open("r+b") as file:
        file.seek(place)
        file.write(content)


def test_databases_that_cannot_be_imported_leave_nothing(origin, tmp_path):
    def refused(file):
        home = tmp_path / f"home of {file.name}"
        done = trimtab("import", file, "--home", home, ok=False)
        assert done.returncode == 1 and not home.exists(), done.stderr
        return done.stderr

    def copied(name):
        shutil.copy(origin.server.home / "mlflow.db", tmp_path / name)
        return tmp_path / name

    text = tmp_path / "text.db"
    text.write_text("this is no database at all, though it is long enough to be one" * 100)
    assert "is no SQLite database" in refused(text)
    other = tmp_path / "other.db"
    sqlite3.connect(other).execute("CREATE TABLE t (a)")
    assert "is not that of an MLflow server" in refused(other)
    newer = copied("newer.db")
    with sqlite3.connect(newer) as db:
        db.execute("UPDATE alembic_version SET version_num = 'ffff00000000'")
    assert "version ffff00000000 is not known" in refused(newer)
    older = copied("older.db")
    with sqlite3.connect(older) as db:
        db.execute("UPDATE alembic_version SET version_num = '0c779009ac13'")
    assert "older than MLflow 2.0" in refused(older)
    broken = copied("broken.db")
    for page in range(30, 60):
        damaged(broken, page * 4096, b"\xff" * 2000)
    assert "damaged" in refused(broken)
    used = copied("used.db")
    db = sqlite3.connect(used, isolation_level=None)
    db.execute("PRAGMA locking_mode = EXCLUSIVE")
    db.execute("BEGIN EXCLUSIVE")
    assert "in use" in refused(used)
    db.close()
