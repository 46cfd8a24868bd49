//! Reading one sentence: words, names in parentheses, and amounts with their unit.
//!
//! In: the text of a constraint or an objective. Out: its parts, or a [`ParseError`] that names
//! the place, what was expected there and, where a known word is close, the word that was meant.
//! Knows nothing about what the words mean.

use std::fmt;

/// A sentence that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// What the sentence was read as: `constraint` or `objective`.
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

impl fmt::Display for ParseError {
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

impl std::error::Error for ParseError {}

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

    /// What is left of the sentence.
    pub(crate) fn rest_of_sentence(&self) -> &'a str {
        self.rest().trim()
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Where the next word starts, as a byte offset for [`Cursor::error_at`].
    pub(crate) fn here(&mut self) -> usize {
        self.skip_blanks();
        self.at
    }

    pub(crate) fn at_end(&mut self) -> bool {
        self.here() == self.text.len()
    }

    /// The next word in lower case; empty if something else comes next.
    pub(crate) fn word(&mut self) -> String {
        self.skip_blanks();
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
        self.at += end;
        rest[..end].to_lowercase()
    }

    /// Takes `token` if it comes next.
    pub(crate) fn take(&mut self, token: &str) -> bool {
        self.skip_blanks();
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    /// Takes the word `token`, in either case, if it comes next.
    pub(crate) fn take_word(&mut self, token: &str) -> bool {
        let start = self.here();
        let found = self.word() == token;
        if !found {
            self.at = start;
        }
        found
    }

    /// Takes the words of `phrase` if they come next, with a blank, `-` or `_` between them.
    pub(crate) fn take_phrase(&mut self, phrase: &str) -> bool {
        let mut ahead = *self;
        for (index, word) in phrase.split(' ').enumerate() {
            if index > 0 && !ahead.take("-") {
                ahead.take("_");
            }
            if !ahead.take_word(word) {
                return false;
            }
        }
        *self = ahead;
        true
    }

    /// A name without parentheses: letters, digits, `_` and `.`, a letter first.
    pub(crate) fn name(&mut self) -> &'a str {
        self.skip_blanks();
        let rest = self.rest();
        let inside = |(i, c): (usize, char)| {
            c.is_alphabetic() || (i > 0 && (c.is_ascii_digit() || matches!(c, '_' | '.')))
        };
        let end = rest.char_indices().find(|at| !inside(*at)).map_or(rest.len(), |(i, _)| i);
        self.at += end;
        &rest[..end]
    }

    /// Whether what was just taken is the beginning of a longer [name](Cursor::name).
    pub(crate) fn within_name(&self) -> bool {
        self.rest().starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.'))
    }

    /// The name between parentheses, if an opening one comes next.
    pub(crate) fn parenthesised(&mut self) -> Result<Option<&'a str>, ParseError> {
        if !self.take("(") {
            return Ok(None);
        }
        let start = self.here();
        let Some(end) = self.rest().find(')') else {
            return Err(self.error_at(start, "a name and `)`", None));
        };
        let name = self.rest()[..end].trim();
        if name.is_empty() {
            return Err(self.error_at(start, "a name between the parentheses", None));
        }
        self.at += end + 1;
        Ok(Some(name))
    }

    /// Whether a number or a sign comes next.
    pub(crate) fn starts_number(&mut self) -> bool {
        self.here();
        self.rest().starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+'))
    }

    /// Whether a sign comes next.
    pub(crate) fn starts_sign(&mut self) -> bool {
        self.here();
        self.rest().starts_with(['-', '+'])
    }

    /// A number as it is written, without a unit.
    pub(crate) fn number(&mut self) -> Option<f64> {
        self.skip_blanks();
        let rest = self.rest();
        let end = rest
            .char_indices()
            .find(|(i, c)| {
                !(c.is_ascii_digit() || matches!(c, '.' | '_') || (*i == 0 && *c == '-'))
            })
            .map_or(rest.len(), |(i, _)| i);
        let value = rest[..end].replace('_', "").parse().ok()?;
        self.at += end;
        Some(value)
    }

    /// An amount: `15%`, `25bps` or a bare fraction such as `0.15`. A bare number of 5 or more is
    /// refused: `15` for `15%` is too likely a slip.
    pub(crate) fn amount(&mut self) -> Result<f64, ParseError> {
        let start = self.here();
        let wanted = "an amount such as `15%`, `25bps` or `0.15`";
        let value = self.number().ok_or_else(|| self.error_at(start, wanted, None))?;
        if self.take("%") {
            return Ok(value / 100.0);
        }
        if self.take_word("bps") {
            return Ok(value / 1e4);
        }
        if value.abs() >= 5.0 {
            let meant = format!("{value}%");
            return Err(self.error_at(start, wanted, Some(meant)));
        }
        Ok(value)
    }

    /// An amount that may be any number: a bound on a characteristic.
    pub(crate) fn any_amount(&mut self) -> Result<f64, ParseError> {
        let start = self.here();
        let wanted = "a number or an amount such as `15%`";
        let value = self.number().ok_or_else(|| self.error_at(start, wanted, None))?;
        Ok(match () {
            () if self.take("%") => value / 100.0,
            () if self.take_word("bps") => value / 1e4,
            () => value,
        })
    }

    /// A name in a list: up to the next comma or the end.
    pub(crate) fn listed(&mut self) -> Result<&'a str, ParseError> {
        let start = self.here();
        let rest = self.rest();
        let end = rest.find(',').unwrap_or(rest.len());
        let name = rest[..end].trim_end();
        if name.is_empty() {
            return Err(self.error_at(start, "the name of an asset", None));
        }
        self.at += end;
        Ok(name)
    }

    /// What comes up to the word `end` or the end of the sentence.
    pub(crate) fn until_word(&mut self, end: &str) -> &'a str {
        self.here();
        let rest = self.rest();
        let places = rest.char_indices().filter(|(_, c)| c.is_whitespace()).map(|(at, _)| at);
        let mut ends = places.filter(|at| {
            let mut ahead = Self { at: self.at + at, ..*self };
            ahead.take_word(end)
        });
        let length = ends.next().unwrap_or(rest.len());
        self.at += length;
        rest[..length].trim_end()
    }

    /// An error unless the sentence ends here.
    pub(crate) fn finish(&mut self) -> Result<(), ParseError> {
        if self.at_end() {
            return Ok(());
        }
        Err(self.error_at(self.at, "the end of the sentence", None))
    }

    /// An error at a byte offset.
    pub(crate) fn error_at(
        &self,
        offset: usize,
        expected: impl Into<String>,
        suggestion: Option<String>,
    ) -> ParseError {
        ParseError {
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

/// A number as a percentage, or where that would be read as another, as it is.
pub(crate) fn exact(value: f64) -> String {
    let text = percent(value);
    let read = text.trim_end_matches('%').parse().map(|read: f64| read / 100.0);
    if read == Ok(value) { text } else { value.to_string() }
}

/// `0.15` as `15%`, without the noise of binary fractions.
pub(crate) fn percent(value: f64) -> String {
    let rounded = (value * 1e10).round() / 1e8;
    format!("{}%", if rounded == 0.0 { 0.0 } else { rounded })
}
