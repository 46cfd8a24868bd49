//! A database for a test: SQLite in a fresh file and, where TRIMTAB_TEST_POSTGRES names a server,
//! a fresh database there. The same test runs on each.

use std::sync::atomic::{AtomicU32, Ordering};

use database::{Database, DatabaseError, Options};

/// Runs a test on every database that there is.
pub fn on_each(test: impl Fn(&Database)) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let file = folder.path().join("tracking.db");
    test(&open(&file.display().to_string()));
    match std::env::var("TRIMTAB_TEST_POSTGRES") {
        Ok(server) => test(&open(&fresh(&server))),
        Err(_) => eprintln!("TRIMTAB_TEST_POSTGRES is not set: tested on SQLite only"),
    }
}

/// Runs a test on an empty database of every kind that there is.
#[allow(dead_code, reason = "most tests begin with tables")]
pub fn on_each_empty(test: impl Fn(&Database)) {
    let options = Options { readers: 2, writers: 4, ..Options::default() };
    let open = |address: &str| Database::open_as_it_is(address, &options).expect("it opens");
    let folder = tempfile::tempdir().expect("a folder can be made");
    test(&open(&folder.path().join("tracking.db").display().to_string()));
    if let Ok(server) = std::env::var("TRIMTAB_TEST_POSTGRES") {
        test(&open(&fresh(&server)));
    }
}

fn open(address: &str) -> Database {
    let options = Options { readers: 2, writers: 4, ..Options::default() };
    Database::open(address, catalog::MIGRATIONS, &options).expect("the database opens")
}

/// Makes a database beside the one that the address names, and gives its address.
fn fresh(server: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("trimtab_{}_{number}", std::process::id());
    let admin = Database::open(server, &[], &Options { readers: 1, writers: 1, waiting: 8 })
        .expect("the server answers");
    let schema = name.clone();
    admin
        .write_blocking(move |tx| {
            tx.batch(&format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}"))?;
            Ok::<_, DatabaseError>(())
        })
        .expect("a schema can be made");
    let joined = if server.contains('?') { '&' } else { '?' };
    format!("{server}{joined}options=-c%20search_path%3D{name}")
}
