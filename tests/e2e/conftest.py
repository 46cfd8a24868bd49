"""What every test gets: a server, a client of it, a name that nobody else uses.

TRIMTAB_E2E_SERVER     trimtab (default), or mlflow: the real one, where expectations come from
TRIMTAB_E2E_BACKENDS   sqlite,postgres,s3 (default: those that the environment has services for)
TRIMTAB_BIN            the binary (default: the debug build)
"""

import os
import secrets

# The client reads these when it is imported. It must neither phone home, nor hide a 500 behind
# retries, nor answer from a background thread after the test has ended.
os.environ.update(
    MLFLOW_DISABLE_TELEMETRY="true",
    DO_NOT_TRACK="true",
    MLFLOW_HTTP_REQUEST_MAX_RETRIES="0",
    MLFLOW_HTTP_REQUEST_TIMEOUT="60",
    MLFLOW_ENABLE_ASYNC_TRACE_LOGGING="false",
    MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR="false",
    MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT="true",
    GIT_PYTHON_REFRESH="quiet",
    NO_PROXY="127.0.0.1,localhost",
    no_proxy="127.0.0.1,localhost",
)

import mlflow  # noqa: E402
import psycopg2  # noqa: E402
import pytest  # noqa: E402
from mlflow import MlflowClient  # noqa: E402

from names import unused  # noqa: E402
from servers import Server  # noqa: E402
from wire import Wire  # noqa: E402

KIND = os.environ.get("TRIMTAB_E2E_SERVER", "trimtab")
POSTGRES = os.environ.get("TRIMTAB_TEST_POSTGRES")
S3 = os.environ.get("TRIMTAB_TEST_S3_ENDPOINT")


def backends():
    if KIND == "mlflow":
        return ["sqlite"]
    there = ["sqlite"] + ["postgres"] * bool(POSTGRES) + ["s3"] * bool(POSTGRES and S3)
    asked = os.environ.get("TRIMTAB_E2E_BACKENDS", ",".join(there)).split(",")
    missing = [backend for backend in asked if backend not in there]
    if missing:
        raise pytest.UsageError(f"no services for {missing}: run this under scripts/services.sh run")
    return asked


def execute(statement):
    # Not as a context manager: that would open a transaction, in which no database can be made.
    connection = psycopg2.connect(POSTGRES)
    connection.autocommit = True
    connection.cursor().execute(statement)
    connection.close()


@pytest.fixture(scope="session", params=backends())
def server(request, tmp_path_factory):
    """The server under test, one for each backend and for the whole session."""
    backend, name = request.param, f"e2e_{secrets.token_hex(6)}"
    database = artifacts = None
    if backend != "sqlite":
        execute(f"CREATE DATABASE {name}")
        database = POSTGRES.rsplit("/", 1)[0] + f"/{name}"
    if backend == "s3":
        artifacts = f"s3://{os.environ['TRIMTAB_TEST_S3_BUCKET']}/{name}"
    home = tmp_path_factory.mktemp(f"{KIND}-{backend}")
    running = Server(KIND, backend, home, database, artifacts).start()
    yield running
    running.stop()
    if database:
        execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(autouse=True)
def point_the_client(server):
    """The fluent interface talks to the server under test, and no run is left open."""
    mlflow.set_tracking_uri(server.uri)
    mlflow.set_registry_uri(server.uri)
    yield
    while mlflow.active_run():
        mlflow.end_run()


@pytest.fixture(scope="module")
def client(server):
    return MlflowClient(tracking_uri=server.uri, registry_uri=server.uri)


@pytest.fixture(scope="module")
def wire(server):
    return Wire(server)


@pytest.fixture
def name(request):
    """A name for whatever the test makes."""
    return unused(request.node.originalname.removeprefix("test_")[:40].replace("_", "-"))


@pytest.fixture
def experiment(client, name):
    """The id of an experiment of the test's own, which is also the fluent interface's."""
    experiment_id = client.create_experiment(name)
    mlflow.set_experiment(experiment_id=experiment_id)
    return experiment_id


@pytest.fixture
def run(client, experiment):
    """The id of a run that is under way."""
    return client.create_run(experiment).info.run_id
