//! Black–Litterman: prior means moved towards views, each as far as one is sure of it.
//!
//! In come prior [`Moments`] and views on means; out come posterior moments. With `V = τΣP'` and
//! `A = PV + Ω` (Black and Litterman 1992; He and Litterman 1999, "The intuition behind
//! Black-Litterman model portfolios"):
//!
//! `μ* = μ + V A⁻¹ (q − Pμ)`, `Σ* = Σ + τΣ − V A⁻¹ V'`.
//!
//! It does not know where the prior comes from; [`equilibrium`](crate::equilibrium) is the usual one.

use super::{Portfolio, Relation, Statistic, View};
use crate::matrix::dot;
use crate::moments::check_len;
use crate::{Matrix, Moments, RiskError};

/// The confidence of a view that states none: its error is then as large as the prior's.
const CONFIDENCE: f64 = 0.5;

/// How prior and views are joined.
#[derive(Debug, Clone, PartialEq)]
pub struct BlackLitterman {
    /// `τ`: the variance of the prior means as a fraction of that of returns.
    pub tau: f64,
    /// `Ω`: the covariance of the errors of the views. `None` derives it from their confidences.
    pub uncertainty: Option<Matrix>,
}

impl Default for BlackLitterman {
    /// `τ = 0.05`, errors from confidences.
    fn default() -> Self {
        Self { tau: 0.05, uncertainty: None }
    }
}

impl BlackLitterman {
    /// The posterior of `prior` after `views`.
    ///
    /// A confidence `c` gives a view the error `τ p'Σp (1 − c)/c` (Idzorek 2005, "A step-by-step
    /// guide to the Black-Litterman model", in the closed form of Walters 2014, "The
    /// Black-Litterman model in detail", section 3.4): 100 % imposes it, 0 % leaves it out, and
    /// 50 %, or none stated, is the error of He and Litterman.
    ///
    /// Fails for a view that is an inequality, that is not about means, or that follows from others
    /// held with certainty; and for a `τ` that is not positive.
    pub fn posterior(&self, prior: &Moments, views: &[View]) -> Result<Moments, RiskError> {
        if !(self.tau > 0.0 && self.tau.is_finite()) {
            let must = "positive, such as 0.05";
            return Err(RiskError::Parameter { name: "tau", found: self.tau, must });
        }
        let mut rows = Vec::new();
        for (at, view) in views.iter().enumerate() {
            let row = Row::new(view, at, prior)?;
            // A view without any confidence has an infinite error.
            if self.uncertainty.is_some() || row.confidence > 0.0 {
                rows.push(row);
            }
        }
        let scaled = prior.covariance.scaled(self.tau);
        let tilts: Vec<Vec<f64>> = rows.iter().map(|row| scaled.mul_vec(&row.pick)).collect();
        let system = Matrix::from_fn(rows.len(), |a, b| dot(&rows[a].pick, &tilts[b]));
        let system = self.with_errors(system, &rows, views.len())?;
        let (mean, reduction) = solve(prior, views, &rows, &tilts, &system)?;
        let covariance = Matrix::from_fn(mean.len(), |row, col| {
            let explained = dot(&tilts.iter().map(|v| v[row]).collect::<Vec<_>>(), &reduction[col]);
            prior.covariance.at(row, col) * (1.0 + self.tau) - explained
        });
        Ok(Moments { mean, covariance, ..prior.clone() })
    }

    /// `PV + Ω`.
    fn with_errors(&self, system: Matrix, rows: &[Row], views: usize) -> Result<Matrix, RiskError> {
        match &self.uncertainty {
            Some(errors) if errors.n() == views => {
                Ok(Matrix::from_fn(views, |a, b| system.at(a, b) + errors.at(a, b)))
            }
            Some(errors) => Err(RiskError::Shape {
                what: "rows of the uncertainty of views",
                expected: views,
                found: errors.n(),
            }),
            None => Ok(Matrix::from_fn(rows.len(), |a, b| {
                let error =
                    if a == b { (1.0 - rows[a].confidence) / rows[a].confidence } else { 0.0 };
                system.at(a, b) * (1.0 + error)
            })),
        }
    }
}

/// The posterior mean, and `A⁻¹V'` column by column.
fn solve(
    prior: &Moments,
    views: &[View],
    rows: &[Row],
    tilts: &[Vec<f64>],
    system: &Matrix,
) -> Result<(Vec<f64>, Vec<Vec<f64>>), RiskError> {
    let n = prior.mean.len();
    if rows.is_empty() {
        return Ok((prior.mean.clone(), vec![Vec::new(); n]));
    }
    let factor = factor(system).map_err(|row| RiskError::View {
        sentence: views[rows[row].at].sentence.clone(),
        problem: "follows from the views before it, which are held with certainty; leave it out, \
                  or state a confidence below 100%"
            .to_owned(),
    })?;
    let surprise: Vec<f64> =
        rows.iter().map(|row| row.value - dot(&row.pick, &prior.mean)).collect();
    let pull = factor.solve(&surprise);
    let at = |col: usize| -> Vec<f64> { tilts.iter().map(|tilt| tilt[col]).collect() };
    let mean = (0..n).map(|col| prior.mean[col] + dot(&at(col), &pull)).collect();
    Ok((mean, (0..n).map(|col| factor.solve(&at(col))).collect()))
}

/// The Cholesky factor, or the first row that the rows before it explain to rounding.
fn factor(system: &Matrix) -> Result<crate::Cholesky, usize> {
    let factor = system.cholesky().map_err(|error| match error {
        RiskError::NotPositiveDefinite { row } => row,
        _ => 0,
    })?;
    let left = |row: usize| factor.at(row, row).powi(2) <= 1e-12 * system.at(row, row);
    (0..system.n()).find(|row| left(*row)).map_or(Ok(factor), Err)
}

/// One view as a row of `P` and an entry of `q`.
struct Row {
    at: usize,
    pick: Vec<f64>,
    value: f64,
    confidence: f64,
}

impl Row {
    fn new(view: &View, at: usize, prior: &Moments) -> Result<Self, RiskError> {
        let wrong = |problem: &str| RiskError::View {
            sentence: view.sentence.clone(),
            problem: problem.to_owned(),
        };
        if view.relation != Relation::Equal {
            return Err(wrong(
                "is an inequality, and Black-Litterman takes equalities; write `==`, or use \
                 entropy pooling",
            ));
        }
        let n = prior.mean.len();
        let sum = |terms: &[(f64, Statistic)]| {
            let mut pick = vec![0.0; n];
            for (coefficient, statistic) in terms {
                let Statistic::Mean(of) = statistic else {
                    return Err(wrong("is not about means; use entropy pooling"));
                };
                add(&mut pick, of, *coefficient)
                    .ok_or_else(|| wrong("speaks of a column that the prior lacks"))?;
            }
            Ok(pick)
        };
        let (pick, reference) = (sum(&view.terms)?, sum(&view.prior)?);
        if pick.iter().all(|weight| *weight == 0.0) {
            return Err(wrong("weighs no symbol: its terms cancel"));
        }
        let value = view.constant + dot(&reference, &prior.mean);
        let confidence = view.confidence.unwrap_or(CONFIDENCE);
        if !(value.is_finite() && (0.0..=1.0).contains(&confidence)) {
            return Err(wrong("needs a finite number, and a confidence from 0 to 1"));
        }
        Ok(Self { at, pick, value, confidence })
    }
}

fn add(pick: &mut [f64], of: &Portfolio, coefficient: f64) -> Option<()> {
    of.iter().try_for_each(|(col, weight)| {
        *pick.get_mut(*col)? += coefficient * weight;
        Some(())
    })
}

/// Assets and factors in one table of moments, so that views may be about either (Cheung 2013,
/// "The augmented Black-Litterman model: a ranking-free approach to factor-based portfolio
/// construction and beyond"): the covariance of assets with factors is `BΣ_F`.
///
/// `loadings` is `B`, assets × factors, row by row. The symbols of the factors follow those of the
/// assets; [`Moments::first`] takes the assets out again. A joint covariance that is not positive
/// semidefinite is repaired, and says so.
pub fn with_factors(
    assets: &Moments,
    factors: &Moments,
    loadings: &[f64],
) -> Result<Moments, RiskError> {
    let (n, k) = (assets.mean.len(), factors.mean.len());
    check_len("loadings", loadings, n * k)?;
    let mean = assets.mean.iter().chain(&factors.mean).copied().collect();
    let covariance = Matrix::from_fn(n + k, |row, col| match (row < n, col < n) {
        (true, _) => assets.covariance.at(row, col),
        (false, true) => dot(&loadings[col * k..(col + 1) * k], factors.covariance.row(row - n)),
        (false, false) => factors.covariance.at(row - n, col - n),
    });
    let symbols = assets.symbols.iter().chain(factors.symbols.iter()).cloned().collect();
    Moments::new(symbols, mean, covariance, assets.observations.min(factors.observations))
}

impl Moments {
    /// The moments of the first `n` symbols (panics if there are fewer).
    pub fn first(&self, n: usize) -> Moments {
        Moments {
            symbols: self.symbols[..n].into(),
            mean: self.mean[..n].to_vec(),
            covariance: self.covariance.submatrix(&(0..n).collect::<Vec<_>>()),
            ..self.clone()
        }
    }
}
