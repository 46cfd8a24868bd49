"""`trimtab run --record-to` and `trimtab models --server`: what a mandate did, read by the MLflow client.

A small mandate over two years of real prices runs once; it is recorded in a Trimtab server and in a real
one. What must be there is read from the mandate's own journal, by the other commands of the binary.
"""

import json
import math
import os

import mlflow
import pandas
import pytest
from mlflow import MlflowClient
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.linear_model import Ridge

from binary import summary, trimtab
from servers import ROOT, Server

pytestmark = pytest.mark.skipif(
    os.environ.get("TRIMTAB_E2E_SERVER") == "mlflow", reason="it starts a real server itself"
)

MANDATE = """[mandate]
name = "small"
capital = 100_000
seed = 3

[universe]
prices = "prices.csv"
require = ["history >= 21d"]

[features]
use = ["reversal_5d", "volatility_21d"]

[forecast]
target = "forward_return_5d"
model = { kind = "gradient-boosting", trees = 5, depth = 2 }
train = { window = "252d", every = "63d", embargo = "5d", validate = "63d" }
promote_if = "always"

[risk]
covariance = { estimator = "ledoit-wolf", window = "63d" }

[allocation]
objective = { maximise = "return - 5 * variance - costs" }
constraints = ["long only", "weight <= 40%", "budget == 98%"]

[rebalance]
when = "month end"

[execution]
costs = { commission = "1bps", spread = "4bps" }

[cash]
rate = "2%"
"""


@pytest.fixture(scope="module")
def mandate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mandate")
    prices = pandas.read_parquet(ROOT / "examples/data/us20.parquet")
    prices = prices[["date", "AAPL", "BAC", "CVX", "JNJ", "KO"]].tail(504)
    prices.to_csv(folder / "prices.csv", index=False)
    (folder / "small.toml").write_text(MANDATE)
    return folder / "small.toml"


@pytest.fixture(scope="module", params=["trimtab", "mlflow"])
def recorded(request, mandate, tmp_path_factory):
    """The mandate's home, and a server in which it was recorded."""
    home = tmp_path_factory.mktemp("home")
    run = ("run", mandate, "--home", home, "--quiet")
    # Nobody answers: the run is whole all the same, and the command says that it failed.
    failed = trimtab(*run, "--record-to", "http://127.0.0.1:9", ok=False)
    assert failed.returncode == 1
    assert "cannot be reached" in failed.stderr and "is whole in" in failed.stderr
    assert json.loads(trimtab("runs", "--home", home, "--format", "json").stdout)[0]["complete"]
    server = Server(request.param, "sqlite", tmp_path_factory.mktemp("server")).start()
    told = trimtab(*run, "--record-to", server.uri).stdout
    assert "0 runs" not in told
    again = trimtab(*run, "--record-to", server.uri).stdout
    assert "0 runs, 0 versions, 0 alias moves new" in again
    yield home, server
    server.stop()


def journal(home, what, version=None):
    """What the home says of its one model."""
    command = ("models", what) if version is None else ("models", what, journal(home, "list")[0]["name"], version)
    return json.loads(trimtab(*command, "--home", home, "--format", "json").stdout)


def test_the_run_and_its_trainings(recorded, mandate):
    home, server = recorded
    client = MlflowClient(server.uri, server.uri)
    told = summary("run", mandate, "--home", home, "--quiet")
    experiment = client.get_experiment_by_name("small")
    runs = client.search_runs([experiment.experiment_id])
    whole = [run for run in runs if run.info.run_name == told["run"]]
    assert len(whole) == 1
    whole = whole[0]
    for name, value in told["metrics"].items():
        if value is not None:
            assert whole.data.metrics[name] == value, name
    assert whole.data.metrics["net_asset_value"] == told["final_value"]
    days = client.get_metric_history(whole.info.run_id, "net_asset_value")
    assert len(days) > 400 and days[0].value == 100_000
    files = {file.path for file in client.list_artifacts(whole.info.run_id)}
    assert files == {"plots", "small.toml", "tearsheet.html"}
    local = mlflow.artifacts.download_artifacts(
        run_id=whole.info.run_id, artifact_path="small.toml", tracking_uri=server.uri
    )
    assert open(local).read() == MANDATE

    versions = journal(home, "list")
    children = [run for run in runs if run.data.tags.get("mlflow.parentRunId") == whole.info.run_id]
    assert len(children) == len(runs) - 1 == len(versions) == told["totals"]["trainings"]
    by_name = {run.info.run_name: run for run in children}
    for version in versions:
        told = journal(home, "show", version["version"])["run"]
        run = by_name[version["run"]]
        assert run.data.params == told["params"]
        assert run.data.tags["mlflow.source.git.commit"] == told["code"]["revision"]
        for name, value in told["metrics"].items():
            kept = run.data.metrics[f"training.{name}"]
            assert kept == value or (value is None and math.isnan(kept))
        digests = {i.dataset.digest for i in run.inputs.dataset_inputs}
        assert {data["digest"][:36] for data in told["data"]} <= digests


def test_the_models_and_their_aliases(recorded):
    home, server = recorded
    client = MlflowClient(server.uri, server.uri)
    mlflow.set_tracking_uri(server.uri)
    mlflow.set_registry_uri(server.uri)
    for version in journal(home, "list"):
        kept = client.get_model_version("small", str(version["version"]))
        source = version["source"]
        assert kept.tags["trimtab.code_revision"] == source["code_revision"]
        assert kept.tags["trimtab.environment"] == source["environment"]
        assert kept.tags["trimtab.training_data"] == source["training_data"]
        assert client.get_run(kept.run_id).info.run_name == version["run"]
    champion = journal(home, "show", "champion")["version"]["version"]
    assert client.get_model_version_by_alias("small", "champion").version == str(champion)
    model = mlflow.pyfunc.load_model("models:/small@champion")
    names = [column.name for column in model.metadata.get_input_schema().inputs]
    row = pandas.DataFrame({name: [0.01] for name in names}, dtype="float32")
    assert len(model.predict(row)) == 1


def test_the_registry_of_a_server_on_the_command_line(recorded):
    home, server = recorded
    at = ("--server", server.uri)

    def told(*args):
        return json.loads(trimtab("models", *args, *at, "--format", "json").stdout)

    models = told("list")
    assert [v["version"] for v in models[0]["versions"]] == [v["version"] for v in journal(home, "list")]
    newest = models[0]["versions"][-1]["version"]
    assert told("show", "small", "champion")["version"]["version"] == newest
    assert told("show", "small", "1")["run"]["info"]["run_name"] == journal(home, "list")[0]["run"]
    assert "small" in trimtab("models", "list", *at).stdout
    assert "measured" in trimtab("models", "show", "small", "1", *at).stdout
    moved = told("promote", "small", "1", "--why", "to see")
    assert (moved["version"], moved["previous"]) == (1, newest)
    back = trimtab("models", "rollback", "small", "--why", "enough", *at, ok=False)
    compared = trimtab("models", "compare", "small", "1", "2", *at, ok=False)
    if server.is_mlflow:
        assert "only a server that `trimtab serve` started" in back.stderr
        assert "only a server that `trimtab serve` started" in compared.stderr
        told("promote", "small", str(newest), "--why", "back")
    else:
        assert f"v{newest} is champion in place of v1" in back.stdout
        assert "training_days" in compared.stdout
        # The aliases moved one after the other, as in the run: there is more to go back to.
        again = told("rollback", "small", "--why", "once more")
        assert again["version"] == newest - 1
        told("promote", "small", str(newest), "--why", "back")
    missing = trimtab("models", "show", "nothing", "1", *at, ok=False)
    assert missing.returncode == 1 and "nothing" in missing.stderr


def test_a_mandate_forecasts_with_a_registered_model(recorded, mandate, tmp_path):
    """The champion of the server forecasts in another mandate: not before the day up to which it was
    trained, from the snapshot that the run keeps, and under the same policy as a model of its own."""
    home, server = recorded
    client = MlflowClient(server.uri, server.uri)
    plan = f'model = {{ kind = "registered", name = "small", server = "{server.uri}" }}'
    lines = [line for line in MANDATE.splitlines() if not line.startswith(("train =", "promote_if", "model ="))]
    text = "\n".join(lines).replace("[forecast]", f"[forecast]\n{plan}").replace('"small"\ncapital', '"given"\ncapital')
    other = mandate.parent / "given.toml"
    other.write_text(text)
    run = ("run", other, "--home", tmp_path / "home", "--quiet")
    told = summary(*run)

    champion = client.get_model_version_by_alias("small", "champion")
    given = json.loads(trimtab("models", "list", "--home", tmp_path / "home", "--format", "json").stdout)
    assert len(given) == 1
    source = given[0]["source"]
    assert source["artifact_location"] == f"{server.uri} models:/small/{champion.version}"
    assert source["training_data"] == champion.tags["trimtab.training_data"]
    # The file is the champion's, byte for byte.
    theirs = journal(home, "show", "champion")["version"]
    assert given[0]["artifact"] == theirs["artifact"]
    assert given[0]["created"][:10] >= champion.tags["trimtab.trained_until"]
    shown = trimtab("models", "show", given[0]["name"], "--home", tmp_path / "home").stdout
    assert f"training run   small/{champion.version}" in shown

    why = trimtab("why", told["an_order"], "--home", tmp_path / "home").stdout
    assert f"registered as small version {champion.version}" in why and "data `model.onnx`" in why
    # Wherever the alias goes: a replay sees the model that the run saw.
    client.set_registered_model_alias("small", "champion", "1")
    assert "every byte agrees" in trimtab("replay", "--home", tmp_path / "home").stdout
    assert summary(*run)["run"] != told["run"]
    client.set_registered_model_alias("small", "champion", champion.version)
    assert summary(*run)["already_complete"]

    # A version that does not say what a version must say is not admitted. A Trimtab server finds it
    # beside the files and in the run; of a real one, its tags are all that can be had.
    bare = client.create_model_version("small", champion.source, champion.run_id)
    client.set_model_version_tag("small", bare.version, "trimtab.trained_until", "2000-01-01")
    client.set_registered_model_alias("small", "bare", bare.version)
    other.write_text(text.replace('name = "small", ', 'name = "small", alias = "bare", '))
    done = trimtab(*run, ok=False)
    assert done.returncode == int(server.is_mlflow)
    assert "how to rebuild the environment" in done.stderr or not server.is_mlflow
    client.delete_model_version("small", bare.version)

    uses = 'use = ["reversal_5d", "volatility_21d"]'
    for right, wrong, said in [
        (uses, 'use = ["volatility_21d", "reversal_5d"]', "in this order; [features] use says"),
        ('name = "small", server', 'name = "smell", server', "smell"),
        (server.uri, "h:5000", "a registered model has a `name`, and a `server`"),
        ('kind = "registered"', 'kind = "registerd"', "did you mean `registered`"),
    ]:
        assert right in text
        other.write_text(text.replace(right, wrong))
        refused = trimtab(*run, ok=False)
        assert refused.returncode == 1 and said in refused.stderr, refused.stderr


def test_a_model_of_a_notebook_forecasts_for_a_mandate(recorded, mandate, tmp_path):
    """scikit-learn's ridge, fitted here on the first year, logged and registered by the client alone."""
    _, server = recorded
    mlflow.set_tracking_uri(server.uri)
    mlflow.set_registry_uri(server.uri)
    mlflow.set_experiment("notebook")
    prices = pandas.read_csv(mandate.parent / "prices.csv", index_col="date").dropna()
    returns = prices.pct_change()
    columns = {
        "reversal_5d": -prices.pct_change(5),
        "volatility_21d": returns.rolling(21).std() * math.sqrt(252),
        "y": prices.shift(-5) / prices - 1,
    }
    rows = pandas.DataFrame({name: frame.stack() for name, frame in columns.items()}).dropna()
    until = sorted(set(rows.index.get_level_values(0)))[300]
    rows = rows[rows.index.get_level_values(0) <= until]
    ridge = Ridge(alpha=1.0).fit(rows[["reversal_5d", "volatility_21d"]].to_numpy(), rows["y"])
    onnx = convert_sklearn(ridge, initial_types=[("x", FloatTensorType([None, 2]))], target_opset=17)
    with mlflow.start_run():
        mlflow.log_params({"alpha": 1.0, "features": "reversal_5d, volatility_21d"})
        mlflow.onnx.log_model(onnx, name="model", registered_model_name="ridge")
    client = MlflowClient()
    version = client.get_latest_versions("ridge")[0].version
    for key, value in {
        "trained_until": until,
        "code_revision": "notebook 7",
        "environment": "scikit-learn 1.9.1",
        "training_data": "us20, 2021",
    }.items():
        client.set_model_version_tag("ridge", version, f"trimtab.{key}", value)
    client.set_registered_model_alias("ridge", "champion", version)

    plan = f'model = {{ kind = "registered", name = "ridge", server = "{server.uri}" }}'
    lines = [line for line in MANDATE.splitlines() if not line.startswith(("train =", "promote_if", "model ="))]
    text = "\n".join(lines).replace("[forecast]", f"[forecast]\n{plan}")
    (mandate.parent / "notebook.toml").write_text(text)
    home = tmp_path / "home"
    told = summary("run", mandate.parent / "notebook.toml", "--home", home, "--quiet")
    why = trimtab("why", told["an_order"], "--home", home).stdout
    assert f"registered as ridge version {version}" in why
    assert "every byte agrees" in trimtab("replay", "--home", home).stdout
    given = json.loads(trimtab("models", "list", "--home", home, "--format", "json").stdout)[0]
    assert given["created"][:10] >= until
    assert given["source"]["training_data"] == "us20, 2021"
