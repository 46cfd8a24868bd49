//! The code that runs, as build time recorded it.

use std::collections::BTreeMap;

use cycle::Code;
use tracking::CodeVersion;

/// The digest of the source and the lock file.
pub const SOURCE: &str = env!("TRIMTAB_SOURCE");
/// The git revision, or `no-git`.
pub const REVISION: &str = env!("TRIMTAB_REVISION");

/// Revision, lock and environment, for training runs.
pub fn code() -> Code {
    let environment = [
        ("compiler", env!("TRIMTAB_COMPILER")),
        ("target", env!("TRIMTAB_TARGET")),
        ("trimtab", env!("CARGO_PKG_VERSION")),
        ("source", SOURCE),
    ];
    Code {
        version: CodeVersion {
            revision: format!("{REVISION} source:{}", &SOURCE[..12]),
            lock: env!("TRIMTAB_LOCK").parse().expect("build.rs wrote a digest"),
        },
        environment: environment
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect::<BTreeMap<_, _>>(),
    }
}
