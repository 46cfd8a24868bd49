//! Paths of files and folders -> a table over them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_schema::{Schema, SchemaRef};
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::listing::{
    ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl,
};
use datafusion::prelude::SessionContext;
use url::Url;

use crate::SqlError;

/// The files at `paths`, folders replaced by what is in them and ends with `suffix`, at any depth,
/// in the order of their names.
pub(crate) fn expand(
    table: &str,
    paths: &[PathBuf],
    suffix: &str,
) -> Result<Vec<PathBuf>, SqlError> {
    let mut files = Vec::new();
    for path in paths {
        let unreadable = |error| SqlError::unreadable(table, path, &error);
        if std::fs::metadata(path).map_err(unreadable)?.is_dir() {
            let before = files.len();
            walk(path, suffix, &mut files).map_err(unreadable)?;
            files[before..].sort();
        } else {
            files.push(path.clone());
        }
    }
    if files.is_empty() {
        return Err(SqlError::NoFile {
            table: table.to_owned(),
            paths: paths.iter().map(|path| path.display().to_string()).collect(),
            suffix: suffix.to_owned(),
        });
    }
    Ok(files)
}

fn walk(folder: &Path, suffix: &str, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, suffix, files)?;
        } else if path.extension().is_some_and(|extension| extension == suffix) {
            files.push(path);
        }
    }
    Ok(())
}

/// A table over these files. Their columns are united by name: what a file does not have is null
/// in its rows.
pub(crate) async fn table(
    context: &SessionContext,
    name: &str,
    files: &[PathBuf],
    format: Arc<dyn FileFormat>,
    schema: Option<SchemaRef>,
) -> Result<ListingTable, SqlError> {
    let addresses: Vec<ListingTableUrl> =
        files.iter().map(|file| address(name, file)).collect::<Result<_, _>>()?;
    let options = ListingOptions::new(format).with_file_extension("");
    let config = ListingTableConfig::new_with_multi_paths(addresses.clone())
        .with_listing_options(options.clone());
    let config = match schema {
        Some(schema) => config.with_schema(schema),
        None => {
            let mut schemas = Vec::new();
            for (file, address) in files.iter().zip(&addresses) {
                let found = options.infer_schema(&context.state(), address).await;
                let found = found.map_err(|error| SqlError::unreadable(name, file, &error))?;
                schemas.push(found.as_ref().clone());
            }
            config.with_schema(united(name, &schemas)?)
        }
    };
    ListingTable::try_new(config).map_err(|error| SqlError::from_datafusion(&error))
}

/// The columns of several files. One that a file does not have can be null, whatever the others say.
fn united(table: &str, schemas: &[Schema]) -> Result<SchemaRef, SqlError> {
    let merged = Schema::try_merge(schemas.iter().cloned());
    let merged = merged
        .map_err(|error| SqlError::Differ { table: table.to_owned(), what: error.to_string() })?;
    let everywhere = |name: &str| schemas.iter().all(|schema| schema.index_of(name).is_ok());
    let fields = merged.fields().iter().map(|field| {
        let nullable = field.is_nullable() || !everywhere(field.name());
        field.as_ref().clone().with_nullable(nullable)
    });
    Ok(Arc::new(Schema::new(fields.collect::<Vec<_>>())))
}

/// The file as an address. Characters that stand for others elsewhere, such as `*`, are themselves.
fn address(table: &str, file: &Path) -> Result<ListingTableUrl, SqlError> {
    let whole =
        std::path::absolute(file).map_err(|error| SqlError::unreadable(table, file, &error))?;
    let url = Url::from_file_path(&whole)
        .map_err(|()| SqlError::unreadable(table, file, &"the path has no address"))?;
    ListingTableUrl::try_new(url, None).map_err(|error| SqlError::unreadable(table, file, &error))
}
