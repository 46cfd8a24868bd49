//! From a source to the parts that can be read: files in a folder, snapshots, tables, what was
//! pushed.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use features::store::{DefinitionKind, FeatureView, Input, Place, Source};
use journal::Spine;
use store::Home;
use types::Digest;

use super::{Part, Wanted, csv, parquet, postgres};
use crate::{FeatureStore, FeatureStoreError};

/// A place among all rows: the file in the upper bits, the row within it in the lower ones.
pub(super) const ROW_BITS: u32 = 40;

/// The parts of what a view reads.
pub(super) fn parts(
    store: &FeatureStore,
    view: &FeatureView,
    wanted: &Wanted,
) -> Result<Vec<Arc<dyn Part>>, FeatureStoreError> {
    match &view.input {
        Input::Source { name } => parts_of_source(store, store.source(name)?, wanted),
        #[cfg(feature = "sql")]
        Input::Sql { .. } => super::sql::parts(store, view, wanted),
        #[cfg(not(feature = "sql"))]
        Input::Sql { .. } => Err(wanted.refuse(
            "its SQL text",
            "this program was built without SQL: use a release, or build it with the feature `sql`",
        )),
    }
}

/// The parts of a source.
pub(super) fn parts_of_source(
    store: &FeatureStore,
    source: &Source,
    wanted: &Wanted,
) -> Result<Vec<Arc<dyn Part>>, FeatureStoreError> {
    let folder = store.folder(DefinitionKind::Source, &source.name);
    match &source.place {
        Place::Parquet { path } => parts_of_files(&folder.join(path), "parquet", 0, wanted),
        Place::Csv { path } => parts_of_files(&folder.join(path), "csv", 0, wanted),
        Place::Snapshot { digest } => snapshot(store.home(), digest, wanted),
        Place::Postgres { address, table } => {
            Ok(vec![Arc::new(postgres::Table::new(address, table, wanted)?)])
        }
        Place::Push { history } => {
            let mut parts = match history {
                Some(name) => parts_of_source(store, store.source(name)?, wanted)?,
                None => vec![],
            };
            let pushed = pushed_folder(store.home(), &source.name);
            if pushed.is_dir() {
                parts.append(&mut parts_of_files(&pushed, "parquet", 1 << 23, wanted)?);
            }
            Ok(parts)
        }
    }
}

/// The folder in which pushed rows of a source are kept.
pub(crate) fn pushed_folder(home: &Path, source: &str) -> PathBuf {
    home.join("features").join("pushed").join(source)
}

/// The parts of a file, or of every file of a folder with that ending, in the order of their names;
/// `first` is the number of the first file.
pub(crate) fn parts_of_files(
    path: &Path,
    ending: &str,
    first: u64,
    wanted: &Wanted,
) -> Result<Vec<Arc<dyn Part>>, FeatureStoreError> {
    let place = path.display().to_string();
    let mut parts: Vec<Arc<dyn Part>> = Vec::new();
    for (number, file) in
        files(path, ending).map_err(|what| wanted.refuse(&place, what))?.iter().enumerate()
    {
        let base = (first + number as u64) << ROW_BITS;
        match ending {
            "csv" => parts.push(Arc::new(csv::Text::new(file, base, wanted)?)),
            _ => {
                let name = file.display().to_string();
                let opened = parquet::Opened::file(file, &name, wanted)?;
                parts.append(&mut opened.parts(base, wanted));
            }
        }
    }
    Ok(parts)
}

/// A file, or the files of a folder with an ending, at any depth, in the order of their paths.
fn files(path: &Path, ending: &str) -> Result<Vec<PathBuf>, String> {
    let gone = |error: std::io::Error| format!("it cannot be read: {error}");
    if !fs::metadata(path).map_err(gone)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(gone)? {
            let path = entry.map_err(gone)?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found.eq_ignore_ascii_case(ending)) {
                found.push(path);
            }
        }
    }
    found.sort();
    if found.is_empty() { Err(format!("the folder has no .{ending} file")) } else { Ok(found) }
}

fn snapshot(
    home: &Path,
    digest: &str,
    wanted: &Wanted,
) -> Result<Vec<Arc<dyn Part>>, FeatureStoreError> {
    let place = format!("snapshot {}", digest.get(..12).unwrap_or(digest));
    let refuse = |what: String| wanted.refuse(&place, what);
    let digest: Digest = digest.parse().map_err(|_| refuse("it is no digest".to_owned()))?;
    // A file is read as it lies there, once it has been held against its digest.
    if let Ok(file) = store::kept_file(home, &digest) {
        let opened = parquet::Opened::file(&file, &place, wanted)?;
        return Ok(opened.parts(0, wanted));
    }
    let home = Home::read(home).map_err(|error| refuse(error.to_string()))?;
    let bytes = home.payload(&digest).map_err(|error| refuse(error.to_string()))?;
    let opened = parquet::Opened::bytes(bytes, &place, wanted)?;
    Ok(opened.parts(0, wanted))
}
