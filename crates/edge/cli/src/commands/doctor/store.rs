//! The place of the artifacts: whether it can be reached, read and written, and what lies about there.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use artifacts::{ArtifactPath, Store};
use bytes::Bytes;
use futures_util::{TryStreamExt, stream};

use super::Check;
use crate::commands::backup::runtime;
use crate::kept::KeptArgs;
use crate::show::{count, grouped};

/// Where a folder keeps what is not whole yet.
const INCOMING: &str = ".trimtab-incoming";

/// What is older is no longer being uploaded.
const OLD: Duration = Duration::from_hours(24);

/// What is written, read and deleted.
const WORDS: &[u8] = b"trimtab doctor was here";

/// Looks at the place. What lies about is looked at first: opening a folder sweeps it.
pub fn checks(kept: &KeptArgs) -> Vec<Check> {
    let place = kept.artifacts();
    let folder = Path::new(place.strip_prefix("file://").unwrap_or(&place));
    let mut checks = Vec::new();
    if folder.is_dir() {
        checks.push(leftovers(folder));
    }
    checks.push(match reach(&place) {
        Ok(ms) => {
            Check::good("artifacts", format!("{place}: written, read and deleted in {ms} ms"))
        }
        Err(error) => Check::bad("artifacts", format!("{place}: {error:#}")),
    });
    checks
}

/// Writes a file, reads it and deletes it again; gives how long that took, in milliseconds.
fn reach(place: &str) -> anyhow::Result<u128> {
    let store = Store::open(place)?;
    let name = format!("trimtab-doctor-{}", std::process::id());
    let path = ArtifactPath::parse(&name)?;
    runtime()?.block_on(async {
        let began = Instant::now();
        let words = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(WORDS))]);
        store.put(&path, words).await?;
        let read = async {
            let found = store.get(&path, None).await?;
            found
                .stream
                .try_fold(Vec::new(), |mut all, some| async move {
                    all.extend_from_slice(&some);
                    Ok(all)
                })
                .await
        };
        let read = read.await;
        store.delete(&path).await?;
        anyhow::ensure!(read? == WORDS, "what was read is not what was written");
        Ok(began.elapsed().as_millis())
    })
}

/// Uploads that were not finished.
fn leftovers(folder: &Path) -> Check {
    let name = "unfinished uploads";
    let Ok(entries) = fs::read_dir(folder.join(INCOMING)) else {
        return Check::good(name, "none");
    };
    let (mut found, mut old) = (0, 0);
    for entry in entries.flatten() {
        found += 1;
        let changed = entry.metadata().and_then(|metadata| metadata.modified());
        let age = changed.ok().and_then(|at| SystemTime::now().duration_since(at).ok());
        old += usize::from(age.is_some_and(|age| age > OLD));
    }
    match (found, old) {
        (0, _) => Check::good(name, "none"),
        (found, 0) => {
            Check::good(name, format!("{}, all younger than a day", count(found, "upload")))
        }
        (_, old) => Check::doubt(
            name,
            format!(
                "{} older than a day in {}: the next start removes them",
                grouped(old as f64, 0),
                folder.join(INCOMING).display()
            ),
        ),
    }
}
