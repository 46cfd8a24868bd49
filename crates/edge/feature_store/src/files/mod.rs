//! Definitions in a folder of TOML and SQL files.
//!
//! In: a folder; every `.toml` file in it, at any depth, holds definitions, and a view may name a
//! `.sql` file beside it. Out: the definitions, checked, or every fault with its file and line.

mod file;
mod shapes;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use features::store::{Definition, DefinitionKind, Definitions, Fault};

use crate::{FeatureStoreError, FileFault};

/// The definitions of a folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Folder {
    /// The folder, from the root of the file system: paths of sources begin here.
    pub path: PathBuf,
    /// What its files define.
    pub definitions: Definitions,
}

/// Where a definition stands.
type Places = BTreeMap<(DefinitionKind, String), (String, usize)>;

/// Reads all definitions of a folder and checks that they fit together.
///
/// Files are read in the order of their paths; files and folders that begin with a dot are left
/// alone. An error lists everything that is wrong.
pub fn read_folder(folder: &Path) -> Result<Folder, FeatureStoreError> {
    let path = fs::canonicalize(folder).map_err(|error| FeatureStoreError::file(folder, error))?;
    let mut files = Vec::new();
    walk(folder, &mut files)?;
    if files.is_empty() {
        let what = "it has no .toml file: definitions are `[[entity]]`, `[[source]]`, `[[view]]`, \
                    `[[on_demand]]` and `[[service]]` in files such as features.toml";
        return Err(FeatureStoreError::file(folder, what));
    }
    let (mut definitions, mut places, mut faults) = (Definitions::default(), Places::new(), vec![]);
    for file in &files {
        match file::read(file) {
            Err(mut found) => faults.append(&mut found),
            Ok(found) => {
                for (line, definition) in found {
                    let at = (file.display().to_string(), line);
                    let key = (definition.kind(), definition.name().to_owned());
                    match definitions.add(definition) {
                        Ok(()) => drop(places.insert(key, at)),
                        Err(fault) => faults.push(located(&fault, at)),
                    }
                }
            }
        }
    }
    for fault in definitions.check() {
        let at = places.get(&(fault.kind, fault.name.clone())).cloned();
        faults.push(located(&fault, at.unwrap_or_default()));
    }
    if faults.is_empty() {
        Ok(Folder { path, definitions })
    } else {
        Err(FeatureStoreError::Definitions(faults))
    }
}

fn located(fault: &Fault, (file, line): (String, usize)) -> FileFault {
    FileFault { file, line, message: fault.to_string() }
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), FeatureStoreError> {
    let fail = |error| FeatureStoreError::file(folder, error);
    let entries = fs::read_dir(folder).map_err(fail)?;
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(fail)?;
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            walk(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    Ok(())
}

/// A definition and the line on which it stands.
pub(crate) type Located = (usize, Definition);
