//! Tables in files: CSV and Parquet in, [`types::Table`] out, and back to Parquet.
//!
//! A column's type is found from the file, not declared: see [`from_csv`] and [`from_parquet`] for
//! the rules. Use this for whatever a person brings; use the object store for what Trimtab keeps.
//! This module does not judge the values: `market` does.

mod csv;
mod error;
mod parquet;

use std::fs;
use std::path::{Path, PathBuf};

use types::Table;

pub use self::csv::from_csv;
pub use self::error::TableError;
pub use self::parquet::{from_parquet, to_parquet};

/// Reads one `.csv` or `.parquet` file; the ending decides, in either case of letters.
///
/// The table's origin is `path` as given. Errors name the file and, where there is one, the line
/// and the column.
pub fn read(path: &Path) -> Result<Table, TableError> {
    let origin = path.display().to_string();
    let parse = match extension(path).as_str() {
        "csv" => from_csv,
        "parquet" => from_parquet,
        _ => return Err(TableError::UnknownFormat { file: origin }),
    };
    let bytes = fs::read(path).map_err(|source| TableError::Io { file: origin.clone(), source })?;
    parse(&origin, &bytes)
}

/// Reads a file, or every `.csv` and `.parquet` file directly inside a folder, in name order.
///
/// Other files of the folder are left alone; a folder without any such file is an error.
pub fn read_all(path: &Path) -> Result<Vec<Table>, TableError> {
    if !path.is_dir() {
        return Ok(vec![read(path)?]);
    }
    let files = table_files(path)
        .map_err(|source| TableError::Io { file: path.display().to_string(), source })?;
    if files.is_empty() {
        return Err(TableError::EmptyFolder { folder: path.display().to_string() });
    }
    files.iter().map(|file| read(file)).collect()
}

fn table_files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_file() && ["csv", "parquet"].contains(&extension(&path).as_str()) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn extension(path: &Path) -> String {
    path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase()
}

#[cfg(test)]
mod tests;
