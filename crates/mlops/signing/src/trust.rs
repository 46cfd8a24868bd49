//! Whose signatures hold.

use crate::certificate::Root;
use crate::error::SigningError;
use crate::key::PublicKey;

/// Public keys whose signatures hold, and certificates that may issue those of signers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trust {
    pub(crate) keys: Vec<PublicKey>,
    pub(crate) roots: Vec<Root>,
}

impl Trust {
    /// Reads whom to trust: a `PUBLIC KEY`, or one `CERTIFICATE` or several.
    ///
    /// # Errors
    /// [`SigningError::Key`] says what is there instead.
    pub fn from_pem(text: &str) -> Result<Self, SigningError> {
        if text.contains("-----BEGIN CERTIFICATE-----") {
            return Ok(Self { keys: vec![], roots: Root::all(text)? });
        }
        Ok(PublicKey::from_pem(text)?.into())
    }

    /// Trusts these too.
    pub fn extend(&mut self, others: Self) {
        self.keys.extend(others.keys);
        self.roots.extend(others.roots);
    }

    /// Whether nobody is trusted.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.roots.is_empty()
    }
}

impl From<PublicKey> for Trust {
    fn from(key: PublicKey) -> Self {
        Self { keys: vec![key], roots: vec![] }
    }
}
