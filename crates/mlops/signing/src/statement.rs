//! The statement that is signed: a manifest as an in-toto Statement v1.
//!
//! The format is that of `https://model_signing/signature/v1.0`: the subject is the model with the
//! digest of the whole, the predicate says how files were hashed and lists them. What later versions
//! add beside these is passed over, as the format asks.

use serde::{Deserialize, Serialize};

use crate::error::SigningError;
use crate::manifest::{self, Ignored, Manifest};
use crate::sha256::Sha256;

const STATEMENT: &str = "https://in-toto.io/Statement/v1";
const PREDICATE: &str = "https://model_signing/signature/v1.0";
const FILES: &str = "files";
const SHA256: &str = "sha256";

#[derive(Serialize, Deserialize)]
struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    predicate: Predicate,
}

#[derive(Serialize, Deserialize)]
struct Subject {
    #[serde(default)]
    name: String,
    digest: RootDigest,
}

#[derive(Serialize, Deserialize)]
struct RootDigest {
    sha256: String,
}

#[derive(Serialize, Deserialize)]
struct Predicate {
    serialization: Serialization,
    resources: Vec<Resource>,
}

#[derive(Serialize, Deserialize)]
struct Serialization {
    hash_type: String,
    #[serde(default)]
    allow_symlinks: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    ignore_paths: Vec<String>,
    method: String,
}

#[derive(Serialize, Deserialize)]
struct Resource {
    algorithm: String,
    name: String,
    digest: String,
}

impl Manifest {
    /// What is signed, as text.
    pub fn statement(&self) -> String {
        let resource = |(name, digest): &(String, Sha256)| Resource {
            algorithm: SHA256.to_owned(),
            name: name.clone(),
            digest: digest.to_string(),
        };
        let statement = Statement {
            kind: STATEMENT.to_owned(),
            subject: vec![Subject {
                name: self.model().to_owned(),
                digest: RootDigest { sha256: self.digest().to_string() },
            }],
            predicate_type: PREDICATE.to_owned(),
            predicate: Predicate {
                serialization: Serialization {
                    hash_type: SHA256.to_owned(),
                    allow_symlinks: false,
                    ignore_paths: self.ignored().paths().to_vec(),
                    method: FILES.to_owned(),
                },
                resources: self.files().iter().map(resource).collect(),
            },
        };
        serde_json::to_string_pretty(&statement).expect("statements have text keys")
    }

    /// Reads a statement; its signature was checked before.
    pub(crate) fn of_statement(json: &[u8]) -> Result<Self, SigningError> {
        let statement: Statement = read(json)?;
        let Serialization { hash_type, ignore_paths, method, .. } =
            statement.predicate.serialization;
        if (method.as_str(), hash_type.as_str()) != (FILES, SHA256) {
            return Err(SigningError::Unsupported(format!(
                "by `{method}` and `{hash_type}`; sign it by `{FILES}` and `{SHA256}`"
            )));
        }
        let files: Vec<(String, Sha256)> =
            statement.predicate.resources.into_iter().map(file).collect::<Result<_, _>>()?;
        let [Subject { name, digest }] = <[Subject; 1]>::try_from(statement.subject)
            .map_err(|_| wrong("it has not exactly one subject"))?;
        // In the order in which they stand there, whatever it is.
        let whole = manifest::digest_of(files.iter().map(|(_, digest)| digest));
        if digest.sha256.parse() != Ok(whole) {
            return Err(wrong("the digest of the whole is not that of its files"));
        }
        Self::told(name, Ignored::new(ignore_paths), files)
    }
}

fn read(json: &[u8]) -> Result<Statement, SigningError> {
    #[derive(Deserialize)]
    struct Kind {
        #[serde(rename = "_type")]
        kind: String,
        #[serde(rename = "predicateType")]
        predicate: String,
    }
    let unread = |error: serde_json::Error| wrong(&error.to_string());
    let Kind { kind, predicate } = serde_json::from_slice(json).map_err(unread)?;
    if kind != STATEMENT || predicate != PREDICATE {
        let what = format!("it is of type `{kind}` with the predicate `{predicate}`");
        return Err(SigningError::Unsupported(what));
    }
    serde_json::from_slice(json).map_err(unread)
}

fn file(resource: Resource) -> Result<(String, Sha256), SigningError> {
    let Resource { algorithm, name, digest } = resource;
    if algorithm != SHA256 {
        return Err(SigningError::Unsupported(format!("`{name}` has a digest by `{algorithm}`")));
    }
    let digest = digest.parse().map_err(|why| wrong(&format!("`{name}`: {why}")))?;
    Ok((name, digest))
}

fn wrong(why: &str) -> SigningError {
    SigningError::Statement(why.to_owned())
}
