//! The statement that finds runs, from where a plan begins.

use database::{Dialect, Tx};
use tracking::search::{OrderBy, Subject, Term};

use super::Build;
use super::runs::RunSearch;
use super::terms::{self, condition, rows_of_term};
use crate::CatalogError;

/// Where a statement begins.
pub(super) enum From {
    /// All runs of the experiments, sorted as a whole.
    All,
    /// The runs that fit a term, by its index, sorted.
    Few(Term),
    /// The newest runs, in the order of their index.
    Start,
    /// The values of a metric, in the order of their index; or those that are NaN.
    Metric { key: String, nan: bool },
    /// The runs that have no value of a metric.
    Without(String),
}

impl From {
    /// How many orders the beginning settles.
    fn settles(&self) -> usize {
        match self {
            Self::Metric { .. } | Self::Without(_) => 1,
            Self::All | Self::Few(_) | Self::Start => 0,
        }
    }

    /// Whether it is one statement for all experiments, or one for each.
    fn at_once(&self) -> bool {
        matches!(self, Self::All | Self::Few(_))
    }
}

/// The numbers of the first `wanted` runs.
pub(super) fn fetch(
    tx: &mut Tx<'_>,
    search: &RunSearch,
    from: &From,
    wanted: usize,
) -> Result<Vec<i64>, CatalogError> {
    let sql = statement(tx.dialect(), search, from, wanted)?;
    Ok(tx.query(sql.sql(), &sql.values(), |row| row.get(0))?)
}

fn statement(
    dialect: Dialect,
    search: &RunSearch,
    from: &From,
    wanted: usize,
) -> Result<Build, CatalogError> {
    let rest = match from {
        // The index has this order.
        From::Start => &[],
        from => &search.order[from.settles()..],
    };
    let parts: Vec<&[i64]> = match from.at_once() {
        true => vec![&search.experiments],
        false => search.experiments.chunks(1).collect(),
    };
    let mut sql = Build::new("SELECT id FROM (");
    let mut between = "";
    for experiments in parts {
        for active in actives(search, from) {
            sql.push(std::mem::replace(&mut between, " UNION ALL "));
            let part = Part { search, from, rest, experiments, active };
            part.write(&mut sql, dialect, wanted)?;
        }
    }
    sql.push(") whole ORDER BY ");
    write_order(&mut sql, search, from, rest);
    sql.push(" LIMIT ").value(limit(wanted));
    Ok(sql)
}

/// The index of the start has the stage in front, so that each stage is a part of its own.
fn actives<'s>(search: &RunSearch, from: &From) -> Vec<&'s [i64]> {
    let all = search.view.actives();
    match from {
        From::Start => all.chunks(1).collect(),
        _ => vec![all],
    }
}

fn limit(wanted: usize) -> i64 {
    i64::try_from(wanted).unwrap_or(i64::MAX)
}

/// One of the parts that are put together and sorted.
struct Part<'a> {
    search: &'a RunSearch,
    from: &'a From,
    rest: &'a [OrderBy],
    experiments: &'a [i64],
    active: &'a [i64],
}

impl Part<'_> {
    fn write(&self, sql: &mut Build, dialect: Dialect, wanted: usize) -> Result<(), CatalogError> {
        sql.push("SELECT * FROM (SELECT r.id AS id, r.start_time AS start_time, r.uuid AS uuid");
        if let From::Metric { .. } = self.from {
            sql.push(", m.value AS settled");
        }
        for (place, order) in self.rest.iter().enumerate() {
            write_keys(sql, place, order)?;
        }
        match self.from {
            From::Metric { .. } => sql.push(" FROM latest_metric m CROSS JOIN run r"),
            _ => sql.push(" FROM run r"),
        };
        for (place, order) in self.rest.iter().enumerate() {
            write_join(sql, place, order);
        }
        sql.push(" WHERE ");
        self.write_beginning(sql, dialect)?;
        for term in self.search.filter.terms.iter().filter(|term| !self.is_kept(term)) {
            sql.push(" AND ");
            condition(sql, dialect, term)?;
        }
        sql.push(" ORDER BY ");
        write_order(sql, self.search, self.from, self.rest);
        sql.push(" LIMIT ").value(limit(wanted)).push(") part");
        Ok(())
    }

    /// Whether the beginning keeps to the term already.
    fn is_kept(&self, term: &Term) -> bool {
        matches!(self.from, From::Few(few) if few == term)
    }

    /// A `+` keeps SQLite from using the index of a column where another is meant.
    fn write_beginning(&self, sql: &mut Build, dialect: Dialect) -> Result<(), CatalogError> {
        let experiments = self.experiments.iter().copied();
        match self.from {
            From::All => {
                sql.push("r.experiment IN ").list(experiments).push(" AND r.active IN ");
                sql.list(self.active.iter().copied());
            }
            From::Few(term) => {
                sql.push("r.id IN (");
                for (place, experiment) in experiments.enumerate() {
                    if let Some((table, on)) = rows_of_term(dialect, term, experiment)? {
                        sql.push(if place > 0 { " UNION ALL " } else { "" });
                        sql.push("SELECT x.run FROM ").push(table).push(" x WHERE ").append(on);
                    }
                }
                sql.push(") AND +r.active IN ").list(self.active.iter().copied());
            }
            From::Start => {
                sql.push("r.experiment = ").value(self.experiments[0]);
                sql.push(" AND r.active = ").value(self.active[0]);
            }
            From::Metric { key, nan } => {
                sql.push("m.experiment = ").value(self.experiments[0]);
                sql.push(" AND m.key = ").value(key.as_str());
                sql.push(if *nan { " AND m.is_nan = 1" } else { " AND m.is_nan = 0" });
                for term in self.search.filter.terms.iter().filter(|_| !nan) {
                    self.write_bound(sql, dialect, key, term)?;
                }
                sql.push(" AND r.id = m.run AND +r.active IN ").list(self.active.iter().copied());
            }
            From::Without(key) => {
                sql.push("r.experiment = ").value(self.experiments[0]);
                sql.push(" AND r.active IN ").list(self.active.iter().copied());
                sql.push(" AND NOT EXISTS (SELECT 1 FROM latest_metric w WHERE w.run = r.id");
                sql.push(" AND w.key = ").value(key.as_str()).push(")");
            }
        }
        Ok(())
    }

    /// What a term says of the metric that is walked along: where the walk begins and ends.
    fn write_bound(
        &self,
        sql: &mut Build,
        dialect: Dialect,
        key: &str,
        term: &Term,
    ) -> Result<(), CatalogError> {
        use tracking::search::Op::{Eq, Ge, Gt, Le, Lt};
        match &term.subject {
            Subject::Metric(name) if name == key && matches!(term.op, Eq | Ge | Gt | Le | Lt) => {
                sql.push(" AND ");
                terms::compare(sql, dialect, "m.value", term.op, &term.operand)
            }
            _ => Ok(()),
        }
    }
}

/// The columns by which an order sorts: whether there is a value, and the value.
fn write_keys(sql: &mut Build, place: usize, order: &OrderBy) -> Result<(), CatalogError> {
    let value = match &order.subject {
        Subject::Attribute(name) => terms::column(name)?.to_owned(),
        Subject::Metric(_) | Subject::Param(_) | Subject::Tag(_) => format!("o{place}.value"),
        other => {
            let message = format!("runs cannot be ordered by a {}", other.family());
            return Err(CatalogError::invalid(message));
        }
    };
    let nan = match order.subject {
        Subject::Metric(_) => format!("WHEN o{place}.is_nan = 1 THEN 1 "),
        _ => String::new(),
    };
    sql.push(&format!(
        ", CASE {nan}WHEN {value} IS NULL THEN 2 ELSE 0 END AS c{place}, {value} AS v{place}"
    ));
    Ok(())
}

fn write_join(sql: &mut Build, place: usize, order: &OrderBy) {
    let (table, key) = match &order.subject {
        Subject::Metric(key) => ("latest_metric", key),
        Subject::Param(key) => ("param", key),
        Subject::Tag(key) => ("tag", key),
        _ => return,
    };
    sql.push(&format!(" LEFT JOIN {table} o{place} ON o{place}.run = r.id AND o{place}.key = "));
    sql.value(key.as_str());
}

/// The order by the columns of a part.
fn write_order(sql: &mut Build, search: &RunSearch, from: &From, rest: &[OrderBy]) {
    if let (From::Metric { nan: false, .. }, Some(first)) = (from, search.order.first()) {
        sql.push("settled").push(if first.descending { " DESC, " } else { ", " });
    }
    for (place, order) in rest.iter().enumerate() {
        let direction = if order.descending { " DESC" } else { "" };
        sql.push(&format!("c{place}, v{place}{direction}, "));
    }
    let by_start = |order: &OrderBy| order.subject == Subject::Attribute("start_time");
    if !rest.iter().any(by_start) {
        sql.push("start_time DESC, ");
    }
    sql.push("uuid");
}

#[cfg(test)]
mod tests {
    use database::{Database, Options};
    use tracking::search::{Entity, parse_filter, parse_order_by};

    use super::*;

    /// What SQLite says that it will do.
    fn explained(from: &From, filter: &str, order: &[&str]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tracking.db").display().to_string();
        let db = Database::open(&file, crate::MIGRATIONS, &Options::default()).unwrap();
        let search = RunSearch {
            experiments: vec![1],
            filter: parse_filter(Entity::Runs, filter).unwrap(),
            order: order.iter().map(|one| parse_order_by(Entity::Runs, one).unwrap()).collect(),
            ..RunSearch::default()
        };
        let sql = statement(Dialect::Sqlite, &search, from, 51).unwrap();
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
        let metric = From::Metric { key: "acc".to_owned(), nan: false };
        let plan = explained(&metric, "metrics.acc > 0.5", &["metrics.acc DESC"]);
        let walk = "SEARCH m USING COVERING INDEX latest_metric_by_value (experiment=? AND key=? \
                    AND is_nan=? AND value>?)";
        assert!(plan.contains(walk), "{plan}");
        assert!(plan.contains("SEARCH r USING INTEGER PRIMARY KEY"), "{plan}");
        assert!(plan.contains("LAST 2 TERMS"), "only equal values are sorted: {plan}");

        let plan = explained(&From::Start, "metrics.acc > 0.5 and params.a = 'b'", &[]);
        assert!(
            plan.contains("USING COVERING INDEX run_by_start (experiment=? AND active=?)"),
            "{plan}"
        );
        assert!(!plan.contains("SCAN r"), "{plan}");

        let filter = parse_filter(Entity::Runs, "params.a = 'b'").unwrap();
        let few = From::Few(filter.terms[0].clone());
        let plan = explained(&few, "params.a = 'b'", &["metrics.acc"]);
        assert!(
            plan.contains("INDEX param_by_value (experiment=? AND key=? AND <expr>=?)"),
            "{plan}"
        );
        assert!(plan.contains("SEARCH r USING INTEGER PRIMARY KEY"), "{plan}");
    }
}
