//! What models, aliases and versions may be called. The messages are those that clients know.

use crate::names::{check_no_path, check_text, within};
use crate::{CatalogError, names};

/// Longest name of a registered model.
const NAME: usize = 256;
/// Longest alias.
const ALIAS: usize = 255;

/// The stages of a version.
pub const STAGES: [&str; 4] = ["None", "Staging", "Production", "Archived"];
/// The stage of a version that was deleted.
pub(super) const DELETED: &str = "Deleted_Internal";

/// Checks the name of a model that is asked for, or is to be made.
pub(super) fn check_name(name: &str) -> Result<(), CatalogError> {
    check_name_as("name", name)
}

/// Checks the new name of a model.
pub(super) fn check_new_name(name: &str) -> Result<(), CatalogError> {
    check_name_as("new_name", name)
}

fn check_name_as(field: &str, name: &str) -> Result<(), CatalogError> {
    if name.trim().is_empty() {
        return Err(CatalogError::invalid(format!(
            "Missing value for required parameter '{field}'."
        )));
    }
    if name.contains(['/', ':']) {
        return Err(CatalogError::invalid(format!(
            "Invalid model name '{name}'. Names cannot contain '/' or ':'."
        )));
    }
    check_text("name", name)?;
    check_no_path("name", name)?;
    within("name", NAME, name)
}

/// Checks an alias that is asked for.
pub(super) fn check_alias(alias: &str) -> Result<(), CatalogError> {
    if alias.is_empty() {
        return Err(CatalogError::invalid("Registered model alias name cannot be empty."));
    }
    if !alias.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-') {
        return Err(CatalogError::invalid(format!(
            "Invalid alias name: '{alias}'. Names may only contain alphanumerics, underscores (_), \
             and dashes (-)."
        )));
    }
    within("Registered model alias name", ALIAS, alias)
}

/// Checks an alias that is to be given: it must not look like a version.
pub(super) fn check_new_alias(alias: &str) -> Result<(), CatalogError> {
    check_alias(alias)?;
    if is_latest(alias) {
        return Err(CatalogError::invalid("'latest' alias name (case insensitive) is reserved."));
    }
    let number = alias.strip_prefix(['v', 'V']).unwrap_or_default();
    if !number.is_empty() && number.chars().all(char::is_numeric) {
        return Err(CatalogError::invalid(format!("Version alias name '{alias}' is reserved.")));
    }
    Ok(())
}

/// Whether an alias means the newest version.
pub(super) fn is_latest(alias: &str) -> bool {
    alias.to_lowercase() == "latest"
}

/// Reads the number of a version, which is text on the wire.
pub fn parse_version(text: &str) -> Result<i64, CatalogError> {
    text.trim().parse().map_err(|_| {
        CatalogError::invalid(format!("Parameter 'version' must be an integer, got '{text}'."))
    })
}

/// The stage as it is kept, whatever the case in which it was written.
pub(super) fn stage(text: &str) -> Result<&'static str, CatalogError> {
    let lower = text.to_lowercase();
    let found = STAGES.iter().find(|stage| stage.to_lowercase() == lower);
    found.copied().ok_or_else(|| {
        CatalogError::invalid(format!(
            "Invalid Model Version stage: {text}. Value must be one of {}.",
            STAGES.join(", ")
        ))
    })
}

/// Checks a tag of a model or of a version.
pub(super) fn check_tag(key: &str, value: &str, prompt: bool) -> Result<(), CatalogError> {
    names::check_key("key", key)?;
    check_text("value", value)?;
    if prompt && key == "mlflow.prompt.text" {
        let limit = names::REGISTRY_TAG_VALUE;
        within("value", limit, value).map_err(|_| {
            CatalogError::invalid(format!("Prompt text exceeds max length of {limit} characters."))
        })?;
    }
    within("value", names::REGISTRY_TAG_VALUE, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the registry of MLflow 3.17.2 accepts.
    #[test]
    fn aliases_do_not_look_like_versions() {
        for good in ["champion", "Champ-1", "a_b", "größe", "v", "v1a", "1", "latest1"] {
            check_new_alias(good).unwrap();
        }
        for bad in ["", "a b", "a.b", "a/b", "v1", "V12", "latest", "LATEST"] {
            check_new_alias(bad).unwrap_err();
        }
        check_alias("v1").unwrap();
        check_alias(&"a".repeat(255)).unwrap();
        check_alias(&"a".repeat(256)).unwrap_err();
    }

    #[test]
    fn names_are_not_paths() {
        for good in ["m", "a b", "a.b", "größe", "m@champion"] {
            check_name(good).unwrap();
        }
        for bad in ["", "  ", "a/b", "a:b", ".", "..", "a\0b"] {
            check_name(bad).unwrap_err();
        }
    }

    #[test]
    fn versions_are_numbers_in_text() {
        assert_eq!(parse_version(" 3 "), Ok(3));
        let error = parse_version("three").unwrap_err();
        assert_eq!(error.message, "Parameter 'version' must be an integer, got 'three'.");
    }
}
