//! A view from a sentence.
//!
//! In come a sentence and the names it may use; out comes a [`View`], or an error that names the
//! place. It does not know whether the view can hold.

use super::{Portfolio, Relation, Statistic, View, Vocabulary};
use crate::sentence::{Cursor, SentenceError, closest};

const KIND: &str = "view";
/// Words that are followed by a name in parentheses.
const WORDS: [&str; 10] = [
    "mean",
    "variance",
    "corr",
    "correlation",
    "skewness",
    "skew",
    "kurtosis",
    "var",
    "cvar",
    "prior",
];
/// The confidence of a tail that is not given.
const CONFIDENCE: f64 = 0.95;
/// From here on, a bare number in a view on returns is taken for a slip: `15` for `15%`.
const SLIP: f64 = 5.0;

pub(super) fn parse(sentence: &str, names: &Vocabulary) -> Result<View, SentenceError> {
    let mut reader = Reader { cursor: Cursor::new(KIND, sentence), names };
    let mut sum = Sum::default();
    reader.side(1.0, &mut sum)?;
    let relation = reader.relation()?;
    reader.side(-1.0, &mut sum)?;
    let confidence = reader.confidence()?;
    reader.check(&sum)?;
    Ok(View {
        sentence: sentence.trim().to_owned(),
        terms: sum.terms.into_iter().map(|(_, coefficient, term)| (coefficient, term)).collect(),
        relation,
        constant: -sum.constant,
        prior: sum.prior.into_iter().map(|(coefficient, term)| (-coefficient, term)).collect(),
        confidence,
    })
}

/// Left side less right side.
#[derive(Default)]
struct Sum {
    /// Where each term starts, its coefficient, and what it is.
    terms: Vec<(usize, f64, Statistic)>,
    prior: Vec<(f64, Statistic)>,
    constant: f64,
    /// Where a bare number stands that is too large for a return.
    slip: Option<(usize, f64)>,
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    names: &'a Vocabulary,
}

impl Reader<'_> {
    fn side(&mut self, side: f64, sum: &mut Sum) -> Result<(), SentenceError> {
        let mut sign = if self.cursor.take("-") { -side } else { side };
        loop {
            self.term(sign, sum)?;
            sign = if self.cursor.take("+") {
                side
            } else if self.cursor.take("-") {
                -side
            } else {
                return Ok(());
            };
        }
    }

    /// A product of numbers and at most one statistic.
    fn term(&mut self, sign: f64, sum: &mut Sum) -> Result<(), SentenceError> {
        let start = self.cursor.here();
        let (mut coefficient, mut found, mut bare) = (sign, None, true);
        loop {
            let here = self.cursor.here();
            if let Some((value, unit)) = self.cursor.quantity() {
                coefficient *= value;
                bare &= !unit;
            } else if found.is_none() {
                found = Some(self.atom()?);
            } else {
                return Err(self.cursor.error_at(here, "a number", None));
            }
            if !self.cursor.take("*") {
                break;
            }
        }
        match found {
            Some((term, true)) => sum.prior.push((coefficient, term)),
            Some((term, false)) => sum.terms.push((start, coefficient, term)),
            None => {
                sum.constant += coefficient;
                if bare && coefficient.abs() >= SLIP {
                    sum.slip.get_or_insert((start, coefficient.abs()));
                }
            }
        }
        Ok(())
    }

    /// A statistic, and whether it is one of the prior.
    fn atom(&mut self) -> Result<(Statistic, bool), SentenceError> {
        let before = self.cursor;
        let Some(word) = self.cursor.known(&WORDS).filter(|_| self.cursor.take("(")) else {
            self.cursor = before;
            return Ok((Statistic::Mean(self.name()?), false));
        };
        if WORDS[word] == "prior" {
            let (term, prior) = self.atom()?;
            let here = self.cursor.here();
            if prior {
                return Err(self.cursor.error_at(here, "a statistic, not a prior again", None));
            }
            self.close("`)`")?;
            return Ok((term, true));
        }
        Ok((self.statistic(WORDS[word])?, false))
    }

    /// What follows `word(`.
    fn statistic(&mut self, word: &str) -> Result<Statistic, SentenceError> {
        let of = self.name()?;
        let found = match word {
            "mean" => Statistic::Mean(of),
            "variance" => Statistic::Variance(of),
            "skewness" | "skew" => Statistic::Skewness(of),
            "kurtosis" => Statistic::Kurtosis(of),
            "var" => Statistic::ValueAtRisk { of, tail: self.tail()? },
            "cvar" => Statistic::ConditionalValueAtRisk { of, tail: self.tail()? },
            _ => {
                self.expect(",", "`,` and a second name")?;
                Statistic::Correlation(of, self.name()?)
            }
        };
        self.close("`)`")?;
        Ok(found)
    }

    fn tail(&mut self) -> Result<f64, SentenceError> {
        let mut confidence = CONFIDENCE;
        if self.cursor.take(",") {
            let start = self.cursor.here();
            let found = self.cursor.quantity().map(|(value, _)| value);
            confidence = found
                .filter(|value| (0.5..1.0).contains(value))
                .ok_or_else(|| self.cursor.error_at(start, "a confidence such as `95%`", None))?;
        }
        Ok(((1.0 - confidence) * 1e12).round() / 1e12)
    }

    fn name(&mut self) -> Result<Portfolio, SentenceError> {
        let start = self.cursor.here();
        if let Some(at) = self.cursor.known(self.names.names()) {
            return Ok(self.names.portfolio(at).clone());
        }
        let known = self.names.names().iter().map(String::as_str);
        let meant = closest(self.cursor.unknown(), known.chain(WORDS));
        let expected = "a symbol, a group, or one of `mean(…)`, `variance(…)`, `corr(…, …)`, \
                        `skewness(…)`, `kurtosis(…)`, `var(…, 95%)`, `cvar(…, 95%)`, `prior(…)`";
        Err(self.cursor.error_at(start, expected, meant))
    }

    fn relation(&mut self) -> Result<Relation, SentenceError> {
        let signs = [("==", Relation::Equal), ("<=", Relation::AtMost), (">=", Relation::AtLeast)];
        let start = self.cursor.here();
        if let Some((_, found)) = signs.into_iter().find(|(sign, _)| self.cursor.take(sign)) {
            return Ok(found);
        }
        let near = [("=", "=="), ("<", "<="), (">", ">=")];
        let meant = near.into_iter().find(|(sign, _)| self.cursor.take(sign));
        let expected = "`+`, `-`, `*`, or one of `==`, `<=` and `>=`";
        Err(self.cursor.error_at(start, expected, meant.map(|(_, sign)| sign.to_owned())))
    }

    fn confidence(&mut self) -> Result<Option<f64>, SentenceError> {
        if self.cursor.at_end() {
            return Ok(None);
        }
        let start = self.cursor.here();
        let wanted = "`with confidence 60%`, or the end";
        if self.cursor.known(&["with confidence"]).is_none() {
            return Err(self.cursor.error_at(start, wanted, None));
        }
        let start = self.cursor.here();
        let found = self.cursor.quantity().map(|(value, _)| value);
        match found.filter(|value| (0.0..=1.0).contains(value) && self.cursor.at_end()) {
            Some(value) => Ok(Some(value)),
            None => Err(self.cursor.error_at(start, "a confidence from 0% to 100%", None)),
        }
    }

    fn expect(&mut self, token: &str, wanted: &str) -> Result<(), SentenceError> {
        let start = self.cursor.here();
        if self.cursor.take(token) {
            return Ok(());
        }
        Err(self.cursor.error_at(start, wanted, None))
    }

    fn close(&mut self, wanted: &str) -> Result<(), SentenceError> {
        self.expect(")", wanted)
    }

    /// That the view is about one kind of statistic, and about returns in the right unit.
    fn check(&self, sum: &Sum) -> Result<(), SentenceError> {
        let Some((_, _, first)) = sum.terms.first() else {
            return Err(self.cursor.error_at(0, "a symbol or a statistic on one side", None));
        };
        if let Some((start, _, _)) =
            sum.terms.iter().find(|(_, _, term)| term.word() != first.word())
        {
            let expected = format!("a {} as before: a view is about one statistic", first.word());
            return Err(self.cursor.error_at(*start, expected, None));
        }
        let returns = matches!(first.word(), "mean" | "var" | "cvar");
        match sum.slip.filter(|_| returns) {
            Some((start, value)) => {
                let expected = "a return such as `15%`, `25bps` or `0.15`";
                Err(self.cursor.error_at(start, expected, Some(format!("{value}%"))))
            }
            None => Ok(()),
        }
    }
}
