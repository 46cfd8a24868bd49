//! How fast is a folder beside `cp`? One GiB up and down; run it alone, on the disk of
//! `TRIMTAB_TEST_DISK` or of the temporary folder:
//! `cargo test -p artifacts --test throughput -- --ignored --nocapture`.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use artifacts::{ArtifactPath, Store};
use futures_util::TryStreamExt;

const GIB: usize = 1 << 30;

fn copy(from: &Path, to: &Path, sync: bool) -> f64 {
    let began = Instant::now();
    let copied = Command::new("cp").args([from, to]).status().expect("cp");
    assert!(copied.success());
    if sync {
        File::open(to).and_then(|file| file.sync_all()).expect("a sync");
    }
    let seconds = began.elapsed().as_secs_f64();
    fs::remove_file(to).expect("a copy");
    seconds
}

/// The most memory that this process ever had, in MiB.
fn memory_max() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().split(' ').next()?.parse::<usize>().ok());
    kib.unwrap_or_default() / 1024
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it moves gigabytes, and times depend on the disk"]
async fn one_gib_beside_cp() {
    let disk = std::env::var_os("TRIMTAB_TEST_DISK").unwrap_or_else(|| std::env::temp_dir().into());
    let folder = tempfile::tempdir_in(disk).expect("a folder");
    let source = folder.path().join("source/file");
    fs::create_dir(folder.path().join("source")).expect("a folder");
    let mut file = File::create(&source).expect("a file");
    let block: Vec<u8> =
        (0..1_u32 << 18).flat_map(|word| word.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    (0..GIB / block.len()).for_each(|_| file.write_all(&block).expect("a block"));
    file.sync_all().expect("a sync");

    let open =
        |name| Store::open(folder.path().join(name).to_str().expect("text")).expect("a store");
    let (from, to) = (open("source"), open("target"));
    let path: ArtifactPath = "file".parse().expect("a path");
    for round in 1..=5 {
        let plain = copy(&source, &folder.path().join("copy"), false);
        let synced = copy(&source, &folder.path().join("copy"), true);
        let began = Instant::now();
        let download = from.get(&path, None).await.expect("a stream");
        assert_eq!(to.put(&path, download.stream).await.expect("it is kept"), GIB as u64);
        let up = began.elapsed().as_secs_f64();
        let began = Instant::now();
        let stream = to.get(&path, None).await.expect("a stream").stream;
        let down = stream.try_fold(0, async |sum, chunk| Ok(sum + chunk.len())).await;
        assert_eq!(down.expect("the bytes"), GIB);
        let down = began.elapsed().as_secs_f64();
        to.delete(&path).await.expect("it is gone");
        eprintln!(
            "round {round}: cp {plain:.2} s, cp and sync {synced:.2} s; durable copy through the \
             store {up:.2} s, read {down:.2} s; memory at most {} MiB",
            memory_max()
        );
    }
}
