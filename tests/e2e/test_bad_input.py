"""Bad input: refused with the status and code of the real server, and never a 500 of ours.

`mlflow=` names what the real server does where it does worse: 500, or 200 for what it did not
understand. Where it takes what it cannot read, it drops the field and all that follow; ours must
say so instead.
"""

import pytest

JSON = {"Content-Type": "application/json"}

# Endpoints, one good request each, and the field that each must have.
REQUIRED = [
    ("POST", "experiments/create", {"name": "x"}, "name"),
    ("GET", "experiments/get", {"experiment_id": "0"}, "experiment_id"),
    ("GET", "experiments/get-by-name", {"experiment_name": "x"}, "experiment_name"),
    ("POST", "experiments/delete", {"experiment_id": "999999"}, "experiment_id"),
    ("POST", "experiments/restore", {"experiment_id": "999999"}, "experiment_id"),
    ("POST", "experiments/update", {"experiment_id": "999999", "new_name": "x"}, "experiment_id"),
    ("POST", "experiments/update", {"experiment_id": "999999", "new_name": "x"}, "new_name"),
    (
        "POST",
        "experiments/set-experiment-tag",
        {"experiment_id": "999999", "key": "k", "value": "v"},
        "experiment_id",
    ),
    ("POST", "experiments/set-experiment-tag", {"experiment_id": "999999", "key": "k", "value": "v"}, "key"),
    ("POST", "experiments/delete-experiment-tag", {"experiment_id": "999999", "key": "k"}, "key"),
    ("GET", "runs/get", {"run_id": "x"}, "run_id"),
    ("POST", "runs/delete", {"run_id": "x"}, "run_id"),
    ("POST", "runs/restore", {"run_id": "x"}, "run_id"),
    ("POST", "runs/update", {"run_id": "x", "status": "FINISHED"}, "run_id"),
    ("POST", "runs/log-metric", {"run_id": "x", "key": "m", "value": 1, "timestamp": 1}, "run_id"),
    ("POST", "runs/log-metric", {"run_id": "x", "key": "m", "value": 1, "timestamp": 1}, "key"),
    ("POST", "runs/log-metric", {"run_id": "x", "key": "m", "value": 1, "timestamp": 1}, "value"),
    ("POST", "runs/log-metric", {"run_id": "x", "key": "m", "value": 1, "timestamp": 1}, "timestamp"),
    ("POST", "runs/log-parameter", {"run_id": "x", "key": "k", "value": "v"}, "run_id"),
    ("POST", "runs/log-parameter", {"run_id": "x", "key": "k", "value": "v"}, "key"),
    ("POST", "runs/set-tag", {"run_id": "x", "key": "k", "value": "v"}, "run_id"),
    ("POST", "runs/set-tag", {"run_id": "x", "key": "k", "value": "v"}, "key"),
    ("POST", "runs/delete-tag", {"run_id": "x", "key": "k"}, "run_id"),
    ("POST", "runs/delete-tag", {"run_id": "x", "key": "k"}, "key"),
    ("POST", "runs/log-batch", {"run_id": "x"}, "run_id"),
    ("POST", "runs/log-inputs", {"run_id": "x"}, "run_id"),
    ("POST", "runs/outputs", {"run_id": "x"}, "run_id"),
    ("GET", "metrics/get-history", {"run_id": "x", "metric_key": "m"}, "run_id"),
    ("GET", "metrics/get-history", {"run_id": "x", "metric_key": "m"}, "metric_key"),
    ("GET", "artifacts/list", {"run_id": "x"}, "run_id"),
    ("POST", "registered-models/create", {"name": "x"}, "name"),
    ("GET", "registered-models/get", {"name": "x"}, "name"),
    ("POST", "registered-models/rename", {"name": "no such", "new_name": "x"}, "name"),
    ("POST", "registered-models/rename", {"name": "no such", "new_name": "x"}, "new_name"),
    ("PATCH", "registered-models/update", {"name": "no such"}, "name"),
    ("DELETE", "registered-models/delete", {"name": "no such"}, "name"),
    ("POST", "registered-models/get-latest-versions", {"name": "no such"}, "name"),
    ("POST", "registered-models/set-tag", {"name": "no such", "key": "k", "value": "v"}, "name"),
    ("POST", "registered-models/set-tag", {"name": "no such", "key": "k", "value": "v"}, "key"),
    ("DELETE", "registered-models/delete-tag", {"name": "no such", "key": "k"}, "key"),
    ("POST", "registered-models/alias", {"name": "no such", "alias": "a", "version": "1"}, "name"),
    ("POST", "registered-models/alias", {"name": "no such", "alias": "a", "version": "1"}, "alias"),
    ("POST", "registered-models/alias", {"name": "no such", "alias": "a", "version": "1"}, "version"),
    ("GET", "registered-models/alias", {"name": "no such", "alias": "a"}, "alias"),
    ("DELETE", "registered-models/alias", {"name": "no such", "alias": "a"}, "alias"),
    ("POST", "model-versions/create", {"name": "x", "source": "s"}, "name"),
    ("POST", "model-versions/create", {"name": "x", "source": "s"}, "source"),
    ("GET", "model-versions/get", {"name": "x", "version": "1"}, "name"),
    ("GET", "model-versions/get", {"name": "x", "version": "1"}, "version"),
    ("PATCH", "model-versions/update", {"name": "x", "version": "1"}, "version"),
    ("POST", "model-versions/transition-stage", {"name": "x", "version": "1", "stage": "Staging"}, "stage"),
    ("DELETE", "model-versions/delete", {"name": "x", "version": "1"}, "version"),
    ("POST", "model-versions/set-tag", {"name": "x", "version": "1", "key": "k", "value": "v"}, "key"),
    ("POST", "logged-models", {"experiment_id": "0"}, "experiment_id"),
]


def send(wire, method, path, fields):
    return wire.call(method, path, params=fields) if method == "GET" else wire.call(method, path, fields)


@pytest.mark.parametrize(("method", "path", "good", "field"), REQUIRED)
def test_missing_fields(wire, method, path, good, field):
    left = {key: value for key, value in good.items() if key != field}
    wire.invalid(send(wire, method, path, left), f"Missing value for required parameter '{field}'")
    wire.invalid(send(wire, method, path, {**left, field: "" if method == "GET" else None}), f"'{field}'")


TYPES = [
    ("experiments/create", {"name": "x"}, "name", [1, 1.5, True, [], {}, ["x"]]),
    ("experiments/delete", {}, "experiment_id", [1, [], {}]),
    ("runs/create", {"experiment_id": "0"}, "start_time", ["x", "1.5", [], {}]),
    ("runs/log-metric", {"run_id": "x", "key": "m", "timestamp": 1}, "value", ["x", "1,5", [], {}]),
    ("runs/log-metric", {"run_id": "x", "key": "m", "value": 1}, "timestamp", ["x", [], {}, "1.5"]),
    ("runs/log-metric", {"run_id": "x", "key": "m", "value": 1, "timestamp": 1}, "step", ["x", [], {}]),
    ("runs/log-metric", {"run_id": "x", "value": 1, "timestamp": 1}, "key", [1, True, [], {}]),
    ("runs/log-parameter", {"run_id": "x", "key": "k"}, "value", [1, 1.5, True, [], {}]),
    ("runs/set-tag", {"run_id": "x", "key": "k"}, "value", [1, False, [], {}]),
    ("runs/delete", {}, "run_id", [1, [], {}]),
    ("runs/search", {"experiment_ids": ["0"]}, "max_results", ["x", [], {}]),
    ("registered-models/create", {}, "name", [1, [], {}]),
    ("experiments/search", {}, "max_results", ["x", 0, -1, 50_001, 2**40, [], {}]),
]


@pytest.mark.parametrize(
    ("path", "others", "field", "value"),
    [(path, others, field, value) for path, others, field, values in TYPES for value in values],
)
def test_wrong_types(wire, path, others, field, value):
    # A list or an object where a number should be is too much for the real server.
    mlflow = (400, 500) if isinstance(value, list | dict) else None
    wire.invalid(wire.post(path, {**others, field: value}), mlflow=mlflow)


# The real server takes most of these without a word, and loses what was sent.
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("runs/create", {"experiment_id": "{e}", "tags": "x"}),
        ("runs/create", {"experiment_id": "{e}", "tags": {"key": "a"}}),
        ("runs/create", {"experiment_id": "{e}", "start_time": 2**70}),
        ("runs/log-batch", {"run_id": "{r}", "metrics": [{"key": "m", "value": "x", "timestamp": 1}]}),
        ("runs/log-batch", {"run_id": "{r}", "metrics": "x"}),
        ("runs/log-batch", {"run_id": "{r}", "params": [{"key": "p", "value": 1}]}),
        ("runs/log-batch", {"run_id": "{r}", "tags": ["x"]}),
        ("runs/log-metric", {"run_id": "{r}", "key": "m", "value": 1, "timestamp": 2**63}),
        ("runs/log-metric", {"run_id": "{r}", "key": "m", "value": 1, "timestamp": 1, "step": 2**63}),
        ("runs/log-metric", {"run_id": "{r}", "key": "m", "value": 1, "timestamp": 1.5}),
        ("runs/update", {"run_id": "{r}", "status": "BOGUS"}),
    ],
)
def test_what_cannot_be_read_is_refused(wire, client, experiment, run, path, body):
    body = {
        key: value.format(e=experiment, r=run) if value in ("{e}", "{r}") else value
        for key, value in body.items()
    }
    wire.invalid(wire.post(path, body), mlflow=(200, 400, 500))
    if not wire.server.is_mlflow:
        data = client.get_run(run).data
        assert (data.metrics, data.params) == ({}, {})


@pytest.mark.parametrize(
    ("raw", "mlflow"),
    [
        (b"{bad", None),
        (b'{"name": "x"', None),
        (b'{"name": }', None),
        (b"", None),
        (b"null", None),
        (b"{}", None),
        (b"[]", 500),
        (b'"text"', 500),
        (b"17", 500),
        (b'[{"name": "x"}]', 500),
        (b'{"name": "\xff\xfe"}', None),
        (b'{"name": "\xc3"}', None),
        (b"\x00\x01\x02", None),
        (b"name=x", None),
        (b"<name>x</name>", None),
        (b'{"name": ' + b"[" * 100_000, 500),
        (b'{"name": ' + b'{"a":' * 50_000, 500),
    ],
    ids=range(17),
)
def test_bodies_that_are_no_request(wire, raw, mlflow):
    wire.invalid(wire.call("POST", "experiments/create", data=raw, headers=JSON), mlflow=mlflow)


def test_only_json_is_taken(wire, name):
    body = f'{{"name": "{name}"}}'.encode()
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/xml"]:
        answer = wire.call("POST", "experiments/create", data=body, headers={"Content-Type": kind})
        wire.invalid(answer, "Content-Type")
    for kind in ["application/json", "application/json; charset=utf-8"]:
        answer = wire.call(
            "POST",
            "experiments/create",
            data=f'{{"name": "{name} {kind}"}}'.encode(),
            headers={"Content-Type": kind},
        )
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("bad_id", ["abc", "1' OR '1'='1", "0x10", "1;2", "--", "1.5", "é"])
def test_experiment_ids_that_are_no_numbers(wire, bad_id):
    wire.invalid(wire.get("experiments/get", experiment_id=bad_id), "Invalid experiment ID")
    wire.invalid(wire.post("runs/create", {"experiment_id": bad_id}), "Invalid experiment ID")
    wire.invalid(
        wire.post("runs/search", {"experiment_ids": [bad_id], "max_results": 1}), "Invalid experiment ID"
    )


def test_numbers_that_no_database_holds(wire, server, name, client):
    """Absent or invalid, as you like, but not the 500 of the real server."""
    huge = "9" * 30
    client.create_registered_model(name)
    for answer in [
        wire.get("experiments/get", experiment_id=huge),
        wire.get("model-versions/get", name=name, version=huge),
    ]:
        assert server.is_mlflow or answer.status_code in {400, 404}, answer.text[:300]


@pytest.mark.parametrize(
    "key",
    [
        "a;b",
        "a'b",
        'a"b',
        "a%b",
        "a\nb",
        "a\\b",
        "a,b",
        "a=b",
        "a(b)",
        "☂",
        "../a",
        "/a",
        "a/../b",
        "a//b",
        "a/",
        ".",
        "..",
        "./a",
        "k" * 251,
    ],
)
def test_keys(wire, run, key):
    """For params, metrics and tags alike."""
    of = {"run_id": run, "key": key}
    wire.invalid(wire.post("runs/log-parameter", {**of, "value": "v"}))
    wire.invalid(wire.post("runs/log-metric", {**of, "value": 1, "timestamp": 1}))
    wire.invalid(wire.post("runs/set-tag", {**of, "value": "v"}))
    wire.invalid(wire.post("runs/log-batch", {"run_id": run, "params": [{"key": key, "value": "v"}]}))
    kept = wire.ok("GET", "runs/get", params={"run_id": run})["run"]["data"]
    assert set(kept) == {"tags"}


def test_too_long(wire, experiment, run, name):
    of = {"experiment_id": experiment}
    wire.invalid(wire.post("experiments/create", {"name": "x" * 501}), "500")
    wire.invalid(wire.post("experiments/set-experiment-tag", {**of, "key": "k" * 251, "value": "v"}), "250")
    wire.invalid(
        wire.post("experiments/set-experiment-tag", {**of, "key": "k", "value": "v" * 20_001}), "20000"
    )
    wire.ok("POST", "registered-models/create", {"name": name})
    wire.invalid(
        wire.post("registered-models/set-tag", {"name": name, "key": "k" * 251, "value": "v"}), "250"
    )
    wire.invalid(
        wire.post("registered-models/set-tag", {"name": name, "key": "k", "value": "v" * 100_001}), "100000"
    )
    # As long as may be.
    wire.ok("POST", "experiments/create", {"name": (name + "x" * 500)[:500]})
    wire.ok("POST", "runs/set-tag", {"run_id": run, "key": "k" * 250, "value": "v"})


# None of these was ever given out.
TOKENS = ["x", "%%%", "e30=", "{}", "eyJvZmZzZXQiOiAiYSJ9", "bm90IGpzb24="]


@pytest.mark.parametrize("token", TOKENS)
def test_page_tokens(wire, experiment, run, name, client, token):
    client.create_registered_model(name)
    wire.invalid(wire.post("experiments/search", {"max_results": 5, "page_token": token}))
    wire.invalid(
        wire.post("runs/search", {"experiment_ids": [experiment], "max_results": 5, "page_token": token})
    )
    wire.invalid(wire.get("registered-models/search", page_token=token))
    wire.invalid(wire.get("model-versions/search", page_token=token))
    wire.invalid(wire.get("metrics/get-history", run_id=run, metric_key="m", max_results=5, page_token=token))
    wire.invalid(wire.post("/api/3.0/mlflow/traces/search", {
        "locations": [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}}],
        "max_results": 5, "page_token": token,
    }))  # fmt: skip


def test_how_many(wire, experiment, run):
    for size in [0, -1, 50_001]:
        wire.invalid(wire.post("experiments/search", {"max_results": size}))
    for size in [-1, 50_001]:
        wire.invalid(wire.post("runs/search", {"experiment_ids": [experiment], "max_results": size}))
    for size in [0, -1]:
        wire.invalid(wire.get("metrics/get-history", run_id=run, metric_key="m", max_results=size))
    for size in [1_001, "x"]:
        wire.invalid(wire.get("registered-models/search", max_results=size))
    for size in [0, 200_001, "x"]:
        wire.invalid(wire.get("model-versions/search", max_results=size))


@pytest.mark.parametrize(
    "filter_string",
    [
        "x" * 100_000,
        "metrics.m > 1 AND " * 5_000,
        " AND ".join(f"params.p{i} = '{i}'" for i in range(300)),
        "(" * 5_000,
        "params.p = '" + "'" * 10_001,
        "params.p LIKE '" + "%" * 20_000 + "x'",
        "run_id IN (" + ", ".join(f"'{i}'" for i in range(20_000)) + ")",
        "\x00",
        "params.p = '\x00'",
        "metrics.m > 1e999",
        "metrics.m > " + "9" * 400,
        "start_time > " + "9" * 40,
        "ﬁlter = ‘x’",
    ],
    ids=range(13),
)
def test_filters_that_are_too_much(wire, server, experiment, filter_string):
    """Answered or refused, within a minute, and the server lives on."""
    answer = wire.post(
        "runs/search", {"experiment_ids": [experiment], "filter": filter_string, "max_results": 5}
    )
    if not server.is_mlflow:
        assert answer.status_code in {200, 400}, (answer.status_code, answer.text[:500])
    assert wire.call("GET", "/health").text == "OK"


SQL = [
    "'; DROP TABLE runs; --",
    '"; DROP TABLE experiments; --',
    "' OR '1'='1",
    "x' UNION SELECT name FROM sqlite_master --",
    "$1 ? :a %s {0} \\",
    "1; SELECT pg_sleep(10)",
]


@pytest.mark.parametrize("sql", SQL)
def test_sql_is_text(wire, client, name, sql):
    """Kept as it is wherever text may be kept, found by itself, and nothing else is found."""
    marked = f"{name} {sql}"
    experiment_id = client.create_experiment(marked, tags={"t": sql})
    assert client.get_experiment_by_name(marked).tags == {"t": sql}
    run = client.create_run(experiment_id, run_name=sql, tags={"t": sql}).info.run_id
    client.create_run(experiment_id, run_name="other")
    client.log_param(run, "p", sql)
    kept = client.get_run(run)
    assert (kept.info.run_name, kept.data.params["p"], kept.data.tags["t"]) == (sql, sql, sql)
    model = marked.replace(":", "")
    client.create_registered_model(model, description=sql, tags={"t": sql})
    assert client.get_registered_model(model).tags == {"t": sql}
    quote = '"' if "'" in sql else "'"
    if "'" not in sql or '"' not in sql:
        for filter_string in [
            f"params.p = {quote}{sql}{quote}",
            f"tags.t = {quote}{sql}{quote}",
            f"run_name = {quote}{sql}{quote}",
        ]:
            found = client.search_runs([experiment_id], filter_string)
            assert [r.info.run_id for r in found] == [run], filter_string
    wire.absent(wire.get("runs/get", run_id=sql))
    wire.absent(wire.get("registered-models/get", name=sql.replace(":", "")))
    wire.absent(wire.get("experiments/get-by-name", experiment_name=sql))
    assert wire.ok("GET", "metrics/get-history", params={"run_id": run, "metric_key": sql}) == {}
    wire.invalid(wire.post("runs/search", {"experiment_ids": [sql], "max_results": 5}))
    wire.invalid(
        wire.post("runs/search", {"experiment_ids": [experiment_id], "order_by": [sql], "max_results": 5})
    )
    wire.invalid(
        wire.post("runs/search", {"experiment_ids": [experiment_id], "filter": sql, "max_results": 5})
    )
    wire.invalid(wire.post("runs/log-parameter", {"run_id": run, "key": sql, "value": "v"}))
    assert client.get_experiment(experiment_id).name == marked
    assert len(client.search_runs([experiment_id])) == 2


def test_nul_in_text(wire, server, name):
    """PostgreSQL cannot keep it: answered or refused, never a 500 of ours."""
    for path, body in [
        ("experiments/create", {"name": f"{name}\0"}),
        ("registered-models/create", {"name": f"{name}\0"}),
        ("experiments/create", {"name": f"{name} tagged", "tags": [{"key": "a", "value": "\0"}]}),
    ]:
        answer = wire.post(path, body)
        assert server.is_mlflow or answer.status_code in {200, 400}, (
            path,
            answer.status_code,
            answer.text[:300],
        )
    answer = wire.get("experiments/get-by-name", experiment_name="a\0b")
    assert server.is_mlflow or answer.status_code in {400, 404}, answer.text[:300]


def test_halves_of_a_pair(wire, server, name):
    """A lone surrogate is valid JSON and no text."""
    answer = wire.call(
        "POST", "experiments/create", data=f'{{"name": "{name}\\ud800"}}'.encode(), headers=JSON
    )
    assert server.is_mlflow or answer.status_code in {200, 400}, answer.text[:300]


def test_it_is_still_up(wire, client, experiment):
    assert wire.call("GET", "/health").text == "OK"
    assert client.get_run(client.create_run(experiment).info.run_id).info.status == "RUNNING"
