//! Remote stores as far as they can be tried without one: settings, and stores that are away.

mod kit;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use artifacts::{ArtifactError, ArtifactPath, Store};
use kit::{body, path};

fn settings<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn s3(endpoint: &str) -> Store {
    let keys = [
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
        ("MLFLOW_S3_ENDPOINT_URL", endpoint),
    ];
    Store::open_with("s3://bucket/some prefix", settings(keys)).expect("a store")
}

/// The endpoint of a server that gives every request the same answer.
fn server(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            let _ = connection.read(&mut [0; 65536]);
            let _ = connection.write_all(answer.as_bytes());
        }
    });
    format!("http://{address}")
}

async fn check_all(store: &Store, check: impl Fn(&ArtifactError) -> bool) {
    let file = path("a/b");
    let errors = [
        store.head(&file).await.expect_err("head"),
        store.get(&file, None).await.expect_err("get"),
        store.put(&file, body("text")).await.expect_err("put"),
        store.list(&ArtifactPath::root()).await.expect_err("list"),
        store.delete(&file).await.expect_err("delete"),
    ];
    for error in errors {
        assert!(check(&error), "{error:?}");
    }
}

#[tokio::test]
async fn a_store_that_is_not_there_is_away() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let store = s3(&format!("http://{address}"));
    check_all(&store, |error| matches!(error, ArtifactError::Unavailable { .. })).await;
}

#[tokio::test]
async fn a_store_that_is_overloaded_is_away() {
    let answer = "HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let store = s3(&server(answer));
    check_all(&store, |error| matches!(error, ArtifactError::Unavailable { .. })).await;
}

#[tokio::test]
async fn a_store_that_does_not_know_us_refuses() {
    let answer = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let store = s3(&server(answer));
    let file = path("a/b");
    for error in [
        store.head(&file).await.expect_err("head"),
        store.put(&file, body("text")).await.expect_err("put"),
    ] {
        assert!(matches!(error, ArtifactError::Refused { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn an_endpoint_without_tls_must_be_here_or_allowed() {
    for here in ["http://localhost:9000", "http://127.0.0.1:9000", "http://[::1]:9000"] {
        s3(here);
    }
    let far = ("AWS_ENDPOINT_URL", "http://minio.example:9000");
    let error = Store::open_with("s3://bucket", settings([far])).expect_err("no TLS");
    assert!(error.to_string().contains("AWS_ALLOW_HTTP=true"), "{error}");
    let allowed = settings([far, ("AWS_ALLOW_HTTP", "true")]);
    Store::open_with("s3://bucket", allowed).expect("it is allowed");
}

#[tokio::test]
async fn signed_addresses_name_the_object_and_the_time() {
    let store = s3("http://127.0.0.1:9000");
    let valid = Duration::from_secs(900);
    let get = store.presigned_get(&path("a b/50%.csv"), valid).await.expect("an address");
    let put = store.presigned_put(&path("a b/50%.csv"), valid).await.expect("an address");
    for url in [&get, &put] {
        let start = "http://127.0.0.1:9000/bucket/some%20prefix/a%20b/50%25.csv?";
        assert!(url.starts_with(start), "{url}");
        assert!(url.contains("X-Amz-Expires=900"), "{url}");
        assert!(url.contains("eu-west-1%2Fs3%2Faws4_request"), "{url}");
    }
    assert!(get.contains("response-content-disposition=attachment"), "{get}");
    assert!(get.contains("50%252525.csv") || get.contains("50%2525.csv"), "{get}");
}

#[tokio::test]
async fn other_clouds_are_opened_by_their_settings() {
    // The account and key that Azurite, Microsoft's emulator, publishes.
    let key =
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
    let connection = format!(
        "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={key};\
         BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;"
    );
    let pairs = settings([("AZURE_STORAGE_CONNECTION_STRING", &connection)]);
    let azure = Store::open_with("az://container/prefix", pairs).expect("a store");
    let url = azure.presigned_get(&path("a"), Duration::from_secs(60)).await.expect("signed");
    let start = "http://127.0.0.1:10000/devstoreaccount1/container/prefix/a?";
    assert!(url.starts_with(start), "{url}");
    assert!(azure.offers_urls() && !azure.offers_uploads());

    let pairs = settings([("AZURE_STORAGE_ACCESS_KEY", key)]);
    let uri = "wasbs://container@account.blob.core.windows.net/prefix";
    let azure = Store::open_with(uri, pairs).expect("a store");
    let url = azure.presigned_get(&path("a"), Duration::from_secs(60)).await.expect("signed");
    assert!(url.starts_with("https://account.blob.core.windows.net/container/prefix/a?"), "{url}");

    let gcs = Store::open_with("gs://bucket/prefix", settings([])).expect("a store");
    let unsupported = gcs.create_upload(&path("a"), 1, Duration::from_secs(60)).await;
    assert!(matches!(unsupported, Err(ArtifactError::Unsupported { .. })), "{unsupported:?}");
}
