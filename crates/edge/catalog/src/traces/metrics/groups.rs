//! Groups that the database makes, and the reading of what they have in common.

use database::{Row, Tx};

use super::tables::Metric;
use super::{Aggregation, BUCKET, Column, DataPoint, Query};
use crate::CatalogError;
use crate::search::Build;
use crate::traces::clock;

/// Groups that the database makes.
pub(super) fn groups(
    tx: &mut Tx<'_>,
    query: &Query,
    metric: &Metric,
    columns: &[Column],
    rows: Build,
) -> Result<Vec<DataPoint>, CatalogError> {
    let names: Vec<String> = (0..columns.len()).map(|place| format!("d{place}")).collect();
    let names = names.join(", ");
    let mut sql = Build::new("SELECT ");
    sql.push(&names).push(if columns.is_empty() { "" } else { ", " });
    for (place, aggregation) in query.aggregations.iter().enumerate() {
        sql.push(if place > 0 { ", " } else { "" });
        sql.push(match aggregation {
            Aggregation::Count if metric.distinct => "CAST(count(DISTINCT v) AS DOUBLE PRECISION)",
            Aggregation::Count => "CAST(count(v) AS DOUBLE PRECISION)",
            Aggregation::Sum => "sum(v)",
            Aggregation::Avg => "avg(v)",
            Aggregation::Min => "min(v)",
            Aggregation::Max | Aggregation::Percentile(_) => "max(v)",
        });
    }
    sql.push(" FROM (").append(rows).push(") counted");
    if !columns.is_empty() {
        sql.push(" GROUP BY ").push(&names).push(" ORDER BY ").push(&names);
    }
    sql.push(" LIMIT ").value(query.max as i64);
    let points = tx.query(sql.sql(), &sql.values(), |row| {
        let mut values = Vec::with_capacity(query.aggregations.len());
        for (place, aggregation) in query.aggregations.iter().enumerate() {
            if let Some(value) = row.get::<Option<f64>>(columns.len() + place)? {
                values.push((aggregation.label(), value));
            }
        }
        let dimensions = read_dimensions(row, columns)?;
        Ok(DataPoint { metric_name: query.metric.clone(), dimensions, values })
    })?;
    Ok(points.into_iter().filter(|point| !point.values.is_empty()).collect())
}

pub(super) fn read_dimensions(
    row: &Row<'_>,
    columns: &[Column],
) -> Result<Vec<(String, String)>, database::DatabaseError> {
    let read = |(place, column): (usize, &Column)| {
        let value = match column.name.as_str() {
            BUCKET => clock::isoformat(row.get(place)?),
            _ => row.get(place)?,
        };
        Ok((column.name.clone(), value))
    };
    columns.iter().enumerate().map(read).collect()
}
