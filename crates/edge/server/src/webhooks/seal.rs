//! Secrets at rest: AES-256 in Galois/Counter Mode, under a nonce of their own.

use catalog::{CatalogError, Code};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::access::{Secret, random};

/// A key.
pub type Key = [u8; 32];

/// What this key is used for; ciphertext of another use does not open.
const USE: &[u8] = b"trimtab webhook secret";

/// Closes and opens secrets.
pub struct Seal(LessSafeKey);

impl Seal {
    /// With this key.
    pub fn new(key: &Key) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, key).expect("the key has the length of the cipher");
        Self(LessSafeKey::new(key))
    }

    /// The secret, sealed: the nonce, then the ciphertext.
    pub fn close(&self, secret: &str) -> Result<Vec<u8>, CatalogError> {
        let nonce = random::<NONCE_LEN>()?;
        let mut text = secret.as_bytes().to_vec();
        self.0
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(USE),
                &mut text,
            )
            .map_err(|_| CatalogError::new(Code::InternalError, "sealing a secret failed"))?;
        Ok([nonce.as_slice(), &text].concat())
    }

    /// The secret.
    pub fn open(&self, sealed: &[u8]) -> Result<Secret, CatalogError> {
        let broken = || {
            let message = "the secret of a webhook cannot be read with the key of this server: \
                           give it the key that it was kept under, or set the secret anew";
            CatalogError::new(Code::InternalError, message)
        };
        let (nonce, text) = sealed.split_first_chunk::<NONCE_LEN>().ok_or_else(broken)?;
        let mut text = text.to_vec();
        let opened = self
            .0
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(USE), &mut text)
            .map_err(|_| broken())?;
        std::str::from_utf8(opened).map(Secret::new).map_err(|_| broken())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_opens_what_was_sealed() {
        let seal = Seal::new(&[7; 32]);
        let sealed = seal.close("hush").unwrap();
        assert_ne!(sealed, seal.close("hush").unwrap());
        assert!(!sealed.windows(4).any(|part| part == b"hush"));
        assert_eq!(seal.open(&sealed).unwrap().expose(), "hush");
        Seal::new(&[8; 32]).open(&sealed).unwrap_err();
        let mut changed = sealed.clone();
        *changed.last_mut().unwrap() ^= 1;
        seal.open(&changed).unwrap_err();
        seal.open(b"short").unwrap_err();
    }
}
