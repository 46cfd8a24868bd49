//! The keys: read once, when the server starts.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use catalog::registry::Demand;
use signing::{SigningKey, Trust};
use tokio::sync::Semaphore;

use super::check::Checked;
use crate::error::ServeError;

/// How versions are signed, and what is asked of them.
#[derive(Debug, Clone, Default)]
pub struct Signing {
    /// The file of the private key by which new versions are signed.
    pub key: Option<PathBuf>,
    /// Files of public keys whose signatures hold too, or of certificates that may issue those of
    /// signers: for those who sign before they register, and for keys that were used before.
    pub trusted: Vec<PathBuf>,
    /// What is asked of all versions, whatever the policy of their model.
    pub require: Demand,
}

/// What signatures are made and checked with.
pub(crate) struct Signatures {
    /// The key by which new versions are signed.
    pub(super) key: Option<SigningKey>,
    /// Whose signatures hold; that one's, too.
    pub(super) trusted: Trust,
    /// What is asked of all versions.
    pub(super) floor: Demand,
    /// What was checked already.
    pub(super) checked: Checked,
    /// So many files are hashed at once.
    pub(super) turns: Arc<Semaphore>,
}

impl Signatures {
    /// Reads the keys.
    pub(crate) fn open(asked: &Signing) -> Result<Self, ServeError> {
        let key = asked.key.as_deref().map(private).transpose()?;
        let mut trusted = key.as_ref().map_or_else(Trust::default, |key| key.public().into());
        for file in &asked.trusted {
            trusted.extend(trust(file)?);
        }
        if trusted.is_empty() && asked.require == Demand::Enforce {
            return Err(ServeError::Refused(
                "signatures are required, but there is no key to check them with: give \
                 --signing-key or --trusted-key"
                    .to_owned(),
            ));
        }
        let turns = std::thread::available_parallelism().map_or(2, usize::from);
        let turns = Arc::new(Semaphore::new(turns));
        Ok(Self { key, trusted, floor: asked.require, checked: Checked::default(), turns })
    }

    /// Whether there is a key to check signatures with.
    pub(crate) fn has_keys(&self) -> bool {
        !self.trusted.is_empty()
    }
}

fn private(file: &Path) -> Result<SigningKey, ServeError> {
    let text = read(file)?;
    if is_open(file) {
        let file = file.display();
        tracing::warn!("signing key {file} can be read by other users: chmod 600 {file}");
    }
    SigningKey::from_pem(&text).map_err(|error| refused(file, &error.to_string()))
}

fn trust(file: &Path) -> Result<Trust, ServeError> {
    Trust::from_pem(&read(file)?).map_err(|error| refused(file, &error.to_string()))
}

fn read(file: &Path) -> Result<String, ServeError> {
    std::fs::read_to_string(file)
        .map_err(|source| ServeError::System { what: format!("key {}", file.display()), source })
}

fn refused(file: &Path, why: &str) -> ServeError {
    ServeError::Refused(format!("key {}: {why}", file.display()))
}

/// Whether others than the owner can read a file.
#[cfg(unix)]
fn is_open(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open(_: &Path) -> bool {
    false
}
