"""Requests without a library that repeats, pools or hides: what is sent is sent once.

Comes in: a server, a path such as `runs/create`. Goes out: a status and what was said.
"""

import http.client
import json
import socket

API = "/api/2.0/mlflow/"
ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts"
SECONDS = 60

# What can happen to a request when the server goes away under it.
BROKEN = (http.client.HTTPException, OSError)


class Refused(AssertionError):
    """The server answered, and not with 200."""

    def __init__(self, asked, status, said):
        super().__init__(f"{asked} -> {status} {str(said)[:600]}")
        self.status, self.said = status, said


class Asking:
    """One connection, opened when it is needed. Not for two threads at once."""

    def __init__(self, server, seconds=SECONDS):
        self.port, self.seconds, self.connection = server.port, seconds, None

    def ask(self, method, path, body=None, headers=None):
        """Status and answer; JSON is read."""
        path = path if path.startswith("/") else API + path
        headers = dict(headers or {})
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.seconds)
        try:
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
            said, kind = answer.read(), answer.headers.get("Content-Type", "")
        except BROKEN:
            self.close()
            raise
        return answer.status, json.loads(said) if said and kind.startswith("application/json") else said

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def ok(self, method, path, body=None):
        status, said = self.ask(method, path, body)
        if status != 200:
            raise Refused(f"{method} {path}", status, said)
        return said

    def get(self, path):
        return self.ok("GET", path)

    def post(self, path, body):
        return self.ok("POST", path, body)

    def experiment(self, name):
        return self.post("experiments/create", {"name": name})["experiment_id"]

    def run(self, experiment="0"):
        made = self.post("runs/create", {"experiment_id": experiment, "start_time": 1})
        return made["run"]["info"]["run_id"]

    def history(self, run, key):
        """All values that a metric had: `(step, value)`."""
        found = self.get(f"metrics/get-history?run_id={run}&metric_key={key}")
        return [(m["step"], m["value"]) for m in found.get("metrics", [])]


def raw(server, seconds=SECONDS):
    """A socket to the server, for what no library would send."""
    return socket.create_connection(("127.0.0.1", server.port), timeout=seconds)


def head(method, path, **headers):
    """The first lines of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def rest(connection):
    """All that comes until the other side closes; a reset counts as closed."""
    received = b""
    try:
        while chunk := connection.recv(65536):
            received += chunk
    except ConnectionError:
        pass
    return received
