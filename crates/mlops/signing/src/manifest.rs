//! What a model is made of: the digest of each of its files, under its name within the folder.
//!
//! Two manifests are compared by their files alone; the name of the model is there for people. Files
//! are in the order of their folders, name by name: so other tools have them, and the digest of the
//! whole depends on it.

use std::collections::BTreeMap;
use std::fmt;

use crate::error::SigningError;
use crate::sha256::{Hashing, Sha256};

/// The paths that the package `model-signing` leaves out unless it is told otherwise.
pub const GIT_PATHS: [&str; 4] = [".git", ".gitattributes", ".github", ".gitignore"];

/// Paths that are not signed, each with all that is below it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ignored(Vec<String>);

impl Ignored {
    /// Ignores these paths, which are relative to the folder of the model.
    pub fn new(paths: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let plain = |path: String| path.trim_end_matches('/').trim_start_matches("./").to_owned();
        let mut paths: Vec<String> =
            paths.into_iter().map(Into::into).map(plain).filter(|path| !path.is_empty()).collect();
        paths.sort();
        paths.dedup();
        Self(paths)
    }

    /// Whether a file is not signed.
    pub fn covers(&self, file: &str) -> bool {
        self.0.iter().any(|path| {
            file.strip_prefix(path.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    /// The paths.
    pub fn paths(&self) -> &[String] {
        &self.0
    }
}

/// The files of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    model: String,
    ignored: Ignored,
    files: Vec<(String, Sha256)>,
}

impl Manifest {
    /// Lists the files of a model; those that are ignored are left out.
    ///
    /// # Errors
    /// [`SigningError::Unsignable`] if no file is left, or for a name that is not relative or is
    /// there twice.
    pub fn new(
        model: &str,
        ignored: Ignored,
        files: impl IntoIterator<Item = (String, Sha256)>,
    ) -> Result<Self, SigningError> {
        let files = files.into_iter().filter(|(name, _)| !ignored.covers(name)).collect();
        let manifest = Self { model: model.to_owned(), ignored, files };
        if manifest.files.is_empty() {
            return Err(SigningError::Unsignable("there is no file in it".to_owned()));
        }
        manifest.sorted().map_err(SigningError::Unsignable)
    }

    /// The manifest that a statement tells of.
    pub(crate) fn told(
        model: String,
        ignored: Ignored,
        files: Vec<(String, Sha256)>,
    ) -> Result<Self, SigningError> {
        Self { model, ignored, files }.sorted().map_err(SigningError::Statement)
    }

    fn sorted(mut self) -> Result<Self, String> {
        self.files.sort_by(|(a, _), (b, _)| a.split('/').cmp(b.split('/')));
        if let Some((name, _)) = self.files.iter().find(|(name, _)| !is_plain(name)) {
            return Err(format!("`{name}` is no path within a folder"));
        }
        match self.files.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            Some(pair) => Err(format!("`{}` is in it twice", pair[0].0)),
            None => Ok(self),
        }
    }

    /// The name of the model, for people.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// What is left out.
    pub fn ignored(&self) -> &Ignored {
        &self.ignored
    }

    /// The files, in order.
    pub fn files(&self) -> &[(String, Sha256)] {
        &self.files
    }

    /// The digest of the whole: of all digests of its files.
    pub fn digest(&self) -> Sha256 {
        digest_of(self.files.iter().map(|(_, digest)| digest))
    }

    /// In what the files that were found differ from these. What is ignored may be among them.
    pub fn differences(
        &self,
        found: impl IntoIterator<Item = (String, Sha256)>,
    ) -> Vec<Difference> {
        let mut found: BTreeMap<String, Sha256> =
            found.into_iter().filter(|(name, _)| !self.ignored.covers(name)).collect();
        let mut differences: Vec<Difference> = Vec::new();
        for (name, signed) in &self.files {
            match found.remove(name) {
                Some(digest) if digest == *signed => {}
                Some(_) => differences.push(Difference::Changed(name.clone())),
                None => differences.push(Difference::Missing(name.clone())),
            }
        }
        differences.extend(found.into_keys().map(Difference::Added));
        differences
    }
}

/// The digest of digests.
pub(crate) fn digest_of<'a>(digests: impl Iterator<Item = &'a Sha256>) -> Sha256 {
    let mut hashing = Hashing::default();
    digests.for_each(|digest| hashing.take(digest.bytes()));
    hashing.finish()
}

/// Whether a name leads to one place within the folder, for everybody who reads it.
fn is_plain(name: &str) -> bool {
    name.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// A difference between what was signed and what is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// The file is there and has other bytes.
    Changed(String),
    /// The file is not there.
    Missing(String),
    /// The file is there and was not signed.
    Added(String),
}

impl Difference {
    /// The name of the file.
    pub fn name(&self) -> &str {
        match self {
            Self::Changed(name) | Self::Missing(name) | Self::Added(name) => name,
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed(name) => write!(f, "`{name}` was changed"),
            Self::Missing(name) => write!(f, "`{name}` is missing"),
            Self::Added(name) => write!(f, "`{name}` was added"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(text: &str) -> Sha256 {
        Sha256::of(text.as_bytes())
    }

    fn files(names: &[&str]) -> Vec<(String, Sha256)> {
        names.iter().map(|name| ((*name).to_owned(), digest(name))).collect()
    }

    #[test]
    fn what_is_ignored_is_a_path_and_what_is_below_it() {
        let ignored = Ignored::new(["model.sig", "./a/b/", ""]);
        for (name, covered) in [
            ("model.sig", true),
            ("a/b", true),
            ("a/b/c", true),
            ("a/bc", false),
            ("a", false),
            ("x/model.sig", false),
            ("model.sig2", false),
        ] {
            assert_eq!(ignored.covers(name), covered, "{name}");
        }
    }

    #[test]
    fn a_manifest_has_each_file_once_under_a_plain_name() {
        for bad in [
            &[][..],
            &["model.sig"],
            &["a", "a"],
            &["/a"],
            &["a//b"],
            &["../a"],
            &["a/./b"],
            &["a/"],
        ] {
            let made = Manifest::new("m", Ignored::new(["model.sig"]), files(bad));
            assert!(matches!(made, Err(SigningError::Unsignable(_))), "{bad:?}");
        }
    }

    #[test]
    fn differences_are_named() {
        let signed = Manifest::new("m", Ignored::new(["model.sig"]), files(&["a", "b"])).unwrap();
        assert_eq!(signed.differences(files(&["b", "model.sig", "a"])), []);
        let renamed = [Difference::Missing("a".into()), Difference::Added("c".into())];
        assert_eq!(signed.differences(files(&["c", "b"])), renamed);
        let changed = vec![("a".to_owned(), digest("b")), ("b".to_owned(), digest("b"))];
        assert_eq!(signed.differences(changed), [Difference::Changed("a".into())]);
    }
}
