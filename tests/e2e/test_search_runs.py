"""Searching runs: every comparator of every kind of thing, ordering, pages.

All expected rows were first observed on the real server.
"""

import math

import mlflow
import pandas
import pytest
from mlflow.entities import ViewType

from names import unused

# name: (start, end, status, metrics, params, tags)
RUNS = {
    "one": (1000, 5000, "FINISHED", {"m": 1.0, "a/b c": 1}, {"p": "alpha", "deep/key": "1"}, {"t": "red", "dotted.key": "x"}),
    "two": (2000, 6000, "FAILED", {"m": 2.0}, {"p": "Beta"}, {"t": "Red"}),
    "nan": (3000, None, "RUNNING", {"m": math.nan}, {"p": "a%c"}, {"t": "it's"}),
    "none": (4000, None, "RUNNING", {}, {}, {}),
    "inf": (5000, None, "RUNNING", {"m": math.inf}, {"p": "10"}, {"t": ""}),
    "ninf": (6000, None, "RUNNING", {"m": -math.inf}, {"p": "9"}, {}),
    "neg": (7000, None, "RUNNING", {"m": -1.5}, {"p": ""}, {"t": "blue"}),
}  # fmt: skip
NEWEST_FIRST = ["neg", "ninf", "inf", "none", "nan", "two", "one"]


@pytest.fixture(scope="module")
def seven(client):
    """The experiment's id and the ids of its runs by name."""
    experiment_id = client.create_experiment(unused("seven"))
    ids = {}
    for name, (start, end, status, metrics, params, tags) in RUNS.items():
        run_id = client.create_run(experiment_id, start_time=start, run_name=name, tags=tags).info.run_id
        for key, value in metrics.items():
            client.log_metric(run_id, key, value)
        for key, value in params.items():
            client.log_param(run_id, key, value)
        if end is not None:
            client.set_terminated(run_id, status, end)
        ids[name] = run_id
    return experiment_id, ids


def names(client, seven, filter_string="", **options):
    return [run.info.run_name for run in client.search_runs([seven[0]], filter_string, **options)]


def but(*left_out):
    return [name for name in NEWEST_FIRST if name not in left_out]


METRICS = [
    ("metrics.m = 1", ["one"]),
    ("metrics.m != 1", but("none", "one")),
    ("metrics.m < 1", ["neg", "ninf"]),
    ("metrics.m <= 1", ["neg", "ninf", "one"]),
    ("metrics.m > 1", ["inf", "two"]),
    ("metrics.m >= 1", ["inf", "two", "one"]),
    ("metrics.m = 0", []),
    ("metrics.m > 0", ["inf", "two", "one"]),
    ("metrics.m != 0", but("none")),
    ("metrics.m = 1.0", ["one"]),
    ("metrics.m = 1e0", ["one"]),
    ("metrics.m = -1.5", ["neg"]),
    ("metrics.m < -1e300", ["ninf"]),
    ("metric.m = 1", ["one"]),
    ("metrics.`a/b c` = 1", ["one"]),
    ('metrics."a/b c" = 1', ["one"]),
    ("metrics.no_such > 0", []),
    ("metrics.M = 1", []),
]
PARAMS = [
    ("params.p = 'alpha'", ["one"]),
    ('params.p = "alpha"', ["one"]),
    ("params.p='alpha'", ["one"]),
    ("param.p = 'alpha'", ["one"]),
    ("parameter.p = 'alpha'", ["one"]),
    ("parameters.p = 'alpha'", ["one"]),
    ("params.`deep/key` = '1'", ["one"]),
    ("params.p = 'ALPHA'", []),
    ("params.p = ''", ["neg"]),
    ("params.p = 'a%c'", ["nan"]),
    ("params.p != 'alpha'", but("none", "one")),
    ("params.p LIKE 'a%'", ["nan", "one"]),
    ("params.p LIKE 'A%'", []),
    ("params.p ILIKE 'A%'", ["nan", "one"]),
    ("params.p ILIKE '%ETA'", ["two"]),
    ("params.p LIKE '_lpha'", ["one"]),
    ("params.p LIKE '%'", but("none")),
    ("params.p LIKE 'lpha'", []),
    ("params.p IS NULL", ["none"]),
    ("params.p IS NOT NULL", but("none")),
    ("params.p is not null", but("none")),
]
TAGS = [
    ("tags.t = 'red'", ["one"]),
    ("tag.t = 'red'", ["one"]),
    ('tags.t = "it\'s"', ["nan"]),
    ("tags.t = ''", ["inf"]),
    ("tags.t != 'red'", ["neg", "inf", "nan", "two"]),
    ("tags.t LIKE 'R%'", ["two"]),
    ("tags.t ILIKE 'r%'", ["two", "one"]),
    ("tags.t IS NULL", ["ninf", "none"]),
    ("tags.t IS NOT NULL", but("ninf", "none")),
    ("tags.`dotted.key` = 'x'", ["one"]),
    ("tags.dotted.key = 'x'", ["one"]),
    ('tags."dotted.key" = "x"', ["one"]),
    ("tags.mlflow.runName = 'one'", ["one"]),
    ("tags.`mlflow.runName` LIKE 'n%'", ["neg", "ninf", "none", "nan"]),
]
ATTRIBUTES = [
    ("attributes.status = 'FINISHED'", ["one"]),
    ("attribute.status != 'FINISHED'", but("one")),
    ("attr.status LIKE 'F%'", ["two", "one"]),
    ("run.status ILIKE 'fin%'", ["one"]),
    ("status = 'RUNNING'", but("one", "two")),
    ("start_time = 3000", ["nan"]),
    ("start_time != 3000", but("nan")),
    ("start_time < 3000", ["two", "one"]),
    ("start_time <= 3000", ["nan", "two", "one"]),
    ("attributes.start_time > 3000", ["neg", "ninf", "inf", "none"]),
    ("start_time >= 3000", ["neg", "ninf", "inf", "none", "nan"]),
    ("created > 3000", ["neg", "ninf", "inf", "none"]),
    ("end_time > 5000", ["two"]),
    ("end_time <= 5000", ["one"]),
    ("end_time != 5000", ["two"]),
    ("attributes.run_name = 'one'", ["one"]),
    ("run_name LIKE 'n%'", ["neg", "ninf", "none", "nan"]),
    ("run_name ILIKE 'TWO'", ["two"]),
    ("run_name != 'one'", but("one")),
    ("`run name` = 'one'", ["one"]),
    ("attributes.`Run name` = 'one'", ["one"]),
    ("attributes.user_id = 'nobody at all'", []),
    ("artifact_uri LIKE '%/artifacts'", NEWEST_FIRST),
]
TOGETHER = [
    ("", NEWEST_FIRST),
    ("metrics.m > 1 and metrics.m < 3", ["two"]),
    ("metrics.m > 1 AND params.p = 'Beta' aNd tags.t = 'Red'", ["two"]),
    ("metrics.m > 0 AND status = 'FINISHED' AND start_time < 1500", ["one"]),
    ("params.p LIKE '%a%' AND params.`deep/key` = '1'", ["one"]),
    (" AND ".join(["metrics.m > 0"] * 60), ["inf", "two", "one"]),
    ("tags.t = 'red' AND tags.t = 'Red'", []),
]


@pytest.mark.parametrize(("filter_string", "expected"), METRICS + PARAMS + TAGS + ATTRIBUTES + TOGETHER)
def test_filters(client, seven, filter_string, expected):
    assert names(client, seven, filter_string) == expected


def test_filters_by_run_id(client, seven):
    one, two = seven[1]["one"], seven[1]["two"]
    assert names(client, seven, f"run_id = '{one}'") == ["one"]
    assert names(client, seven, f"run_id != '{one}'") == but("one")
    assert names(client, seven, f"attributes.run_id LIKE '{one[:12]}%'") == ["one"]
    assert names(client, seven, f"run_id ILIKE '{one[:12].upper()}%'") == ["one"]
    assert names(client, seven, f"run_id IN ('{one}', '{two}')") == ["two", "one"]
    assert names(client, seven, f"run_id IN ('{one}')") == ["one"]
    assert names(client, seven, f"attributes.run_id NOT IN ('{one}', '{two}')") == but("one", "two")


@pytest.mark.parametrize(
    "filter_string",
    [
        "metrics.m = 'x'",
        "metrics.m = '1'",
        "metrics.m LIKE 1",
        "metrics.m IS NULL",
        "metrics.m IS NOT NULL",
        "metrics.m > abc",
        "metrics.m == 1",
        "metrics.m BETWEEN 1 AND 2",
        "metrics.m >",
        "metrics.m",
        "1 = metrics.m",
        "params.p > '1'",
        "params.p = 10",
        "params.p = unquoted",
        "params.p = 'unterminated",
        "params.p IN ('alpha')",
        "params.p NOT IN ('alpha')",
        "params.p LIKE 'alpha' ESCAPE 'x'",
        "tags.t > 'a'",
        "tags.t = 1",
        "tags.t IN ('red')",
        "start_time > 'x'",
        "start_time <= '3000'",
        "start_time LIKE 1",
        "start_time IN (1000)",
        "status IS NULL",
        "end_time IS NOT NULL",
        "attributes.status IN ('RUNNING')",
        "attributes.run_name IN ('one', 'two')",
        "attributes.bogus = 'x'",
        "bogus = 'x'",
        "lifecycle_stage = 'active'",
        "experiment_id = '1'",
        "run name = 'one'",
        "run_id IN ()",
        "run_id IN 'a'",
        "run_id IN ('a'",
        "dataset.bogus = 'x'",
        "dataset.name > 'x'",
        "metrics.m > 1 OR metrics.m < 0",
        "(metrics.m > 1)",
        "NOT metrics.m = 1",
        "metrics.m > 1;",
        "metrics.m > 1; DROP TABLE runs",
        "metrics.m > 1 -- comment",
        ".m = 1",
        " ",
    ],
)
def test_filters_that_make_no_sense(wire, seven, filter_string):
    body = {"experiment_ids": [seven[0]], "filter": filter_string, "max_results": 10}
    wire.invalid(wire.post("runs/search", body))


# What has no such value comes last either way; a NaN comes just before; ties: newest first.
@pytest.mark.parametrize(
    ("order_by", "expected"),
    [
        (None, NEWEST_FIRST),
        (["metrics.m"], ["ninf", "neg", "one", "two", "inf", "nan", "none"]),
        (["metrics.m ASC"], ["ninf", "neg", "one", "two", "inf", "nan", "none"]),
        (["metrics.m desc"], ["inf", "two", "one", "neg", "ninf", "nan", "none"]),
        (["metrics.`a/b c`"], ["one", "neg", "ninf", "inf", "none", "nan", "two"]),
        (["metrics.no_such DESC", "start_time"], ["one", "two", "nan", "none", "inf", "ninf", "neg"]),
        (["params.p"], ["neg", "inf", "ninf", "two", "nan", "one", "none"]),
        (["params.p DESC"], ["one", "nan", "two", "ninf", "inf", "neg", "none"]),
        (["tags.t"], ["inf", "two", "neg", "nan", "one", "ninf", "none"]),
        (["tag.t DESC"], ["one", "nan", "neg", "two", "inf", "ninf", "none"]),
        (["tags.`dotted.key` DESC"], ["one", "neg", "ninf", "inf", "none", "nan", "two"]),
        (["start_time"], NEWEST_FIRST[::-1]),
        (["attributes.start_time DESC"], NEWEST_FIRST),
        (["created ASC"], NEWEST_FIRST[::-1]),
        (["end_time"], ["one", "two", "neg", "ninf", "inf", "none", "nan"]),
        (["end_time DESC"], ["two", "one", "neg", "ninf", "inf", "none", "nan"]),
        (["status"], ["two", "one", "neg", "ninf", "inf", "none", "nan"]),
        (["status DESC", "start_time ASC"], ["nan", "none", "inf", "ninf", "neg", "one", "two"]),
        (["run_name"], ["inf", "nan", "neg", "ninf", "none", "one", "two"]),
        (["attribute.run_name DESC"], ["two", "one", "none", "ninf", "neg", "nan", "inf"]),
        (["user_id"], NEWEST_FIRST),
    ],
)
def test_order(client, seven, order_by, expected):
    assert names(client, seven, order_by=order_by) == expected


def test_order_by_run_id(client, seven):
    expected = sorted(seven[1], key=seven[1].get)
    assert names(client, seven, order_by=["run_id"]) == expected
    assert names(client, seven, order_by=["attributes.run_id DESC"]) == expected[::-1]


@pytest.mark.parametrize(
    "order_by",
    ["bogus", "", "metrics.m SIDEWAYS", "metrics.m, start_time", "dataset.name", "metrics.m NULLS FIRST",
     "metrics.m DESC; DROP TABLE runs", "attributes.lifecycle_stage"],
)  # fmt: skip
def test_orders_that_make_no_sense(wire, seven, order_by):
    wire.invalid(
        wire.post("runs/search", {"experiment_ids": [seven[0]], "order_by": [order_by], "max_results": 5})
    )


@pytest.mark.parametrize(
    "order_by", [None, ["metrics.m"], ["metrics.m DESC"], ["params.p"], ["tags.t DESC"], ["user_id"]]
)
def test_three_pages(client, seven, order_by):
    """The pages put together are the whole, in order, nothing twice and nothing lost."""
    seen, token, sizes = [], None, []
    while True:
        page = client.search_runs([seven[0]], order_by=order_by, max_results=3, page_token=token)
        sizes.append(len(page))
        seen += [run.info.run_name for run in page]
        token = page.token
        if not token:
            break
    assert sizes == [3, 3, 1]
    assert seen == names(client, seven, order_by=order_by)


def test_pages_of_a_filter(client, seven):
    first = client.search_runs([seven[0]], "params.p IS NOT NULL", order_by=["metrics.m"], max_results=4)
    second = client.search_runs(
        [seven[0]], "params.p IS NOT NULL", order_by=["metrics.m"], max_results=4, page_token=first.token
    )
    assert [r.info.run_name for r in first] + [r.info.run_name for r in second] == [
        "ninf",
        "neg",
        "one",
        "two",
        "inf",
        "nan",
    ]


def test_runs_are_whole(client, seven):
    (one,) = client.search_runs([seven[0]], "run_name = 'one'")
    alone = client.get_run(one.info.run_id)
    assert one.to_dictionary() == alone.to_dictionary()
    assert one.data.metrics == {"m": 1.0, "a/b c": 1.0}


def test_several_experiments(client, name):
    experiments = [client.create_experiment(f"{name}-{i}") for i in range(3)]
    runs = [client.create_run(e, start_time=1_000 + i).info.run_id for i, e in enumerate(experiments)]
    found = [r.info.run_id for r in client.search_runs(experiments[:2])]
    assert found == [runs[1], runs[0]]
    assert list(client.search_runs([])) == []


def test_by_stage(client, experiment):
    kept = client.create_run(experiment).info.run_id
    gone = client.create_run(experiment).info.run_id
    client.delete_run(gone)
    ids = lambda view: {r.info.run_id for r in client.search_runs([experiment], run_view_type=view)}  # noqa: E731
    assert ids(ViewType.ACTIVE_ONLY) == {kept}
    assert ids(ViewType.DELETED_ONLY) == {gone}
    assert ids(ViewType.ALL) == {kept, gone}


def test_the_latest_metric_is_the_one_searched(client, experiment):
    run = client.create_run(experiment).info.run_id
    for step, value in enumerate([1.0, 5.0, 3.0]):
        client.log_metric(run, "m", value, step=step)
    assert len(client.search_runs([experiment], "metrics.m = 3")) == 1
    assert len(client.search_runs([experiment], "metrics.m = 5")) == 0


def test_datasets(client, experiment):
    frames = {"prices": [1.0, 2.0], "volumes": [3.0]}
    digests = {}
    for kind, values in frames.items():
        dataset = mlflow.data.from_pandas(pandas.DataFrame({"x": values}), source="nowhere", name=kind)
        digests[kind] = dataset.digest
        with mlflow.start_run(run_name=kind):
            mlflow.log_input(dataset, context=f"{kind}-context")
    client.create_run(experiment, run_name="none")
    found = lambda text: sorted(r.info.run_name for r in client.search_runs([experiment], text))  # noqa: E731
    assert found("dataset.name = 'prices'") == ["prices"]
    assert found("datasets.name = 'prices'") == ["prices"]
    assert found("dataset.name != 'prices'") == ["volumes"]
    assert found("dataset.name LIKE 'p%'") == ["prices"]
    assert found("dataset.name ILIKE 'VOL%'") == ["volumes"]
    assert found("dataset.name IN ('prices', 'volumes')") == ["prices", "volumes"]
    assert found("dataset.name NOT IN ('prices')") == ["volumes"]
    assert found(f"dataset.digest = '{digests['volumes']}'") == ["volumes"]
    assert found(f"dataset.digest IN ('{digests['volumes']}', 'x')") == ["volumes"]
    assert found("dataset.context = 'prices-context'") == ["prices"]
    assert found("dataset.context LIKE '%context'") == ["prices", "volumes"]
    assert found("dataset.name = 'prices' AND dataset.context = 'prices-context'") == ["prices"]
    assert found("dataset.name = 'prices' AND dataset.context = 'volumes-context'") == []


def test_fluent_search_is_a_table(client, seven):
    table = mlflow.search_runs([seven[0]], "metrics.m >= 1", order_by=["metrics.m DESC"])
    assert list(table["tags.mlflow.runName"]) == ["inf", "two", "one"]
    assert list(table["params.p"]) == ["10", "Beta", "alpha"]
    assert list(table["status"]) == ["RUNNING", "FAILED", "FINISHED"]
