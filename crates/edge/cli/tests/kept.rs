//! What a server keeps: backed up while it serves, restored elsewhere, and examined.

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Stdio};

use common::World;
use serde_json::Value;

/// A server over the folder `home` of a world, until it is dropped.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(world: &World, home: &str) -> Self {
        let mut process = world
            .command(&format!("serve --port 0 --log-level warn --home {home}"))
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let stderr = process.stderr.take().expect("it is piped");
        let mut line = String::new();
        BufReader::new(stderr).read_line(&mut line).expect("the server says where it listens");
        let address = line.split("http://").nth(1).and_then(|rest| rest.split([',', '\n']).next());
        let address = address.unwrap_or_else(|| panic!("no address in `{line}`")).trim().to_owned();
        Self { process, address }
    }

    /// Sends a request and gives the body of the answer, which must be good.
    fn send(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("the server listens");
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: {kind}\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n",
            self.address,
            body.len()
        );
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{method} {path}: {answer}");
        answer.split("\r\n\r\n").nth(1).unwrap_or_default().to_owned()
    }

    fn post(&self, path: &str, body: &str) -> String {
        self.send("POST", &format!("/api/2.0/mlflow/{path}"), "application/json", body.as_bytes())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An experiment, a run with metrics, a registered model, and two artifacts.
fn fill(server: &Server) {
    server.post("experiments/create", r#"{"name": "kept"}"#);
    let run = server.post("runs/create", r#"{"experiment_id": "1"}"#);
    let run: Value = serde_json::from_str(&run).unwrap();
    let run = run["run"]["info"]["run_id"].as_str().unwrap().to_owned();
    for step in 0..20 {
        let metric = format!(
            r#"{{"run_id": "{run}", "key": "m", "value": {step}.5, "timestamp": 1, "step": {step}}}"#
        );
        server.post("runs/log-metric", &metric);
    }
    server.post("registered-models/create", r#"{"name": "model"}"#);
    for (name, content) in [("a.bin", vec![7; 300_000]), ("deep/er/b.txt", b"words".to_vec())] {
        let path = format!("/api/2.0/mlflow-artifacts/artifacts/1/{run}/artifacts/{name}");
        server.send("PUT", &path, "application/octet-stream", &content);
    }
}

fn files(folder: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(here) = folders.pop() {
        for entry in fs::read_dir(here).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                found.push((name, fs::read(path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_server_is_backed_up_while_it_serves_and_restored_elsewhere() {
    let world = World::default();
    let server = Server::start(&world, "home");
    fill(&server);
    let told = world.json("backup kept.tar --home home --with-artifacts");
    assert_eq!(told["manifest"]["artifacts"]["files"], 2, "{told}");
    assert_eq!(told["manifest"]["artifacts"]["bytes"], 300_005);
    let mode = fs::metadata(world.path("kept.tar")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(!world.path("kept.tar.partial").exists());
    let again = world.trimtab("backup kept.tar --home home");
    assert_eq!(again.code, 1, "a backup is overwritten");
    drop(server);
    assert_eq!(world.json("restore kept.tar --check")["restored"], false);
    let restored = world.json("restore kept.tar --home other");
    assert_eq!(restored["manifest"], told["manifest"]);
    assert_eq!(files(&world.path("other/artifacts")), files(&world.path("home/artifacts")));
    assert_eq!(files(&world.path("other/artifacts")).len(), 2);
    let other = Server::start(&world, "other");
    let found =
        other.post("runs/search", r#"{"experiment_ids": ["1"], "filter": "metrics.m = 19.5"}"#);
    let found: Value = serde_json::from_str(&found).unwrap();
    assert_eq!(found["runs"].as_array().map(Vec::len), Some(1), "{found}");
    let made = other.post("experiments/create", r#"{"name": "next"}"#);
    assert!(made.contains("\"2\""), "numbering goes on: {made}");
    drop(other);
    for refused in ["--home other", "--home home"] {
        let done = world.trimtab(&format!("restore kept.tar {refused}"));
        assert_eq!(done.code, 1, "{}", done.err);
        assert!(done.err.contains("tables already"), "{}", done.err);
    }
    let doctor = world.json("doctor --home other");
    assert_eq!(doctor["sound"], true, "{doctor}");
}

#[test]
fn what_is_damaged_is_not_restored_and_leaves_nothing() {
    let world = World::default();
    let server = Server::start(&world, "home");
    fill(&server);
    world.prints("backup kept.tar --home home --with-artifacts");
    drop(server);
    let mut bytes = fs::read(world.path("kept.tar")).unwrap();
    let place = bytes.windows(5).position(|some| some == b"words").expect("it is kept as it is");
    bytes[place] = b'W';
    world.write("kept.tar", &bytes);
    assert_eq!(world.trimtab("restore kept.tar --check").code, 3);
    let done = world.trimtab("restore kept.tar --home other");
    assert_eq!(done.code, 1);
    assert!(done.err.contains("deep/er/b.txt"), "{}", done.err);
    assert_eq!(files(&world.path("other")), []);
    let nothing = world.trimtab("backup x.tar --home nowhere");
    assert_eq!(nothing.code, 1);
    assert!(nothing.err.contains("no database"), "{}", nothing.err);
    assert!(!world.path("nowhere").exists() && !world.path("x.tar").exists());
}

#[test]
fn the_doctor_finds_what_is_wrong() {
    let world = World::default();
    let server = Server::start(&world, "home");
    fill(&server);
    let well = world.trimtab("doctor --home home");
    assert_eq!(well.code, 0, "{}{}", well.out, well.err);
    for check in ["database", "file", "registry history", "rows", "artifacts", "room at home"] {
        assert!(well.out.contains(check), "{check} is missing: {}", well.out);
    }
    drop(server);
    let log = |world: &World| {
        let told = world.json("doctor --home home --fast");
        let checks = told["checks"].as_array().unwrap();
        let found = checks.iter().find(|check| check["check"] == "predictions");
        found.map(|check| check["verdict"].as_str().unwrap().to_owned())
    };
    for folder in ["wal", "damaged"] {
        std::fs::create_dir_all(world.path("home/predictions").join(folder)).unwrap();
    }
    assert_eq!(log(&world).as_deref(), Some("good"));
    world.write("home/predictions/damaged/00000001.wal", "x");
    assert_eq!(log(&world).as_deref(), Some("doubt"));
    let db = rusqlite::Connection::open(world.path("home/tracking.db")).unwrap();
    db.execute_batch(
        "DELETE FROM latest_metric;
         UPDATE record SET payload = replace(payload, 'model', 'other') WHERE seq = 0;
         UPDATE record SET payload = replace(payload, 'model', 'other') WHERE seq = 1",
    )
    .unwrap();
    drop(db);
    let ill = world.trimtab("doctor --home home --format json");
    assert_eq!(ill.code, 3, "{}", ill.out);
    let told: Value = serde_json::from_str(&ill.out).unwrap();
    let bad: Vec<&str> = told["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|check| check["verdict"] == "bad")
        .filter_map(|check| check["found"].as_str())
        .collect();
    assert!(bad.iter().any(|found| found.contains("metric belong to no latest_metric")), "{bad:?}");
    assert!(bad.iter().any(|found| found.contains("the history is broken")), "{bad:?}");
    assert_eq!(bad.len(), 2, "{bad:?}");
    let fast = world.json("doctor --home home --fast");
    assert_eq!(fast["sound"], true, "{fast}");
    assert_eq!(world.trimtab("doctor --home nowhere").code, 1);
}
