"""The Redis of the online store goes away and comes back: clear refusals meanwhile, and nothing to do after."""

import shutil
import signal
import socket
import subprocess
import time

import pytest

from processes import within
from servers import free_port, trimtab_binary

DEFINITIONS = """
[[entity]]
name = "driver"
keys = { driver_id = "int64" }

[[source]]
name = "driver_push"
kind = "push"
event_time = "event_timestamp"

[[view]]
name = "stats"
entities = ["driver"]
source = "driver_push"
online = true
feature = [{ name = "trips", type = "int64" }]
"""


class Redis:
    """A Redis of the test's own that keeps what it acknowledged."""

    def __init__(self, folder):
        self.folder, self.port, self.process = folder, free_port(), None
        self.url = f"redis://:s3cret@127.0.0.1:{self.port}/0"

    def start(self):
        options = ["--port", self.port, "--bind", "127.0.0.1", "--requirepass", "s3cret", "--save", "", "--dir",
                   self.folder, "--appendonly", "yes", "--appendfsync", "always"]  # fmt: skip
        with (self.folder / "redis.log").open("ab") as log:
            self.process = subprocess.Popen(["redis-server", *map(str, options)], stdout=log, stderr=log)
        within(10, self.answers, "Redis answers")
        return self

    def answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def kill(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def redis(tmp_path):
    if not shutil.which("redis-server"):
        pytest.skip("no redis-server")
    redis = Redis(tmp_path).start()
    yield redis
    redis.process.send_signal(signal.SIGCONT)
    redis.kill()


@pytest.fixture
def home(tmp_path):
    """A home with definitions."""
    folder = tmp_path / "definitions"
    folder.mkdir()
    (folder / "features.toml").write_text(DEFINITIONS)
    apply = [trimtab_binary(), "features", "apply", folder, "--home", tmp_path / "home"]
    subprocess.run(apply, check=True, capture_output=True)
    return tmp_path / "home"


@pytest.fixture
def server(serve, redis, home):
    return serve(home=home, arguments=["--features"], environment={"TRIMTAB_ONLINE": redis.url}).start()


def push(ask, driver, trips):
    rows = {"driver_id": [driver], "event_timestamp": ["2026-11-23T00:00:00"], "trips": [trips]}
    return ask.ask("POST", "/push", {"push_source_name": "driver_push", "df": rows})


def read(ask, *drivers):
    body = {"features": ["stats:trips"], "entities": {"driver_id": list(drivers)}}
    return ask.ask("POST", "/get-online-features", body)


def refused(answer):
    status, said = answer
    assert status == 503 and "the online store is not available" in str(said), answer
    assert "s3cret" not in str(said)


def test_it_is_killed_and_comes_back(server, redis, asking):
    ask = asking(server)
    assert push(ask, 1, 10)[0] == 200
    redis.kill()
    refused(read(ask, 1))
    refused(push(ask, 2, 20))
    assert ask.post("experiments/search", {"max_results": 1}), "the rest of the server is as it was"
    redis.start()
    status, said = read(ask, 1, 2)
    assert status == 200, said
    assert said["results"][1]["values"] == [10, None], "what was acknowledged is there, and what was not is not"
    assert push(ask, 2, 20)[0] == 200


def test_it_was_restarted_while_nobody_asked(server, redis, asking):
    """The first who ask must not pay for connections that went stale."""
    ask = asking(server)
    assert push(ask, 1, 10)[0] == 200
    redis.kill()
    redis.start()
    assert push(ask, 1, 11)[0] == 200
    assert read(ask, 1)[1]["results"][1]["values"] == [11]


def test_it_answers_no_more(server, redis, asking):
    """Frozen, not gone: whoever asks is told in bounded time, and so are others."""
    ask = asking(server)
    assert push(ask, 1, 10)[0] == 200
    redis.process.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    refused(read(ask, 1))
    assert time.monotonic() - began < 9
    redis.process.send_signal(signal.SIGCONT)
    assert within(10, lambda: read(ask, 1)[0] == 200, "it answers again") is not None


def test_starting_without_it(serve, redis, home):
    redis.kill()
    status, said = serve(home=home, arguments=["--features", "--online", redis.url]).refuses_to_start()
    assert status == 1 and "the online store is not available" in said and "s3cret" not in said, said


def test_a_wrong_password_is_not_shown(serve, redis, home):
    wrong = redis.url.replace("s3cret", "wr0ng")
    status, said = serve(home=home, arguments=["--features", "--online", wrong]).refuses_to_start()
    assert status == 1 and "wr0ng" not in said, said
