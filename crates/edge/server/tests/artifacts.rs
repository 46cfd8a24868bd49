//! Artifacts on the wire. Statuses, messages and shapes are those of an MLflow 3.17.2 server, measured
//! with the same requests, unless said otherwise.

mod common;

use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Body;
use bytes::Bytes;
use common::{Server, request};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

const STORE: &str = "/api/2.0/mlflow-artifacts/artifacts";

#[tokio::test]
async fn a_file_is_written_listed_read_and_deleted() {
    let server = Server::start().await;
    assert_eq!(server.put(&format!("{STORE}/1/r/artifacts/a.txt"), "hello").await.status, 200);
    assert_eq!(server.put(&format!("{STORE}/1/r/artifacts/deep/b.bin"), "").await.status, 200);
    let listed = server.get(&format!("{STORE}?path=1/r/artifacts")).await;
    assert_eq!(
        listed.json(),
        json!({ "files": [
            { "path": "a.txt", "is_dir": false, "file_size": 5 },
            { "path": "deep", "is_dir": true },
        ] })
    );
    // Nothing is said of a size of nought.
    let listed = server.get(&format!("{STORE}?path=1/r/artifacts/deep")).await;
    assert_eq!(listed.json(), json!({ "files": [{ "path": "b.bin", "is_dir": false }] }));
    for nothing in ["1/r/artifacts/a.txt", "no/such/folder"] {
        assert_eq!(server.get(&format!("{STORE}?path={nothing}")).await.json(), json!({}));
    }
    let found = server.get(&format!("/ajax-api{}/1/r/artifacts/a.txt", &STORE[4..])).await;
    assert_eq!((found.status, &found.body[..]), (200, &b"hello"[..]));
    for (name, value) in [
        ("content-type", "text/plain"),
        ("content-length", "5"),
        ("content-disposition", "attachment; filename=a.txt"),
        ("x-content-type-options", "nosniff"),
        ("accept-ranges", "bytes"),
    ] {
        assert_eq!(found.header(name), value, "{name}");
    }
    let folder = server.get(&format!("{STORE}/1/r/artifacts/deep")).await;
    assert_eq!(folder.status, 400);
    let path = format!("{STORE}/1/r/artifacts/deep");
    let gone = server.send(request("DELETE", &path, &[], Body::from("{}"))).await;
    assert_eq!((gone.status, gone.json()), (200, json!({})));
    let gone = server.get(&format!("{STORE}/1/r/artifacts/deep/b.bin")).await;
    assert_eq!(gone.status, 404);
    assert_eq!(gone.json()["error_code"], "RESOURCE_DOES_NOT_EXIST");
    assert_eq!(gone.json()["message"], "No such artifact: '1/r/artifacts/deep/b.bin'");
    let root = server.get(STORE).await.json();
    assert_eq!(root, json!({ "files": [{ "path": "1", "is_dir": true }] }));
}

#[tokio::test]
async fn odd_names_survive() {
    let server = Server::start().await;
    for (sent, name) in [
        ("with%20space.txt", "with space.txt"),
        ("%C3%BCn%C3%AF%20%E2%98%82.txt", "ünï ☂.txt"),
        ("100%25.txt", "100%.txt"),
        ("a%23b%3Fc.txt", "a#b?c.txt"),
        ("plus+and&amp=.txt", "plus+and&amp=.txt"),
        ("semi;colon,comma'.txt", "semi;colon,comma'.txt"),
        (".hidden", ".hidden"),
    ] {
        let path = format!("{STORE}/odd/{sent}/{sent}");
        assert_eq!(server.put(&path, name).await.status, 200, "{name}");
        let listed = server
            .get(&format!("{STORE}?path=odd/{}", sent.replace('&', "%26").replace('+', "%2B")))
            .await;
        let lines = json!([{ "path": name, "is_dir": false, "file_size": name.len() }]);
        assert_eq!(listed.json()["files"], lines, "{name}");
        let found = server.get(&path).await;
        assert_eq!(found.body, name.as_bytes(), "{name}");
        let told = found.headers.get("content-disposition").expect("it is told");
        assert!(told.as_bytes().starts_with(b"attachment; filename="), "{told:?}");
    }
}

#[tokio::test]
async fn no_path_leads_out() {
    let server = Server::start().await;
    let (_, run) = server.run("ways out").await;
    std::fs::write(server.home.path().join("secret"), "root:").unwrap();
    for way in [
        "..",
        "../x",
        "../../secret",
        "a/../../secret",
        "%2e%2e/secret",
        "..%2fsecret",
        "%252e%252e/secret",
        "%25252e%25252e%25252fsecret",
        "a/%2e%2e/%2e%2e/secret",
        "%2Fetc/passwd",
        "%2e%2e%5csecret",
        "C:/x",
        "c:%5cx",
        "file:///etc/passwd",
        "%5c%5chost%5cx",
    ] {
        for method in ["GET", "PUT", "DELETE"] {
            let path = format!("{STORE}/{way}");
            let answer = server.send(request(method, &path, &[], Body::from("x"))).await;
            assert_eq!(answer.status, 400, "{method} {way}");
            assert_eq!(answer.json()["error_code"], "INVALID_PARAMETER_VALUE", "{method} {way}");
            assert_eq!(answer.json()["message"], "Invalid path", "{method} {way}");
        }
        for path in [
            format!("{STORE}?path={way}"),
            format!("/api/2.0/mlflow/artifacts/list?run_id={run}&path={way}"),
            format!("/get-artifact?run_uuid={run}&path={way}"),
        ] {
            let answer = server.get(&path).await;
            assert_eq!(
                (answer.status, &answer.json()["message"]),
                (400, &json!("Invalid path")),
                "{path}"
            );
        }
    }
    // Refused as well, or kept below: never a fault of this server.
    for odd in
        ["a//b", "a/./b", ".", "%2e", "a%00b", "a%0ab", "a%5cb", "%ff", "a/", &"x".repeat(300)]
    {
        for method in ["PUT", "GET"] {
            let path = format!("{STORE}/{odd}");
            let answer = server.send(request(method, &path, &[], Body::from("x"))).await;
            assert!(answer.status < 500, "{method} {odd}: {}", answer.status);
        }
    }
    assert_eq!(std::fs::read_to_string(server.home.path().join("secret")).unwrap(), "root:");
}

/// Expected values from RFC 9110, sections 14 and 15.3.7.
#[tokio::test]
async fn parts_of_a_file_are_sent() {
    let server = Server::start().await;
    let path = format!("{STORE}/a.bin");
    server.put(&path, "0123456789").await;
    for (range, status, body, told) in [
        ("bytes=0-4", 206, "01234", "bytes 0-4/10"),
        ("bytes=5-", 206, "56789", "bytes 5-9/10"),
        ("bytes=-3", 206, "789", "bytes 7-9/10"),
        ("bytes=-30", 206, "0123456789", "bytes 0-9/10"),
        ("bytes=8-99", 206, "89", "bytes 8-9/10"),
        ("bytes=9-9", 206, "9", "bytes 9-9/10"),
        ("bytes=0-1,3-4", 200, "0123456789", ""),
        ("bytes=4-2", 200, "0123456789", ""),
        ("lines=1-2", 200, "0123456789", ""),
    ] {
        let answer = server.send(request("GET", &path, &[("range", range)], Body::empty())).await;
        assert_eq!((answer.status, &answer.body[..]), (status, body.as_bytes()), "{range}");
        assert_eq!(answer.header("content-range"), told, "{range}");
        assert_eq!(answer.header("content-length"), body.len().to_string(), "{range}");
    }
    for range in ["bytes=10-", "bytes=20-30", "bytes=-0"] {
        let answer = server.send(request("GET", &path, &[("range", range)], Body::empty())).await;
        assert_eq!((answer.status, answer.header("content-range")), (416, "bytes */10"), "{range}");
    }
    let depends = [("range", "bytes=0-1"), ("if-range", "\"x\"")];
    assert_eq!(server.send(request("GET", &path, &depends, Body::empty())).await.status, 200);
    let head = server.send(request("HEAD", &path, &[], Body::empty())).await;
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, "10", 0));
}

/// The most memory that this process has had, in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("the kernel tells");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a peak");
    let kib: u64 =
        line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).expect("a number");
    kib << 10
}

#[tokio::test]
async fn large_files_stream_with_flat_memory() {
    const MIB: u64 = 1 << 20;
    let server = Server::with(|options| options.body_limit = MIB as usize).await;
    let path = format!("{STORE}/large.bin");
    let before = peak();
    let chunk = |number: u64| Bytes::from(vec![(number % 251) as u8; 64 << 10]);
    let body = stream::iter(0..1_024).map(move |number| Ok::<_, std::io::Error>(chunk(number)));
    assert_eq!(server.put(&path, Body::from_stream(body)).await.status, 200);
    let response = server.stream(request("GET", &path, &[], Body::empty())).await;
    assert_eq!(response.headers()["content-length"], (64 * MIB).to_string());
    let place = AtomicU64::new(0);
    let mut body = response.into_body().into_data_stream();
    while let Some(bytes) = body.next().await {
        let bytes = bytes.expect("the stream goes on");
        let from = place.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        let right =
            (from..).zip(&bytes).all(|(at, byte)| u64::from(*byte) == at / (64 << 10) % 251);
        assert!(right, "wrong bytes from {from} on");
    }
    assert_eq!(place.into_inner(), 64 * MIB);
    let grown = peak().saturating_sub(before);
    assert!(grown < 24 * MIB, "memory grew by {grown} bytes");
}

#[tokio::test]
async fn nothing_is_kept_of_what_breaks_off_or_is_too_large() {
    let server = Server::with(|options| options.artifact_limit = Some(10)).await;
    let path = format!("{STORE}/a.bin");
    assert_eq!(server.put(&path, "0123456789").await.status, 200);
    let chunks = ["01234", "56789", "!"].map(|chunk| Ok::<_, std::io::Error>(Bytes::from(chunk)));
    assert_eq!(server.put(&path, Body::from_stream(stream::iter(chunks))).await.status, 413);
    let told = [("content-length", "11")];
    let refused = server.send(request("PUT", &path, &told, Body::from("01234567890"))).await;
    assert_eq!((refused.status, refused.json()["error_code"].clone()), (413, json!("BAD_REQUEST")));
    let broken = [Ok(Bytes::from("new")), Err(std::io::Error::other("gone"))];
    assert_eq!(server.put(&path, Body::from_stream(stream::iter(broken))).await.status, 400);
    assert_eq!(server.get(&path).await.body, "0123456789");
    assert_eq!(server.put(&format!("{path}/b"), "x").await.status, 409);
    let listed = server.get(STORE).await.json();
    assert_eq!(listed["files"].as_array().map(Vec::len), Some(1), "{listed}");
}

#[tokio::test]
async fn without_serving_the_proxy_is_closed() {
    let server = Server::with(|options| options.serve_artifacts = false).await;
    for (method, path) in [
        ("GET", "artifacts"),
        ("GET", "artifacts/a"),
        ("PUT", "artifacts/a"),
        ("DELETE", "artifacts/a"),
        ("POST", "mpu/create/a"),
        ("POST", "mpu/complete/a"),
        ("POST", "mpu/abort/a"),
        ("PUT", "mpu/part/a?upload_id=x&part_number=1"),
        ("GET", "presigned/a"),
    ] {
        let path = format!("/api/2.0/mlflow-artifacts/{path}");
        let answer = server.send(request(method, &path, &[], Body::empty())).await;
        assert_eq!(answer.status, 503, "{method} {path}");
        let message = answer.json()["message"].as_str().unwrap_or_default().to_owned();
        assert!(message.contains("--serve-artifacts"), "{method} {path}: {message}");
    }
    let info =
        server.send(request("GET", INFO, &[("host", "localhost")], Body::empty())).await.json();
    assert_eq!(info["multipart_uploads_enabled"], false);
}

const INFO: &str = "/api/3.0/mlflow/server-info";

#[tokio::test]
async fn a_run_and_a_model_list_and_send_what_is_theirs() {
    let server = Server::start().await;
    let (experiment, run) = server.run("theirs").await;
    let root = format!("{experiment}/{run}/artifacts");
    server.put(&format!("{STORE}/{root}/folder/a.txt"), "abc").await;
    for key in ["run_id", "run_uuid"] {
        let listed = server.get(&format!("/api/2.0/mlflow/artifacts/list?{key}={run}")).await;
        assert_eq!(
            listed.json(),
            json!({
                "root_uri": format!("mlflow-artifacts:/{root}"),
                "files": [{ "path": "folder", "is_dir": true }],
            })
        );
    }
    let listed =
        server.get(&format!("/api/2.0/mlflow/artifacts/list?run_id={run}&path=folder")).await;
    let line = json!([{ "path": "folder/a.txt", "is_dir": false, "file_size": 3 }]);
    assert_eq!(listed.json()["files"], line);
    let sent = server.get(&format!("/get-artifact?run_uuid={run}&path=folder/a.txt")).await;
    assert_eq!((sent.status, &sent.body[..]), (200, &b"abc"[..]));
    for (path, status) in [
        (format!("/get-artifact?run_uuid={run}&path=nope"), 404),
        (format!("/get-artifact?run_uuid={run}"), 400),
        ("/get-artifact?run_uuid=nope&path=a".to_owned(), 404),
        ("/api/2.0/mlflow/artifacts/list?run_id=nope".to_owned(), 404),
        ("/api/2.0/mlflow/artifacts/list".to_owned(), 400),
        ("/api/2.0/mlflow/logged-models/m-nope/artifacts/directories".to_owned(), 404),
    ] {
        assert_eq!(server.get(&path).await.status, status, "{path}");
    }
    let fields = json!({ "experiment_id": experiment, "name": "x" });
    let made = server.ok("POST", "logged-models", fields).await;
    let model = made["model"]["info"]["model_id"].as_str().unwrap().to_owned();
    let below = format!("{experiment}/models/{model}/artifacts");
    server.put(&format!("{STORE}/{below}/MLmodel"), "flavors").await;
    let path = format!("/api/2.0/mlflow/logged-models/{model}/artifacts/directories");
    assert_eq!(
        server.get(&path).await.json(),
        json!({
            "root_uri": format!("mlflow-artifacts:/{below}"),
            "files": [{ "path": "MLmodel", "is_dir": false, "file_size": 7 }],
        })
    );
    let path = format!("/ajax-api/2.0/mlflow/logged-models/{model}/artifacts/files");
    let sent = server.get(&format!("{path}?artifact_file_path=MLmodel")).await;
    assert_eq!((sent.status, &sent.body[..]), (200, &b"flavors"[..]));
    server.ok("POST", "registered-models/create", json!({ "name": "reg" })).await;
    let fields = json!({ "name": "reg", "source": format!("models:/{model}"), "model_id": model });
    server.ok("POST", "model-versions/create", fields).await;
    let sent = server.get("/model-versions/get-artifact?name=reg&version=1&path=MLmodel").await;
    assert_eq!((sent.status, &sent.body[..]), (200, &b"flavors"[..]), "{:?}", sent.body);
}

#[tokio::test]
async fn a_page_uploads_small_files() {
    let server = Server::start().await;
    let (_, run) = server.run("pages").await;
    let upload = |query: String, body: Vec<u8>| {
        let path = format!("/ajax-api/2.0/mlflow/upload-artifact?{query}");
        server.send(request("POST", &path, &[], body.into()))
    };
    let sent = upload(format!("run_uuid={run}&path=a/b.txt"), b"abc".to_vec()).await;
    assert_eq!(sent.status, 200, "{:?}", sent.body);
    let found = server.get(&format!("/get-artifact?run_uuid={run}&path=a/b.txt")).await;
    assert_eq!(found.body, "abc");
    for (query, body, message) in [
        ("path=a".to_owned(), vec![1], "Request must specify run_uuid."),
        (format!("run_uuid={run}"), vec![1], "Request must specify path."),
        (format!("run_uuid={run}&path=a"), vec![], "Request must specify data."),
        (format!("run_uuid={run}&path=../a"), vec![1], "Invalid path"),
        (
            format!("run_uuid={run}&path=a"),
            vec![0; (10 << 20) + 1],
            "Artifact size is too large. Max size is 10MB.",
        ),
    ] {
        let answer = upload(query.clone(), body).await;
        assert_eq!((answer.status, &answer.json()["message"]), (400, &json!(message)), "{query}");
    }
}

/// The calls that the client makes for a large file, whose parts carry none of its own headers.
#[tokio::test]
async fn a_file_is_sent_in_parts() {
    let server = Server::start().await;
    let mpu = "/api/2.0/mlflow-artifacts/mpu";
    let headers = [
        ("host", "localhost:1"),
        ("content-type", "application/json"),
        ("authorization", "Basic eDp5"),
    ];
    let info = server.send(request("GET", INFO, &headers[..1], Body::empty())).await.json();
    assert_eq!(info["multipart_uploads_enabled"], true);
    assert_eq!(info["multipart_downloads_enabled"], false);
    let post = |path: String, fields: Value| {
        server.send(request("POST", &path, &headers, fields.to_string().into()))
    };
    let fields = json!({ "path": "/home/me/my file.bin", "num_parts": 3 });
    let made = post(format!("{mpu}/create/1/r/artifacts/d"), fields).await.json();
    let id = made["upload_id"].as_str().expect("an id").to_owned();
    let mut parts = vec![];
    for (credential, data) in
        made["credentials"].as_array().unwrap().iter().zip(["one ", "two ", "three"])
    {
        let url = credential["url"].as_str().unwrap();
        assert_eq!(credential["headers"], json!({ "Authorization": "Basic eDp5" }));
        let path = url.strip_prefix("http://localhost:1").expect(url);
        let taken = server.put(path, data).await;
        assert_eq!(taken.status, 200, "{:?}", taken.body);
        let number = &credential["part_number"];
        parts.push(json!({ "part_number": number, "etag": taken.header("etag"), "url": url }));
    }
    let asked =
        |parts: Value| json!({ "path": "/home/me/my file.bin", "upload_id": id, "parts": parts });
    let complete = format!("{mpu}/complete/1/r/artifacts/d");
    let short = post(complete.clone(), asked(json!([parts[0], parts[2]]))).await;
    assert_eq!(
        (short.status, short.json()["error_code"].clone()),
        (400, json!("INVALID_PARAMETER_VALUE"))
    );
    let done = post(complete.clone(), asked(json!(parts))).await;
    assert_eq!((done.status, done.json()), (200, json!({})));
    let found = server.get(&format!("{STORE}/1/r/artifacts/d/my%20file.bin")).await;
    assert_eq!(found.body, "one two three");
    assert_eq!(post(complete, asked(json!(parts))).await.status, 400, "it is over");

    let made = post(format!("{mpu}/create/1"), json!({ "path": "b.bin", "num_parts": 1 })).await;
    let id = made.json()["upload_id"].clone();
    let url = made.json()["credentials"][0]["url"].as_str().unwrap().to_owned();
    for _ in 0..2 {
        let fields = json!({ "path": "b.bin", "upload_id": id });
        assert_eq!(post(format!("{mpu}/abort/1"), fields).await.status, 200);
    }
    let late = server.put(url.strip_prefix("http://localhost:1").unwrap(), "x").await;
    assert_eq!(late.status, 400);
    for (path, fields) in [
        ("create/..%2fx", json!({ "path": "b", "num_parts": 1 })),
        ("create/1", json!({ "path": "..", "num_parts": 1 })),
        ("create/1", json!({ "num_parts": 1 })),
        ("create/1", json!({ "path": "b", "num_parts": 10_001 })),
        ("complete/1", json!({ "path": "b", "upload_id": "x" })),
    ] {
        assert_eq!(post(format!("{mpu}/{path}"), fields).await.status, 400, "{path}");
    }
    // Behind a proxy that does not say how it is reached, parts could not find their way.
    let hidden = [("host", "localhost"), ("x-forwarded-for", "10.0.0.1")];
    let info = server.send(request("GET", INFO, &hidden, Body::empty())).await.json();
    assert_eq!(info["multipart_uploads_enabled"], false);
}

#[tokio::test]
async fn a_folder_has_no_signed_addresses() {
    let server = Server::start().await;
    let (_, run) = server.run("signed").await;
    let answer = server.get("/api/2.0/mlflow-artifacts/presigned/a").await;
    assert_eq!(answer.status, 501);
    assert_eq!(
        answer.json()["message"],
        "Multipart download is not supported for the current artifact repository"
    );
    let path = "artifacts/presigned-upload-url";
    let proxied = server.post(path, json!({ "run_id": run, "path": "a" })).await;
    assert_eq!(proxied.status, 400);
    let message = proxied.json()["message"].as_str().unwrap().to_owned();
    assert!(
        message.starts_with("Presigned upload is not supported for proxied artifact"),
        "{message}"
    );
    for fields in [json!({ "path": "a" }), json!({ "run_id": run, "model_id": "m", "path": "a" })] {
        let answer = server.post(path, fields).await;
        let message = "Exactly one of run_id and model_id must be provided.";
        assert_eq!((answer.status, &answer.json()["message"]), (400, &json!(message)));
    }
    let fields = json!({ "run_id": run, "path": "a", "expiration": 604_801 });
    let answer = server.post("artifacts/presigned-download-url", fields).await;
    let message = "expiration must be between 1 and 604800 seconds (got 604801).";
    assert_eq!((answer.status, &answer.json()["message"]), (400, &json!(message)));
}

#[tokio::test]
async fn a_root_that_clients_write_to_is_read_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root").display().to_string();
    let server = Server::with(|options| options.artifact_root = root.clone()).await;
    let (experiment, run) = server.run("direct").await;
    let below = folder.path().join(format!("root/{experiment}/{run}/artifacts/d"));
    std::fs::create_dir_all(&below).unwrap();
    std::fs::write(below.join("a.txt"), "abc").unwrap();
    let listed =
        server.get(&format!("/api/2.0/mlflow/artifacts/list?run_id={run}&path=d")).await.json();
    assert_eq!(listed["root_uri"], format!("{root}/{experiment}/{run}/artifacts"));
    assert_eq!(listed["files"][0]["path"], "d/a.txt");
    let sent = server.get(&format!("/get-artifact?run_uuid={run}&path=d/a.txt")).await;
    assert_eq!(sent.body, "abc");
    let fields = json!({ "run_id": run, "path": "d/a.txt" });
    let signed = server.post("artifacts/presigned-download-url", fields).await;
    assert_eq!(signed.status, 501);
    let secret = folder.path().join("secret");
    std::fs::create_dir_all(&secret).unwrap();
    std::fs::write(secret.join("a.txt"), "root:").unwrap();
    let fields = json!({ "name": "elsewhere", "artifact_location": secret.display().to_string() });
    let made = server.ok("POST", "experiments/create", fields).await;
    let fields = json!({ "experiment_id": made["experiment_id"], "start_time": 1 });
    let made = server.ok("POST", "runs/create", fields).await;
    let run = made["run"]["info"]["run_id"].as_str().unwrap();
    let refused = server.get(&format!("/api/2.0/mlflow/artifacts/list?run_id={run}")).await;
    assert_eq!((refused.status, refused.json()["files"].clone()), (400, Value::Null));
}

#[tokio::test]
async fn workspaces_do_not_reach_into_each_other() {
    let server = Server::with(|options| options.workspaces = true).await;
    let path = "/api/3.0/mlflow/workspaces";
    let json = [("content-type", "application/json")];
    for name in ["alpha", "beta"] {
        let body = Body::from(json!({ "name": name }).to_string());
        let made = server.send(request("POST", path, &json, body)).await;
        assert!(made.status < 300, "{:?}", made.body);
    }
    let send = |method: &'static str, workspace: &'static str, path: &str| {
        let path = format!("{STORE}/{path}");
        let headers = [("x-mlflow-workspace", workspace)];
        let headers = if workspace.is_empty() { &[][..] } else { &headers[..] };
        server.send(request(method, &path, headers, Body::from(workspace)))
    };
    for (workspace, path) in
        [("alpha", "1/a.txt"), ("beta", "workspaces/beta/1/a.txt"), ("", "1/a.txt")]
    {
        assert_eq!(send("PUT", workspace, path).await.status, 200, "{workspace} {path}");
    }
    for (workspace, path, body) in [
        ("alpha", "1/a.txt", "alpha"),
        ("alpha", "workspaces/alpha/1/a.txt", "alpha"),
        ("beta", "1/a.txt", "beta"),
        ("", "1/a.txt", ""),
    ] {
        assert_eq!(send("GET", workspace, path).await.body, body, "{workspace} {path}");
    }
    for (workspace, path) in [
        ("alpha", "workspaces/beta/1/a.txt"),
        ("", "workspaces/beta/1/a.txt"),
        ("", "workspaces"),
        ("alpha", "workspaces"),
    ] {
        for method in ["GET", "PUT", "DELETE"] {
            let answer = send(method, workspace, path).await;
            assert_eq!(answer.status, 400, "{method} {workspace} {path}");
        }
    }
    let headers = [("x-mlflow-workspace", "alpha")];
    let listed = server.send(request("GET", STORE, &headers, Body::empty())).await.json();
    assert_eq!(listed, json!({ "files": [{ "path": "1", "is_dir": true }] }));
}
