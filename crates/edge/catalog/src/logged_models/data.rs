//! Logged models with all that belongs to them, gathered a whole page at a time.

use std::collections::HashMap;

use database::{DatabaseError, Row, Tx};

use super::{LoggedModel, ModelData, ModelInfo, ModelMetric};
use crate::{CatalogError, metrics, sql};

/// Gathers what belongs to models, whose numbers stand beside them, and keeps their order.
pub(super) fn assemble(
    tx: &mut Tx<'_>,
    infos: Vec<(i64, ModelInfo)>,
) -> Result<Vec<LoggedModel>, CatalogError> {
    let mut owners: Vec<i64> = infos.iter().map(|(id, _)| *id).collect();
    let places: HashMap<i64, usize> =
        owners.iter().enumerate().map(|(place, id)| (*id, place)).collect();
    let mut models: Vec<LoggedModel> = infos
        .into_iter()
        .map(|(_, info)| LoggedModel { info, data: ModelData::default() })
        .collect();
    owners.sort_unstable();
    let mut each = |tx: &mut Tx<'_>, select: &str, take: Take| {
        sql::for_owners(
            tx,
            &owners,
            |marks| select.replace("{marks}", marks),
            |row| take(&mut models[places[&row.get::<i64>(0)?]], row),
        )
    };
    each(
        tx,
        "SELECT model, key, value FROM model_tag WHERE model IN ({marks}) ORDER BY model, key",
        |model, row| {
            model.info.tags.push(sql::tag(row, 1)?);
            Ok(())
        },
    )?;
    each(
        tx,
        "SELECT model, key, value FROM model_param WHERE model IN ({marks}) ORDER BY model, key",
        |model, row| {
            model.data.params.push(sql::tag(row, 1)?);
            Ok(())
        },
    )?;
    each(
        tx,
        "SELECT x.model, x.key, x.value, x.is_nan, x.time, x.step, x.run, d.name, d.digest
         FROM model_metric x LEFT JOIN metric_dataset d ON d.id = x.dataset
         WHERE x.model IN ({marks})
         ORDER BY x.model, x.key, x.time, x.step, x.run, x.dataset, x.value",
        |model, row| {
            let metric = metric(model, row)?;
            model.data.metrics.push(metric);
            Ok(())
        },
    )?;
    Ok(models)
}

type Take = fn(&mut LoggedModel, &Row<'_>) -> Result<(), DatabaseError>;

fn metric(model: &LoggedModel, row: &Row<'_>) -> Result<ModelMetric, DatabaseError> {
    let metric = metrics::read(row, 1)?;
    Ok(ModelMetric {
        key: metric.key,
        value: metric.value,
        timestamp: metric.timestamp,
        step: metric.step,
        dataset_name: row.get(7)?,
        dataset_digest: row.get(8)?,
        model_id: model.info.model_id.clone(),
        run_id: row.get(6)?,
    })
}
