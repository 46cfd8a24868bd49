//! What can be wrong with a key, a signature, or what is to be signed.

/// Why something was not signed, or why a signature does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SigningError {
    /// The text holds no key that can be used.
    #[error("it holds no {wanted}: {why}")]
    Key {
        /// What was looked for.
        wanted: &'static str,
        /// What was found instead.
        why: String,
    },
    /// There is nothing to sign, or a name that cannot be signed.
    #[error("it cannot be signed: {0}")]
    Unsignable(String),
    /// The file is no signature of this format.
    #[error("it is no signature of a model: {0}")]
    Format(String),
    /// The envelope says that something else than a statement was signed.
    #[error("the payload is of type `{found}`, not `{expected}`")]
    PayloadType {
        /// What it says.
        found: String,
        /// What it must say.
        expected: &'static str,
    },
    /// It was made with a key that is not among those that are trusted.
    #[error("it was made with another key{}", named(.hint))]
    OtherKey {
        /// The key that it names, if it names one.
        hint: String,
    },
    /// The certificate that was brought along says nothing for its key.
    #[error("the certificate of who signed it is not trusted: {0}")]
    Certificate(String),
    /// The signature and what it signs do not belong together.
    #[error("its signature is wrong: what is signed was changed, or signed with another key")]
    Forged,
    /// The signature is right, but what is signed contradicts itself.
    #[error("the statement that is signed cannot be believed: {0}")]
    Statement(String),
    /// It asks for a way to hash that is not known here.
    #[error("it was made in a way that is not supported here: {0}")]
    Unsupported(String),
}

fn named(hint: &str) -> String {
    if hint.is_empty() { String::new() } else { format!(", whose SHA-256 is {hint}") }
}
