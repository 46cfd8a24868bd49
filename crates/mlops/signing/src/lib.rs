//! Signatures of models, in the format of OpenSSF model signing: the package `model-signing` accepts
//! what is signed here, and this room accepts what it signs.
//!
//! In: the names and the digests of the files of a model, keys and certificates. Out: a signature file, or what
//! one says and in what a model differs from it. A [`Manifest`] lists the files; its
//! [statement](Manifest::statement) is what is signed (in-toto Statement v1, predicate
//! `https://model_signing/signature/v1.0`), in a DSSE envelope within a Sigstore bundle. The same
//! key and the same files give the same signature (ECDSA by RFC 6979).
//!
//! ```
//! use signing::{Ignored, Manifest, Sha256, SigningKey};
//!
//! # let pem = include_str!("../tests/data/key.pem");
//! let key = SigningKey::from_pem(pem)?;
//! let files = [("MLmodel".to_owned(), Sha256::of(b"flavors: {}"))];
//! let ignored = Ignored::new(["model.sig"]);
//! let file = Manifest::new("churn", ignored, files.clone())?.sign(&key);
//!
//! let signed = signing::open(file.as_bytes(), &key.public().into())?;
//! assert!(signed.manifest.differences(files).is_empty());
//! # Ok::<_, signing::SigningError>(())
//! ```
//!
//! This room reads no file and knows no registry: who may sign, and what follows from a signature
//! that does not hold, is decided elsewhere.

mod bundle;
mod certificate;
mod error;
mod key;
mod manifest;
mod sha256;
mod statement;
mod trust;

pub use bundle::{Signed, open};
pub use error::SigningError;
pub use key::{PublicKey, SigningKey};
pub use manifest::{Difference, GIT_PATHS, Ignored, Manifest};
pub use sha256::{Hashing, Sha256};
pub use trust::Trust;

/// The name under which a signature lies beside the files that it signs.
pub const SIGNATURE_FILE: &str = "model.sig";
