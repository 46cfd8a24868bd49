//! Files of runs and logged models: listed, fetched and sent through the server.

use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::door::Body;
use super::{Client, Repeat, with_query};
use crate::source::{File, Owner};
use crate::{ByteStream, ExchangeError, Result};

/// All but the unreserved characters of RFC 3986, and the slash.
const ENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

const ARTIFACTS: &str = "/api/2.0/mlflow-artifacts/artifacts/";

#[derive(Deserialize)]
struct Line {
    path: String,
    #[serde(default)]
    is_dir: bool,
    #[serde(default)]
    file_size: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Listing {
    #[serde(default)]
    files: Vec<Line>,
}

impl Client {
    /// All files of a run or a logged model.
    pub(crate) fn files(&self, of: &Owner<'_>) -> Result<Vec<File>> {
        let (mut files, mut folders) = (vec![], vec![String::new()]);
        while let Some(folder) = folders.pop() {
            for line in self.list(of, &folder)?.files {
                // A server that names the folder itself would send the search round in circles.
                match line.is_dir {
                    true if line.path.len() > folder.len() => folders.push(line.path),
                    true => {}
                    false => {
                        let size = line
                            .file_size
                            .as_ref()
                            .map(|size| size.as_u64().or_else(|| size.as_str()?.parse().ok()));
                        let size = Some(size.flatten().unwrap_or_default());
                        files.push(File { path: line.path, size });
                    }
                }
            }
        }
        Ok(files)
    }

    fn list(&self, of: &Owner<'_>, folder: &str) -> Result<Listing> {
        let (path, mut fields, key) = match of {
            Owner::Run { id, .. } => {
                ("/api/2.0/mlflow/artifacts/list".to_owned(), vec![("run_id", *id)], "path")
            }
            Owner::Model { id, .. } => (
                format!("/api/2.0/mlflow/logged-models/{id}/artifacts/directories"),
                vec![],
                "artifact_directory_path",
            ),
            Owner::Trace { .. } => return Ok(Listing { files: vec![] }),
        };
        if !folder.is_empty() {
            fields.push((key, folder));
        }
        self.get(&path, &fields)
    }

    /// A file of a run or a logged model, wherever the server keeps it.
    pub(crate) fn fetch(&self, of: &Owner<'_>, path: &str) -> Result<ByteStream> {
        let target = match of.proxied() {
            Some(folder) => {
                let whole = format!("{folder}/{path}");
                format!("{ARTIFACTS}{}", utf8_percent_encode(&whole, ENCODED))
            }
            None => match of {
                Owner::Run { id, .. } => {
                    with_query("/get-artifact", &[("run_uuid", id), ("path", path)])
                }
                Owner::Model { id, .. } | Owner::Trace { id, .. } => with_query(
                    &format!("/ajax-api/2.0/mlflow/logged-models/{id}/artifacts/files"),
                    &[("artifact_file_path", path)],
                ),
            },
        };
        let what = format!("GET artifact {path}");
        Ok(self.ask(&Method::GET, &target, &what, None, Repeat::Freely)?.into_body())
    }

    /// A file of a version, whole.
    pub fn version_file(&self, name: &str, version: i64, path: &str) -> Result<Vec<u8>> {
        let number = version.to_string();
        let fields = [("name", name), ("version", number.as_str()), ("path", path)];
        let target = with_query("/model-versions/get-artifact", &fields);
        let what = format!("GET {path} of {name} version {version}");
        let answer = self.ask(&Method::GET, &target, &what, None, Repeat::Freely)?;
        self.collect(answer.into_body(), &what)
    }

    /// Keeps a file below a folder of the server's artifacts.
    pub(crate) fn put(
        &self,
        folder: &str,
        path: &str,
        stream: ByteStream,
        size: Option<u64>,
    ) -> Result<()> {
        let whole = format!("{folder}/{path}");
        let target = format!("{ARTIFACTS}{}", utf8_percent_encode(&whole, ENCODED));
        let what = format!("PUT artifact {path}");
        let request = self.request(&Method::PUT, &target, Body::File(stream, size));
        let sent = self.runtime().block_on(self.door.send(request));
        let answer = sent.map_err(|error| ExchangeError::Unreachable {
            server: self.name().to_owned(),
            why: error.why,
        })?;
        if answer.status().is_success() {
            return Ok(());
        }
        Err(self.refused(&what, answer)?)
    }
}
