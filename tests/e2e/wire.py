"""Requests as they go over the wire, for what the Python client hides or never sends.

Comes in: a server's address, a path such as `runs/create`. Goes out: answers, checked.
"""

import requests

CLASSIC = "/api/2.0/mlflow/"
NEWER = "/api/3.0/mlflow/"


class Wire:
    def __init__(self, server):
        self.server = server
        self.session = requests.Session()
        self.session.trust_env = False

    def call(self, method, path, body=None, **options):
        """`path` is relative to the classic API unless it starts with a slash."""
        if not path.startswith("/"):
            path = CLASSIC + path
        if body is not None:
            options["json"] = body
        return self.session.request(method, self.server.uri + path, timeout=60, **options)

    def get(self, path, /, **params):
        return self.call("GET", path, params=params)

    def post(self, path, body):
        return self.call("POST", path, body)

    def ok(self, method, path, body=None, **options):
        """The JSON of an answer that must be a success."""
        response = self.call(method, path, body, **options)
        assert response.status_code == 200, f"{method} {path}: {response.status_code} {response.text[:600]}"
        return response.json()

    def refused(self, response, status, code=None, message=None, mlflow=None):
        """Checks that a request was refused with this status, error code and part of the message.

        `mlflow` is the status, or the statuses, of the real server where that one does worse
        (mostly 500) or takes what makes no sense: accepted of the real server, and of no other.
        """
        if self.server.is_mlflow and mlflow is not None:
            accepted = mlflow if isinstance(mlflow, tuple) else (mlflow,)
            assert response.status_code in accepted, seen(response)
            return
        assert response.status_code == status, seen(response)
        if code is not None:
            assert response.headers["Content-Type"].startswith("application/json"), seen(response)
            answer = response.json()
            assert answer["error_code"] == code, seen(response)
            assert answer["message"], "an error must say something"
            if message is not None:
                assert message in answer["message"], seen(response)

    def invalid(self, response, message=None, mlflow=None):
        self.refused(response, 400, "INVALID_PARAMETER_VALUE", message, mlflow)

    def absent(self, response, message=None, mlflow=None):
        self.refused(response, 404, "RESOURCE_DOES_NOT_EXIST", message, mlflow)


def seen(response):
    request = response.request
    sent = request.body if request.body is None else request.body[:300]
    return f"{request.method} {request.url[:300]} {sent} -> {response.status_code} {response.text[:600]}"
