//! What a server does not start with.

use server::{App, BasicAuth, Options, Permission, Secret, Security};

use crate::kit::{ADMIN, Server, auth, password};

async fn said(home: &std::path::Path, name: Option<&str>, password: Option<&str>) -> String {
    let auth = BasicAuth {
        admin_username: name.map(str::to_owned),
        admin_password: password.map(Secret::new),
        ..BasicAuth::default()
    };
    let security = Security { auth: Some(auth), ..Security::default() };
    let address = "127.0.0.1:0".parse().unwrap();
    let options = Options { security, ..Options::new(address, home.to_owned()) };
    App::open(options).await.err().map(|error| error.to_string()).unwrap_or_default()
}

#[tokio::test]
async fn the_first_administrator_has_a_name_and_a_good_password() {
    let home = tempfile::tempdir().unwrap();
    for (name, password) in [
        (None, None),
        (Some(ADMIN), None),
        (Some(ADMIN), Some("")),
        (Some(""), Some("a long enough password")),
        (Some(ADMIN), Some("short")),
        (Some(ADMIN), Some("password1234")),
        (Some("a:b"), Some("a long enough password")),
    ] {
        let said = said(home.path(), name, password).await;
        assert!(!said.is_empty(), "{name:?} {password:?}");
        assert!(password.is_none_or(|password| password.is_empty() || !said.contains(password)));
    }
    assert!(said(home.path(), Some(ADMIN), None).await.contains("TRIMTAB_ADMIN_PASSWORD"));
    assert_eq!(said(home.path(), Some(ADMIN), Some("a long enough password")).await, "");
    // From then on neither is needed, and neither changes anything.
    assert_eq!(said(home.path(), None, None).await, "");
    assert_eq!(said(home.path(), Some("other"), Some("short")).await, "");
}

#[tokio::test]
async fn everybody_is_only_served_where_that_was_asked_for() {
    let home = tempfile::tempdir().unwrap();
    let address = "0.0.0.0:0".parse().unwrap();
    let options = Options::new(address, home.path().to_owned());
    let error = server::serve(options, |_, _| {}).await.unwrap_err().to_string();
    for way_out in ["--auth basic", "127.0.0.1", "--allow-unauthenticated"] {
        assert!(error.contains(way_out), "{error}");
    }
}

/// Secrets stand neither in the database nor in what was kept beside it.
#[tokio::test]
async fn no_password_is_kept() {
    let server = Server::with(auth(Permission::Read), false).await;
    server.person("ann").await;
    let token = server
        .ok("ann", "POST", "2.0/trimtab/tokens/create", serde_json::json!({ "name": "t" }))
        .await;
    let token = token["token"].as_str().unwrap().to_owned();
    for file in std::fs::read_dir(server.home.path()).unwrap().flatten() {
        let Ok(bytes) = std::fs::read(file.path()) else { continue };
        for secret in [password("ann"), password(ADMIN), token.clone()] {
            let found = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!found, "{secret} stands in {}", file.path().display());
        }
    }
}
