//! Addresses of model files, taken apart: no more than is needed to tell who they belong to.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// An address, `scheme://authority/path`, or a plain path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Uri<'a> {
    /// In small letters; empty for a plain path.
    pub scheme: String,
    /// What stands behind `//`.
    pub authority: &'a str,
    /// Without the query and the fragment.
    pub path: &'a str,
}

impl<'a> Uri<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let (scheme, rest) = match text.split_once(':') {
            Some((scheme, rest)) if is_scheme(scheme) => (scheme.to_ascii_lowercase(), rest),
            _ => (String::new(), text),
        };
        let (authority, rest) = match rest.strip_prefix("//") {
            None => ("", rest),
            Some(rest) => rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len())),
        };
        let path = &rest[..rest.find(['?', '#']).unwrap_or(rest.len())];
        Self { scheme, authority, path }
    }

    /// The host, without the user and the port.
    pub(super) fn host(&self) -> String {
        let host = self.authority.rsplit_once('@').map_or(self.authority, |(_, host)| host);
        let host = match host.strip_prefix('[') {
            Some(bracketed) => bracketed.split(']').next().unwrap_or_default(),
            None => host.split(':').next().unwrap_or_default(),
        };
        host.to_ascii_lowercase()
    }

    /// The port: none, a number, or what cannot be one.
    pub(super) fn port(&self) -> Result<Option<u16>, ()> {
        let host = self.authority.rsplit_once('@').map_or(self.authority, |(_, host)| host);
        let after = host.rsplit_once(']').map_or(host, |(_, after)| after);
        match after.rsplit_once(':') {
            None | Some((_, "")) => Ok(None),
            Some((_, port)) => port.parse().map(Some).map_err(|_| ()),
        }
    }

    /// The parts of the path, without what is empty, decoded to the end.
    fn parts(&self) -> Vec<String> {
        self.path.split('/').filter(|part| !part.is_empty()).map(decoded).collect()
    }

    /// Whether it is `root` or below it.
    pub(super) fn is_within(&self, root: &Uri<'_>) -> bool {
        let (own, root_parts) = (self.parts(), root.parts());
        self.scheme == root.scheme
            && self.authority.eq_ignore_ascii_case(root.authority)
            && !root_parts.is_empty()
            && own.starts_with(&root_parts)
    }

    /// Whether it is reached through a tracking server.
    pub(super) fn is_proxied(&self) -> bool {
        let route = ["api", "2.0", "mlflow-artifacts", "artifacts"];
        self.scheme == "mlflow-artifacts"
            || (matches!(self.scheme.as_str(), "http" | "https")
                && self.parts().windows(route.len()).any(|window| window == route))
    }
}

fn is_scheme(text: &str) -> bool {
    let letter = text.starts_with(|c: char| c.is_ascii_alphabetic());
    letter && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

/// Text whose `%41` were replaced until there are none left.
pub(super) fn decoded(text: &str) -> String {
    let mut text = Cow::Borrowed(text);
    loop {
        let next = percent_decode_str(&text).decode_utf8_lossy().into_owned();
        if next == text {
            return next;
        }
        text = Cow::Owned(next);
    }
}

/// A local path as it is without `.`, `..` and doubled slashes; `None` unless it begins at the root.
pub(super) fn local_path(uri: &str) -> Option<Vec<String>> {
    let path = if uri.starts_with("file:") { Uri::of(uri).path } else { uri };
    let path = percent_decode_str(path).decode_utf8_lossy();
    let mut parts: Vec<&str> = Vec::new();
    for part in path.strip_prefix('/')?.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    Some(parts.into_iter().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values from Python's `urllib.parse.urlsplit`.
    #[test]
    fn addresses_are_taken_apart() {
        for (text, scheme, authority, path) in [
            ("models:/m/1", "models", "", "/m/1"),
            ("s3://bucket/a/b?x=1#y", "s3", "bucket", "/a/b"),
            ("HTTP://u:p@Host:80/a", "http", "u:p@Host:80", "/a"),
            ("/a/b:c", "", "", "/a/b:c"),
            ("1a:/b", "", "", "1a:/b"),
            ("dummy-source", "", "", "dummy-source"),
            ("mlflow-artifacts:/1/2", "mlflow-artifacts", "", "/1/2"),
        ] {
            assert_eq!(Uri::of(text), Uri { scheme: scheme.into(), authority, path }, "{text}");
        }
        assert_eq!(Uri::of("http://u:p@Host:80/a").host(), "host");
        assert_eq!(Uri::of("http://[::1]:80/a").host(), "::1");
        assert_eq!(Uri::of("http://[::1]:80/a").port(), Ok(Some(80)));
        assert_eq!(Uri::of("http://h:x/a").port(), Err(()));
    }

    #[test]
    fn what_is_below_a_root_is_told_from_what_only_begins_like_it() {
        let root = Uri::of("mlflow-artifacts:/1/r/artifacts");
        for (text, within) in [
            ("mlflow-artifacts:/1/r/artifacts", true),
            ("mlflow-artifacts:/1/r/artifacts/model", true),
            ("mlflow-artifacts:/1/r/artifacts%2fmodel", false),
            ("mlflow-artifacts:/1/r/artifacts2", false),
            ("mlflow-artifacts:/1/s/artifacts", false),
            ("mlflow-artifacts://host/1/r/artifacts", false),
            ("s3:/1/r/artifacts", false),
        ] {
            assert_eq!(Uri::of(text).is_within(&root), within, "{text}");
        }
        assert!(!Uri::of("s3://b/x").is_within(&Uri::of("s3://b")));
    }

    #[test]
    fn local_paths_are_plain() {
        assert_eq!(local_path("/a/./b//../c"), Some(vec!["a".to_owned(), "c".to_owned()]));
        assert_eq!(local_path("file:///a%20b"), Some(vec!["a b".to_owned()]));
        assert_eq!(local_path("a/b"), None);
    }
}
