//! The words of a promotion rule, with their places for error messages.

use std::borrow::Cow;

use super::{Bar, Op};
use crate::error::{PolicyError, did_you_mean};

/// The words of a rule with the byte at which each begins.
pub(super) struct Words<'a> {
    source: &'a str,
    at: usize,
}

impl<'a> Words<'a> {
    pub(super) fn of(source: &'a str) -> Self {
        Self { source, at: 0 }
    }

    /// A word is a run of letters, digits, `_` and `.` (with the sign of an exponent), or of `<>=`,
    /// or any other single character.
    pub(super) fn next(&mut self) -> Option<(usize, &'a str)> {
        let rest = &self.source[self.at..];
        let begin = self.at + (rest.len() - rest.trim_start().len());
        let rest = rest.trim_start();
        let first = rest.chars().next()?;
        let run = |fits: fn(char) -> bool| rest.find(|c| !fits(c)).unwrap_or(rest.len());
        let length = match first {
            c if is_word(c) => exponent(rest, run(is_word)),
            c if is_sign(c) => run(is_sign),
            c => c.len_utf8(),
        };
        self.at = begin + length;
        Some((begin, &rest[..length]))
    }

    /// The name of any metric: a word that begins as a name, or anything in backticks.
    pub(super) fn metric(&mut self) -> Result<&'a str, PolicyError> {
        let rest = self.source[self.at..].trim_start();
        if let Some(quoted) = rest.strip_prefix('`')
            && let Some((name, after)) = quoted.split_once('`')
            && !name.is_empty()
        {
            self.at = self.source.len() - after.len();
            return Ok(name);
        }
        match self.next() {
            Some((_, word)) if is_name(word) => Ok(word),
            word => {
                let expected = "`always` or the name of a metric, in backticks unless it is \
                                letters, digits, `_` and `.`";
                Err(self.unexpected(word, expected, &[]))
            }
        }
    }

    pub(super) fn op(&mut self) -> Result<Op, PolicyError> {
        match self.next() {
            Some((_, ">")) => Ok(Op::Above),
            Some((_, ">=")) => Ok(Op::AtLeast),
            Some((_, "<")) => Ok(Op::Below),
            Some((_, "<=")) => Ok(Op::AtMost),
            word => Err(self.unexpected(word, "`>`, `>=`, `<` or `<=`", &[])),
        }
    }

    pub(super) fn bar(&mut self) -> Result<Bar, PolicyError> {
        match self.next() {
            Some((_, "champion")) => self.margin().map(Bar::Champion),
            Some((_, "-")) => self.number().map(|number| Bar::Number(-number)),
            word => match number(word) {
                Some(number) => Ok(Bar::Number(number)),
                None => Err(self.unexpected(word, "`champion` or a number", &["champion"])),
            },
        }
    }

    fn margin(&mut self) -> Result<f64, PolicyError> {
        match self.next() {
            None => Ok(0.0),
            Some((_, "+")) => self.number(),
            Some((_, "-")) => self.number().map(|number| -number),
            word => Err(self.unexpected(word, "`+`, `-` or the end of the rule", &[])),
        }
    }

    fn number(&mut self) -> Result<f64, PolicyError> {
        let word = self.next();
        number(word).ok_or_else(|| self.unexpected(word, "a number", &[]))
    }

    pub(super) fn unexpected(
        &self,
        word: Option<(usize, &str)>,
        expected: &str,
        known: &[&str],
    ) -> PolicyError {
        let begin = word.map_or(self.source.len(), |(begin, _)| begin);
        PolicyError::Rule {
            rule: self.source.to_owned(),
            column: self.source[..begin].chars().count() + 1,
            expected: expected.to_owned(),
            found: word.map_or("nothing".to_owned(), |(_, word)| format!("`{word}`")),
            hint: word.map_or(String::new(), |(_, word)| did_you_mean(word, known.iter().copied())),
        }
    }
}

/// A metric's name as it is written in a rule.
pub(super) fn written(metric: &str) -> Cow<'_, str> {
    match is_name(metric) && metric != "always" {
        true => Cow::Borrowed(metric),
        false => Cow::Owned(format!("`{metric}`")),
    }
}

fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_alphabetic() || c == '_') && word.chars().all(is_word)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '.'
}

fn is_sign(c: char) -> bool {
    matches!(c, '<' | '>' | '=')
}

/// The length of a word with the signed exponent that may follow it, as in `1e-3`.
fn exponent(rest: &str, length: usize) -> usize {
    let (word, after) = rest.split_at(length);
    let signed = after.starts_with(['+', '-']) && word.ends_with(['e', 'E']);
    if !(signed && word.starts_with(|c: char| c.is_ascii_digit() || c == '.')) {
        return length;
    }
    let digits = after[1..].find(|c: char| !c.is_ascii_digit());
    length + 1 + digits.unwrap_or(after.len() - 1)
}

/// A finite number that begins as one: `inf` and `nan` are words.
fn number(word: Option<(usize, &str)>) -> Option<f64> {
    let (_, word) = word?;
    let begins = word.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let number: f64 = word.parse().ok().filter(|_| begins)?;
    number.is_finite().then_some(number)
}
