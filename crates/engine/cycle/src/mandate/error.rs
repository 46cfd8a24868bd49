//! What is wrong with a mandate: file, line, and what to change.

/// A mandate that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct MandateError {
    /// The file, as it was named.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong and what to change.
    pub message: String,
}

impl MandateError {
    /// From what the TOML parser says; a misspelt key gets a suggestion.
    pub(crate) fn of_toml(file: &str, text: &str, error: &toml::de::Error) -> Self {
        let offset = error.span().map_or(0, |span| span.start);
        Self {
            file: file.to_owned(),
            line: line_at(text, offset),
            message: suggest(error.message()),
        }
    }

    /// About the line on which `key` stands in `[section]`.
    pub(crate) fn at_key(
        file: &str,
        text: &str,
        section: &str,
        key: &str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            file: file.to_owned(),
            line: line_of_key(text, section, key),
            message: message.into(),
        }
    }
}

fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// The line of `key` within `[section]`, or of `[section.key]`; of the section, or 1, where it
/// cannot be found.
fn line_of_key(text: &str, section: &str, key: &str) -> usize {
    let (header, table) = (format!("[{section}]"), format!("[{section}.{key}]"));
    let (mut section_line, mut inside) = (None, false);
    for (index, line) in text.lines().map(str::trim).enumerate() {
        if line.starts_with(&table) {
            return index + 1;
        }
        if line.starts_with('[') {
            inside = line.starts_with(&header);
            section_line = section_line.or(inside.then_some(index + 1));
        }
        let assigns = |rest: &str| rest.trim_start().starts_with(['=', '.']);
        if inside && line.strip_prefix(key).is_some_and(assigns) {
            return index + 1;
        }
    }
    section_line.unwrap_or(1)
}

/// Adds "did you mean" to serde's "unknown field `x`, expected one of `a`, `b`".
fn suggest(message: &str) -> String {
    let what = match message {
        message if message.starts_with("unknown field") => "key",
        message if message.starts_with("unknown variant") => "value",
        other => return other.to_owned(),
    };
    let mut quoted = message.split('`').skip(1).step_by(2);
    let given = quoted.next().unwrap_or_default();
    let known: Vec<&str> = quoted.collect();
    let hint = nearest(given, known.iter().copied())
        .map_or(String::new(), |near| format!(": did you mean `{near}`?"));
    format!("unknown {what} `{given}`{hint} (known: {})", known.join(", "))
}

/// The known word nearest to `given`, if one is near.
pub(crate) fn nearest<'a>(
    given: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    known
        .into_iter()
        .map(|word| (strsim::jaro_winkler(given, word), word))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, word)| word)
}
