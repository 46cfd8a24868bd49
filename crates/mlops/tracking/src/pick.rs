//! How a version is asked for: by its number or by an alias.

use crate::PolicyError;

/// The version that forecasts.
pub const CHAMPION: &str = "champion";
/// The version that wants to.
pub const CHALLENGER: &str = "challenger";

/// A version by number or by alias.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pick {
    /// By number.
    Version(u32),
    /// By whatever version holds the alias.
    Alias(String),
}

impl From<u32> for Pick {
    fn from(version: u32) -> Self {
        Pick::Version(version)
    }
}

impl From<&str> for Pick {
    /// `3` is a version, `champion` an alias.
    fn from(text: &str) -> Self {
        text.parse().map_or_else(|_| Pick::Alias(text.to_owned()), Pick::Version)
    }
}

/// An alias must not look like a version. The rule is that of the MLflow registry, and refuses bare
/// numbers besides.
pub(crate) fn check_alias(alias: &str) -> Result<(), PolicyError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let number = alias.strip_prefix(['v', 'V']).unwrap_or(alias);
    let like_a_version = number.chars().all(|c| c.is_ascii_digit()) || alias == "latest";
    if alias.is_empty() || alias.len() > 255 || !alias.chars().all(allowed) || like_a_version {
        return Err(PolicyError::Alias(alias.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_is_never_taken_for_a_version() {
        for (text, fits) in [
            ("champion", true),
            ("shadow_2", true),
            ("v", false),
            ("v2a", true),
            ("", false),
            ("3", false),
            ("v3", false),
            ("V12", false),
            ("latest", false),
            ("two words", false),
        ] {
            assert_eq!(check_alias(text).is_ok(), fits, "{text}");
        }
        assert_eq!(Pick::from("12"), Pick::Version(12));
        assert_eq!(Pick::from("champion"), Pick::Alias("champion".into()));
    }
}
