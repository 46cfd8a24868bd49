//! What names and values may be: the limits of the protocol.
//!
//! Lengths are counted in characters. The messages are the ones that clients of the protocol know.

use crate::CatalogError;

/// Longest key of a metric, parameter or tag.
pub const KEY: usize = 250;
/// Longest value of a parameter; longer ones are cut.
pub const PARAM_VALUE: usize = 6_000;
/// Longest value of a run's tag; longer ones are cut.
pub const TAG_VALUE: usize = 8_000;
/// Longest name of an experiment.
pub const EXPERIMENT_NAME: usize = 500;
/// Longest value of an experiment's tag.
pub const EXPERIMENT_TAG_VALUE: usize = 20_000;
/// Longest value of a tag in the registry.
pub const REGISTRY_TAG_VALUE: usize = 100_000;

/// Refuses what is longer than `limit` characters.
pub fn within(name: &str, limit: usize, value: &str) -> Result<(), CatalogError> {
    if value.len() > limit && value.chars().count() > limit {
        let message = format!("'{name}' exceeds the maximum length of {limit} characters");
        return Err(CatalogError::invalid(message));
    }
    Ok(())
}

/// The value, cut to `limit` characters.
pub fn cut(value: &str, limit: usize) -> &str {
    match value.char_indices().nth(limit) {
        Some((end, _)) if value.len() > limit => &value[..end],
        _ => value,
    }
}

/// Checks the name of a metric, parameter or tag, which stands at `path` in the request.
pub fn check_key(path: &str, name: &str) -> Result<(), CatalogError> {
    let plain = |c: char| c.is_alphanumeric() || "_/.- :".contains(c);
    if !name.chars().all(plain) {
        return Err(invalid(
            path,
            name,
            "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), \
             spaces ( ), colon(:) and slashes (/).",
        ));
    }
    check_no_path(path, name)?;
    within(path, KEY, name)
}

/// Refuses a name that means another place when it is read as a path: `../a`, `a//b`, `.`.
pub fn check_no_path(path: &str, name: &str) -> Result<(), CatalogError> {
    let normal = normal_path(name);
    if normal == name && normal != "." && !normal.starts_with("..") && !normal.starts_with('/') {
        return Ok(());
    }
    let why = format!(
        "Names may be treated as files in certain cases, and must not resolve to other names when \
         treated as such. This name would resolve to '{normal}'"
    );
    Err(invalid(path, name, &why))
}

/// A value that a parameter cannot have.
pub fn invalid(path: &str, value: &str, why: &str) -> CatalogError {
    let shown = serde_json::to_string(value).expect("text is JSON");
    CatalogError::invalid(format!("Invalid value {shown} for parameter '{path}' supplied: {why}"))
}

/// Text that every database can keep: none keeps a NUL character in text alike.
pub fn check_text(path: &str, value: &str) -> Result<(), CatalogError> {
    match value.contains('\0') {
        true => Err(invalid(path, value, "it must not contain the character NUL.")),
        false => Ok(()),
    }
}

/// The path as POSIX normalises it.
fn normal_path(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if path.starts_with('/') => {}
            _ => parts.push(part),
        }
    }
    let root = if path.starts_with('/') { "/" } else { "" };
    let joined = format!("{root}{}", parts.join("/"));
    if joined.is_empty() { ".".to_owned() } else { joined }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values from Python's `posixpath.normpath`.
    #[test]
    fn paths_are_normal_as_posix_has_it() {
        for (path, normal) in [
            ("a/b", "a/b"),
            ("a//b", "a/b"),
            ("a/./b", "a/b"),
            ("a/../b", "b"),
            ("../a", "../a"),
            ("a/../../b", "../b"),
            ("/a/../..", "/"),
            ("", "."),
            ("a/", "a"),
        ] {
            assert_eq!(normal_path(path), normal, "{path}");
        }
    }

    #[test]
    fn keys_are_checked() {
        for good in ["loss", "val/acc", "a b", "a:b", "größe", "a.b-c_d"] {
            check_key("key", good).unwrap();
        }
        for bad in ["", ".", "../x", "/x", "a//b", "a\n", "a\0", "x;y", "a'b"] {
            check_key("key", bad).unwrap_err();
        }
        check_key("key", &"k".repeat(250)).unwrap();
        let error = check_key("key", &"k".repeat(251)).unwrap_err();
        assert_eq!(error.message, "'key' exceeds the maximum length of 250 characters");
    }

    #[test]
    fn values_are_cut_between_characters() {
        assert_eq!(cut("äöü", 2), "äö");
        assert_eq!(cut("äöü", 3), "äöü");
    }
}
