//! Which model is meant: `models:/NAME@alias`, `NAME/3`, `NAME`.

use std::fmt;
use std::str::FromStr;

/// Which model is meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reference {
    /// The registered model.
    pub name: String,
    /// Which of its versions.
    pub pick: Pick,
}

/// Which version of a model is meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Pick {
    /// The champion, or where there is none the newest.
    Best,
    /// The one with this number.
    Version(String),
    /// The one that holds this alias.
    Alias(String),
}

impl Reference {
    /// Reads a reference.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let rest = text.strip_prefix("models:").unwrap_or(text).trim_start_matches('/');
        let (name, pick) = match (rest.split_once('@'), rest.split_once('/')) {
            (Some((name, alias)), _) => (name, Pick::Alias(alias.to_owned())),
            (None, Some((name, version))) => (name, Pick::of(version)),
            (None, None) => (rest, Pick::Best),
        };
        let empty = matches!(&pick, Pick::Version(text) | Pick::Alias(text) if text.is_empty());
        if name.is_empty() || name.contains(['/', ':']) || empty {
            return Err(format!(
                "'{text}' names no model: use models:/NAME@alias, models:/NAME/VERSION or NAME"
            ));
        }
        Ok(Self { name: name.to_owned(), pick })
    }

    /// A model by a part of a path, and a version by another, if there is one.
    ///
    /// # Errors
    /// As [`Reference::parse`].
    pub fn of_path(model: &str, version: Option<&str>) -> Result<Self, String> {
        let named = Self::parse(model)?;
        Ok(match version.filter(|version| !version.is_empty()) {
            None => named,
            Some(version) => Self { name: named.name, pick: Pick::of(version) },
        })
    }
}

impl Pick {
    /// A number, or else an alias.
    fn of(text: &str) -> Self {
        match text.bytes().all(|byte| byte.is_ascii_digit()) {
            true => Self::Version(text.to_owned()),
            false => Self::Alias(text.trim_start_matches('@').to_owned()),
        }
    }
}

impl FromStr for Reference {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::parse(text)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.pick {
            Pick::Best => f.write_str(&self.name),
            Pick::Version(version) => write!(f, "{}/{version}", self.name),
            Pick::Alias(alias) => write!(f, "{}@{alias}", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_named_as_clients_name_them() {
        for (text, shown) in [
            ("models:/m@champion", "m@champion"),
            ("models:/m/3", "m/3"),
            ("models:/m/latest", "m@latest"),
            ("m", "m"),
            ("m@a", "m@a"),
        ] {
            assert_eq!(Reference::parse(text).unwrap().to_string(), shown, "{text}");
        }
        for text in ["", "models:/", "m@", "/@a", "runs:/a/b", "m/"] {
            assert!(Reference::parse(text).is_err(), "{text}");
        }
        assert_eq!(
            Reference::of_path("m", Some("challenger")).unwrap().to_string(),
            "m@challenger"
        );
        assert_eq!(Reference::of_path("m@a", Some("2")).unwrap().to_string(), "m/2");
    }
}
