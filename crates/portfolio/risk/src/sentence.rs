//! Reading one sentence: known names, numbers with their unit, and signs.
//!
//! In: the text of a measure or a view. Out: its parts, or a [`SentenceError`] that names the
//! place, what was expected there and, where a known word is close, the word that was meant. Knows
//! nothing about what the words mean.

use std::fmt;

/// A sentence that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentenceError {
    /// What the sentence was read as: `risk measure` or `view`.
    pub kind: &'static str,
    /// The sentence as it was given.
    pub sentence: String,
    /// The character at which reading stopped, counted from 1.
    pub position: usize,
    /// What would have been understood there.
    pub expected: String,
    /// A known word that resembles what was found.
    pub suggestion: Option<String>,
}

impl fmt::Display for SentenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} `{}`, character {}: expected {}",
            self.kind, self.sentence, self.position, self.expected
        )?;
        match &self.suggestion {
            Some(word) => write!(f, "; did you mean `{word}`?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for SentenceError {}

/// A place in a sentence.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'a> {
    kind: &'static str,
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(kind: &'static str, text: &'a str) -> Self {
        Self { kind, text, at: 0 }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Where the next word starts, as a byte offset for [`Cursor::error_at`].
    pub(crate) fn here(&mut self) -> usize {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
        self.at
    }

    pub(crate) fn at_end(&mut self) -> bool {
        self.here() == self.text.len()
    }

    /// Takes `token` if it comes next.
    pub(crate) fn take(&mut self, token: &str) -> bool {
        self.here();
        let found = self.rest().starts_with(token);
        self.at += if found { token.len() } else { 0 };
        found
    }

    /// Takes everything up to the first of `ends`, or to the end, without blanks around it.
    pub(crate) fn until(&mut self, ends: &[char]) -> &'a str {
        self.here();
        let rest = self.rest();
        let end = rest.find(ends).unwrap_or(rest.len());
        self.at += end;
        rest[..end].trim_end()
    }

    /// Takes the longest of the known names that comes next, and gives its place in the list.
    /// A name ends where no letter or digit follows.
    pub(crate) fn known<T: AsRef<str>>(&mut self, names: &[T]) -> Option<usize> {
        self.here();
        let rest = self.rest();
        let (at, name) = names
            .iter()
            .map(AsRef::as_ref)
            .enumerate()
            .filter(|(_, name)| !name.is_empty() && rest.starts_with(name))
            .filter(|(_, name)| !rest[name.len()..].starts_with(char::is_alphanumeric))
            .max_by_key(|(at, name)| (name.len(), std::cmp::Reverse(*at)))?;
        self.at += name.len();
        Some(at)
    }

    /// What stands where a name was expected.
    pub(crate) fn unknown(&self) -> &'a str {
        let rest = self.rest().trim_start();
        let inside = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '^' | '&');
        &rest[..rest.find(|c| !inside(c)).unwrap_or(rest.len())]
    }

    /// A number as it is written, without a sign or a unit.
    pub(crate) fn number(&mut self) -> Option<f64> {
        self.here();
        let rest = self.rest();
        let digit = |c: char| c.is_ascii_digit() || matches!(c, '.' | '_');
        let mut end = rest.find(|c| !digit(c)).unwrap_or(rest.len());
        let power = rest[end..].strip_prefix(['e', 'E']);
        if let Some(power) = power {
            let digits = power.strip_prefix(['-', '+']).unwrap_or(power);
            let len = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
            end += if len > 0 { 1 + power.len() - digits.len() + len } else { 0 };
        }
        let value = rest[..end].replace('_', "").parse().ok()?;
        self.at += end;
        Some(value)
    }

    /// A number with or without a unit: `15%`, `25bps`, `0.15`. The flag says whether it had one.
    pub(crate) fn quantity(&mut self) -> Option<(f64, bool)> {
        let value = self.number()?;
        if self.take("%") {
            return Some((value / 100.0, true));
        }
        if self.take("bps") {
            return Some((value / 1e4, true));
        }
        Some((value, false))
    }

    /// An error at a byte offset.
    pub(crate) fn error_at(
        &self,
        offset: usize,
        expected: impl Into<String>,
        suggestion: Option<String>,
    ) -> SentenceError {
        SentenceError {
            kind: self.kind,
            sentence: self.text.to_owned(),
            position: self.text[..offset].chars().count() + 1,
            expected: expected.into(),
            suggestion,
        }
    }
}

/// The known name that `found` most resembles, if any is close enough to be meant.
pub(crate) fn closest<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let folded = found.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&folded, &name.to_lowercase()), name))
        .filter(|(likeness, _)| *likeness >= 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name.to_owned())
}

/// `0.15` as `15%`, without the noise of binary fractions.
pub(crate) fn percent(value: f64) -> String {
    let rounded = (value * 1e12).round() / 1e10;
    format!("{}%", if rounded == 0.0 { 0.0 } else { rounded })
}
