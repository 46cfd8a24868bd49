//! What stands in the parentheses of a risk measure: `95%`, `0.3`, `compounded`.
//!
//! In comes the rest of a sentence behind a name; out come its parts, one at a time, each read as
//! what the measure asks for next. It does not know which measure that is.

use super::{Target, Wealth};
use crate::sentence::{Cursor, SentenceError, percent};

/// The confidence of a tail that is not given.
const CONFIDENCE: f64 = 0.95;

/// The parts that are not yet read, in order, each with the place where it starts.
pub(super) struct Arguments<'a> {
    cursor: Cursor<'a>,
    parts: Vec<(usize, &'a str)>,
    next: usize,
    wealth: Wealth,
}

impl<'a> Arguments<'a> {
    /// Splits what follows the name. `compounded` is what the name said already.
    pub(super) fn read(mut cursor: Cursor<'a>, compounded: bool) -> Result<Self, SentenceError> {
        let mut parts = Vec::new();
        if cursor.take("(") {
            loop {
                let start = cursor.here();
                let part = cursor.until(&[',', ')']);
                if part.is_empty() {
                    let expected = "a parameter, such as `95%`, and `)`";
                    return Err(cursor.error_at(start, expected, None));
                }
                parts.push((start, part));
                if !cursor.take(",") {
                    break;
                }
            }
            let end = cursor.here();
            if !cursor.take(")") {
                return Err(cursor.error_at(end, "`)`", None));
            }
        }
        let end = cursor.here();
        if !cursor.at_end() {
            return Err(cursor.error_at(end, "`(` and parameters, or the end", None));
        }
        let wealth = if compounded { Wealth::Compounded } else { Wealth::Uncompounded };
        Ok(Self { cursor, parts, next: 0, wealth })
    }

    /// The next part, if `read` understands it; `default` if there is none.
    fn next<T>(
        &mut self,
        default: T,
        expected: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<T, SentenceError> {
        let Some((start, part)) = self.parts.get(self.next).copied() else {
            return Ok(default);
        };
        let value = read(part).ok_or_else(|| self.cursor.error_at(start, expected, None))?;
        self.next += 1;
        Ok(value)
    }

    /// Whether the next part is a word.
    fn word_comes(&self) -> bool {
        self.parts.get(self.next).is_some_and(|(_, part)| part.starts_with(char::is_alphabetic))
    }

    /// A confidence, as the probability of the tail that it leaves.
    pub(super) fn tail(&mut self) -> Result<f64, SentenceError> {
        self.tail_or(1.0 - CONFIDENCE)
    }

    fn tail_or(&mut self, default: f64) -> Result<f64, SentenceError> {
        let default = tidy(default);
        if let Some((_, part)) = self.parts.get(self.next)
            && let Some(tail) = part.strip_prefix(TAIL)
        {
            let fits = |tail: &f64| *tail > 0.0 && *tail <= 1.0;
            let tail = tail.trim().parse().ok().filter(fits);
            let expected = "a probability above 0 and up to 1 after `tail`";
            return self.next(default, expected, |_| tail);
        }
        if self.word_comes() {
            return Ok(default);
        }
        let expected = "a confidence from 50% to below 100%, such as `95%` for the worst 5%";
        self.next(default, expected, tail_of)
    }

    /// The tails of losses and of gains; those of gains are as those of losses unless given.
    pub(super) fn tails(&mut self) -> Result<(f64, f64), SentenceError> {
        let losses = self.tail()?;
        // What is below one half and has no `%` is the kappa of a relativistic range.
        let kappa = self.parts.get(self.next).is_some_and(|(_, part)| {
            whole(part, |cursor| cursor.number()).is_some_and(|value| value < 0.5)
        });
        let gains = if kappa { losses } else { self.tail_or(losses)? };
        Ok((losses, gains))
    }

    pub(super) fn number(&mut self, default: f64) -> Result<f64, SentenceError> {
        if self.word_comes() {
            return Ok(default);
        }
        let expected = "a positive number, such as `0.3`";
        self.next(default, expected, |part| {
            whole(part, |cursor| cursor.number()).filter(|x| *x > 0.0)
        })
    }

    pub(super) fn whole(&mut self, default: u8) -> Result<u8, SentenceError> {
        let expected = "a whole number from 1 to 255, such as `2` for the fourth moment";
        self.next(default, expected, |part| part.parse().ok().filter(|p| *p >= 1))
    }

    pub(super) fn target(&mut self, default: Target) -> Result<Target, SentenceError> {
        let expected = "`mean`, or a return such as `0.1%`";
        self.next(default, expected, |part| {
            if part.eq_ignore_ascii_case("mean") {
                return Some(Target::Mean);
            }
            if let Some(exact) = part.strip_prefix(TARGET) {
                return exact
                    .trim()
                    .parse()
                    .ok()
                    .filter(|r: &f64| r.is_finite())
                    .map(Target::Fixed);
            }
            let (sign, size) = match part.strip_prefix('-') {
                Some(rest) => (-1.0, rest),
                None => (1.0, part),
            };
            let value = whole(size, |cursor| cursor.quantity().map(|(value, _)| value))?;
            (value < 5.0).then_some(Target::Fixed(sign * value))
        })
    }

    pub(super) fn wealth(&mut self) -> Result<Wealth, SentenceError> {
        let expected = "`compounded` or `uncompounded`";
        self.next(self.wealth, expected, |part| match part.to_lowercase().as_str() {
            "compounded" | "relative" => Some(Wealth::Compounded),
            "uncompounded" | "absolute" => Some(Wealth::Uncompounded),
            _ => None,
        })
    }

    /// An error if a part was not asked for.
    pub(super) fn finish(&self) -> Result<(), SentenceError> {
        match self.parts.get(self.next) {
            Some((start, _)) => {
                Err(self.cursor.error_at(*start, "no further parameter here", None))
            }
            None => Ok(()),
        }
    }
}

/// What says that a probability follows and not a confidence.
const TAIL: &str = "tail ";

/// What says that a number follows, whatever its size.
const TARGET: &str = "target ";

/// The probability of the tail that a confidence from 50 % to below 100 % leaves.
fn tail_of(confidence: &str) -> Option<f64> {
    let confidence = whole(confidence, |cursor| cursor.quantity().map(|(value, _)| value))?;
    (0.5..1.0).contains(&confidence).then(|| tidy(1.0 - confidence))
}

/// A tail as people write it: its confidence, or where none comes to it, the probability itself.
pub(super) fn confidence(tail: f64) -> String {
    let confidence = percent(1.0 - tail);
    match tail_of(&confidence) == Some(tail) {
        true => confidence,
        false => format!("{TAIL}{tail}"),
    }
}

/// A target return as a percentage, or where none comes to it, the number itself.
pub(super) fn amount(target: f64) -> String {
    let text = percent(target);
    let size = text.strip_prefix('-').unwrap_or(&text);
    let read = whole(size, |cursor| cursor.quantity().map(|(value, _)| value));
    match read == Some(target.abs()) {
        true => text,
        false => format!("{TARGET}{target}"),
    }
}

/// All of `part`, read by `read`.
fn whole<T>(part: &str, read: impl Fn(&mut Cursor<'_>) -> Option<T>) -> Option<T> {
    let mut cursor = Cursor::new("", part);
    read(&mut cursor).filter(|_| cursor.at_end())
}

/// A probability without the noise of a binary subtraction.
fn tidy(tail: f64) -> f64 {
    (tail * 1e12).round() / 1e12
}
