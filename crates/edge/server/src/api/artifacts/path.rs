//! Paths that clients name: checked, and kept within their workspace.

use std::borrow::Cow;

use artifacts::ArtifactPath;
use catalog::CatalogError;
use percent_encoding::percent_decode_str;

use super::refusal::{invalid_path, said};
use crate::app::App;
use crate::ask::DEFAULT_WORKSPACE;
use crate::error::ApiError;

/// The folder in which workspaces other than `default` keep their artifacts.
const WORKSPACES: &str = "workspaces";

/// The path of a file.
pub(super) fn file(text: &str) -> Result<ArtifactPath, ApiError> {
    let path = parse(text)?;
    if text.ends_with('/') || path.is_root() {
        let message = "Artifact path must include a filename (cannot end with '/').";
        return Err(CatalogError::invalid(message).into());
    }
    Ok(path)
}

/// The path of a file or a folder. Nothing, or `.`, is the top.
pub(super) fn parse(text: &str) -> Result<ArtifactPath, ApiError> {
    if leads_out(text) {
        return Err(invalid_path(""));
    }
    if text.split('/').all(|name| name.is_empty() || name == ".") {
        return Ok(ArtifactPath::root());
    }
    ArtifactPath::parse(text).map_err(said)
}

/// Whether the path leads out of the folder that it is below, for one who decodes it once, twice, and
/// so on. The store has its own doors; this one says it in the protocol's words.
fn leads_out(text: &str) -> bool {
    let mut text = Cow::Borrowed(text);
    loop {
        let drive = matches!(text.as_bytes(), [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic());
        let scheme = text.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("file:/"));
        let rooted = text.starts_with('/') || text.starts_with("\\\\");
        if drive || scheme || rooted || text.split(['/', '\\']).any(|name| name == "..") {
            return true;
        }
        let decoded = percent_decode_str(&text).decode_utf8_lossy();
        if decoded == text {
            return false;
        }
        text = Cow::Owned(decoded.into_owned());
    }
}

/// Another path below a folder.
pub(super) fn below(folder: &ArtifactPath, path: &ArtifactPath) -> Result<ArtifactPath, ApiError> {
    if path.is_root() { Ok(folder.clone()) } else { folder.join(path.as_str()).map_err(said) }
}

/// The path as the store has it. The workspace `default` has its artifacts at the top, the others
/// below `workspaces/NAME`; no workspace reaches into another.
pub(super) fn scoped(
    app: &App,
    workspace: &str,
    path: ArtifactPath,
) -> Result<ArtifactPath, ApiError> {
    if !app.options().workspaces {
        return Ok(path);
    }
    let mut names = path.names();
    if names.next() == Some(WORKSPACES) {
        let message = match names.next() {
            Some(named) if named == workspace => None,
            Some(named) => Some(format!(
                "Artifact path targets workspace '{named}' but the workspace specified in the \
                 request is '{workspace}'."
            )),
            None => Some(
                "Artifact paths prefixed with 'workspaces/' must include a workspace name."
                    .to_owned(),
            ),
        };
        drop(names);
        return message.map_or(Ok(path), |message| Err(CatalogError::invalid(message).into()));
    }
    drop(names);
    if workspace == DEFAULT_WORKSPACE {
        return Ok(path);
    }
    let own = ArtifactPath::parse(WORKSPACES).and_then(|top| top.join(workspace)).map_err(said)?;
    below(&own, &path)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What MLflow 3.17.2's `validate_path_is_safe` refuses, and what it lets pass; but `#` is a
    /// character like others here.
    #[test]
    fn ways_out_are_refused_and_names_survive() {
        for path in [
            "..",
            "../x",
            "a/../b",
            "a/..",
            "%2e%2e/x",
            "..%2fx",
            "%252e%252e%252fx",
            "/etc/passwd",
            "%2fetc",
            "file:///etc",
            "FILE:/etc",
            "C:/x",
            "c:\\x",
            "\\\\host\\share",
            "a\\..\\b",
        ] {
            assert_eq!(parse(path).unwrap_err().0.message, "Invalid path", "{path}");
        }
        for path in ["a b/ü%/#1?.txt", "..a/b..", "...", "a/%2e/b", "100%25", ".hidden"] {
            assert_eq!(parse(path).unwrap().as_str(), path);
        }
        for path in ["", ".", "./", "./."] {
            assert!(parse(path).unwrap().is_root(), "{path}");
        }
        for path in ["a\nb", "a//b", "a\\b", &"x".repeat(300)] {
            assert!(parse(path).unwrap_err().0.message.starts_with("Invalid path: "), "{path}");
        }
        assert!(file("a/").is_err());
    }
}
