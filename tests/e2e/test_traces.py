"""Traces: recorded by the decorator, searched, tagged, assessed, linked, deleted."""

import contextlib
import time

import mlflow
import pytest
from mlflow.entities import AssessmentSource, Expectation, Feedback, SpanEvent
from mlflow.exceptions import MlflowException

from names import unused


@mlflow.trace(attributes={"unit": "metres"})
def outer(x):
    with mlflow.start_span("inner", span_type="TOOL") as span:
        span.set_inputs({"y": x})
        span.set_outputs({"z": [x, x]})
        span.add_event(SpanEvent("noticed", attributes={"a": 1}))
    return [x]


@mlflow.trace
def failing():
    raise ValueError("boom")


def trace_of(function, *arguments):
    with contextlib.suppress(ValueError):
        function(*arguments)
    return mlflow.get_last_active_trace_id()


@pytest.fixture
def trace_id(experiment):
    return trace_of(outer, 1)


def test_a_trace(experiment, trace_id):
    before = int(time.time() * 1000)
    trace = mlflow.get_trace(trace_id)
    info = trace.info
    assert (info.trace_id, info.experiment_id, str(info.state)) == (trace_id, experiment, "OK")
    assert before - 60_000 < info.request_time <= before
    assert info.execution_duration >= 0
    assert (info.request_preview, info.response_preview) == ('{"x": 1}', "[1]")
    assert info.tags["mlflow.traceName"] == "outer"
    first, second = trace.data.spans
    assert (first.name, first.parent_id, first.inputs, first.outputs) == ("outer", None, {"x": 1}, [1])
    assert first.attributes["unit"] == "metres"
    assert (second.name, second.span_type, second.parent_id) == ("inner", "TOOL", first.span_id)
    assert (second.inputs, second.outputs) == ({"y": 1}, {"z": [1, 1]})
    assert [(event.name, event.attributes) for event in second.events] == [("noticed", {"a": 1})]
    assert first.start_time_ns <= second.start_time_ns <= second.end_time_ns <= first.end_time_ns


def test_a_trace_that_failed(experiment):
    trace = mlflow.get_trace(trace_of(failing))
    assert str(trace.info.state) == "ERROR"
    (span,) = trace.data.spans
    assert span.status.status_code.value == "ERROR"
    (event,) = span.events
    assert (event.name, event.attributes["exception.message"]) == ("exception", "boom")


def test_unicode_and_size(experiment):
    text = "käse ☂ \U0001f600 " * 20_000
    trace = mlflow.get_trace(trace_of(outer, text))
    assert trace.data.spans[0].inputs == {"x": text}


def test_absent():
    assert mlflow.get_trace("tr-" + "0" * 32) is None


def test_tags(trace_id):
    mlflow.set_trace_tag(trace_id, "colour", "red")
    mlflow.set_trace_tag(trace_id, "colour", "blue ☂")
    assert mlflow.get_trace(trace_id).info.tags["colour"] == "blue ☂"
    mlflow.delete_trace_tag(trace_id, "colour")
    assert "colour" not in mlflow.get_trace(trace_id).info.tags
    with pytest.raises(MlflowException) as refusal:
        mlflow.delete_trace_tag(trace_id, "colour")
    assert refusal.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_feedback(trace_id):
    made = mlflow.log_feedback(
        trace_id=trace_id, name="good", value=True, rationale="because", metadata={"m": "1"},
        source=AssessmentSource("HUMAN", "somebody"),
    )  # fmt: skip
    kept = mlflow.get_assessment(trace_id, made.assessment_id)
    assert (kept.name, kept.value, kept.rationale, kept.metadata) == ("good", True, "because", {"m": "1"})
    assert (kept.source.source_type, kept.source.source_id) == ("HUMAN", "somebody")
    assert kept.trace_id == trace_id
    mlflow.update_assessment(trace_id, made.assessment_id, Feedback(name="good", value=False))
    changed = mlflow.get_assessment(trace_id, made.assessment_id)
    assert (changed.value, changed.rationale, changed.create_time_ms) == (
        False,
        "because",
        kept.create_time_ms,
    )
    assert [a.assessment_id for a in mlflow.get_trace(trace_id).info.assessments] == [made.assessment_id]


def test_feedback_that_is_overridden(trace_id):
    first = mlflow.log_feedback(trace_id=trace_id, name="good", value=0.25)
    second = mlflow.override_feedback(
        trace_id=trace_id, assessment_id=first.assessment_id, value=0.75, rationale="again"
    )
    assert second.overrides == first.assessment_id
    seen = {a.assessment_id: (a.value, a.valid) for a in mlflow.get_trace(trace_id).info.assessments}
    assert seen == {first.assessment_id: (0.25, False), second.assessment_id: (0.75, True)}


@pytest.mark.parametrize("value", [1, 0.5, "text ☂", True, [1, "a"], {"a": {"b": [1, 2]}}])
def test_expectations(trace_id, value):
    made = mlflow.log_expectation(trace_id=trace_id, name="answer", value=value)
    assert mlflow.get_assessment(trace_id, made.assessment_id).value == value
    mlflow.update_assessment(trace_id, made.assessment_id, Expectation(name="answer", value="other"))
    assert mlflow.get_assessment(trace_id, made.assessment_id).value == "other"
    mlflow.delete_assessment(trace_id, made.assessment_id)
    with pytest.raises(MlflowException) as refusal:
        mlflow.get_assessment(trace_id, made.assessment_id)
    assert refusal.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    assert mlflow.get_trace(trace_id).info.assessments == []


def test_an_error_as_feedback(trace_id):
    made = mlflow.log_feedback(trace_id=trace_id, name="judge", error=ValueError("no answer"))
    kept = mlflow.get_assessment(trace_id, made.assessment_id)
    assert (kept.error.error_code, kept.error.error_message) == ("ValueError", "no answer")


@pytest.fixture(scope="module")
def traced(client, server):
    """An experiment with three traces: outer, failing, outer with a tag and feedback."""
    mlflow.set_tracking_uri(server.uri)
    experiment_id = client.create_experiment(unused("traced"))
    mlflow.set_experiment(experiment_id=experiment_id)
    ids = []
    for function, arguments in [(outer, (1,)), (failing, ()), (outer, (5,))]:
        ids.append(trace_of(function, *arguments))
        time.sleep(0.01)
    mlflow.set_trace_tag(ids[2], "colour", "red")
    mlflow.log_feedback(trace_id=ids[2], name="good", value=True)
    mlflow.log_expectation(trace_id=ids[0], name="answer", value="x")
    return experiment_id, ids


def places(traced, filter_string=None, **options):
    found = mlflow.search_traces(
        locations=[traced[0]], filter_string=filter_string, return_type="list", **options
    )
    return [traced[1].index(trace.info.trace_id) for trace in found]


@pytest.mark.parametrize(
    ("filter_string", "expected"),
    [
        (None, [2, 1, 0]),
        ("status = 'ERROR'", [1]),
        ("attributes.status != 'ERROR'", [2, 0]),
        ("trace.status = 'OK'", [2, 0]),
        ("name = 'outer'", [2, 0]),
        ("name != 'outer'", [1]),
        ("name LIKE 'fail%'", [1]),
        ("name ILIKE 'FAIL%'", [1]),
        ("name RLIKE '^out'", [2, 0]),
        ("tags.colour = 'red'", [2]),
        ("tag.`mlflow.traceName` = 'failing'", [1]),
        ("timestamp_ms > 0", [2, 1, 0]),
        ("attributes.timestamp < 1000", []),
        ("execution_time_ms >= 0", [2, 1, 0]),
        ("span.name = 'inner'", [2, 0]),
        ("span.type = 'TOOL'", [2, 0]),
        ("span.content LIKE '%boom%'", [1]),
        ("trace.text LIKE '%boom%'", [1]),
        ("feedback.good = 'true'", [2]),
        ("expectation.answer = 'x'", [0]),
        ("name = 'outer' AND tags.colour = 'red'", [2]),
    ],
)
def test_search_filters(traced, filter_string, expected):
    assert places(traced, filter_string) == expected


def test_search_by_id(traced):
    assert places(traced, f"request_id = '{traced[1][1]}'") == [1]


@pytest.mark.parametrize(
    ("order_by", "expected"),
    [
        (["timestamp_ms ASC"], [0, 1, 2]),
        (["timestamp_ms DESC"], [2, 1, 0]),
        (["name", "timestamp_ms ASC"], [1, 0, 2]),
        (["status"], [1, 2, 0]),
    ],
)
def test_search_order(traced, order_by, expected):
    assert places(traced, order_by=order_by) == expected


def test_search_pages(traced, client):
    first = client.search_traces(locations=[traced[0]], max_results=2)
    second = client.search_traces(locations=[traced[0]], max_results=2, page_token=first.token)
    assert [traced[1].index(t.info.trace_id) for t in [*first, *second]] == [2, 1, 0]
    assert not second.token


def test_found_traces_have_their_spans(traced):
    found = mlflow.search_traces(locations=[traced[0]], filter_string="status = 'OK'", return_type="list")
    assert [[span.name for span in trace.data.spans] for trace in found] == [["outer", "inner"]] * 2
    without = mlflow.search_traces(locations=[traced[0]], include_spans=False, return_type="list")
    assert len(without) == 3


@pytest.mark.parametrize(
    "filter_string",
    [
        "bogus = 'x'",
        "trace_id = 'x'",
        "status > 'a'",
        "name = 'a' OR name = 'b'",
        "name = 'unterminated",
        "name IN ('a')",
    ],
)
def test_searches_that_make_no_sense(traced, filter_string):
    with pytest.raises(MlflowException) as refusal:
        places(traced, filter_string)
    assert refusal.value.error_code == "INVALID_PARAMETER_VALUE"


def test_a_trace_within_a_run(client, experiment):
    with mlflow.start_run() as run:
        within = trace_of(outer, 1)
    without = trace_of(outer, 2)
    found = lambda: {
        t.info.trace_id
        for t in mlflow.search_traces(locations=[experiment], run_id=run.info.run_id, return_type="list")
    }  # noqa: E731
    assert found() == {within}
    client.link_traces_to_run([without], run.info.run_id)
    assert found() == {within, without}


def test_delete(client, experiment):
    ids = [trace_of(outer, i) for i in range(3)]
    assert client.delete_traces(experiment, trace_ids=ids[:1]) == 1
    assert mlflow.get_trace(ids[0]) is None
    assert client.delete_traces(experiment, trace_ids=ids[:1]) == 0
    assert client.delete_traces(experiment, max_timestamp_millis=2**62, max_traces=1) == 1
    # The oldest goes first.
    assert mlflow.get_trace(ids[1]) is None
    assert mlflow.get_trace(ids[2]) is not None
    assert client.delete_traces(experiment, max_timestamp_millis=2**62) == 1
    assert mlflow.search_traces(locations=[experiment], return_type="list") == []


def test_by_hand(client, experiment):
    root = client.start_trace("by hand", inputs={"a": 1}, tags={"t": "x"})
    child = client.start_span("child", trace_id=root.trace_id, parent_id=root.span_id)
    client.end_span(trace_id=root.trace_id, span_id=child.span_id, outputs="done")
    client.end_trace(trace_id=root.trace_id, outputs={"b": 2})
    trace = client.get_trace(root.trace_id)
    assert [span.name for span in trace.data.spans] == ["by hand", "child"]
    assert trace.info.tags["t"] == "x"
