//! Training sets that were kept: immutable, under the digest of their bytes, with what they were
//! made from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use features::point_in_time::Knowledge;
use serde::{Deserialize, Serialize};
use types::{Digest, Timestamp};

use crate::history::{Question, Report};
use crate::{FeatureStore, FeatureStoreError};

/// What a training set was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// The features that were asked for.
    pub features: Vec<String>,
    /// The service that names them, if one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// The version of each view that was read, as the digest of its definition.
    pub views: BTreeMap<String, Digest>,
    /// The digest of the file of the rows that asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity_rows: Option<Digest>,
    /// Whether only what was known counts.
    pub point_in_time: bool,
    /// Rows.
    pub rows: u64,
    /// The columns of the features.
    pub columns: Vec<String>,
}

/// A training set that was kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SavedDataset {
    /// Its name.
    pub name: String,
    /// Counted from 1 for each name.
    pub version: i64,
    /// The digest of its bytes: a Parquet file.
    pub digest: Digest,
    /// When it was kept, in microseconds of UTC.
    pub at_micros: i64,
    /// What it was made from.
    #[serde(flatten)]
    pub made: Made,
}

impl FeatureStore {
    /// Keeps a training set that was written to a Parquet file. The same bytes under the same name
    /// are kept once.
    pub fn save(
        &self,
        name: &str,
        file: &Path,
        made: Made,
        at: Timestamp,
    ) -> Result<SavedDataset, FeatureStoreError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
        if name.is_empty() || !name.bytes().all(plain) {
            return Err(FeatureStoreError::Asked(format!(
                "`{name}` is no name for a data set: use letters, digits, `_`, `-` and `.`"
            )));
        }
        let digest = store::keep_file(self.home(), file)
            .map_err(|error| FeatureStoreError::file(file, error))?;
        let newest = self.saved()?.into_iter().rfind(|known| known.name == name);
        if let Some(newest) = newest.filter(|newest| newest.digest == digest && newest.made == made)
        {
            return Ok(newest);
        }
        let body = serde_json::to_string(&made).expect("it is plain data");
        let version = self.registry.keep(at, name, &digest, &body)?;
        let at_micros = at.timestamp_micros();
        Ok(SavedDataset { name: name.to_owned(), version, digest, at_micros, made })
    }

    /// The training sets that were kept, oldest first.
    pub fn saved(&self) -> Result<Vec<SavedDataset>, FeatureStoreError> {
        let read = |row: crate::registry::SavedRow| {
            let damaged = |what: String| {
                let name = &row.name;
                FeatureStoreError::Asked(format!("the data set `{name}` cannot be read: {what}"))
            };
            Ok(SavedDataset {
                digest: row.digest.parse().map_err(|_| damaged("its digest is none".to_owned()))?,
                made: serde_json::from_str(&row.body)
                    .map_err(|error| damaged(error.to_string()))?,
                name: row.name.clone(),
                version: row.version,
                at_micros: row.at_micros,
            })
        };
        self.registry.kept()?.into_iter().map(read).collect()
    }

    /// The newest training set of a name, or the one of a version (`name@2`).
    pub fn dataset(&self, name: &str) -> Result<SavedDataset, FeatureStoreError> {
        let all = self.saved()?;
        let (wanted, version) = match name.split_once('@') {
            Some((name, version)) => (name, version.parse::<i64>().ok()),
            None => (name, None),
        };
        let fits = |known: &&SavedDataset| {
            known.name == wanted && version.is_none_or(|version| known.version == version)
        };
        all.iter().rfind(|known| fits(known)).cloned().ok_or_else(|| {
            FeatureStoreError::unknown(
                "data set",
                name,
                all.iter().map(|known| known.name.as_str()),
            )
        })
    }

    /// The file of a training set, whose bytes have been held against its digest.
    pub fn dataset_file(&self, saved: &SavedDataset) -> Result<PathBuf, FeatureStoreError> {
        store::kept_file(self.home(), &saved.digest).map_err(|error| {
            FeatureStoreError::Asked(format!("data set `{}`: {error}", saved.name))
        })
    }
}

impl Made {
    /// What a question made.
    pub fn of(
        question: &Question,
        report: &Report,
        service: Option<&str>,
        entity_rows: Option<Digest>,
    ) -> Self {
        Self {
            features: question.features.iter().map(ToString::to_string).collect(),
            service: service.map(str::to_owned),
            views: report.views.iter().map(|view| (view.view.clone(), view.digest)).collect(),
            entity_rows,
            point_in_time: question.knowledge == Knowledge::Respected,
            rows: report.rows,
            columns: report.columns.clone(),
        }
    }
}
