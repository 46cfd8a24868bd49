"""What every test gets: servers that are gone afterwards, on SQLite and, where there is one, PostgreSQL.

TRIMTAB_TEST_POSTGRES   its address: without it those tests are left out
TRIMTAB_FAULTS_ROUNDS   how often the server is killed under load (default: 10)
TRIMTAB_BIN             the binary (default: the debug build)
"""

import os
import secrets
import signal
import threading
import time

import psycopg2
import pytest

from asking import Asking
from clusters import Cluster
from processes import Trimtab

POSTGRES = os.environ.get("TRIMTAB_TEST_POSTGRES")
NO_POSTGRES = "no PostgreSQL: run this under scripts/services.sh run"


def pytest_configure():
    """Told to end, it ends as after Ctrl-C: servers are not left behind."""
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("told to end", returncode=143))


def execute(statement):
    # Not as a context manager: that would open a transaction, in which no database can be made.
    connection = psycopg2.connect(POSTGRES)
    connection.autocommit = True
    connection.cursor().execute(statement)
    connection.close()


@pytest.fixture
def serve(tmp_path):
    """Makes servers. Those that still run are killed when the test is over."""
    made = []

    def make(home=None, database=None, **more):
        home = home or tmp_path / f"home-{len(made)}"
        home.mkdir(exist_ok=True)
        made.append(Trimtab(home, database, **more))
        return made[-1]

    yield make
    for server in made:
        if server.process is not None:
            server.kill()


@pytest.fixture
def postgres():
    """The address of an empty database."""
    if not POSTGRES:
        pytest.skip(NO_POSTGRES)
    name = f"faults_{secrets.token_hex(6)}"
    execute(f"CREATE DATABASE {name}")
    yield POSTGRES.rsplit("/", 1)[0] + f"/{name}"
    execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgres"])
def server(request, serve):
    """A server of the test's own, once on each database."""
    database = request.getfixturevalue("postgres") if request.param == "postgres" else None
    return serve(database=database).start()


@pytest.fixture(scope="session")
def own_cluster():
    if not POSTGRES:
        pytest.skip(NO_POSTGRES)
    cluster = Cluster()
    yield cluster
    cluster.remove()


@pytest.fixture
def cluster(own_cluster):
    """A PostgreSQL that runs, and that the test may take away."""
    if not own_cluster.pid:
        own_cluster.start()
    return own_cluster


@pytest.fixture
def asking():
    """Makes connections to servers."""
    made = []

    def make(server, seconds=60):
        made.append(Asking(server, seconds))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def serves_others(server, asking):
    """Throughout the test somebody else asks, and is answered at once."""
    stop, slowest, failures = threading.Event(), [0.0], []

    def others():
        ask = asking(server)
        run = ask.run()
        while not stop.wait(0.05):
            began = time.monotonic()
            try:
                ask.post("runs/set-tag", {"run_id": run, "key": "k", "value": "v"})
                ask.get(f"runs/get?run_id={run}")
            except Exception as error:  # noqa: BLE001: told at the end
                failures.append(error)
            slowest[0] = max(slowest[0], time.monotonic() - began)

    thread = threading.Thread(target=others, daemon=True)
    thread.start()
    yield
    stop.set()
    thread.join(60)
    assert not failures, failures[:3]
    assert slowest[0] < 3, f"somebody else waited {slowest[0]:.1f} s"
