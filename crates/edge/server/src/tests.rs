//! What tests within this crate share.

use std::path::Path;

use crate::access::Security;
use crate::app::{App, Options};

/// A server over a fresh folder, which does not listen.
pub async fn app(home: &Path, security: Security) -> App {
    let address = "127.0.0.1:0".parse().expect("it is an address");
    let options = Options { security, ..Options::new(address, home.to_owned()) };
    App::open(options).await.expect("a fresh folder opens")
}
