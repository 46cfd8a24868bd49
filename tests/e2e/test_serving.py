"""Models of the registry, served: the unchanged `tritonclient` over HTTP and gRPC, and `/invocations` as
MLflow's documentation asks it, beside what `mlflow models serve` answers for the same folder.
"""

import io
import json
import os
import signal
import subprocess
import threading
import time

import mlflow
import numpy
import onnx
import pandas
import pytest
import requests
import tritonclient.grpc as triton_grpc
import tritonclient.http as triton_http
from mlflow import MlflowClient
from mlflow.models import infer_signature
from skl2onnx import to_onnx
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import LinearRegression
from tritonclient.utils import InferenceServerException

from binary import trimtab
from conftest import KIND
from names import unused
from scoring_peer import ScoringPeer, mlflow_command
from servers import ROOT, Server
from signers import make_key

pytestmark = pytest.mark.skipif(KIND == "mlflow", reason="MLflow's tracking server serves no models")

RANDOM = numpy.random.default_rng(3)
NAMES = ["a", "b", "c", "d"]
X = RANDOM.normal(size=(200, 4)).astype(numpy.float32)
Y = X[:, 0] * X[:, 1] + numpy.sin(X[:, 2]) + 0.1 * X[:, 3]
FRAME = pandas.DataFrame(X.astype(float), columns=NAMES)
ROWS = FRAME.head(7)
TREES = GradientBoostingRegressor(n_estimators=60, random_state=0).fit(X, Y)
LINE = LinearRegression().fit(X, Y)
# What scikit-learn keeps its trees in; ours, so that they may be read.
TRUSTED = ["sklearn._loss._loss.CyHalfSquaredError", "sklearn.tree._tree.Tree"]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server of its own for this module: it signs, and serves Python models with this environment."""
    keys = make_key(tmp_path_factory.mktemp("keys"), "key")
    options = ["--signing-key", str(keys[0]), "--model", "models:/trees@champion", "--mlflow", mlflow_command()]
    running = Server(KIND, "sqlite", tmp_path_factory.mktemp("serving"), options=options).start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def models(server):
    """`trees` with versions 1 (trees, the champion) and 2 (a line), logged as ONNX by the client."""
    mlflow.set_tracking_uri(server.uri)
    mlflow.set_registry_uri(server.uri)
    mlflow.set_experiment(unused("serving"))
    runs = []
    for model in [TREES, LINE]:
        with mlflow.start_run() as run:
            # The one-liner of docs/serving.md.
            converted = to_onnx(model, X[:1], target_opset=17)
            signature = infer_signature(FRAME, model.predict(X))
            mlflow.onnx.log_model(converted, name="model", signature=signature, registered_model_name="trees")
            runs.append(run.info.run_id)
    MlflowClient().set_registered_model_alias("trees", "champion", "1")
    return runs


@pytest.fixture(scope="module")
def folder(models):
    return mlflow.artifacts.download_artifacts("models:/trees/1")


@pytest.fixture(scope="module")
def peer(folder, tmp_path_factory):
    running = ScoringPeer(folder, tmp_path_factory.mktemp("peer")).wait()
    yield running
    running.stop()


def ask(uri, body, kind="application/json", path="/invocations", **headers):
    data = body if isinstance(body, bytes) else json.dumps(body)
    session = requests.Session()
    session.trust_env = False
    return session.post(uri + path, data=data, headers={"Content-Type": kind, **headers}, timeout=60)


def bodies():
    split = {"columns": NAMES, "data": ROWS.to_numpy().tolist()}
    turned = ROWS[["c", "a", "d", "b"]]
    yield "dataframe_split", {"dataframe_split": split}, "application/json"
    yield "dataframe_split, as pandas writes it", {"dataframe_split": ROWS.to_dict(orient="split")}, "application/json"
    yield "columns turned", {"dataframe_split": turned.to_dict(orient="split")}, "application/json"
    yield "dataframe_records", {"dataframe_records": ROWS.to_dict(orient="records")}, "application/json"
    yield "instances", {"instances": ROWS.to_dict(orient="records")}, "application/json"
    yield "inputs", {"inputs": ROWS.to_dict(orient="list")}, "application/json"
    yield "params", {"dataframe_split": split, "params": {"unused": 1}}, "application/json"
    yield "CSV", ROWS.to_csv(index=False).encode(), "text/csv"
    file = io.BytesIO()
    ROWS.to_parquet(file)
    yield "Parquet", file.getvalue(), "application/vnd.apache.parquet"
    yield "one column too many", {"dataframe_split": ROWS.assign(x=1.0).to_dict(orient="split")}, "application/json"
    yield "one row", {"dataframe_split": {"columns": NAMES, "data": [[1.0, 2.0, 3.0, 4.0]]}}, "application/json"


def bad_bodies():
    split = {"columns": NAMES, "data": ROWS.to_numpy().tolist()}
    yield "missing feature", {"dataframe_split": ROWS[NAMES[:3]].to_dict(orient="split")}, "application/json"
    text = {"columns": NAMES, "data": [["x", 1.0, 1.0, 1.0]]}
    yield "wrong dtype", {"dataframe_split": text}, "application/json"
    yield "two shapes", {"dataframe_split": split, "inputs": {}}, "application/json"
    yield "no shape", {"rows": []}, "application/json"
    yield "no JSON", b"{", "application/json"
    yield "CSV, missing feature", ROWS[["a"]].to_csv(index=False).encode(), "text/csv"
    yield "no Parquet", b"PAR1PAR1", "application/vnd.apache.parquet"
    yield "another type", b"x", "text/plain"


@pytest.mark.parametrize("name, body, kind", bodies(), ids=lambda v: v if isinstance(v, str) else "")
def test_every_shape_is_answered_as_mlflow_answers_it(server, peer, name, body, kind):
    ours, theirs = ask(server.uri, body, kind), ask(peer.uri, body, kind)
    assert (ours.status_code, theirs.status_code) == (200, 200), ours.text + theirs.text
    ours, theirs = ours.json()["predictions"], theirs.json()["predictions"]
    assert [list(row) for row in ours] == [list(row) for row in theirs]
    numpy.testing.assert_allclose(
        [row["variable"] for row in ours], [row["variable"] for row in theirs], rtol=1e-6, atol=1e-6
    )


@pytest.mark.parametrize("name, body, kind", bad_bodies(), ids=lambda v: v if isinstance(v, str) else "")
def test_bad_bodies_are_refused_as_mlflow_refuses_them(server, peer, name, body, kind):
    ours, theirs = ask(server.uri, body, kind), ask(peer.uri, body, kind)
    assert ours.status_code == theirs.status_code, ours.text + theirs.text
    if theirs.headers["content-type"].startswith("application/json"):
        assert ours.json()["error_code"] == theirs.json()["error_code"]


def test_nan_is_passed_on_and_flagged(server, models):
    body = b'{"dataframe_split": {"columns": ["a","b","c","d"], "data": [[NaN, 1, 1, 1], [1, 1, 1, 1]]}}'
    answer = ask(server.uri, body, path="/invocations/trees/2")
    assert answer.status_code == 200
    assert numpy.isnan(answer.json()["predictions"][0]["variable"])
    assert answer.headers["x-trimtab-invalid"] == "1"
    assert len(answer.headers["x-trimtab-prediction-id"].split(",")) == 2


def test_a_huge_batch_is_refused(server, models):
    rows = numpy.zeros((100_001, 4), numpy.float32)
    answer = ask(server.uri, pandas.DataFrame(rows, columns=NAMES).to_csv(index=False).encode(), "text/csv")
    assert answer.status_code == 413
    assert "send them in parts" in answer.json()["message"]


def test_pings(server, models):
    for path, text in [("/ping", "\n"), ("/health", "OK"), ("/version", "3.17.2")]:
        answer = requests.get(server.uri + path, timeout=10)
        assert (answer.status_code, answer.text) == (200, text)


@pytest.fixture(params=["http", "grpc"])
def triton(request, server, models):
    """The module of a client and a client of the server."""
    module = {"http": triton_http, "grpc": triton_grpc}[request.param]
    client = module.InferenceServerClient(f"127.0.0.1:{server.port}")
    yield module, client
    client.close()


def tensor(module, data, name="X", datatype="FP32", **options):
    made = module.InferInput(name, list(data.shape), datatype)
    made.set_data_from_numpy(data, **options)
    return made


def test_triton_metadata(triton):
    _, client = triton
    assert client.is_server_live() and client.is_server_ready()
    assert client.is_model_ready("trees") and client.is_model_ready("trees", "2")
    assert not client.is_model_ready("none")
    said = client.get_server_metadata()
    extensions = said["extensions"] if isinstance(said, dict) else list(said.extensions)
    assert "binary_tensor_data" in extensions
    said = client.get_model_metadata("trees")
    if not isinstance(said, dict):
        said = {"name": said.name, "inputs": [{"name": i.name, "datatype": i.datatype, "shape": list(i.shape)} for i in said.inputs]}
    assert said["name"] == "trees"
    shape = [int(size) for size in said["inputs"][0]["shape"]]
    assert (said["inputs"][0]["name"], said["inputs"][0]["datatype"], shape) == ("X", "FP32", [-1, 4])


@pytest.mark.parametrize("binary_in", [True, False])
@pytest.mark.parametrize("binary_out", [True, False])
def test_triton_infers_over_http(server, models, binary_in, binary_out):
    client = triton_http.InferenceServerClient(f"127.0.0.1:{server.port}")
    inputs = [tensor(triton_http, X[:7], binary_data=binary_in)]
    outputs = [triton_http.InferRequestedOutput("variable", binary_data=binary_out)]
    answer = client.infer("trees", inputs, outputs=outputs, request_id="one")
    numpy.testing.assert_allclose(answer.as_numpy("variable").ravel(), TREES.predict(X[:7]), atol=1e-5)
    assert (answer.get_response()["id"], answer.get_response()["model_version"]) == ("one", "1")
    packed = client.infer("trees", inputs, request_compression_algorithm="gzip")
    numpy.testing.assert_array_equal(packed.as_numpy("variable"), answer.as_numpy("variable"))


def test_triton_infers(triton):
    module, client = triton
    for version, model in [("1", TREES), ("2", LINE), ("champion", TREES)]:
        answer = client.infer("trees", [tensor(module, X[:7])], model_version=version)
        numpy.testing.assert_allclose(answer.as_numpy("variable").ravel(), model.predict(X[:7]), atol=1e-5)
    columns = [tensor(module, FRAME[[name]].to_numpy()[:7], name, "FP64") for name in reversed(NAMES)]
    answer = client.infer("trees", columns)
    numpy.testing.assert_allclose(answer.as_numpy("variable").ravel(), TREES.predict(X[:7]), atol=1e-5)


def test_triton_is_refused(triton):
    module, client = triton
    for name, version, inputs, why in [
        ("none", "", [tensor(module, X[:1])], "none"),
        ("trees", "9", [tensor(module, X[:1])], "9"),
        ("trees", "", [tensor(module, X[:1], "Y")], "unexpected inference input 'Y'"),
        ("trees", "", [tensor(module, X[:1].astype(numpy.int64), "X", "INT64")], "expects 'FP32'"),
        ("trees", "", [tensor(module, X[:1, :3])], "expected [-1,4]"),
    ]:
        with pytest.raises(InferenceServerException, match=why.replace("[", r"\[").replace("]", r"\]")):
            client.infer(name, inputs, model_version=version)


def test_triton_statistics_and_repository(triton):
    module, client = triton
    client.infer("trees", [tensor(module, X[:3])], model_version="1")
    if module is triton_http:
        stats = client.get_inference_statistics("trees", "1")["model_stats"]
        counts = [(one["version"], one["inference_stats"]["success"]["count"]) for one in stats]
        index = {(one["name"], one["version"], one["state"]) for one in client.get_model_repository_index()}
    else:
        stats = client.get_inference_statistics("trees", "1").model_stats
        counts = [(one.version, one.inference_stats.success.count) for one in stats]
        index = {(one.name, one.version, one.state) for one in client.get_model_repository_index().models}
    assert counts[0][0] == "1" and counts[0][1] > 0
    assert ("trees", "1", "READY") in index
    client.unload_model("trees")
    assert not client.is_model_ready("trees")
    with pytest.raises(InferenceServerException, match="was unloaded"):
        client.infer("trees", [tensor(module, X[:3])])
    client.load_model("trees")
    assert client.is_model_ready("trees")


def test_no_request_is_lost_while_the_alias_moves(server, models):
    """A thousand requests over HTTP, half of them over gRPC, while the alias goes back and forth."""
    client = MlflowClient()
    expected = {"1": TREES.predict(X[:1])[0], "2": LINE.predict(X[:1])[0]}
    failures, versions, moving = [], [], threading.Event()

    def work(module, count):
        triton = module.InferenceServerClient(f"127.0.0.1:{server.port}")
        for _ in range(count):
            try:
                answer = triton.infer("trees", [tensor(module, X[:1])], model_version="champion")
                said = answer.get_response()
                version = said["model_version"] if isinstance(said, dict) else said.model_version
                versions.append(version)
                if abs(answer.as_numpy("variable").ravel()[0] - expected[version]) > 1e-4:
                    failures.append(f"version {version} did not answer this")
            except InferenceServerException as error:
                failures.append(str(error))

    threads = [threading.Thread(target=work, args=(m, 125)) for m in [triton_http, triton_grpc] * 4]
    for thread in threads:
        thread.start()
    turn = 0
    while any(thread.is_alive() for thread in threads):
        turn += 1
        client.set_registered_model_alias("trees", "champion", str(turn % 2 + 1))
    for thread in threads:
        thread.join()
    client.set_registered_model_alias("trees", "champion", "1")
    assert failures == []
    assert len(versions) == 1_000 and set(versions) == {"1", "2"}


def test_an_altered_file_is_refused_and_the_old_version_goes_on(server, models):
    client = MlflowClient()
    with mlflow.start_run():
        converted = to_onnx(LinearRegression().fit(X, -Y), X[:1], target_opset=17)
        info = mlflow.onnx.log_model(converted, name="model", registered_model_name="trees")
    version = info.registered_model_version
    path = client.get_model_version_download_uri("trees", str(version)).removeprefix("mlflow-artifacts:/")
    file = server.home / "artifacts" / path / "model.onnx"
    altered = onnx.load(file)
    altered.doc_string = "altered"
    onnx.save(altered, file)
    body = {"dataframe_split": ROWS.to_dict(orient="split")}
    before = ask(server.uri, body).json()
    # The registry itself refuses nothing here: only loading is held against the signature.
    client.set_registered_model_alias("trees", "champion", str(version))
    answer = ask(server.uri, body)
    assert (answer.json(), answer.headers["x-trimtab-model-version"]) == (before, "1")
    direct = ask(server.uri, body, path=f"/invocations/trees/{version}")
    assert direct.status_code == 403 and "model.onnx" in direct.json()["message"]
    client.set_registered_model_alias("trees", "champion", "1")


def test_a_shadow_is_compared_by_decisions(server, models):
    client = MlflowClient()
    client.set_registered_model_alias("trees", "challenger", "2")
    client.set_registered_model_tag("trees", "trimtab.shadow", "@challenger")
    body = {"dataframe_split": FRAME.to_dict(orient="split")}
    assert ask(server.uri, body).headers["x-trimtab-model-version"] == "1"
    deadline = time.monotonic() + 10
    while True:
        stats = requests.get(server.uri + "/v2/models/trees@champion/stats", timeout=10).json()
        (found,) = [one for one in stats["comparisons"] if one["reference"] == "trees@champion"]
        if found["decisions"]["rows"] >= len(X):
            break
        assert time.monotonic() < deadline, stats
        time.sleep(0.05)
    differ = numpy.sign(TREES.predict(X)) != numpy.sign(LINE.predict(X))
    assert found["decisions"]["signs_differ"] == pytest.approx(differ.sum(), abs=1)
    ranks = pandas.Series(TREES.predict(X)).corr(pandas.Series(LINE.predict(X)), method="spearman")
    assert found["decisions"]["rank_correlation"] == pytest.approx(ranks, abs=1e-3)
    client.delete_registered_model_tag("trees", "trimtab.shadow")


def test_a_model_of_scikit_learn_is_served_by_a_child_that_is_kept_alive(server, models):
    with mlflow.start_run():
        mlflow.sklearn.log_model(
            TREES, name="model", signature=infer_signature(FRAME), registered_model_name="pickled",
            skops_trusted_types=TRUSTED,
        )  # fmt: skip
    body = {"dataframe_split": ROWS.to_dict(orient="split")}
    answer = ask(server.uri, body, path="/invocations/pickled")
    assert answer.status_code == 200, answer.text
    numpy.testing.assert_allclose(answer.json()["predictions"], TREES.predict(ROWS.to_numpy()))
    assert answer.headers["x-trimtab-model-version"] == "1"

    def children():
        found = subprocess.run(["pgrep", "-f", f"{server.home}/served/"], capture_output=True, text=True)
        return [int(pid) for pid in found.stdout.split()]

    before = children()
    assert before
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 120
    while ask(server.uri, body, path="/invocations/pickled").status_code != 200:
        assert time.monotonic() < deadline, server.log_tail()
        time.sleep(0.2)
    assert set(children()).isdisjoint(before)


def test_features_are_looked_up_by_entity_and_lead_back(tmp_path):
    """From definitions to a prediction that can be asked why: store, model, one call, log."""
    home = tmp_path / "home"
    trimtab("features", "apply", ROOT / "conformance" / "online", "--home", home)
    trimtab("features", "materialize", "--from", "2026-11-01", "--to", "2026-11-24", "--home", home)
    running = Server(KIND, "sqlite", home, options=["--features"]).start()
    before = mlflow.get_tracking_uri()
    try:
        mlflow.set_tracking_uri(running.uri)
        mlflow.set_registry_uri(running.uri)
        mlflow.set_experiment(unused("drivers"))
        names = ["conv_rate", "acc_rate"]
        model = LinearRegression().fit(X[:, :2], Y)
        stated = {"trimtab": {"features": [f"driver_stats:{name}" for name in names]}}
        signature = infer_signature(pandas.DataFrame(X[:, :2].astype(float), columns=names), model.predict(X[:, :2]))
        with mlflow.start_run() as run:
            mlflow.onnx.log_model(
                to_onnx(model, X[:1, :2], target_opset=17), name="model", signature=signature, metadata=stated,
                registered_model_name="drivers",
            )  # fmt: skip
        entities = {"driver_id": [1001, 1002]}
        asked = {"features": stated["trimtab"]["features"], "entities": entities}
        columns = ask(running.uri, asked, path="/get-online-features").json()["results"][1:]
        known = numpy.array([column["values"] for column in columns], dtype=float).T
        answer = ask(running.uri, {"entities": {"driver_id": [1001, 1002, 9999]}}, path="/invocations/drivers")
        assert answer.status_code == 200, answer.text
        predicted = [row["variable"] for row in answer.json()["predictions"]]
        sound = ~numpy.isnan(known).any(axis=1)
        assert sound.any()
        numpy.testing.assert_allclose(
            numpy.array(predicted[:2], dtype=float)[sound], model.predict(known[sound]), rtol=1e-5
        )
        assert "2: unknown_entity" in answer.headers["x-trimtab-features"]
        first = answer.headers["x-trimtab-prediction-id"].split(",")[0].strip()
        why = trimtab("why", first, "--home", home).stdout
        for part in ["drivers version 1", run.info.run_id, "driver_id", "conv_rate"]:
            assert part in why, why
    finally:
        running.stop()
        mlflow.set_tracking_uri(before)
        mlflow.set_registry_uri(before)
