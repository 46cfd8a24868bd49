//! How often two filters hold together: their normalised pointwise mutual information.
//!
//! Source: G. Bouma, "Normalized (pointwise) mutual information in collocation extraction", 2009. It
//! is 1 where they always hold together, 0 where they are independent, -1 where they never do.

use database::Tx;
use serde::Serialize;
use tracking::search::Filter;

use super::search::conditions;
use crate::search::Build;
use crate::{CatalogError, experiments};

/// What is added to each of the four counts, so that few traces say little: Jeffreys' prior.
const PRIOR: f64 = 0.5;

/// How often two filters hold together, in the words of the wire.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Correlation {
    /// From -1 to 1; `None` where a filter never holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub npmi: Option<f64>,
    /// The same with a little added to each count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub npmi_smoothed: Option<f64>,
    /// For how many traces the first holds.
    pub filter1_count: i64,
    /// For how many traces the second holds.
    pub filter2_count: i64,
    /// For how many traces both hold.
    pub joint_count: i64,
    /// Of how many traces.
    pub total_count: i64,
}

/// How often two filters hold together, among the traces for which `base` holds.
pub fn correlate(
    tx: &mut Tx<'_>,
    workspace: &str,
    experiments: &[i64],
    base: &Filter,
    filters: [&Filter; 2],
) -> Result<Correlation, CatalogError> {
    let mut scope = experiments::in_workspace(tx, workspace, experiments)?;
    scope.sort_unstable();
    scope.dedup();
    if scope.is_empty() {
        return Ok(Correlation::of(0, 0, 0, 0));
    }
    let all = |conditions: Vec<Build>| {
        let mut all = Build::new("1 = 1");
        for condition in conditions {
            all.push(" AND ").append(condition);
        }
        all
    };
    let base = all(conditions(tx, &scope, base)?);
    let first = all(conditions(tx, &scope, filters[0])?);
    let second = all(conditions(tx, &scope, filters[1])?);
    let mut sql = Build::new("SELECT count(*), coalesce(sum(a), 0), coalesce(sum(b), 0),");
    sql.push(" coalesce(sum(a * b), 0) FROM (SELECT CASE WHEN ").append(first);
    sql.push(" THEN 1 ELSE 0 END AS a, CASE WHEN ").append(second);
    sql.push(" THEN 1 ELSE 0 END AS b FROM trace t WHERE t.experiment IN ");
    sql.list(scope).push(" AND ").append(base).push(") held");
    let counts = tx.first(sql.sql(), &sql.values(), |row| {
        Ok([row.get::<i64>(0)?, row.get(1)?, row.get(2)?, row.get(3)?])
    })?;
    let [total, first, second, both] = counts.unwrap_or_default();
    Ok(Correlation::of(both, first, second, total))
}

impl Correlation {
    fn of(both: i64, first: i64, second: i64, total: i64) -> Self {
        let table = [both, first - both, second - both, total - first - second + both];
        let defined = first > 0 && second > 0 && table.iter().all(|count| *count >= 0);
        let plain = match defined {
            false => None,
            true if both == 0 => Some(-1.0),
            true => npmi(table, 0.0),
        };
        Self {
            npmi: plain,
            npmi_smoothed: defined.then(|| npmi(table, PRIOR)).flatten(),
            filter1_count: first,
            filter2_count: second,
            joint_count: both,
            total_count: total,
        }
    }
}

/// Of a table of counts: both, only the first, only the second, neither.
fn npmi(table: [i64; 4], added: f64) -> Option<f64> {
    let [both, first, second, neither] = table.map(|count| count as f64 + added);
    if both <= 0.0 {
        return None;
    }
    if table[1..] == [0, 0, 0] {
        return Some(1.0);
    }
    let all = both + first + second + neither;
    let pmi = (both.ln() + all.ln()) - ((both + first).ln() + (both + second).ln());
    Some((pmi / (all.ln() - both.ln())).clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values from MLflow 3.17.2, `calculate_npmi_from_counts`.
    #[test]
    fn counts_give_what_the_reference_gives() {
        for (counts, npmi, smoothed) in [
            ((2, 13, 4, 21), Some(-0.090_829_441_046_214_97), Some(-0.088_640_043_898_371_49)),
            ((0, 5, 4, 21), Some(-1.0), Some(-0.250_441_409_104_604_8)),
            ((13, 13, 13, 21), Some(1.0), Some(0.863_485_979_979_239_3)),
            ((5, 5, 5, 5), Some(1.0), Some(1.0)),
            ((0, 13, 0, 21), None, None),
            ((0, 0, 0, 0), None, None),
        ] {
            let (both, first, second, total) = counts;
            let found = Correlation::of(both, first, second, total);
            let close = |a: Option<f64>, b: Option<f64>| match (a, b) {
                (Some(a), Some(b)) => (a - b).abs() < 1e-12,
                (a, b) => a == b,
            };
            assert!(close(found.npmi, npmi), "{counts:?}: {:?}", found.npmi);
            assert!(close(found.npmi_smoothed, smoothed), "{counts:?}: {:?}", found.npmi_smoothed);
        }
    }
}
