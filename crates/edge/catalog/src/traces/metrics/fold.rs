//! Groups with percentiles, which not every database makes: they are made here, one after another,
//! of rows in order.

use database::Tx;

use super::groups::read_dimensions;
use super::{Aggregation, Column, DataPoint, Query};
use crate::CatalogError;
use crate::search::Build;

/// Groups of the rows of a statement.
pub(super) fn groups(
    tx: &mut Tx<'_>,
    query: &Query,
    columns: &[Column],
    rows: Build,
) -> Result<Vec<DataPoint>, CatalogError> {
    let mut sql = Build::new("SELECT * FROM (");
    sql.append(rows).push(") counted ORDER BY ");
    for place in 0..columns.len() {
        sql.push(&format!("d{place}, "));
    }
    sql.push("v");
    let mut groups: Vec<Group> = Vec::new();
    tx.each(sql.sql(), &sql.values(), |row| {
        let (dimensions, value) = (read_dimensions(row, columns)?, row.get(columns.len())?);
        let full = groups.len() >= query.max;
        match groups.last_mut() {
            Some(group) if group.dimensions == dimensions => group.values.push(value),
            _ if full => {}
            _ => groups.push(Group { dimensions, values: vec![value] }),
        }
        Ok(())
    })?;
    Ok(groups.iter().map(|group| group.point(query)).collect())
}

/// Values that have their dimensions in common, from the least to the greatest.
struct Group {
    dimensions: Vec<(String, String)>,
    values: Vec<f64>,
}

impl Group {
    fn point(&self, query: &Query) -> DataPoint {
        let value = |one: &Aggregation| (one.label(), aggregate(&self.values, *one));
        DataPoint {
            metric_name: query.metric.clone(),
            dimensions: self.dimensions.clone(),
            values: query.aggregations.iter().map(value).collect(),
        }
    }
}

/// Of values that are sorted and not none.
fn aggregate(sorted: &[f64], aggregation: Aggregation) -> f64 {
    match aggregation {
        Aggregation::Count => sorted.len() as f64,
        Aggregation::Sum => sorted.iter().sum(),
        Aggregation::Avg => sorted.iter().sum::<f64>() / sorted.len() as f64,
        Aggregation::Min => sorted[0],
        Aggregation::Max => sorted[sorted.len() - 1],
        Aggregation::Percentile(percentile) => percentile_of(sorted, percentile),
    }
}

/// Between the two values around it, in proportion: method 7 of R. J. Hyndman and Y. Fan, "Sample
/// quantiles in statistical packages", 1996.
fn percentile_of(sorted: &[f64], percentile: f64) -> f64 {
    let place = percentile / 100.0 * (sorted.len() - 1) as f64;
    let lower = (place.floor() as usize).min(sorted.len() - 1);
    let upper = (lower + 1).min(sorted.len() - 1);
    sorted[lower] + (place - lower as f64) * (sorted[upper] - sorted[lower])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values from `numpy.quantile`, whose method is `linear`.
    #[test]
    fn percentiles_are_interpolated() {
        let values = [1.0, 2.0, 4.0, 8.0];
        for (percentile, expected) in [(0.0, 1.0), (50.0, 3.0), (90.0, 6.8), (100.0, 8.0)] {
            let found = percentile_of(&values, percentile);
            assert!((found - expected).abs() < 1e-12, "{percentile}: {found}");
        }
        assert!((percentile_of(&[5.0], 37.0) - 5.0).abs() < 1e-12);
    }
}
