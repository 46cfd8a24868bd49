//! The datasets that the runs of experiments read.

use database::Tx;
use serde::Serialize;

use crate::search::Build;
use crate::{CatalogError, experiments};

/// So many are given at most.
const MOST: i64 = 1_000;

/// A dataset, in the words of the wire, as runs read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DatasetSummary {
    /// The experiment of the runs.
    pub experiment_id: String,
    /// The name of the dataset.
    pub name: String,
    /// A digest of its content.
    pub digest: String,
    /// What it was read for, such as `train`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
}

/// The datasets that runs of these experiments read, each once for each context; at most a thousand.
pub fn datasets(
    tx: &mut Tx<'_>,
    workspace: &str,
    experiments: &[i64],
) -> Result<Vec<DatasetSummary>, CatalogError> {
    let experiments = experiments::in_workspace(tx, workspace, experiments)?;
    let mut sql = Build::new(
        "SELECT DISTINCT d.experiment, d.name, d.digest, t.value
         FROM dataset d JOIN dataset_input i ON i.dataset = d.id
         LEFT JOIN dataset_input_tag t ON t.run = i.run AND t.dataset = i.dataset AND t.key = ",
    );
    sql.value("mlflow.data.context").push(" WHERE d.experiment IN ").list(experiments);
    sql.push(" ORDER BY d.experiment, d.name, d.digest, t.value LIMIT ").value(MOST);
    let found = tx.query(sql.sql(), &sql.values(), |row| {
        Ok(DatasetSummary {
            experiment_id: row.get::<i64>(0)?.to_string(),
            name: row.get(1)?,
            digest: row.get(2)?,
            context: row.get(3)?,
        })
    })?;
    Ok(found)
}
