//! Runs with all that belongs to them, gathered a whole page at a time.

use std::collections::HashMap;

use database::{DatabaseError, Tx, values};

use super::inputs::{Dataset, DatasetInput, ModelInput, ModelOutput};
use super::{INFO, Run, RunData, RunInfo, RunInputs, RunOutputs, read_info};
use crate::{CatalogError, metrics, sql};

/// A run by its id, deleted or not.
pub fn get(tx: &mut Tx<'_>, workspace: &str, uuid: &str) -> Result<Run, CatalogError> {
    let found = tx.first(
        &format!(
            "SELECT {INFO} FROM run r JOIN experiment e ON e.id = r.experiment
             WHERE r.uuid = ?1 AND e.workspace = ?2"
        ),
        values![uuid, workspace],
        read_info,
    )?;
    let found =
        found.ok_or_else(|| CatalogError::missing(format!("Run with id={uuid} not found")))?;
    Ok(assemble(tx, vec![found])?.remove(0))
}

/// Gathers what belongs to runs, whose numbers stand beside them, and keeps their order.
pub fn assemble(tx: &mut Tx<'_>, infos: Vec<(i64, RunInfo)>) -> Result<Vec<Run>, CatalogError> {
    let mut owners: Vec<i64> = infos.iter().map(|(id, _)| *id).collect();
    let places: HashMap<i64, usize> =
        owners.iter().enumerate().map(|(place, id)| (*id, place)).collect();
    let mut runs: Vec<Run> = infos
        .into_iter()
        .map(|(_, info)| Run {
            info,
            data: RunData::default(),
            inputs: RunInputs::default(),
            outputs: Some(RunOutputs::default()),
        })
        .collect();
    owners.sort_unstable();
    let mut gather = Gather { tx, owners: &owners, places: &places, runs: &mut runs };
    gather.metrics()?;
    gather.params()?;
    gather.tags()?;
    gather.datasets()?;
    gather.models()?;
    Ok(runs)
}

struct Gather<'a, 'c> {
    tx: &'a mut Tx<'c>,
    owners: &'a [i64],
    places: &'a HashMap<i64, usize>,
    runs: &'a mut Vec<Run>,
}

impl Gather<'_, '_> {
    /// Gives each row of a statement, whose first column is the owner, with its run to `take`.
    fn each(
        &mut self,
        select: impl Fn(&str) -> String,
        mut take: impl FnMut(&mut Run, &database::Row<'_>) -> Result<(), DatabaseError>,
    ) -> Result<(), CatalogError> {
        let (runs, places) = (&mut *self.runs, self.places);
        sql::for_owners(self.tx, self.owners, select, |row| {
            let place = places[&row.get::<i64>(0)?];
            take(&mut runs[place], row)
        })
    }

    fn metrics(&mut self) -> Result<(), CatalogError> {
        self.each(
            |marks| {
                format!(
                    "SELECT run, key, value, is_nan, time, step FROM latest_metric
                     WHERE run IN ({marks}) ORDER BY run, key"
                )
            },
            |run, row| {
                run.data.metrics.push(metrics::read(row, 1)?);
                Ok(())
            },
        )
    }

    fn params(&mut self) -> Result<(), CatalogError> {
        self.each(
            |marks| {
                format!(
                    "SELECT run, key, value FROM param WHERE run IN ({marks}) ORDER BY run, key"
                )
            },
            |run, row| {
                run.data.params.push(sql::tag(row, 1)?);
                Ok(())
            },
        )
    }

    fn tags(&mut self) -> Result<(), CatalogError> {
        self.each(
            |marks| {
                format!("SELECT run, key, value FROM tag WHERE run IN ({marks}) ORDER BY run, key")
            },
            |run, row| {
                run.data.tags.push(sql::tag(row, 1)?);
                Ok(())
            },
        )
    }

    fn datasets(&mut self) -> Result<(), CatalogError> {
        let mut input_places: HashMap<(String, i64), usize> = HashMap::new();
        self.each(
            |marks| {
                format!(
                    "SELECT i.run, i.dataset, d.name, d.digest, d.source_type, d.source, d.schema,
                         d.profile
                     FROM dataset_input i JOIN dataset d ON d.id = i.dataset
                     WHERE i.run IN ({marks}) ORDER BY i.run, i.dataset"
                )
            },
            |run, row| {
                let inputs = &mut run.inputs.dataset_inputs;
                input_places.insert((run.info.run_id.clone(), row.get(1)?), inputs.len());
                let dataset = Dataset {
                    name: row.get(2)?,
                    digest: row.get(3)?,
                    source_type: row.get(4)?,
                    source: row.get(5)?,
                    schema: row.get(6)?,
                    profile: row.get(7)?,
                };
                inputs.push(DatasetInput { tags: vec![], dataset });
                Ok(())
            },
        )?;
        if input_places.is_empty() {
            return Ok(());
        }
        self.each(
            |marks| {
                format!(
                    "SELECT run, dataset, key, value FROM dataset_input_tag WHERE run IN ({marks})
                     ORDER BY run, dataset, key"
                )
            },
            |run, row| {
                let place = input_places.get(&(run.info.run_id.clone(), row.get(1)?));
                if let Some(place) = place {
                    run.inputs.dataset_inputs[*place].tags.push(sql::tag(row, 2)?);
                }
                Ok(())
            },
        )
    }

    fn models(&mut self) -> Result<(), CatalogError> {
        self.each(
            |marks| {
                format!(
                    "SELECT run, kind, model, step FROM run_model WHERE run IN ({marks})
                     ORDER BY run, kind, step, model"
                )
            },
            |run, row| {
                let model_id = row.get(2)?;
                if row.get::<String>(1)? == "input" {
                    run.inputs.model_inputs.push(ModelInput { model_id });
                } else {
                    let outputs = run.outputs.get_or_insert_default();
                    outputs.model_outputs.push(ModelOutput { model_id, step: row.get(3)? });
                }
                Ok(())
            },
        )
    }
}
