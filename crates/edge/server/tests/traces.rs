//! Traces on the wire: both versions of the protocol, OpenTelemetry, assessments, datasets.
//!
//! What a test expects was measured at MLflow 3.17.2, which was sent the same requests, and for what
//! OpenTelemetry wants otherwise is in the OTLP specification.

mod common;

use common::{Answer, Server, request};
use prost::Message;
use serde_json::{Value, json};

const JSON: (&str, &str) = ("content-type", "application/json");
const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");

async fn call(server: &Server, method: &str, path: &str, fields: Value) -> Answer {
    let path = format!("/api/3.0/mlflow/{path}");
    server.send(request(method, &path, &[JSON], fields.to_string().into())).await
}

async fn get(server: &Server, path: &str) -> Value {
    let answer = server.get(&format!("/api/3.0/mlflow/{path}")).await;
    assert_eq!(answer.status, 200, "{path}: {:?}", answer.body);
    answer.json()
}

async fn experiment(server: &Server) -> String {
    let made = server.ok("POST", "experiments/create", json!({ "name": "traced" })).await;
    made["experiment_id"].as_str().unwrap().to_owned()
}

fn location(experiment: &str) -> Value {
    json!({ "type": "MLFLOW_EXPERIMENT", "mlflow_experiment": { "experiment_id": experiment } })
}

async fn start(server: &Server, experiment: &str, id: &str) -> Value {
    let info = json!({
        "trace_id": id,
        "trace_location": location(experiment),
        "request_time": "2020-01-01T00:00:01.001Z",
        "execution_duration": "1.5s",
        "state": "OK",
        "trace_metadata": { "m": "v" },
        "tags": { "mlflow.traceName": "named" },
        "request_preview": "asked",
    });
    let answer = call(server, "POST", "traces", json!({ "trace": { "trace_info": info } })).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    answer.json()["trace"]["trace_info"].clone()
}

#[tokio::test]
async fn a_trace_is_said_in_the_words_of_the_wire() {
    let server = Server::start().await;
    let home = experiment(&server).await;
    let made = start(&server, &home, "tr-1").await;
    let expected = json!({
        "trace_id": "tr-1",
        "trace_location": location(&home),
        "request_time": "2020-01-01T00:00:01.001Z",
        "execution_duration": "1.500s",
        "state": "OK",
        "trace_metadata": { "m": "v", "mlflow.trace.infoFinalized": "true" },
        "tags": {
            "mlflow.traceName": "named",
            "mlflow.artifactLocation": format!("mlflow-artifacts:/{home}/traces/tr-1/artifacts"),
        },
        "request_preview": "asked",
    });
    assert_eq!(made, expected);
    assert_eq!(get(&server, "traces/tr-1").await["trace"]["trace_info"], expected);
    let old = server.ok("GET", "traces/tr-1/info", json!({})).await;
    assert_eq!(old["trace_info"]["execution_time_ms"], 1_500);
    assert_eq!(old["trace_info"]["timestamp_ms"], 1_577_836_801_001_i64);
    assert_eq!(old["trace_info"]["request_metadata"][0], json!({ "key": "m", "value": "v" }));
}

#[tokio::test]
async fn what_cannot_be_done_is_said_as_clients_know_it() {
    let server = Server::start().await;
    let home = experiment(&server).await;
    start(&server, &home, "tr-1").await;
    let missing = |name: &str| {
        format!(
            "Missing value for required parameter '{name}'. See the API docs for more information \
             about request parameters."
        )
    };
    for (method, path, fields, status, message) in [
        ("POST", "traces", json!({}), 400, missing("trace")),
        ("GET", "traces/none", json!({}), 404, "Trace with ID 'none' not found.".into()),
        (
            "GET",
            "traces/get?trace_id=none",
            json!({}),
            404,
            "Trace with ID none is not found.".into(),
        ),
        (
            "GET",
            "traces/get?trace_id=tr-1",
            json!({}),
            500,
            "Trace data not stored in tracking store".into(),
        ),
        ("POST", "traces/search", json!({}), 400, missing("locations")),
        ("PATCH", "traces/tr-1/tags", json!({ "value": "x" }), 400, missing("key")),
        (
            "PATCH",
            "traces/tr-1/tags",
            json!({ "key": "mlflow.trace.spansLocation", "value": "x" }),
            400,
            "Tag 'mlflow.trace.spansLocation' is immutable and cannot be set on a trace.".into(),
        ),
        (
            "POST",
            "traces/delete-traces",
            json!({ "experiment_id": home }),
            400,
            "Either `max_timestamp_millis` or `trace_ids` must be specified.".into(),
        ),
        (
            "POST",
            "traces/tr-1/assessments",
            json!({ "assessment": { "assessment_name": "x", "expectation": { "value": null } } }),
            400,
            "The `value` field must be specified.".into(),
        ),
        (
            "GET",
            "traces/tr-1/assessments/none",
            json!({}),
            404,
            "Assessment with ID 'none' not found for trace 'tr-1'".into(),
        ),
        (
            "POST",
            "traces/metrics",
            json!({ "experiment_ids": [home], "view_type": "TRACES", "metric_name": "nope",
                    "aggregations": [{ "aggregation_type": "COUNT" }] }),
            400,
            "metric_name must be one of ['trace_count', 'session_count', 'latency', \
             'input_tokens', 'output_tokens', 'total_tokens', 'cache_read_input_tokens', \
             'cache_creation_input_tokens'], got 'nope'"
                .into(),
        ),
        (
            "GET",
            "datasets/none",
            json!({}),
            404,
            "Evaluation dataset with id 'none' not found".into(),
        ),
    ] {
        let answer = call(&server, method, path, fields).await;
        assert_eq!(answer.status, status, "{method} {path}: {:?}", answer.body);
        assert_eq!(answer.json()["message"], message, "{method} {path}");
    }
}

/// Three fields of a span, and the messages around it, as protobuf has them on the wire: a test that
/// does not share the declarations of the server.
mod wire {
    use prost::{Message, Oneof};

    #[derive(Clone, PartialEq, Message)]
    pub struct Nested {
        #[prost(message, repeated, tag = "1")]
        pub first: Vec<Nested>,
        #[prost(message, repeated, tag = "2")]
        pub second: Vec<Nested2>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub struct Nested2 {
        #[prost(message, repeated, tag = "2")]
        pub spans: Vec<Span>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub struct Span {
        #[prost(bytes = "vec", tag = "1")]
        pub trace_id: Vec<u8>,
        #[prost(bytes = "vec", tag = "2")]
        pub span_id: Vec<u8>,
        #[prost(bytes = "vec", tag = "4")]
        pub parent_span_id: Vec<u8>,
        #[prost(string, tag = "5")]
        pub name: String,
        #[prost(fixed64, tag = "7")]
        pub start: u64,
        #[prost(fixed64, tag = "8")]
        pub end: u64,
        #[prost(message, repeated, tag = "9")]
        pub attributes: Vec<Pair>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub struct Pair {
        #[prost(string, tag = "1")]
        pub key: String,
        #[prost(message, optional, tag = "2")]
        pub value: Option<Any>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub struct Any {
        #[prost(oneof = "Kind", tags = "1, 3")]
        pub kind: Option<Kind>,
    }

    #[derive(Clone, PartialEq, Oneof)]
    pub enum Kind {
        #[prost(string, tag = "1")]
        Text(String),
        #[prost(int64, tag = "3")]
        Int(i64),
    }

    /// `google.rpc.Status`.
    #[derive(Clone, PartialEq, Message)]
    pub struct Status {
        #[prost(int32, tag = "1")]
        pub code: i32,
        #[prost(string, tag = "2")]
        pub message: String,
    }

    /// `ExportTraceServiceResponse`.
    #[derive(Clone, PartialEq, Message)]
    pub struct Reply {
        #[prost(message, optional, tag = "1")]
        pub partial: Option<Partial>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub struct Partial {
        #[prost(int64, tag = "1")]
        pub rejected: i64,
        #[prost(string, tag = "2")]
        pub message: String,
    }

    pub fn body(spans: Vec<Span>) -> Vec<u8> {
        let inner = Nested { second: vec![Nested2 { spans }], first: vec![] };
        Nested { first: vec![inner], second: vec![] }.encode_to_vec()
    }
}

fn span(trace: u8, id: u8, parent: Option<u8>) -> wire::Span {
    let value = |kind| Some(wire::Any { kind: Some(kind) });
    wire::Span {
        trace_id: vec![trace; 16],
        span_id: vec![id; 8],
        parent_span_id: parent.map(|id| vec![id; 8]).unwrap_or_default(),
        name: format!("span{id}"),
        start: 1_577_836_800_000_000_000,
        end: 1_577_836_800_250_000_000,
        attributes: vec![
            wire::Pair { key: "n".into(), value: value(wire::Kind::Int(7)) },
            wire::Pair {
                key: "mlflow.spanInputs".into(),
                value: value(wire::Kind::Text(r#"{"q": 1}"#.into())),
            },
        ],
    }
}

async fn export(server: &Server, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
    server.send(request("POST", "/v1/traces", headers, body.into())).await
}

#[tokio::test]
async fn spans_come_by_opentelemetry() {
    let server = Server::start().await;
    let home = experiment(&server).await;
    let headers = [PROTOBUF, ("x-mlflow-experiment-id", home.as_str())];
    let body = wire::body(vec![span(1, 1, None), span(1, 2, Some(1))]);
    let answer = export(&server, &headers, body).await;
    assert_eq!((answer.status, answer.body.len()), (200, 0), "{:?}", answer.body);
    assert_eq!(answer.header("content-type"), "application/x-protobuf");

    let id = format!("tr-{}", "01".repeat(16));
    let full = get(&server, &format!("traces/get?trace_id={id}")).await;
    let info = &full["trace"]["trace_info"];
    assert_eq!((&info["state"], &info["execution_duration"]), (&json!("OK"), &json!("0.250s")));
    assert_eq!(info["request_preview"], r#"{"q": 1}"#);
    let spans = full["trace"]["spans"].as_array().unwrap();
    assert_eq!(spans.len(), 2);
    assert_eq!(spans[0]["span_id"], "AQEBAQEBAQE=");
    assert_eq!(spans[1]["parent_span_id"], "AQEBAQEBAQE=");
    assert_eq!(spans[0]["attributes"][0], json!({ "key": "n", "value": { "int_value": 7 } }));
    let some = get(&server, &format!("traces/batchGet?trace_ids={id}&trace_ids=none")).await;
    assert_eq!(some["traces"][0], full["trace"]);

    let file =
        server.get(&format!("/ajax-api/2.0/mlflow/get-trace-artifact?request_id={id}")).await;
    assert_eq!(file.status, 200);
    assert_eq!(file.json()["spans"][1]["attributes"]["n"], "7");

    let fields = json!({ "locations": [location(&home)], "filter": "span.name = 'span2'" });
    let found = call(&server, "POST", "traces/search", fields).await.json();
    assert_eq!(found["traces"][0]["trace_id"], id);
}

#[tokio::test]
async fn spans_belong_to_a_run_of_their_own_experiment_alone() {
    let server = Server::start().await;
    let (home, run) = server.run("one").await;
    let (_, other) = server.run("another").await;
    for (number, run, expected) in [(3, &run, 1), (4, &other, 0)] {
        let headers =
            [PROTOBUF, ("x-mlflow-experiment-id", home.as_str()), ("x-mlflow-run-id", run)];
        let answer = export(&server, &headers, wire::body(vec![span(number, 1, None)])).await;
        assert_eq!(answer.status, 200);
        let filter = format!("run_id = '{run}'");
        let fields = json!({ "locations": [location(&home)], "filter": filter });
        let found = call(&server, "POST", "traces/search", fields).await.json();
        let traces = found["traces"].as_array().map_or(0, Vec::len);
        assert_eq!(traces, expected, "{found}");
    }
}

#[tokio::test]
async fn spans_that_cannot_be_kept_are_counted() {
    let server = Server::start().await;
    let home = experiment(&server).await;
    let headers = [PROTOBUF, ("x-mlflow-experiment-id", home.as_str())];
    let nameless = wire::Span { span_id: vec![], ..span(2, 1, None) };
    let answer =
        export(&server, &headers, wire::body(vec![span(2, 1, None), nameless.clone()])).await;
    assert_eq!(answer.status, 200);
    let partial = wire::Reply::decode(answer.body).unwrap().partial.unwrap();
    assert_eq!(
        (partial.rejected, partial.message.as_str()),
        (1, "span_id is required but was empty")
    );

    let answer = export(&server, &headers, wire::body(vec![nameless])).await;
    assert_eq!(answer.status, 422);
    let status = wire::Status::decode(answer.body).unwrap();
    assert_eq!(status.code, 3);
    assert!(status.message.contains("Cannot convert OpenTelemetry span"), "{}", status.message);
}

#[tokio::test]
async fn what_opentelemetry_sends_wrong_is_refused_in_its_words() {
    let server = Server::start().await;
    let home = experiment(&server).await;
    let here = ("x-mlflow-experiment-id", home.as_str());
    let body = wire::body(vec![span(3, 1, None)]);
    for (headers, body, status, message) in [
        (
            vec![PROTOBUF],
            body.clone(),
            422,
            "Missing value for required parameter 'x-mlflow-experiment-id'",
        ),
        (
            vec![PROTOBUF, ("x-mlflow-experiment-id", "99999")],
            body.clone(),
            404,
            "No Experiment with id=99999 exists",
        ),
        (
            vec![PROTOBUF, ("x-mlflow-experiment-id", "abc")],
            body.clone(),
            400,
            "Invalid experiment ID 'abc'",
        ),
        (vec![PROTOBUF, here], vec![0xff; 3], 400, "Invalid OpenTelemetry format"),
        (
            vec![PROTOBUF, here, ("content-encoding", "br")],
            body.clone(),
            400,
            "Unsupported Content-Encoding: br",
        ),
        (
            vec![PROTOBUF, here, ("content-encoding", "gzip")],
            body.clone(),
            400,
            "Failed to decompress gzip payload",
        ),
    ] {
        let answer = export(&server, &headers, body.clone()).await;
        assert_eq!(answer.status, status, "{message}");
        assert_eq!(answer.header("content-type"), "application/x-protobuf");
        let said = wire::Status::decode(answer.body).unwrap().message;
        assert!(said.starts_with(message), "{said}");

        // Clients of our own protocol read JSON.
        let mut own = headers.clone();
        own.push(("user-agent", "mlflow-python-client/3.17.2"));
        let answer = export(&server, &own, body).await;
        assert!(answer.json()["message"].as_str().unwrap().starts_with(message));
    }
    let answer = export(&server, &[("content-type", "text/plain"), here], body).await;
    assert_eq!(answer.status, 400);
    let message =
        "Invalid Content-Type: text/plain. Expected: application/x-protobuf or application/json";
    assert_eq!(answer.json()["message"], message);
    let answer = export(&server, &[PROTOBUF, here], vec![]).await;
    assert_eq!(answer.status, 200, "nothing is not wrong");
}

#[tokio::test]
async fn json_is_understood_as_well() {
    let server = Server::start().await;
    let home = experiment(&server).await;
    let headers = [JSON, ("x-mlflow-experiment-id", home.as_str())];
    let span = json!({
        "traceId": "0f".repeat(16), "spanId": "00000000000000aa", "name": "by hand", "kind": 1,
        "startTimeUnixNano": "1577836825000000000", "endTimeUnixNano": "1577836825100000000",
        "attributes": [{ "key": "i", "value": { "intValue": "5" } },
                       { "key": "d", "value": { "doubleValue": 0.5 } }],
        "status": { "code": "STATUS_CODE_ERROR", "message": "m" }, "unknown": 1,
    });
    let sent = json!({ "resourceSpans": [{
        "resource": { "attributes": [{ "key": "service.name", "value": { "stringValue": "svc" } }] },
        "scopeSpans": [{ "spans": [span] }],
    }]});
    let answer = export(&server, &headers, sent.to_string().into_bytes()).await;
    assert_eq!((answer.status, &answer.body[..]), (200, &b"{}"[..]));
    let id = format!("tr-{}", "0f".repeat(16));
    let full = get(&server, &format!("traces/get?trace_id={id}")).await;
    assert_eq!(full["trace"]["trace_info"]["state"], "ERROR");
    assert_eq!(full["trace"]["trace_info"]["tags"]["service.name"], "svc");
    let span = &full["trace"]["spans"][0];
    assert_eq!(span["status"], json!({ "code": "STATUS_CODE_ERROR", "message": "m" }));
    assert_eq!(span["attributes"][1], json!({ "key": "d", "value": { "double_value": 0.5 } }));

    let answer = export(&server, &headers, b"{".to_vec()).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json()["message"], "Invalid OpenTelemetry format");
    assert_eq!(answer.json()["code"], 3);
}

#[tokio::test]
async fn assessments_are_kept_in_the_words_of_the_wire() {
    let server = Server::start().await;
    let home = experiment(&server).await;
    start(&server, &home, "tr-1").await;
    let assess = async |said: Value| {
        let mut assessment = json!({
            "assessment_name": "quality",
            "source": { "source_type": "HUMAN", "source_id": "me" },
            "create_time": "2020-01-02T00:00:00Z",
            "last_update_time": "2020-01-02T00:00:00Z",
        });
        for (key, value) in said.as_object().unwrap() {
            assessment[key] = value.clone();
        }
        let fields = json!({ "assessment": assessment });
        let answer = call(&server, "POST", "traces/tr-1/assessments", fields).await;
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        answer.json()["assessment"].clone()
    };
    let rated = assess(json!({ "feedback": { "value": 5 }, "rationale": "r" })).await;
    let id = rated["assessment_id"].as_str().unwrap().to_owned();
    let expected = json!({
        "assessment_id": id, "assessment_name": "quality", "trace_id": "tr-1",
        "source": { "source_type": "HUMAN", "source_id": "me" },
        "create_time": "2020-01-02T00:00:00Z", "last_update_time": "2020-01-02T00:00:00Z",
        "feedback": { "value": 5.0 }, "rationale": "r", "valid": true,
    });
    assert_eq!(rated, expected);
    let text = r#"{"a": [1, 2]}"#;
    let serialized = json!({ "serialization_format": "JSON_FORMAT", "value": text });
    let wanted = assess(json!({ "expectation": { "serialized_value": serialized } })).await;
    assert_eq!(wanted["expectation"]["serialized_value"], serialized);
    let failed =
        assess(json!({ "feedback": { "value": null, "error": { "error_code": "E" } } })).await;
    assert_eq!(failed["feedback"], json!({ "value": null, "error": { "error_code": "E" } }));
    let issue = assess(json!({ "issue": { "issue_name": "slow" } })).await;
    assert_eq!(issue["issue"], json!({ "issue_name": "slow" }));

    let fields = json!({
        "assessment": { "feedback": { "value": false }, "assessment_name": "better" },
        "update_mask": "feedback,assessmentName",
    });
    let path = format!("traces/tr-1/assessments/{id}");
    let changed = call(&server, "PATCH", &path, fields).await.json()["assessment"].clone();
    assert_eq!(changed["feedback"]["value"], false);
    assert_eq!(
        (&changed["assessment_name"], &changed["rationale"]),
        (&"better".into(), &"r".into())
    );
    assert_eq!(get(&server, &path).await["assessment"], changed);
    let info = get(&server, "traces/tr-1").await["trace"]["trace_info"].clone();
    assert_eq!(info["assessments"].as_array().unwrap().len(), 4);
    let deleted = call(&server, "DELETE", &path, json!({})).await;
    assert_eq!((deleted.status, deleted.json()), (200, json!({})));
    assert_eq!(server.get(&format!("/api/3.0/mlflow/{path}")).await.status, 404);
}

#[tokio::test]
async fn attachments_of_other_experiments_are_out_of_reach() {
    let server = Server::start().await;
    let home = experiment(&server).await;
    start(&server, &home, "tr-1").await;
    let secret = "/api/2.0/mlflow-artifacts/artifacts/77/secret/attachments/a.txt";
    assert_eq!(server.put(secret, "secret").await.status, 200);
    let here = format!(
        "/api/2.0/mlflow-artifacts/artifacts/{home}/traces/tr-1/artifacts/attachments/a.txt"
    );
    assert_eq!(server.put(&here, "mine").await.status, 200);
    let place = json!({ "key": "mlflow.artifactLocation", "value": "mlflow-artifacts:/77/secret" });
    call(&server, "PATCH", "traces/tr-1/tags", place).await;
    let asked = "/ajax-api/2.0/mlflow/get-trace-artifact?request_id=tr-1&path=";
    let answer = server.get(&format!("{asked}a.txt")).await;
    assert_eq!((answer.status, &answer.body[..]), (200, &b"mine"[..]));
    for path in ["../../../../77/secret/attachments/a.txt", "..%2F..%2Fa.txt", "/etc/passwd"] {
        assert_eq!(server.get(&format!("{asked}{path}")).await.status, 400, "{path}");
    }
}

#[tokio::test]
async fn datasets_are_kept_in_the_words_of_the_wire() {
    let server = Server::start().await;
    let home = experiment(&server).await;
    let fields =
        json!({ "name": "qa", "experiment_ids": [home], "tags": "{\"mlflow.user\": \"bob\"}" });
    let made = call(&server, "POST", "datasets/create", fields).await.json()["dataset"].clone();
    assert_eq!(made["tags"], "{\"mlflow.user\": \"bob\"}");
    assert_eq!((&made["created_by"], &made["experiment_ids"]), (&"bob".into(), &json!([home])));
    let path = format!("datasets/{}", made["dataset_id"].as_str().unwrap());
    let records = r#"[{"inputs": {"q": "hi", "a": 1}}, {"inputs": {"q": "yo"}}]"#;
    let counts =
        call(&server, "POST", &format!("{path}/records"), json!({ "records": records })).await;
    assert_eq!(counts.json(), json!({ "inserted_count": 2, "updated_count": 0 }));
    let page = get(&server, &format!("{path}/records?max_results=1")).await;
    let next = page["next_page_token"].as_str().unwrap().to_owned();
    let record: Value = serde_json::from_str(page["records"].as_str().unwrap()).unwrap();
    assert_eq!(record[0]["outputs"], json!({}));
    let last = get(&server, &format!("{path}/records?max_results=1&page_token={next}")).await;
    assert_eq!(last.get("next_page_token"), None);
    let ids = get(&server, &format!("{path}/experiment-ids")).await;
    assert_eq!(ids, json!({ "experiment_ids": [home] }));
    let tags = json!({ "tags": "{\"n\": 5, \"gone\": null}" });
    assert_eq!(call(&server, "PATCH", &format!("{path}/tags"), tags).await.json(), json!({}));
    let deleted = call(&server, "DELETE", &format!("{path}/tags/mlflow.user"), json!({})).await;
    assert_eq!(deleted.status, 200);
    assert_eq!(get(&server, &path).await["dataset"]["tags"], "{\"n\": \"5\"}");
    let found =
        call(&server, "POST", "datasets/search", json!({ "filter_string": "tags.n = '5'" })).await;
    assert_eq!(found.json()["datasets"][0]["name"], "qa");
    assert_eq!(call(&server, "DELETE", &path, json!({})).await.json(), json!({}));
    assert_eq!(call(&server, "GET", &path, json!({})).await.status, 404);
}
