//! Addresses of stores: `/folder`, `file:///folder`, `s3://bucket/prefix`, `gs://bucket/prefix`,
//! `wasbs://container@account.blob.core.windows.net/prefix` and the like.
//!
//! In: the text of an address. Out: which kind of store, and where in it. It opens nothing.

use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;

use crate::Result;
use crate::error::ArtifactError;

/// Where a store is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// A folder on this machine, absolute.
    Folder(PathBuf),
    /// A bucket of S3, or of a store that speaks like it.
    S3 { bucket: String, prefix: String },
    /// A bucket of Google Cloud Storage.
    Gcs { bucket: String, prefix: String },
    /// A container of Azure Blob Storage; `host` is where the address itself names the account.
    Azure { container: String, host: Option<String>, prefix: String },
}

impl Address {
    /// Reads an address. A relative folder counts from the folder that the process runs in.
    pub(crate) fn parse(uri: &str) -> Result<Self> {
        let Some((scheme, rest)) = split(uri) else {
            return folder(uri, PathBuf::from(uri));
        };
        let (place, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let (bucket, prefix) = (place.to_owned(), prefix.trim_matches('/').to_owned());
        match scheme.to_ascii_lowercase().as_str() {
            "file" => file(uri, rest),
            _ if bucket.is_empty() => Err(refused(uri, "it names no bucket")),
            "s3" | "s3a" => Ok(Self::S3 { bucket, prefix }),
            "gs" => Ok(Self::Gcs { bucket, prefix }),
            "wasb" | "wasbs" | "abfs" | "abfss" | "az" => Ok(azure(place, prefix)),
            _ => Err(refused(uri, "use a folder, or an address with file, s3, gs, wasbs or abfss")),
        }
    }
}

/// The scheme and what follows it; none for a plain folder.
fn split(uri: &str) -> Option<(&str, &str)> {
    uri.split_once("://").or_else(|| Some(("file", uri.strip_prefix("file:")?)))
}

/// The folder of a `file:` address, whose names are percent-encoded.
fn file(uri: &str, rest: &str) -> Result<Address> {
    let path = rest.strip_prefix("localhost").filter(|path| path.starts_with('/')).unwrap_or(rest);
    if !path.starts_with('/') {
        return Err(refused(uri, "write `file:///` and the whole path of the folder"));
    }
    let path = percent_decode_str(path).decode_utf8();
    folder(uri, PathBuf::from(&*path.map_err(|_| refused(uri, "it is not UTF-8"))?))
}

fn folder(uri: &str, path: PathBuf) -> Result<Address> {
    if path.as_os_str().as_encoded_bytes().contains(&0) {
        return Err(refused(uri, "it holds a NUL"));
    }
    let path = std::path::absolute(Path::new(&path));
    Ok(Address::Folder(path.map_err(|error| refused(uri, &error.to_string()))?))
}

fn azure(place: &str, prefix: String) -> Address {
    let (container, host) = match place.split_once('@') {
        Some((container, host)) => (container, Some(host.to_owned())),
        None => (place, None),
    };
    Address::Azure { container: container.to_owned(), host, prefix }
}

/// The error of an address that cannot be used.
pub(crate) fn refused(uri: &str, why: &str) -> ArtifactError {
    ArtifactError::Place { uri: uri.to_owned(), why: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> String {
        text.to_owned()
    }

    #[test]
    fn addresses_are_read_as_their_schemes_say() {
        let host = Some(text("acc.blob.core.windows.net"));
        let table = [
            ("/srv/a b#c", Address::Folder("/srv/a b#c".into())),
            ("file:///srv/a%20b", Address::Folder("/srv/a b".into())),
            ("file:/srv", Address::Folder("/srv".into())),
            ("file://localhost/srv", Address::Folder("/srv".into())),
            ("s3://b/p/q/", Address::S3 { bucket: text("b"), prefix: text("p/q") }),
            ("s3a://b", Address::S3 { bucket: text("b"), prefix: text("") }),
            ("gs://b/p", Address::Gcs { bucket: text("b"), prefix: text("p") }),
            (
                "wasbs://c@acc.blob.core.windows.net/p",
                Address::Azure { container: text("c"), host, prefix: text("p") },
            ),
            ("az://c/p", Address::Azure { container: text("c"), host: None, prefix: text("p") }),
        ];
        for (uri, expected) in table {
            assert_eq!(Address::parse(uri).expect(uri), expected, "{uri}");
        }
        let here = std::env::current_dir().expect("a folder to run in");
        assert_eq!(Address::parse("./x").expect("relative"), Address::Folder(here.join("x")));
    }

    #[test]
    fn addresses_of_nowhere_are_refused() {
        for uri in ["ftp://host/x", "s3://", "s3:///key", "file://elsewhere/srv", "dbfs:///x"] {
            let error = Address::parse(uri).expect_err(uri).to_string();
            assert!(error.contains(uri), "{error}");
        }
    }
}
