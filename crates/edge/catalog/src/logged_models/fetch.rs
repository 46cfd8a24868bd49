//! The statement that finds logged models, from where a plan begins.

use database::{Dialect, Tx};
use tracking::search::{Subject, Term};

use super::plan;
use super::search::{ModelOrder, ModelSearch, OnDataset};
use super::terms::{self, condition, rows_of_term};
use crate::CatalogError;
use crate::search::Build;

/// Where a statement begins.
pub(super) enum From {
    /// All models of the experiments, sorted as a whole.
    All,
    /// The models that fit a term, by its index, sorted.
    Few(Term),
    /// The newest models, in the order of their index.
    Age,
    /// The newest values of a metric, in the order of their index; or those that are NaN.
    Metric { key: String, dataset: i64, nan: bool },
    /// The models that have no value of a metric.
    Without { key: String, dataset: i64 },
}

/// A key of the order, and how its values are joined: columns of the model need no join.
struct Key<'a> {
    order: &'a ModelOrder,
    /// The number under which the newest values are kept, unless several datasets are meant.
    dataset: Option<i64>,
}

/// The numbers of the first `wanted` models.
pub(super) fn fetch(
    tx: &mut Tx<'_>,
    search: &ModelSearch,
    from: &From,
    wanted: usize,
) -> Result<Vec<i64>, CatalogError> {
    let rest = match from {
        From::Age => &[],
        From::Metric { .. } | From::Without { .. } => &search.order[1..],
        From::All | From::Few(_) => &search.order[..],
    };
    let mut keys = Vec::with_capacity(rest.len());
    for order in rest.iter().filter(|order| terms::differs(&order.by.subject)) {
        keys.push(Key { order, dataset: plan::dataset(tx, &order.on)? });
    }
    let sql = statement(tx.dialect(), search, from, &keys, wanted)?;
    Ok(tx.query(sql.sql(), &sql.values(), |row| row.get(0))?)
}

fn statement(
    dialect: Dialect,
    search: &ModelSearch,
    from: &From,
    keys: &[Key<'_>],
    wanted: usize,
) -> Result<Build, CatalogError> {
    let parts: Vec<&[i64]> = match from {
        From::All | From::Few(_) => vec![&search.experiments],
        _ => search.experiments.chunks(1).collect(),
    };
    let limit = i64::try_from(wanted).unwrap_or(i64::MAX);
    let mut sql = Build::new("SELECT id FROM (");
    for (place, experiments) in parts.into_iter().enumerate() {
        sql.push(if place > 0 { " UNION ALL " } else { "" });
        let part = Part { search, from, keys, experiments };
        part.write(&mut sql, dialect, limit)?;
    }
    sql.push(") whole ORDER BY ");
    write_order(&mut sql, search, from, keys);
    sql.push(" LIMIT ").value(limit);
    Ok(sql)
}

/// One of the parts that are put together and sorted.
struct Part<'a> {
    search: &'a ModelSearch,
    from: &'a From,
    keys: &'a [Key<'a>],
    experiments: &'a [i64],
}

impl Part<'_> {
    fn write(&self, sql: &mut Build, dialect: Dialect, limit: i64) -> Result<(), CatalogError> {
        sql.push("SELECT * FROM (SELECT m.id AS id, m.created AS created, m.uuid AS uuid");
        if let From::Metric { .. } = self.from {
            sql.push(", w.value AS settled");
        }
        for (place, key) in self.keys.iter().enumerate() {
            write_columns(sql, place, key)?;
        }
        match self.from {
            From::Metric { .. } => {
                sql.push(" FROM latest_model_metric w CROSS JOIN logged_model m")
            }
            _ => sql.push(" FROM logged_model m"),
        };
        for (place, key) in self.keys.iter().enumerate() {
            write_join(sql, place, key);
        }
        sql.push(" WHERE ");
        self.write_beginning(sql, dialect)?;
        for term in self.search.filter.terms.iter().filter(|term| !self.is_kept(term)) {
            sql.push(" AND ");
            condition(sql, dialect, term, &self.search.datasets)?;
        }
        terms::on_datasets(sql, self.search);
        sql.push(" ORDER BY ");
        write_order(sql, self.search, self.from, self.keys);
        sql.push(" LIMIT ").value(limit).push(") part");
        Ok(())
    }

    /// Whether the beginning keeps to the term already. Datasets narrow a term on a metric further.
    fn is_kept(&self, term: &Term) -> bool {
        let narrowed =
            matches!(term.subject, Subject::Metric(_)) && !self.search.datasets.is_empty();
        matches!(self.from, From::Few(few) if few == term) && !narrowed
    }

    /// A `+` keeps SQLite from using the index of a column where another is meant.
    fn write_beginning(&self, sql: &mut Build, dialect: Dialect) -> Result<(), CatalogError> {
        match self.from {
            From::All | From::Age => {
                terms::among(sql, "m.experiment", self.experiments);
                sql.push(" AND m.active = 1");
            }
            From::Few(term) => {
                if let Some(rows) = rows_of_term(dialect, term, self.experiments)? {
                    sql.push("m.id IN (SELECT x.").push(rows.model).push(" FROM ");
                    sql.push(rows.table).push(" x WHERE ").append(rows.on).push(") AND ");
                }
                sql.push("+m.active = 1");
            }
            From::Metric { key, dataset, nan } => {
                sql.push("w.experiment = ").value(self.experiments[0]);
                sql.push(" AND w.key = ").value(key.as_str());
                sql.push(" AND w.dataset = ").value(*dataset);
                sql.push(if *nan { " AND w.is_nan = 1" } else { " AND w.is_nan = 0" });
                sql.push(" AND m.id = w.model AND +m.active = 1");
            }
            From::Without { key, dataset } => {
                sql.push("m.experiment = ").value(self.experiments[0]).push(" AND m.active = 1");
                sql.push(" AND NOT EXISTS (SELECT 1 FROM latest_model_metric w");
                sql.push(" WHERE w.model = m.id AND w.key = ").value(key.as_str());
                sql.push(" AND w.dataset = ").value(*dataset).push(")");
            }
        }
        Ok(())
    }
}

/// The columns by which a key sorts: whether there is a value, and the value.
fn write_columns(sql: &mut Build, place: usize, key: &Key<'_>) -> Result<(), CatalogError> {
    let (value, missing) = match &key.order.by.subject {
        Subject::Attribute(name) => (terms::column(name)?.to_owned(), "0".to_owned()),
        _ => {
            let value = format!("o{place}.value");
            let missing = format!(
                "CASE WHEN {value} IS NULL THEN 2 WHEN o{place}.is_nan = 1 THEN 1 ELSE 0 END"
            );
            (value, missing)
        }
    };
    sql.push(&format!(", {missing} AS c{place}, {value} AS v{place}"));
    Ok(())
}

fn write_join(sql: &mut Build, place: usize, key: &Key<'_>) {
    let Subject::Metric(name) = &key.order.by.subject else { return };
    sql.push(&format!(" LEFT JOIN latest_model_metric o{place} ON o{place}.model = m.id"));
    sql.push(&format!(" AND o{place}.key = ")).value(name.as_str());
    sql.push(&format!(" AND o{place}.dataset = "));
    match key.dataset {
        Some(dataset) => {
            sql.value(dataset);
        }
        None => write_newest(sql, name, &key.order.on),
    }
}

/// Of several datasets, the one on which the model was measured last.
fn write_newest(sql: &mut Build, metric: &str, on: &OnDataset) {
    sql.push("(SELECT y.dataset FROM latest_model_metric y WHERE y.model = m.id AND y.key = ");
    sql.value(metric).push(" AND y.dataset IN ");
    terms::numbers_of(sql, std::slice::from_ref(on));
    sql.push(" ORDER BY y.time DESC, y.step DESC, y.run LIMIT 1)");
}

/// The order by the columns of a part.
fn write_order(sql: &mut Build, search: &ModelSearch, from: &From, keys: &[Key<'_>]) {
    if let (From::Metric { nan: false, .. }, Some(first)) = (from, search.order.first()) {
        sql.push("settled").push(if first.by.descending { " DESC, " } else { ", " });
    }
    let mut by_id = false;
    for (place, key) in keys.iter().enumerate() {
        let direction = if key.order.by.descending { " DESC" } else { "" };
        sql.push(&format!("c{place}, v{place}{direction}, "));
        by_id |= key.order.by.subject == Subject::Attribute("model_id");
    }
    sql.push(if by_id { "created DESC" } else { "created DESC, uuid" });
}

#[cfg(test)]
mod tests {
    use database::{Database, Options};
    use tracking::search::{Entity, parse_filter, parse_logged_model_order};

    use super::*;

    /// What SQLite says that it will do.
    fn explained(from: &From, filter: &str, order: &[&str]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tracking.db").display().to_string();
        let db = Database::open(&file, crate::MIGRATIONS, &Options::default()).unwrap();
        let by = |field: &&str| ModelOrder {
            by: parse_logged_model_order(field, false).unwrap(),
            on: OnDataset::default(),
        };
        let search = ModelSearch {
            experiments: vec![1],
            filter: parse_filter(Entity::LoggedModels, filter).unwrap(),
            order: order.iter().map(by).collect(),
            ..ModelSearch::default()
        };
        let sql = statement(Dialect::Sqlite, &search, from, &[], 51).unwrap();
        db.read_blocking(move |tx| {
            let explain = format!("EXPLAIN QUERY PLAN {}", sql.sql());
            Ok::<_, CatalogError>(tx.query(&explain, &sql.values(), |row| row.get::<String>(3))?)
        })
        .unwrap()
        .join("\n")
    }

    /// No part of a plan reads a whole table, and no part sorts more than the page.
    #[test]
    fn plans_walk_their_index() {
        let walk = From::Metric { key: "acc".to_owned(), dataset: 0, nan: false };
        for (from, filter, order, expected) in [
            (
                From::Age,
                "metrics.acc > 0.5 AND tags.t = 'x'",
                &[][..],
                "COVERING INDEX logged_model_by_age",
            ),
            (
                walk,
                "params.a = 'b'",
                &["metrics.acc"],
                "COVERING INDEX latest_model_metric_by_value",
            ),
            (few("metrics.acc > 0.5"), "", &[], "INDEX model_metric_by_value"),
            (few("params.a = 'b'"), "", &[], "INDEX model_param_by_value"),
            (few("tags.a = 'b'"), "", &[], "INDEX model_tag_by_value"),
            (few("name = 'b'"), "", &[], "INDEX logged_model_by_name"),
            (few("source_run_id = 'b'"), "", &[], "INDEX logged_model_by_run"),
        ] {
            let plan = explained(&from, filter, order);
            assert!(plan.contains(expected), "{expected}: {plan}");
            assert!(!plan.contains("SCAN m") && !plan.contains("SCAN x"), "{plan}");
        }
    }

    fn few(filter: &str) -> From {
        From::Few(parse_filter(Entity::LoggedModels, filter).unwrap().terms.remove(0))
    }
}
