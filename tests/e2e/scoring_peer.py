"""MLflow's own scoring server, as the judge of `/invocations`.

Comes in: a model's folder. Goes out: an address. Knows nothing of what it is asked.
"""

import os
import pathlib
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

from servers import free_port

START_SECONDS = 120


class ScoringPeer:
    """`mlflow models serve` over a folder, on a port of its own."""

    def __init__(self, folder, home):
        self.port, self.log = free_port(), pathlib.Path(home) / "scoring.log"
        self.uri = f"http://127.0.0.1:{self.port}"
        command = [mlflow_command(), "models", "serve", "--model-uri", str(folder), "--env-manager", "local"]
        command += ["--host", "127.0.0.1", "--port", str(self.port), "--workers", "1"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env=with_venv_on_path(),
            )

    def wait(self):
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with urllib.request.urlopen(f"{self.uri}/ping", timeout=5):
                    return self
            except (urllib.error.URLError, OSError):
                pass
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(self.log.read_text(errors="replace")[-4000:])
            time.sleep(0.1)

    def stop(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


def mlflow_command():
    return str(pathlib.Path(sys.executable).with_name("mlflow"))


def with_venv_on_path():
    """The environment of an activated venv: `mlflow models serve` looks for uvicorn there."""
    folder = str(pathlib.Path(sys.executable).parent)
    return {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
