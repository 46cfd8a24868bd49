"""Starts and ends what answers: Trimtab with the model in its registry, and MLflow's scoring server.

Comes in: a binary or a folder. Goes out: an address that answers `/invocations`.
"""

import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

import requests


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A process that answers on a port of its own."""

    def __init__(self, name, command, port, home):
        self.name, self.port, self.home = name, port, pathlib.Path(home)
        self.uri = f"http://127.0.0.1:{port}"
        self.home.mkdir(parents=True, exist_ok=True)
        # As in an activated venv: `mlflow models serve` looks for uvicorn there.
        path = os.pathsep.join([str(pathlib.Path(sys.executable).parent), os.environ["PATH"]])
        quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "PATH": path}
        with open(self.home / "log", "ab") as log:
            self.process = subprocess.Popen(
                [str(word) for word in command], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                env={**os.environ, **quiet}, start_new_session=True,
            )  # fmt: skip

    def wait(self):
        """Waits until it answers."""
        deadline = time.monotonic() + 120
        while True:
            try:
                if requests.get(f"{self.uri}/health", timeout=5).ok:
                    return self
            except requests.ConnectionError:
                pass
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                sys.exit(f"error: {self.name} did not start: see {self.home / 'log'}")
            time.sleep(0.05)

    def memory_mib(self):
        """What the whole tree of processes holds, as PSS."""
        total, waiting = 0, [self.process.pid]
        while waiting:
            pid = waiting.pop()
            try:
                for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                    if line.startswith("Pss:"):
                        total += int(line.split()[1])
                children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
                waiting += [int(child) for child in children.split()]
            except OSError:
                continue
        return total / 1024

    def stop(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def trimtab(binary, home):
    port = free_port()
    command = [binary, "serve", "--port", port, "--home", home / "data", "--model", "models:/gbdt@champion"]
    return Server("trimtab", command + ["--log-level", "warn"], port, home).wait()


def mlflow(folder, home):
    port = free_port()
    command = [pathlib.Path(sys.executable).with_name("mlflow"), "models", "serve", "--model-uri", folder]
    command += ["--env-manager", "local", "--host", "127.0.0.1", "--port", port, "--workers", "1"]
    return Server("mlflow models serve", command, port, home).wait()
