//! What a view says, and the statistics that it can be about.
//!
//! A [`View`] is data: `Σ coefficient · statistic` is equal to, at most or at least a number.
//! Sentences are one way to make it. It does not know how views are imposed.

use super::Vocabulary;
use crate::SentenceError;

/// Columns of the table of returns with their weights.
pub type Portfolio = Vec<(usize, f64)>;

/// A number about the joint distribution of returns.
#[derive(Debug, Clone, PartialEq)]
pub enum Statistic {
    /// The expected return.
    Mean(Portfolio),
    /// The expected squared distance from the mean.
    Variance(Portfolio),
    /// The correlation of two.
    Correlation(Portfolio, Portfolio),
    /// The third central moment over the cube of the standard deviation.
    Skewness(Portfolio),
    /// The fourth central moment over the squared variance.
    Kurtosis(Portfolio),
    /// The loss that is reached with probability `tail`.
    ValueAtRisk {
        /// Of what.
        of: Portfolio,
        /// Probability of the worst outcomes.
        tail: f64,
    },
    /// The mean loss of the worst `tail`.
    ConditionalValueAtRisk {
        /// Of what.
        of: Portfolio,
        /// Probability of the worst outcomes.
        tail: f64,
    },
}

impl Statistic {
    /// The word for it in a sentence.
    pub fn word(&self) -> &'static str {
        match self {
            Statistic::Mean(_) => "mean",
            Statistic::Variance(_) => "variance",
            Statistic::Correlation(..) => "corr",
            Statistic::Skewness(_) => "skewness",
            Statistic::Kurtosis(_) => "kurtosis",
            Statistic::ValueAtRisk { .. } => "var",
            Statistic::ConditionalValueAtRisk { .. } => "cvar",
        }
    }

    /// What it is about: one portfolio, or two.
    pub(super) fn portfolios(&self) -> Vec<&Portfolio> {
        match self {
            Statistic::Mean(of)
            | Statistic::Variance(of)
            | Statistic::Skewness(of)
            | Statistic::Kurtosis(of)
            | Statistic::ValueAtRisk { of, .. }
            | Statistic::ConditionalValueAtRisk { of, .. } => vec![of],
            Statistic::Correlation(a, b) => vec![a, b],
        }
    }
}

/// How the two sides of a view compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// `==`
    Equal,
    /// `<=`
    AtMost,
    /// `>=`
    AtLeast,
}

/// A belief: `Σ terms` compared with `constant + Σ prior`, where the terms are statistics of the
/// posterior, all of one kind, and `prior` are statistics of the distribution before any view.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// How it was written; errors name it.
    pub sentence: String,
    /// Coefficients and statistics of the posterior.
    pub terms: Vec<(f64, Statistic)>,
    /// The comparison.
    pub relation: Relation,
    /// The number on the right, in the units of the statistic.
    pub constant: f64,
    /// Coefficients and statistics of the prior, added to the number on the right.
    pub prior: Vec<(f64, Statistic)>,
    /// How sure one is, from 0 to 1, for [`BlackLitterman`](super::BlackLitterman).
    pub confidence: Option<f64>,
}

impl View {
    /// Reads a sentence. A name alone means its mean.
    ///
    /// ```text
    /// AAPL == 5%                          an expected return
    /// AAPL - 0.5 * tech >= 1%             one return against another
    /// AAPL >= 1.2 * prior(AAPL)           against what it was before
    /// variance(AAPL) == 0.0009            also skewness, kurtosis
    /// corr(AAPL, MSFT) <= 0.5
    /// cvar(AAPL, 95%) == 4%               also var
    /// AAPL == 5% with confidence 60%
    /// ```
    pub fn parse(sentence: &str, names: &Vocabulary) -> Result<View, SentenceError> {
        super::sentence::parse(sentence, names)
    }
}
