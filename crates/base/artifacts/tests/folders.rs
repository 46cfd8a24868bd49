//! What only a folder can show: names on the disk, links, leftovers of a process that died, a disk
//! that is full.

mod kit;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use artifacts::{ArtifactError, ArtifactPath, Part, Store};
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use kit::{MIB, body, broken, long, path, put, text};
use tempfile::TempDir;
use tokio::sync::oneshot;

const INCOMING: &str = ".trimtab-incoming";

fn open(folder: &Path) -> Store {
    Store::open(folder.to_str().expect("text")).expect("a store")
}

fn fresh() -> (TempDir, PathBuf, Store) {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("store");
    let store = open(&root);
    (folder, root, store)
}

/// Everything that is below a folder, hidden or not.
fn all_below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let place = entry.expect("an entry").path();
        found.push(place.to_str().expect("text").to_owned());
        if place.is_dir() && !place.is_symlink() {
            found.extend(all_below(&place));
        }
    }
    found.sort_unstable();
    found
}

#[tokio::test]
async fn files_have_the_names_that_users_gave_them() {
    let (_folder, root, store) = fresh();
    for name in ["50% growth?.html", "a%20b", "#1 ü", "plain"] {
        put(&store, &format!("my reports/{name}"), "x").await;
        assert_eq!(fs::read_to_string(root.join("my reports").join(name)).expect("a file"), "x");
    }
    assert_eq!(all_below(&root).len(), 5, "nothing else is there");
}

#[tokio::test]
async fn a_put_that_fails_or_is_dropped_leaves_no_trace() {
    let (_folder, root, store) = fresh();
    store.put(&path("a/b/c"), broken(5 * MIB)).await.expect_err("it broke off");
    assert_eq!(all_below(&root), [""; 0]);

    let endless = long(3 * MIB, Arc::default()).chain(stream::pending());
    let file = path("a/b/c");
    let put = store.put(&file, endless);
    tokio::time::timeout(Duration::from_millis(300), put).await.expect_err("it never ends");
    // A thread that was writing may finish its batch first.
    for _ in 0..100 {
        if all_below(&root).is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("left behind: {:?}", all_below(&root));
}

#[tokio::test]
async fn what_is_in_the_way_is_told() {
    let (_folder, _, store) = fresh();
    put(&store, "file", "x").await;
    put(&store, "folder/file", "x").await;
    for name in ["file/below", "file/far/below", "folder"] {
        let error = store.put(&path(name), body("y")).await.expect_err(name);
        assert!(matches!(error, ArtifactError::Occupied { .. }), "{name}: {error}");
    }
    assert_eq!(text(&store, "file").await, "x");
}

#[cfg(unix)]
#[tokio::test]
async fn links_that_lead_out_are_not_followed() {
    use std::os::unix::fs::symlink;
    let (folder, root, store) = fresh();
    put(&store, "inside/file", "mine").await;
    let outside = folder.path().join("outside");
    fs::create_dir(&outside).expect("a folder");
    fs::write(outside.join("secret"), "secret").expect("a file");
    symlink(&outside, root.join("door")).expect("a link");
    symlink(outside.join("secret"), root.join("key")).expect("a link");
    symlink(outside.join("none"), root.join("dangling")).expect("a link");
    symlink(root.join("inside"), root.join("same")).expect("a link");
    symlink("../..", root.join("inside/up")).expect("a link");

    for name in ["door/secret", "key", "inside/up/outside/secret"] {
        let error = store.get(&path(name), None).await.expect_err(name);
        assert!(matches!(error, ArtifactError::Path { .. }), "{name}: {error}");
    }
    for name in ["door/new", "door/far/new", "inside/up/new"] {
        let error = store.put(&path(name), body("x")).await.expect_err(name);
        assert!(matches!(error, ArtifactError::Path { .. }), "{name}: {error}");
    }
    assert!(store.list(&path("door")).await.is_err());
    assert!(store.delete(&path("door/secret")).await.is_err());
    let listed = store.list(&ArtifactPath::root()).await.expect("a listing");
    let names: Vec<_> = listed.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(names, ["inside", "same"]);
    assert_eq!(text(&store, "same/file").await, "mine");
    let walk: Vec<_> = store.walk(&ArtifactPath::root()).try_collect().await.expect("a walk");
    let walked: Vec<_> = walk.iter().map(|found| found.path.as_str()).collect();
    assert_eq!(walked, ["inside/file"]);

    // A link is replaced or removed itself; what it led to stays.
    put(&store, "key", "new").await;
    for name in ["door", "dangling", "key"] {
        store.delete(&path(name)).await.expect(name);
    }
    assert_eq!(all_below(&outside).len(), 1);
    assert_eq!(fs::read_to_string(outside.join("secret")).expect("a file"), "secret");
}

/// What the child of the next test does: it dies in the middle of a put.
#[tokio::test]
#[ignore = "it is the child of another test, and aborts"]
async fn child_that_dies() {
    let root = std::env::var("TRIMTAB_TEST_CHILD_ROOT").expect("it has a parent");
    let store = open(Path::new(&root));
    let death = stream::once(async { std::process::abort() });
    let _ = store.put(&path("a/b"), long(5 * MIB, Arc::default()).chain(death)).await;
}

#[test]
fn leftovers_of_a_process_that_died_are_swept() {
    let (_folder, root, store) = fresh();
    drop(store);
    let child = std::process::Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "child_that_dies", "--ignored"])
        .env("TRIMTAB_TEST_CHILD_ROOT", &root)
        .output()
        .expect("a child");
    assert!(!child.status.success(), "it was to die");
    assert_eq!(all_below(&root).len(), 2, "a file and its folder are left");
    let _store = open(&root);
    assert_eq!(all_below(&root), [""; 0]);
}

#[tokio::test]
async fn what_is_still_being_written_is_not_swept() {
    let (_folder, root, store) = fresh();
    let (done, wait) = oneshot::channel::<()>();
    let writer = store.clone();
    let last = stream::once(async move {
        wait.await.expect("a sign");
        Ok::<_, io::Error>(Bytes::from_static(b"!"))
    });
    let writing = tokio::spawn(async move {
        writer.put(&path("file"), long(2 * MIB, Arc::default()).chain(last)).await
    });
    while fs::read_dir(root.join(INCOMING)).map_or(0, Iterator::count) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let second = open(&root);
    put(&second, "other", "x").await;
    let listed = second.list(&ArtifactPath::root()).await.expect("a listing");
    assert_eq!(listed.len(), 1, "what is not whole is not listed");
    done.send(()).expect("the writer waits");
    assert_eq!(writing.await.expect("a writer").expect("it is kept"), 2 * MIB as u64 + 1);
    assert!(!root.join(INCOMING).exists());
}

#[tokio::test]
async fn an_upload_outlives_the_process_for_a_day() {
    let (_folder, root, store) = fresh();
    let file = path("a");
    let upload = store.create_upload(&file, 1, Duration::ZERO).await.expect("an upload");
    let etag = store.put_part(&file, &upload.id, 1, body("text")).await.expect("a part");
    drop(store);
    let store = open(&root);
    let part = Part { number: 1, etag: format!("\"{etag}\"") };
    store.complete_upload(&file, &upload.id, vec![part]).await.expect("it is still open");
    assert_eq!(text(&store, "a").await, "text");

    store.create_upload(&file, 1, Duration::ZERO).await.expect("an upload");
    let resting = fs::read_dir(root.join(INCOMING)).expect("a folder").next();
    let resting = File::open(resting.expect("an upload").expect("an entry").path());
    let yesterday = SystemTime::now() - Duration::from_hours(25);
    resting.and_then(|folder| folder.set_modified(yesterday)).expect("it is old");
    open(&root);
    assert!(!root.join(INCOMING).exists());
}

#[tokio::test]
async fn a_part_sent_twice_counts_as_its_client_says() {
    let (_folder, root, store) = fresh();
    let file = path("a");
    let upload = store.create_upload(&file, 1, Duration::ZERO).await.expect("an upload");
    let first = store.put_part(&file, &upload.id, 1, body("first")).await.expect("a part");
    let second = store.put_part(&file, &upload.id, 1, body("second")).await.expect("a part");
    assert_ne!(first, second);
    for (id, number) in [("..", 1), ("../../a", 1), (upload.id.as_str(), 0), (&upload.id, 10_001)] {
        assert!(store.put_part(&file, id, number, body("x")).await.is_err(), "{id} {number}");
    }
    store.put_part(&path("b"), &upload.id, 1, body("x")).await.expect_err("it is another's");
    store.put_part(&file, &upload.id, 1, broken(10)).await.expect_err("it broke off");
    for etag in ["../../secret", "path", "", "0123456789abcdef0123456789abcdef"] {
        let part = Part { number: 1, etag: etag.to_owned() };
        let refused = store.complete_upload(&file, &upload.id, vec![part]).await;
        assert!(matches!(refused, Err(ArtifactError::Upload { .. })), "{etag}: {refused:?}");
    }
    let parts = vec![Part { number: 1, etag: first }];
    let other = store.complete_upload(&path("b"), &upload.id, parts.clone()).await;
    assert!(matches!(other, Err(ArtifactError::Upload { .. })), "{other:?}");
    store.complete_upload(&file, &upload.id, parts.clone()).await.expect("a file");
    let again = store.complete_upload(&file, &upload.id, parts).await;
    assert!(matches!(again, Err(ArtifactError::Upload { .. })), "{again:?}");
    assert_eq!(text(&store, "a").await, "first");
    assert_eq!(all_below(&root).len(), 1);
}

#[tokio::test]
async fn a_folder_gives_no_signed_addresses() {
    let (_folder, _, store) = fresh();
    assert!(store.offers_uploads() && !store.offers_urls());
    let error = store.presigned_get(&path("a"), Duration::from_secs(1)).await;
    assert!(matches!(error, Err(ArtifactError::Unsupported { .. })), "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn puts_and_deletes_of_one_folder_do_not_trip() {
    let (_folder, root, store) = fresh();
    let deleter = store.clone();
    let deleting = tokio::spawn(async move {
        for _ in 0..40 {
            deleter.delete(&path("a")).await.expect("it is gone");
        }
    });
    for index in 0..40 {
        put(&store, &format!("a/b/{index}"), "x").await;
    }
    deleting.await.expect("a deleter");
    store.delete(&path("a")).await.expect("it is gone");
    assert_eq!(all_below(&root), [""; 0]);
}

/// Needs a folder on a small disk of its own, for instance a tmpfs of 4 MiB.
#[tokio::test]
async fn a_full_disk_is_told_and_leaves_nothing() {
    let Ok(small) = std::env::var("TRIMTAB_TEST_SMALL_DISK") else {
        eprintln!("skipped: TRIMTAB_TEST_SMALL_DISK is not set");
        return;
    };
    let root = Path::new(&small).join("store");
    let store = open(&root);
    let error = store.put(&path("a/b"), long(64 * MIB, Arc::default())).await.expect_err("full");
    assert!(matches!(error, ArtifactError::Full { .. }), "{error}");
    assert_eq!(all_below(&root), [""; 0]);
    put(&store, "a", "there is room again").await;
    store.delete(&ArtifactPath::root()).await.expect("it is gone");
}

#[cfg(unix)]
#[tokio::test]
async fn a_mark_tells_what_size_and_time_hide() {
    let (_home, root, store) = fresh();
    let name = path("m/weights");
    put(&store, "m/weights", "one").await;
    let before = store.head(&name).await.expect("it is there");
    assert_eq!(store.head(&name).await.expect("it is there"), before);
    // The clock of a disk ticks every few milliseconds.
    tokio::time::sleep(Duration::from_millis(50)).await;
    let file = File::options().write(true).open(root.join("m/weights")).expect("a file");
    std::os::unix::fs::FileExt::write_all_at(&file, b"two", 0).expect("it is written to");
    file.set_modified(before.last_modified).expect("its time is put back");
    let after = store.head(&name).await.expect("it is there");
    assert_eq!((after.size, after.last_modified), (before.size, before.last_modified));
    assert_ne!(after.mark, before.mark);
}
