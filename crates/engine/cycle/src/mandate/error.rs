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
            message: day(error.message()).unwrap_or_else(|| suggest(error.message())),
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

/// The line of `key` within `[section]`; of the section, or 1, where it cannot be found.
fn line_of_key(text: &str, section: &str, key: &str) -> usize {
    let header = format!("[{section}]");
    let mut section_line = None;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.starts_with('[') {
            if section_line.is_some() {
                break;
            }
            section_line = line.starts_with(&header).then_some(index + 1);
        } else if section_line.is_some()
            && line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='))
        {
            return index + 1;
        }
    }
    section_line.unwrap_or(1)
}

/// What the parser of days says, in words that name the form of a day.
fn day(message: &str) -> Option<String> {
    let says = ["input is out of range", "input contains invalid characters"];
    let also = ["premature end of input", "trailing input"];
    let is_day = says.contains(&message) || also.contains(&message);
    is_day.then(|| "not a day of the calendar; write it as \"2020-01-31\"".to_owned())
}

/// Adds "did you mean" to serde's "unknown field `x`, expected one of `a`, `b`".
fn suggest(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let is_unknown = message.starts_with("unknown field") || message.starts_with("unknown variant");
    let (Some(given), true) = (quoted.next(), is_unknown) else {
        return message.to_owned();
    };
    let known: Vec<&str> = quoted.collect();
    match nearest(given, known.iter().copied()) {
        Some(near) => {
            format!("unknown key `{given}`: did you mean `{near}`? (known: {})", known.join(", "))
        }
        None => format!("unknown key `{given}` (known: {})", known.join(", ")),
    }
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
