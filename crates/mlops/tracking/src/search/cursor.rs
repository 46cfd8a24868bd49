//! A place in the text that is read, and the small things that can stand there: words, quoted keys
//! and texts, numbers, signs. It knows nothing of entities.

use super::error::{SearchError, excerpt};

/// A place in a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a> {
    source: &'a str,
    at: usize,
}

/// A key as it was written: perhaps a word and a dot, then words with dots between them, of which the
/// last may be quoted instead.
#[derive(Debug, Clone, Copy)]
pub(super) struct Name<'a> {
    /// Where it begins.
    pub at: usize,
    /// The word before the first dot, if there is a dot.
    pub prefix: Option<&'a str>,
    /// Where the key begins.
    pub key_at: usize,
    /// What stands behind the first dot, or all of it.
    pub key: &'a str,
    /// Where in `key` the quoted part begins, if there is one.
    pub quoted: Option<usize>,
}

/// Text between quotes, with them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quoted<'a> {
    pub raw: &'a str,
    /// Whether the quote that closes it stands behind a backslash.
    pub soft: bool,
}

impl<'a> Cursor<'a> {
    pub(super) fn of(source: &'a str) -> Self {
        Self { source, at: 0 }
    }

    pub(super) fn at(self) -> usize {
        self.at
    }

    pub(super) fn rest(self) -> &'a str {
        &self.source[self.at..]
    }

    pub(super) fn peek(self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Takes a sign, if it stands here.
    pub(super) fn take(&mut self, sign: char) -> bool {
        let there = self.rest().starts_with(sign);
        if there {
            self.at += sign.len_utf8();
        }
        there
    }

    fn take_bytes(&mut self, length: usize) -> &'a str {
        let taken = &self.rest()[..length];
        self.at += length;
        taken
    }

    /// A run of characters, perhaps empty.
    pub(super) fn run(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        self.take_bytes(rest.find(|c| !fits(c)).unwrap_or(rest.len()))
    }

    /// A run of letters, digits and `_`, perhaps empty.
    pub(super) fn word(&mut self) -> &'a str {
        self.run(is_word)
    }

    /// Takes a word, whatever its case, if it stands here and no dot makes a key of it.
    pub(super) fn keyword(&mut self, keyword: &str) -> bool {
        let mut ahead = *self;
        let there = ahead.word().eq_ignore_ascii_case(keyword) && ahead.peek() != Some('.');
        if there {
            *self = ahead;
        }
        there
    }

    /// Reads a key.
    pub(super) fn name(&mut self) -> Result<Name<'a>, SearchError> {
        let at = self.at;
        let mut name = Name { at, prefix: None, key_at: at, key: "", quoted: None };
        loop {
            let begin = self.at;
            let quoted = self.part()?;
            let part = &self.source[begin..self.at];
            name.key = &self.source[name.key_at..self.at];
            name.quoted = quoted.then_some(begin - name.key_at);
            let prefix = !quoted || begin == at && part.starts_with('`');
            if !prefix || !self.take('.') {
                return Ok(name);
            }
            if name.prefix.is_none() {
                (name.prefix, name.key_at) = (Some(part.trim_matches('`')), self.at);
            }
        }
    }

    /// Takes a word or something quoted; says whether it is quoted.
    fn part(&mut self) -> Result<bool, SearchError> {
        let begin = *self;
        if let Some(quote) = self.peek().filter(|c| matches!(c, '`' | '"' | '\'')) {
            return match self.quoted(quote) {
                Some(quoted) if !quoted.soft => Ok(true),
                _ => Err(begin.clause("a key whose quotes are closed")),
            };
        }
        let word = self.word();
        if word.bytes().all(|b| b.is_ascii_digit()) {
            return Err(begin.clause("a key (in backticks unless it is letters, digits and `_`)"));
        }
        Ok(false)
    }

    /// Text up to the closing quote. A quote that stands twice, or behind a backslash, does not
    /// close it, except the last one that stands behind a backslash if no other does: so a path
    /// may end in `\`.
    pub(super) fn quoted(&mut self, quote: char) -> Option<Quoted<'a>> {
        let rest = self.rest();
        let (bytes, quote) = (rest.as_bytes(), quote as u8);
        let (mut i, mut soft) = (1, None);
        while i < bytes.len() {
            let next = bytes.get(i + 1) == Some(&quote);
            match bytes[i] {
                byte if byte == quote && next => (i, soft) = (i + 2, None),
                byte if byte == quote => {
                    return Some(Quoted { raw: self.take_bytes(i + 1), soft: false });
                }
                b'\\' if next && quote != b'`' => (i, soft) = (i + 2, Some(i + 2)),
                _ => i += 1,
            }
        }
        soft.map(|end| Quoted { raw: self.take_bytes(end), soft: true })
    }

    /// A number as it is written: digits with an optional `-`, fraction and `e` exponent.
    pub(super) fn number(&mut self) -> Option<&'a str> {
        let mut ahead = *self;
        ahead.take('-');
        let whole = ahead.digits();
        let before = ahead;
        let fraction = if ahead.take('.') { Some(ahead.digits()) } else { None };
        if whole == 0 && fraction.unwrap_or(0) == 0 {
            return None;
        }
        if whole > 0 && fraction != Some(0) {
            ahead.exponent();
        } else if whole > 0 && ahead.peek().is_some_and(is_word) {
            ahead = before;
        }
        if ahead.peek().is_some_and(is_word) {
            return None;
        }
        let raw = &self.source[self.at..ahead.at];
        *self = ahead;
        Some(raw)
    }

    fn digits(&mut self) -> usize {
        self.run(|c| c.is_ascii_digit()).len()
    }

    fn exponent(&mut self) {
        let mut ahead = *self;
        if ahead.take('e') || ahead.take('E') {
            ahead.take('-');
            if ahead.digits() > 0 {
                *self = ahead;
            }
        }
    }

    /// The column of a byte, counted in characters from 1.
    pub(super) fn column(self, at: usize) -> usize {
        self.source[..at].chars().count() + 1
    }

    /// What stands here, for a message: a word, a sign or the end.
    pub(super) fn found(self) -> String {
        let mut ahead = self;
        match self.peek() {
            None => "the end".to_owned(),
            Some(c) if is_word(c) => format!("`{}`", excerpt(ahead.word())),
            Some(c) => format!("`{c}`"),
        }
    }

    /// Something else was expected there.
    pub(super) fn unfit(self, at: usize, expected: &str) -> SearchError {
        Self { at, ..self }.clause(expected)
    }

    /// Something else was expected here.
    pub(super) fn clause(self, expected: &str) -> SearchError {
        SearchError::Clause {
            column: self.column(self.at),
            expected: expected.to_owned(),
            found: self.found(),
        }
    }
}

/// Whether a character may stand in a word.
pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
