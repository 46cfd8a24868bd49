//! TLS to a real PostgreSQL, where TRIMTAB_TEST_POSTGRES names one and TRIMTAB_TEST_POSTGRES_ROOT the
//! certificate of its authority.

use database::{Database, DatabaseError, Options};

/// Whether the connection that an address leads to is encrypted.
fn encrypted(address: &str) -> Result<bool, DatabaseError> {
    let options = Options { readers: 1, writers: 1, waiting: 8 };
    Database::open(address, &[], &options)?.write_blocking(|tx| {
        let sql = "SELECT count(*) FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl";
        Ok::<_, DatabaseError>(tx.number(sql, &[])? == 1)
    })
}

#[test]
fn a_connection_is_encrypted_and_checked_as_the_address_says() {
    let (Ok(server), Ok(root)) =
        (std::env::var("TRIMTAB_TEST_POSTGRES"), std::env::var("TRIMTAB_TEST_POSTGRES_ROOT"))
    else {
        return eprintln!("TRIMTAB_TEST_POSTGRES and TRIMTAB_TEST_POSTGRES_ROOT are not set");
    };
    for (said, expected) in [
        ("", true),
        ("?sslmode=disable", false),
        ("?sslmode=prefer", true),
        ("?sslmode=require", true),
        (&format!("?sslmode=require&sslrootcert={root}"), true),
        (&format!("?sslmode=verify-full&sslrootcert={root}"), true),
    ] {
        assert_eq!(encrypted(&format!("{server}{said}")), Ok(expected), "{said}");
    }
    // Nobody whom the system trusts has signed the certificate, nor was it made for this name.
    let other_name = server.replace("@127.0.0.1:", "@localhost:");
    assert_ne!(other_name, server);
    for address in [
        format!("{server}?sslmode=verify-full"),
        format!("{other_name}?sslmode=verify-full&sslrootcert={root}"),
    ] {
        let refused = encrypted(&address).expect_err(&address);
        assert!(refused.to_string().contains("certificate"), "{refused}");
    }
}
