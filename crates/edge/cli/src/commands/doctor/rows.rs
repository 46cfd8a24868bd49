//! What the database says of itself: its version, its file, what belongs to what, the history of the
//! registry, and its clock.

use catalog::{CatalogError, registry, sound};
use database::{Database, Dialect, Tx};

use super::Check;
use crate::kept::now;
use crate::progress::Progress;
use crate::show::{count, grouped};

/// A clock that is off by more than this is wrong, in milliseconds.
const OFF: i64 = 2_000;

/// Looks at the database; only at its beginning, if it must be fast.
pub fn checks(db: &Database, fast: bool, progress: &mut Progress) -> Vec<Check> {
    let version = db.read_blocking(sound::schema_version);
    let mut checks = vec![schema(db, &version)];
    let newest = catalog::MIGRATIONS.last().map(|last| last.version);
    if !matches!(version, Ok(found) if found.is_some() && found == newest) {
        return checks;
    }
    checks.push(clock(db));
    if fast {
        return checks;
    }
    progress.total(sound::questions() as u64 + 2);
    checks.push(file(db));
    progress.done(1, "the registry's history");
    checks.push(history(db));
    progress.done(1, "rows");
    checks.extend(orphans(db, progress));
    checks
}

fn ask<T: Send + 'static>(
    db: &Database,
    work: impl FnMut(&mut Tx<'_>) -> Result<T, CatalogError> + Send + 'static,
) -> Result<T, String> {
    db.read_blocking(work).map_err(|error| error.to_string())
}

fn schema(db: &Database, version: &Result<Option<i64>, CatalogError>) -> Check {
    let known = catalog::MIGRATIONS.last().map_or(0, |last| last.version);
    let of = db.address();
    match version {
        Err(error) => Check::bad("database", format!("{of}: {error}")),
        Ok(None) => Check::doubt("database", format!("{of} is empty: no server has used it")),
        Ok(Some(found)) if *found > known => Check::bad(
            "database",
            format!("{of} has schema version {found}, this program knows {known}: use a newer one"),
        ),
        Ok(Some(found)) if *found < known => Check::doubt(
            "database",
            format!("{of} has schema version {found}; the next start brings it to {known}"),
        ),
        Ok(Some(found)) => Check::good("database", format!("{of}, schema version {found}")),
    }
}

fn file(db: &Database) -> Check {
    let name = "file";
    match ask(db, sound::damage) {
        Err(error) => Check::bad(name, error),
        Ok(damage) if damage.is_empty() && db.dialect() == Dialect::Postgres => {
            Check::good(name, "PostgreSQL checks its pages itself")
        }
        Ok(damage) if damage.is_empty() => Check::good(name, "every page reads as it should"),
        Ok(damage) => {
            let first = damage.first().map(String::as_str).unwrap_or_default();
            let found = count(damage.len(), "fault");
            Check::bad(name, format!("{found}, such as: {first}; restore a backup"))
        }
    }
}

fn history(db: &Database) -> Check {
    let name = "registry history";
    match ask(db, registry::verify) {
        Err(error) => Check::bad(name, error),
        Ok(held) => Check::good(
            name,
            format!(
                "{} records hold; the chain ends in {}",
                grouped(held.records as f64, 0),
                held.head
            ),
        ),
    }
}

/// One line for all that is well, and one for each kind of rows that is not.
fn orphans(db: &Database, progress: &mut Progress) -> Vec<Check> {
    let name = "rows";
    let mut found = Vec::new();
    for question in 0..sound::questions() {
        match ask(db, move |tx| sound::orphans(tx, question)) {
            Err(error) => found.push(Check::bad(name, error)),
            Ok(None) => {}
            Ok(Some(orphans)) => found.push(Check::bad(
                name,
                format!(
                    "{} of {} belong to no {}, such as that of {}",
                    grouped(orphans.count as f64, 0),
                    orphans.rows,
                    orphans.of,
                    orphans.example
                ),
            )),
        }
        progress.done(1, "rows");
    }
    if found.is_empty() {
        let kinds = sound::questions();
        found.push(Check::good(name, format!("all find what they belong to, in {kinds} ways")));
    }
    found
}

/// Holds this machine's clock against the database's, and against the newest thing that was written.
fn clock(db: &Database) -> Check {
    let name = "clock";
    let asked = ask(db, |tx| Ok((sound::newest(tx)?, sound::clock(tx)?)));
    let (newest, theirs) = match asked {
        Err(error) => return Check::bad(name, error),
        Ok(times) => times,
    };
    let here = now();
    if newest > here + OFF {
        let seconds = (newest - here) / 1_000;
        return Check::bad(
            name,
            format!("this machine is {seconds} s behind what was last written: set its clock"),
        );
    }
    match theirs {
        Some(theirs) if (theirs - here).abs() > OFF => {
            let ms = theirs - here;
            Check::doubt(name, format!("the database's clock differs by {ms} ms: set both"))
        }
        Some(theirs) => {
            Check::good(name, format!("{} ms from the database's", (theirs - here).abs()))
        }
        None => Check::good(name, "not behind what was last written"),
    }
}
