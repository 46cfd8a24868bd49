"""Starts the server under test, and ends it.

Comes in: the kind (`trimtab` or `mlflow`), where its records and artifacts go, a folder.
Goes out: a `Server` that answers at `uri`. Knows nothing of what the tests ask it.
"""

import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
START_SECONDS = 60
STOP_SECONDS = 15


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def trimtab_binary():
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return os.environ.get("TRIMTAB_BIN", str(target / "debug" / "trimtab"))


class Server:
    """One server on a port of its own; `kill` and `start` again keep its records."""

    def __init__(self, kind, backend, home, database=None, artifacts=None, options=()):
        self.kind, self.backend, self.home = kind, backend, pathlib.Path(home)
        self.database, self.artifacts, self.options = database, artifacts, options
        self.port = free_port()
        self.uri = f"http://127.0.0.1:{self.port}"
        self.log = self.home / "server.log"
        self.process = None

    @property
    def is_mlflow(self):
        return self.kind == "mlflow"

    def command(self):
        if self.is_mlflow:
            return [
                str(pathlib.Path(sys.executable).with_name("mlflow")), "server",
                "--host", "127.0.0.1", "--port", str(self.port), "--workers", "1",
                "--backend-store-uri", f"sqlite:///{self.home}/mlflow.db",
                "--artifacts-destination", str(self.home / "artifacts"),
            ]  # fmt: skip
        command = [trimtab_binary(), "serve", "--host", "127.0.0.1", "--port", str(self.port)]
        command += ["--home", str(self.home)]
        if self.database:
            command += ["--database", self.database]
        if self.artifacts:
            command += ["--artifacts-destination", self.artifacts]
        return command + list(self.options)

    def start(self):
        quiet = {
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "MLFLOW_DISABLE_TELEMETRY": "true",
        }
        with self.log.open("ab") as log:
            # A session of its own, so that its workers can be ended with it.
            self.process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **quiet},
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"{self.kind} did not start:\n{self.log_tail()}")
            time.sleep(0.05)
        return self

    def answers(self):
        try:
            with urllib.request.urlopen(f"{self.uri}/health", timeout=5) as response:
                return response.read() == b"OK"
        except (urllib.error.URLError, OSError):
            return False

    def log_tail(self):
        return self.log.read_text(errors="replace")[-4000:]

    def stop(self):
        """Asks it to end; says how it ended (`None`: it had to be killed)."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            return None
        finally:
            self.kill()

    def kill(self):
        """Ends it as a power cut would, and all that it started."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
