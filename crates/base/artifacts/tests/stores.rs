//! What every store does, tried on a folder; if `TRIMTAB_TEST_S3_ENDPOINT` and
//! `TRIMTAB_TEST_S3_BUCKET` are set, on S3 with the credentials of `AWS_*`; and if
//! `TRIMTAB_TEST_STORE` is set, on the store at that address with the settings of the environment.

mod kit;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use artifacts::{ArtifactError, ArtifactPath, Entry, Part, Store};
use futures_util::{TryStreamExt, stream};
use kit::{MIB, body, broken, bytes, check_long, long, path, put, text};
use url::Url;

/// Runs each test on each store.
macro_rules! on_each_store {
    ($($test:ident),* $(,)?) => {
        mod folder {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                let folder = tempfile::tempdir().expect("a folder");
                let uri = folder.path().join("not yet made");
                super::$test(artifacts::Store::open(uri.to_str().expect("text")).expect("a store")).await;
            })*
        }
        mod s3 {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                if let Some(store) = super::bucket() {
                    super::$test(store).await;
                }
            })*
        }
        mod other {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                if let Some(store) = super::other_store() {
                    super::$test(store).await;
                }
            })*
        }
    };
}

on_each_store!(
    bytes_come_back,
    names_survive,
    a_long_file_comes_back_with_flat_memory,
    ranges_are_cut_at_the_end,
    what_is_not_there_is_missing,
    listings_are_one_level_deep_and_sorted,
    a_file_is_replaced,
    delete_takes_a_file_or_a_whole_folder,
    a_walk_finds_all_files_below,
    a_folder_is_copied_to_the_disk,
    a_broken_body_leaves_nothing,
    writers_of_one_path_do_not_mix,
    an_upload_in_parts_makes_one_file,
    an_upload_that_is_given_up_leaves_nothing,
);

/// A fresh prefix of the test bucket; none if there is no such bucket.
fn bucket() -> Option<Store> {
    let variable = |name| std::env::var(name).ok();
    let (Some(endpoint), Some(bucket)) =
        (variable("TRIMTAB_TEST_S3_ENDPOINT"), variable("TRIMTAB_TEST_S3_BUCKET"))
    else {
        eprintln!("skipped: TRIMTAB_TEST_S3_ENDPOINT and TRIMTAB_TEST_S3_BUCKET are not set");
        return None;
    };
    let settings = std::env::vars().chain([("AWS_ENDPOINT_URL".to_owned(), endpoint)]);
    let uri = format!("s3://{bucket}/tests/{}", kit::unique());
    Some(Store::open_with(&uri, settings).expect("a store"))
}

/// A fresh prefix of any store; none if none is named.
fn other_store() -> Option<Store> {
    let Ok(uri) = std::env::var("TRIMTAB_TEST_STORE") else {
        eprintln!("skipped: TRIMTAB_TEST_STORE is not set");
        return None;
    };
    Some(Store::open(&format!("{uri}/tests/{}", kit::unique())).expect("a store"))
}

async fn names(store: &Store, dir: &ArtifactPath) -> Vec<String> {
    let entries = store.list(dir).await.expect("a listing");
    entries.into_iter().map(|entry| entry.name).collect()
}

async fn bytes_come_back(store: Store) {
    put(&store, "1/run/model.txt", "weights").await;
    assert_eq!(text(&store, "1/run/model.txt").await, "weights");
    let head = store.head(&path("1/run/model.txt")).await.expect("a head");
    assert_eq!(head.size, 7);
    let age = SystemTime::now().duration_since(head.last_modified).unwrap_or_default();
    assert!(age < Duration::from_secs(60), "{age:?}");
    put(&store, "empty", "").await;
    assert_eq!(text(&store, "empty").await, "");
}

async fn names_survive(store: Store) {
    let list = [
        "a b",
        "two  blanks",
        "ünïcødé",
        "日本",
        "🦀",
        "50%",
        "a%20b",
        "what?",
        "h#sh",
        "p+s&q=r",
        "it's \"so\"",
        "*~^`|<>{}[]",
        "semi;comma,colon:at@dollar$",
        ".hidden",
        "..two",
        "(x)!",
        " before",
        "after ",
    ];
    for name in list {
        put(&store, &format!("dir {name}/{name}"), "x").await;
    }
    for name in list {
        let dir = path(&format!("dir {name}"));
        assert_eq!(names(&store, &dir).await, [name]);
        assert_eq!(text(&store, &format!("dir {name}/{name}")).await, "x");
    }
    let mut expected = list.map(|name| format!("dir {name}"));
    expected.sort_unstable();
    assert_eq!(names(&store, &ArtifactPath::root()).await, expected);
}

async fn a_long_file_comes_back_with_flat_memory(store: Store) {
    let (size, held, file) = (64 * MIB, Arc::default(), path("long"));
    let put = store.put(&file, long(size, Arc::clone(&held))).await.expect("it is kept");
    assert_eq!(put, size as u64);
    // Batches of 1 MiB on a disk; in a bucket, parts of 8 MiB, four of them under way.
    let most = held.most.load(Ordering::SeqCst);
    let limit = if store.offers_urls() { 48 * MIB } else { 4 * MIB };
    assert!(most < limit, "{most} bytes were held at once");
    check_long(store.get(&file, None).await.expect("a stream"), 0, size).await;
    let (from, to) = (20 * MIB + 7, 45 * MIB + 1);
    let part = store.get(&file, Some(from as u64..to as u64)).await.expect("a stream");
    check_long(part, from, to).await;
}

async fn ranges_are_cut_at_the_end(store: Store) {
    put(&store, "digits", "0123456789").await;
    let file = path("digits");
    for (range, expected) in [(0..10, "0123456789"), (3..5, "34"), (9..99, "9"), (0..1, "0")] {
        let found = store.get(&file, Some(range.clone())).await.expect("a stream");
        assert_eq!((found.size, found.range.end), (10, range.end.min(10)));
        assert_eq!(bytes(found).await, expected.as_bytes(), "{range:?}");
    }
    for range in [10..11, 5..5, 99..100] {
        let refused = store.get(&file, Some(range)).await;
        assert!(matches!(refused, Err(ArtifactError::Range { size: 10, .. })), "{refused:?}");
    }
}

async fn what_is_not_there_is_missing(store: Store) {
    put(&store, "a/b", "x").await;
    for name in ["none", "a", "a/none", "a/b/c"] {
        let file = path(name);
        let got = store.get(&file, None).await;
        assert!(matches!(got, Err(ArtifactError::Missing { .. })), "{name}: {got:?}");
        let head = store.head(&file).await;
        assert!(matches!(head, Err(ArtifactError::Missing { .. })), "{name}: {head:?}");
    }
    assert!(store.get(&ArtifactPath::root(), None).await.is_err());
    assert!(store.put(&ArtifactPath::root(), body("x")).await.is_err());
}

async fn listings_are_one_level_deep_and_sorted(store: Store) {
    assert_eq!(store.list(&ArtifactPath::root()).await.expect("empty"), []);
    for name in ["m/z", "m/a/1", "m/a/2", "m/b.txt", "m/ab", "mm"] {
        put(&store, name, "four").await;
    }
    let line = |name: &str, size: Option<u64>| Entry {
        name: name.to_owned(),
        is_dir: size.is_none(),
        size,
    };
    let expected =
        [line("a", None), line("ab", Some(4)), line("b.txt", Some(4)), line("z", Some(4))];
    assert_eq!(store.list(&path("m")).await.expect("a listing"), expected);
    assert_eq!(
        store.list(&ArtifactPath::root()).await.expect("a listing"),
        [line("m", None), line("mm", Some(4))]
    );
    for nothing in ["none", "mm", "m/b.txt"] {
        assert_eq!(store.list(&path(nothing)).await.expect("empty"), [], "{nothing}");
    }
}

async fn a_file_is_replaced(store: Store) {
    put(&store, "a", "long first text").await;
    put(&store, "a", "second").await;
    assert_eq!(text(&store, "a").await, "second");
}

async fn delete_takes_a_file_or_a_whole_folder(store: Store) {
    for name in ["a/1", "a/b/2", "a/b/c/3", "ab", "z"] {
        put(&store, name, "x").await;
    }
    store.delete(&path("none/of/these")).await.expect("it is gone already");
    store.delete(&path("z")).await.expect("a file");
    store.delete(&path("a/b")).await.expect("a folder");
    assert_eq!(names(&store, &ArtifactPath::root()).await, ["a", "ab"]);
    assert_eq!(names(&store, &path("a")).await, ["1"]);
    store.delete(&path("a")).await.expect("a folder");
    assert_eq!(names(&store, &ArtifactPath::root()).await, ["ab"]);
    store.delete(&ArtifactPath::root()).await.expect("all");
    assert_eq!(names(&store, &ArtifactPath::root()).await, [""; 0]);
}

async fn a_walk_finds_all_files_below(store: Store) {
    for name in ["a/1", "a/b/2", "a/b/c/3", "ab/4", "5"] {
        put(&store, name, "four").await;
    }
    let walk = async |dir: ArtifactPath| {
        let found: Vec<_> = store.walk(&dir).try_collect().await.expect("a walk");
        assert!(found.iter().all(|found| found.head.size == 4));
        let mut paths: Vec<_> = found.into_iter().map(|found| found.path.to_string()).collect();
        paths.sort_unstable();
        paths
    };
    assert_eq!(walk(ArtifactPath::root()).await, ["5", "a/1", "a/b/2", "a/b/c/3", "ab/4"]);
    assert_eq!(walk(path("a")).await, ["a/1", "a/b/2", "a/b/c/3"]);
    assert_eq!(walk(path("a/1")).await, [""; 0]);
    assert_eq!(walk(path("none")).await, [""; 0]);
}

async fn a_folder_is_copied_to_the_disk(store: Store) {
    for name in ["a/one 1", "a/b/2", "other"] {
        put(&store, name, "text").await;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("copy");
    assert_eq!(store.copy_to_folder(&path("a"), &copy).await.expect("a copy"), 2);
    for name in ["one 1", "b/2"] {
        assert_eq!(std::fs::read_to_string(copy.join(name)).expect("a file"), "text");
    }
    assert_eq!(std::fs::read_dir(&copy).expect("a folder").count(), 2);
}

async fn a_broken_body_leaves_nothing(store: Store) {
    for size in [0, 10, 3 * MIB, 20 * MIB] {
        let error = store.put(&path("a/b"), broken(size)).await.expect_err("it broke off");
        assert!(matches!(error, ArtifactError::Body { .. }), "{error}");
        assert!(error.to_string().contains("the client went away"), "{error}");
        assert_eq!(store.list(&ArtifactPath::root()).await.expect("a listing"), []);
    }
}

async fn writers_of_one_path_do_not_mix(store: Store) {
    let file = path("shared/file");
    let writers = (1..=8_u8).map(|letter| {
        let (store, file) = (store.clone(), file.clone());
        tokio::spawn(async move {
            let chunk = bytes::Bytes::from(vec![letter; 100_000]);
            let chunks = stream::iter((0..30).map(|_| Ok::<_, std::io::Error>(chunk.clone())));
            store.put(&file, chunks).await.expect("it is kept");
            let seen = bytes(store.get(&file, None).await.expect("a stream")).await;
            assert_eq!(seen.len(), 3_000_000);
            assert!(seen.iter().all(|byte| *byte == seen[0]), "two files were mixed");
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.expect("a writer");
    }
    assert_eq!(names(&store, &path("shared")).await, ["file"]);
}

/// Sends a part as a client would and names its tag.
async fn send(
    store: &Store,
    file: &ArtifactPath,
    id: &str,
    url: Option<&str>,
    part: Part,
    of: &'static str,
) -> Part {
    let etag = match url {
        None => store.put_part(file, id, part.number, body(of)).await.expect("a part"),
        Some(url) => http_put(url, of),
    };
    Part { etag, ..part }
}

/// A PUT as any client of HTTP would send it; names the tag of the answer.
fn http_put(url: &str, body: &str) -> String {
    let url = Url::parse(url).expect("a URL");
    let (host, port) = (url.host_str().expect("a host"), url.port().expect("a port"));
    let mut stream = TcpStream::connect((host, port)).expect("a connection");
    let target = &url[url::Position::BeforePath..];
    write!(
        stream,
        "PUT {target} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let etag = answer
        .lines()
        .find_map(|line| line.strip_prefix("ETag: ").or_else(|| line.strip_prefix("etag: ")));
    etag.expect("a tag").trim().to_owned()
}

async fn an_upload_in_parts_makes_one_file(store: Store) {
    if !store.offers_uploads() {
        return;
    }
    let file = path("a/in parts #1");
    let long: &'static str = "0123456789".repeat(600_000).leak();
    let contents = [long, long, "the end"];
    let upload = store.create_upload(&file, 3, Duration::from_secs(600)).await.expect("an upload");
    let mut parts = Vec::new();
    for number in [3, 1, 2_u32] {
        let index = number as usize - 1;
        let url = upload.urls.get(index).map(String::as_str);
        let part = Part { number, etag: String::new() };
        parts.push(send(&store, &file, &upload.id, url, part, contents[index]).await);
        assert_eq!(names(&store, &ArtifactPath::root()).await, [""; 0], "it is seen too early");
    }
    parts.sort_by_key(|part| part.number);
    let gap = store.complete_upload(&file, &upload.id, parts[1..].to_vec()).await;
    assert!(matches!(gap, Err(ArtifactError::Upload { .. })), "{gap:?}");
    store.complete_upload(&file, &upload.id, parts).await.expect("a file");
    assert_eq!(text(&store, file.as_str()).await, contents.concat());
}

async fn an_upload_that_is_given_up_leaves_nothing(store: Store) {
    if !store.offers_uploads() {
        return;
    }
    let file = path("a/b");
    let upload = store.create_upload(&file, 1, Duration::from_secs(600)).await.expect("an upload");
    let url = upload.urls.first().map(String::as_str);
    let part = Part { number: 1, etag: String::new() };
    let part = send(&store, &file, &upload.id, url, part, "text").await;
    store.abort_upload(&file, &upload.id).await.expect("it is gone");
    store.abort_upload(&file, &upload.id).await.expect("it is gone already");
    let late = store.complete_upload(&file, &upload.id, vec![part]).await;
    assert!(late.is_err(), "{late:?}");
    assert_eq!(names(&store, &ArtifactPath::root()).await, [""; 0]);
    for n_parts in [0, 10_001] {
        assert!(store.create_upload(&file, n_parts, Duration::from_secs(1)).await.is_err());
    }
}
