//! Versions are signed when they are registered, and held against that when they are loaded.

mod common;

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use common::{Answer, Server};
use serde_json::{Value, json};
use server::{Demand, Options};
use signing::{Ignored, Manifest, PublicKey, SIGNATURE_FILE, Sha256, SigningKey};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../mlops/signing/tests/data");

fn data(file: &str) -> PathBuf {
    Path::new(DATA).join(file)
}

fn text(file: &str) -> String {
    fs::read_to_string(data(file)).expect("test data")
}

fn signing_with(require: Demand) -> impl FnOnce(&mut Options) {
    move |options| {
        options.signing.key = Some(data("key.pem"));
        options.signing.require = require;
    }
}

/// A model of three files in a run, registered as `churn`.
struct Model {
    server: Server,
    run: String,
    source: String,
    folder: PathBuf,
}

const FILES: [(&str, &str); 3] =
    [("MLmodel", "flavors: {}"), ("code/model.py", "a = 1"), ("weights", "0123456789")];

impl Model {
    async fn put(change: impl FnOnce(&mut Options)) -> Self {
        let server = Server::with(change).await;
        let (experiment, run) = server.run("e").await;
        let path = format!("{experiment}/{run}/artifacts/m");
        for (name, text) in FILES {
            let put = format!("/api/2.0/mlflow-artifacts/artifacts/{path}/{name}");
            assert_eq!(server.put(&put, text).await.status, 200);
        }
        server.ok("POST", "registered-models/create", json!({ "name": "churn" })).await;
        let folder = server.home.path().join("artifacts").join(&path);
        Self { server, run, source: format!("mlflow-artifacts:/{path}"), folder }
    }

    async fn registered(change: impl FnOnce(&mut Options)) -> Self {
        let model = Self::put(change).await;
        let made = model.register(json!([])).await;
        assert_eq!(made.status, 200, "{:?}", made.body);
        let fields = json!({ "name": "churn", "alias": "champion", "version": "1" });
        model.server.ok("POST", "registered-models/alias", fields).await;
        model
    }

    async fn register(&self, tags: Value) -> Answer {
        let fields =
            json!({ "name": "churn", "source": self.source, "run_id": self.run, "tags": tags });
        self.server.post("model-versions/create", fields).await
    }

    /// The two calls of a client that loads `models:/churn@champion`.
    async fn load(&self) -> [Answer; 2] {
        let alias = "registered-models/alias?name=churn&alias=champion";
        let place = "model-versions/get-download-uri?name=churn&version=1";
        let get = |path: &str| format!("/api/2.0/mlflow/{path}");
        [self.server.get(&get(alias)).await, self.server.get(&get(place)).await]
    }

    async fn loads(&self) {
        for answer in self.load().await {
            assert_eq!(answer.status, 200, "{:?}", answer.body);
            assert_eq!(answer.header("x-trimtab-warning"), "");
        }
    }

    async fn policy(&self, policy: Value) -> Answer {
        let headers = [("content-type", "application/json")];
        let path = "/api/2.0/trimtab/registry/policy";
        let request = common::request("POST", path, &headers, policy.to_string().into());
        self.server.send(request).await
    }

    async fn is_refused(&self, why: &str) {
        for answer in self.load().await {
            let says = answer.json();
            assert_eq!(answer.status, 403, "{why}: {says}");
            assert_eq!(says["error_code"], "PERMISSION_DENIED");
            let message = says["message"].as_str().expect("a message");
            assert!(message.contains("version 1 of model 'churn'"), "{message}");
            assert!(message.contains(why), "{message}");
        }
    }

    async fn tag(&self) -> Value {
        let get = "/api/2.0/mlflow/model-versions/get?name=churn&version=1";
        let version = self.server.get(get).await.json();
        let tags = version["model_version"]["tags"].as_array().cloned().unwrap_or_default();
        let tag = tags.into_iter().find(|tag| tag["key"] == "trimtab.signature");
        tag.map_or(Value::Null, |tag| tag["value"].clone())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// All files were written an hour ago: what was found of them is kept.
    fn settle(&self) {
        let old = SystemTime::now() - Duration::from_secs(3_600);
        for name in FILES.map(|(name, _)| name).into_iter().chain([SIGNATURE_FILE]) {
            set_time(&self.path(name), old);
        }
    }
}

fn set_time(file: &Path, time: SystemTime) {
    let file = File::options().write(true).open(file).expect("a file");
    file.set_modified(time).expect("its time can be set");
}

fn manifest(files: &[(&str, &str)]) -> Manifest {
    let digests = files.iter().map(|(name, text)| ((*name).into(), Sha256::of(text.as_bytes())));
    Manifest::new("churn", Ignored::new([SIGNATURE_FILE]), digests).expect("it can be signed")
}

fn statement(manifest: &Manifest) -> String {
    format!("sha256:{}", Sha256::of(manifest.statement().as_bytes()))
}

fn key() -> SigningKey {
    SigningKey::from_pem(&text("key.pem")).expect("a key")
}

#[tokio::test]
async fn a_version_is_signed_when_it_is_registered() {
    let model = Model::registered(signing_with(Demand::Enforce)).await;
    let file = fs::read(model.path(SIGNATURE_FILE)).expect("a signature is there");
    let public = PublicKey::from_pem(&text("public.pem")).expect("a key");
    let signed = signing::open(&file, &public.into()).expect("it holds");
    assert_eq!(signed.manifest, manifest(&FILES));
    assert_eq!(model.tag().await, statement(&signed.manifest));
    model.loads().await;
    let history = model.server.get("/api/2.0/trimtab/registry/history?name=churn&version=1").await;
    let history = history.json().to_string();
    assert!(history.contains(&statement(&signed.manifest)), "{history}");
    let state = "/api/2.0/trimtab/registry/signature?name=churn&version=1";
    let state = model.server.get(state).await.json();
    let expected = json!({
        "demand": "enforce", "holds": true, "fault": null, "statement": model.tag().await,
    });
    assert_eq!(state, expected);
}

#[tokio::test]
async fn the_same_files_are_signed_once() {
    let model = Model::registered(signing_with(Demand::Enforce)).await;
    let first = fs::read(model.path(SIGNATURE_FILE)).expect("a signature");
    let again = model.register(json!([])).await.json();
    let tags = again["model_version"]["tags"].to_string();
    assert!(tags.contains(&statement(&manifest(&FILES))), "{tags}");
    assert_eq!(fs::read(model.path(SIGNATURE_FILE)).expect("a signature"), first);
}

/// What somebody does to the files, what the refusal says, and how it is undone.
#[tokio::test]
async fn what_was_tampered_with_is_not_loaded() {
    let model = Model::registered(signing_with(Demand::Enforce)).await;
    let weights = model.path("weights");
    let signature = model.path(SIGNATURE_FILE);
    let honest = fs::read(&signature).expect("a signature");
    model.settle();
    model.loads().await;

    fs::write(&weights, "0123456788").unwrap();
    model.is_refused("`weights` was changed").await;
    fs::write(&weights, "0123456789").unwrap();
    model.loads().await;

    // The same size and the same time as before.
    model.settle();
    model.loads().await;
    let time = fs::metadata(&weights).unwrap().modified().unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    fs::write(&weights, "012345678X").unwrap();
    set_time(&weights, time);
    model.is_refused("`weights` was changed").await;
    fs::write(&weights, "0123456789").unwrap();

    fs::write(model.path("code/new.py"), "").unwrap();
    model.is_refused("`code/new.py` was added").await;
    fs::remove_file(model.path("code/new.py")).unwrap();

    fs::rename(&weights, model.path("w")).unwrap();
    model.is_refused("`weights` is missing, `w` was added").await;
    fs::rename(model.path("w"), &weights).unwrap();

    fs::remove_file(&weights).unwrap();
    model.is_refused("`weights` is missing").await;
    symlink(data("key.pem"), &weights).unwrap();
    model.is_refused("`weights` is missing").await;
    fs::remove_file(&weights).unwrap();
    fs::write(&weights, "0123456789").unwrap();
    model.loads().await;

    let elsewhere = model.folder.parent().unwrap().join("elsewhere");
    fs::create_dir_all(elsewhere.join("deep")).unwrap();
    symlink(&elsewhere, model.path("extra")).unwrap();
    model.loads().await;
    fs::write(elsewhere.join("deep/x.py"), "").unwrap();
    model.is_refused("`extra/deep` is a link to another folder").await;
    fs::remove_file(model.path("extra")).unwrap();
    symlink(".", model.path("self")).unwrap();
    model.is_refused("`self` is a link to another folder").await;
    fs::remove_file(model.path("self")).unwrap();

    fs::remove_file(&signature).unwrap();
    model.is_refused("its `model.sig` is missing").await;
    fs::write(&signature, "{}").unwrap();
    model.is_refused("its `model.sig` does not hold").await;
    // Other files with their own signature, by the same key.
    fs::write(&weights, "other").unwrap();
    let other = manifest(&[FILES[0], FILES[1], ("weights", "other")]);
    fs::write(&signature, other.sign(&key())).unwrap();
    model.is_refused("its `model.sig` signs something else than what was registered").await;
    fs::write(&weights, "0123456789").unwrap();
    fs::write(&signature, honest).unwrap();
    model.loads().await;
}

#[tokio::test]
async fn a_signature_by_an_unknown_key_does_not_hold() {
    let model = Model::registered(signing_with(Demand::Enforce)).await;
    let (home, _) = (model.server.home.path().to_owned(), &model);
    let public = data("other_public.pem");
    // The same home, served by somebody who trusts another key.
    let options = |options: &mut Options| {
        options.home = home;
        options.signing.trusted = vec![public];
        options.signing.require = Demand::Enforce;
    };
    let Model { run, source, folder, .. } = &model;
    let (run, source, folder) = (run.clone(), source.clone(), folder.clone());
    let other = Model { server: Server::with(options).await, run, source, folder };
    other.is_refused("it was made with another key").await;
}

#[tokio::test]
async fn a_warning_lets_the_load_through() {
    let model = Model::registered(signing_with(Demand::Warn)).await;
    model.loads().await;
    fs::write(model.path("weights"), "9").unwrap();
    for answer in model.load().await {
        assert_eq!(answer.status, 200);
        let expected = "version 1 of model 'churn': `weights` was changed";
        assert_eq!(answer.header("x-trimtab-warning"), expected);
    }
}

#[tokio::test]
async fn a_policy_asks_for_more_and_not_for_less() {
    let model = Model::put(signing_with(Demand::Off)).await;
    fs::remove_dir_all(&model.folder).unwrap();
    assert_eq!(model.register(json!([])).await.status, 200, "nothing is asked for yet");
    assert_eq!(model.tag().await, Value::Null);
    let fields = json!({ "name": "churn", "alias": "champion", "version": "1" });
    model.server.ok("POST", "registered-models/alias", fields).await;
    model.loads().await;
    let policy = json!({ "name": "churn", "signature": "enforce" });
    assert_eq!(model.policy(policy).await.status, 200);
    model.is_refused("it was not signed when it was registered").await;
    let refused = model.register(json!([])).await.json();
    let message = refused["message"].as_str().expect("a message");
    assert!(message.contains("there is no file in it"), "{message}");

    let strict = Model::registered(signing_with(Demand::Enforce)).await;
    let off = json!({ "name": "churn", "signature": "off" });
    assert_eq!(strict.policy(off).await.status, 200);
    fs::write(strict.path("weights"), "9").unwrap();
    strict.is_refused("`weights` was changed").await;
}

#[tokio::test]
async fn without_a_key_nothing_is_signed_and_no_policy_asks_for_it() {
    let model = Model::registered(|_| {}).await;
    assert!(!model.path(SIGNATURE_FILE).exists());
    assert_eq!(model.tag().await, Value::Null);
    model.loads().await;
    let refused = model.policy(json!({ "signature": "warn" })).await;
    assert_eq!(refused.status, 400, "{:?}", refused.body);
}

#[tokio::test]
async fn only_the_server_writes_what_was_signed() {
    let tags = json!([{ "key": "trimtab.signature", "value": "sha256:00" }]);
    let model = Model::put(|_| {}).await;
    assert_eq!(model.register(tags).await.status, 200);
    assert_eq!(model.tag().await, Value::Null);
    let tag = json!({ "name": "churn", "version": "1", "key": "trimtab.signature", "value": "x" });
    assert_eq!(model.server.post("model-versions/set-tag", tag.clone()).await.status, 400);
    assert_eq!(model.server.call("DELETE", "model-versions/delete-tag", tag).await.status, 400);
}

#[tokio::test]
async fn who_signed_before_registering_is_believed_if_their_key_is_trusted() {
    let trusting = |options: &mut Options| {
        options.signing.trusted = vec![data("public.pem")];
        options.signing.require = Demand::Enforce;
    };
    let model = Model::put(trusting).await;
    let refused = model.register(json!([])).await;
    assert_eq!(refused.status, 400, "there is no key to sign with: {:?}", refused.body);
    // What is signed must be what is there.
    let stale = manifest(&[FILES[0], FILES[1], ("weights", "old")]);
    fs::write(model.path(SIGNATURE_FILE), stale.sign(&key())).unwrap();
    let refused = model.register(json!([])).await.json();
    let message = refused["message"].as_str().expect("a message");
    assert!(message.contains("`weights` was changed"), "{message}");
    fs::write(model.path(SIGNATURE_FILE), manifest(&FILES).sign(&key())).unwrap();
    assert_eq!(model.register(json!([])).await.status, 200);
    assert_eq!(model.tag().await, statement(&manifest(&FILES)));
}

#[tokio::test]
async fn prompts_have_no_files_to_sign() {
    let server = Server::with(signing_with(Demand::Enforce)).await;
    let prompt = json!([{ "key": "mlflow.prompt.is_prompt", "value": "true" }]);
    let fields = json!({ "name": "p", "tags": prompt });
    server.ok("POST", "registered-models/create", fields).await;
    let tags = json!([
        { "key": "mlflow.prompt.is_prompt", "value": "true" },
        { "key": "mlflow.prompt.text", "value": "hello" },
    ]);
    let fields = json!({ "name": "p", "source": "dummy-source", "tags": tags });
    server.ok("POST", "model-versions/create", fields).await;
    let fields = json!({ "name": "p", "alias": "production", "version": "1" });
    server.ok("POST", "registered-models/alias", fields).await;
    let get = "/api/2.0/mlflow/registered-models/alias?name=p&alias=production";
    assert_eq!(server.get(get).await.status, 200);
}

#[tokio::test]
async fn a_large_file_is_hashed_as_it_streams() {
    let model = Model::put(signing_with(Demand::Enforce)).await;
    let large = "x".repeat(3 << 20);
    fs::write(model.path("weights"), &large).unwrap();
    assert_eq!(model.register(json!([])).await.status, 200);
    assert_eq!(model.tag().await, statement(&manifest(&[FILES[0], FILES[1], ("weights", &large)])));
}

#[tokio::test]
async fn a_server_does_not_start_with_what_is_no_key() {
    for (file, why) in [("public.pem", "private key"), ("none.pem", "key")] {
        let home = tempfile::tempdir().unwrap();
        let mut options = Options::new(([127, 0, 0, 1], 0).into(), home.path().to_owned());
        options.signing.key = Some(data(file));
        let error = server::App::open(options).await.err().expect(file).to_string();
        assert!(error.contains(why) && error.contains(file), "{error}");
    }
    let home = tempfile::tempdir().unwrap();
    let mut options = Options::new(([127, 0, 0, 1], 0).into(), home.path().to_owned());
    options.signing.require = Demand::Enforce;
    let error = server::App::open(options).await.err().expect("there is no key").to_string();
    assert!(error.contains("--signing-key"), "{error}");
}
