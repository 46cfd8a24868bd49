//! What is in a workspace: counted, moved or deleted as a whole.

use database::{Tx, values};

use super::DEFAULT;
use crate::registry::{self, Asked};
use crate::{CatalogError, Code};

/// What belongs to a workspace by itself, and whether its name is unique there.
const KEPT: [(&str, bool); 4] =
    [("experiment", true), ("registered_model", true), ("eval_dataset", false), ("webhook", false)];

/// Models are on record under their workspace and name, and a record is never rewritten: they are
/// neither moved nor deleted with a workspace, but have to be deleted one by one before.
const REGISTRY: &str = "registered_model";

/// What belongs to something in a workspace: the table, its column, and of what that is the number.
/// What is owned comes before its owner.
const OWNED: [(&str, &str, Owner); 29] = [
    ("metric", "run", Owner::Run),
    ("latest_metric", "run", Owner::Run),
    ("param", "run", Owner::Run),
    ("tag", "run", Owner::Run),
    ("dataset_input", "run", Owner::Run),
    ("dataset_input_tag", "run", Owner::Run),
    ("run_model", "run", Owner::Run),
    ("model_metric", "experiment", Owner::Experiment),
    ("latest_model_metric", "experiment", Owner::Experiment),
    ("model_param", "experiment", Owner::Experiment),
    ("model_tag", "experiment", Owner::Experiment),
    ("logged_model", "experiment", Owner::Experiment),
    ("trace_link", "trace_id", Owner::Trace),
    ("trace_tag", "experiment", Owner::Experiment),
    ("trace_metadata", "experiment", Owner::Experiment),
    ("span", "experiment", Owner::Experiment),
    ("assessment", "experiment", Owner::Experiment),
    ("trace", "experiment", Owner::Experiment),
    ("dataset", "experiment", Owner::Experiment),
    ("experiment_tag", "experiment", Owner::Experiment),
    ("run", "experiment", Owner::Experiment),
    ("experiment", "id", Owner::Experiment),
    ("eval_record", "dataset", Owner::Dataset),
    ("eval_dataset_tag", "dataset", Owner::Dataset),
    ("eval_dataset_experiment", "dataset", Owner::Dataset),
    ("eval_dataset", "id", Owner::Dataset),
    ("webhook_delivery", "webhook", Owner::Webhook),
    ("webhook_event", "webhook", Owner::Webhook),
    ("webhook", "id", Owner::Webhook),
];

/// What is said of a workspace as a whole, and ends with it whatever becomes of the rest.
const OWN: [&str; 1] = ["imported"];

#[derive(Clone, Copy)]
enum Owner {
    Dataset,
    Experiment,
    Run,
    Trace,
    Webhook,
}

impl Owner {
    /// The numbers of those in the workspace `?1`.
    const fn numbers(self) -> &'static str {
        match self {
            Self::Dataset => "SELECT id FROM eval_dataset WHERE workspace = ?1",
            Self::Experiment => "SELECT id FROM experiment WHERE workspace = ?1",
            Self::Trace => {
                "SELECT t.trace_id FROM trace t JOIN experiment e ON e.id = t.experiment \
                 WHERE e.workspace = ?1"
            }
            Self::Run => {
                "SELECT r.id FROM run r JOIN experiment e ON e.id = r.experiment \
                 WHERE e.workspace = ?1"
            }
            Self::Webhook => "SELECT id FROM webhook WHERE workspace = ?1",
        }
    }
}

/// Refuses a workspace that has something in it.
pub(super) fn must_be_none(tx: &mut Tx<'_>, workspace: &str) -> Result<(), CatalogError> {
    KEPT.iter().try_for_each(|(table, _)| must_be_without(tx, workspace, table))
}

fn must_be_without(tx: &mut Tx<'_>, workspace: &str, table: &str) -> Result<(), CatalogError> {
    let sql = format!("SELECT count(*) FROM {table} WHERE workspace = ?1");
    match tx.number(&sql, values![workspace])? {
        0 => Ok(()),
        count => Err(CatalogError::new(
            Code::InvalidState,
            format!(
                "Cannot delete workspace '{workspace}': table '{table}' still contains {count} \
                 resource(s). Remove or reassign them before deleting the workspace."
            ),
        )),
    }
}

/// Moves everything to the default workspace, unless a name is taken there.
pub(super) fn move_to_default(tx: &mut Tx<'_>, workspace: &str) -> Result<(), CatalogError> {
    must_be_without(tx, workspace, REGISTRY)?;
    let mut taken: Vec<String> = Vec::new();
    for (table, _) in KEPT.iter().filter(|(_, unique)| *unique) {
        let sql = format!(
            "SELECT name FROM {table} WHERE workspace = ?1 AND name IN
                 (SELECT name FROM {table} WHERE workspace = ?2) ORDER BY name LIMIT 20"
        );
        taken.extend(tx.query(&sql, values![workspace, DEFAULT], |row| {
            Ok(format!("{table}: '{}'", row.get::<String>(0)?))
        })?);
    }
    if !taken.is_empty() {
        return Err(CatalogError::new(
            Code::InvalidState,
            format!(
                "Cannot reassign resources from workspace '{workspace}' to '{DEFAULT}': the \
                 following names already exist in the default workspace and would cause conflicts: \
                 {}. Rename or remove the conflicting resources before retrying.",
                taken.join(", ")
            ),
        ));
    }
    for (table, _) in KEPT {
        let sql = format!("UPDATE {table} SET workspace = ?2 WHERE workspace = ?1");
        tx.execute(&sql, values![workspace, DEFAULT])?;
    }
    Ok(())
}

/// Deletes everything, for good. Artifacts stay where they are.
pub(super) fn delete(tx: &mut Tx<'_>, workspace: &str) -> Result<(), CatalogError> {
    must_be_without(tx, workspace, REGISTRY)?;
    for (table, column, owner) in OWNED {
        let sql = format!("DELETE FROM {table} WHERE {column} IN ({})", owner.numbers());
        tx.execute(&sql, values![workspace])?;
    }
    Ok(())
}

/// Forgets what is said of the workspace as a whole. The policy of its registry ends on record.
pub(super) fn forget(tx: &mut Tx<'_>, asked: &Asked) -> Result<(), CatalogError> {
    registry::set_policy(tx, asked, None, None)?;
    for table in OWN {
        let sql = format!("DELETE FROM {table} WHERE workspace = ?1");
        tx.execute(&sql, values![&asked.workspace])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tables that are not in any workspace, or that have no more than its name.
    const APART: [&str; 16] = [
        "workspace",
        "account",
        "api_token",
        "role",
        "role_permission",
        "role_account",
        // Names and digests that models of all workspaces may share.
        "metric_dataset",
        // The registry: there is nothing of it where there are no registered models, except the
        // record, which stays.
        "record",
        "record_head",
        "registered_model",
        "registered_model_tag",
        "model_version",
        "model_version_tag",
        "model_alias",
        "approval",
        "registry_policy",
    ];

    #[test]
    fn every_table_is_emptied_with_its_workspace_or_stands_apart() {
        let sql = crate::MIGRATIONS.iter().map(|step| step.sql).collect::<String>();
        for line in sql.lines() {
            let Some(rest) = line.trim().strip_prefix("CREATE TABLE ") else { continue };
            let table = rest.split([' ', '(']).next().unwrap();
            let owned = OWNED.iter().any(|(name, ..)| *name == table) || OWN.contains(&table);
            assert!(owned != APART.contains(&table), "{table}: say what becomes of it");
        }
    }
}
