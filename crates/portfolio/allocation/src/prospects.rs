//! What the assets may return over the horizon of one decision: moments, scenarios, and what views
//! make of both.
//!
//! In: moments over the horizon, daily returns, where scenarios come from, and views. Out: what each
//! aim reads of it. Use it where a decision has more to go by than one table of scenarios: each aim
//! of a chain gets the scenarios that its own measures read. Knows nothing about how an aim is
//! solved, nor who holds the views.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use risk::{BlackLitterman, Moments, Returns, Statistic, View, entropy_pooling};

use crate::fallback::first_of;
use crate::history::{Span, span};
use crate::sentence::{Cursor, ParseError, closest};
use crate::{Aim, AllocationError, Answer, Constraint, Objective, Problem, Source};

/// How views are joined with what is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ViewMethod {
    /// Means are moved towards equalities, each as far as its confidence goes (Black and Litterman,
    /// 1992; Idzorek, 2005).
    #[default]
    BlackLitterman,
    /// The probabilities of scenarios are moved as little as the views allow (Meucci, 2008).
    EntropyPooling,
}

impl ViewMethod {
    /// Each method with its name and what it is, for a list of choices.
    pub const ALL: [(ViewMethod, &'static str, &'static str); 2] = [
        (
            ViewMethod::BlackLitterman,
            "black-litterman",
            "Means move towards equalities such as `AAPL == 5%`, as far as their confidence goes",
        ),
        (
            ViewMethod::EntropyPooling,
            "entropy-pooling",
            "Probabilities of scenarios move; also inequalities, variances, correlations and tails",
        ),
    ];
}

impl fmt::Display for ViewMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = Self::ALL.iter().find(|(method, _, _)| method == self);
        f.write_str(named.map_or("", |(_, name, _)| name))
    }
}

impl FromStr for ViewMethod {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let found = Self::ALL.iter().find(|(_, name, _)| *name == text.trim());
        found.map(|(method, _, _)| *method).ok_or_else(|| {
            let names = Self::ALL.map(|(_, name, _)| name);
            let expected = "`black-litterman` or `entropy-pooling`";
            Cursor::new("views", text).error_at(0, expected, closest(text, names))
        })
    }
}

/// What views did.
#[derive(Debug, Clone, PartialEq)]
pub struct Moved {
    /// The expected return of each asset before.
    pub before: Vec<f64>,
    /// The expected return of each asset after.
    pub after: Vec<f64>,
    /// By entropy pooling: how far probabilities moved, `Σ q ln(q/p)`.
    pub relative_entropy: Option<f64>,
    /// By entropy pooling: how many equally likely scenarios would be as spread out, and of how
    /// many.
    pub effective_scenarios: Option<(f64, usize)>,
}

/// Scenarios, and how likely each is; no probabilities where all are equally.
pub type Weighed<'a> = (Cow<'a, Returns>, &'a [f64]);

/// What the assets may return over the horizon.
#[derive(Debug, Clone)]
pub struct Prospects<'a> {
    moments: Cow<'a, Moments>,
    daily: Option<&'a Returns>,
    days: usize,
    source: Source,
    /// What views move the mean of each asset by, where they move nothing else.
    shift: Option<Vec<f64>>,
    /// Scenarios over the horizon with probabilities of their own.
    pooled: Option<(Returns, Vec<f64>)>,
}

impl<'a> Prospects<'a> {
    /// `moments` are over a horizon of `days` trading days, their means what is expected. `daily`
    /// returns are what scenarios are made from; without them no aim may read any.
    pub fn new(
        moments: Cow<'a, Moments>,
        daily: Option<&'a Returns>,
        days: usize,
        source: Source,
    ) -> Self {
        Self { moments, daily, days: days.max(1), source, shift: None, pooled: None }
    }

    /// The moments over the horizon, after all views.
    pub fn moments(&self) -> &Moments {
        &self.moments
    }

    /// The same with views about returns over the horizon, and what they moved.
    ///
    /// By Black–Litterman, means and covariance are the posterior's, and scenarios move with the
    /// means; `tau` is the variance of the prior means as a fraction of that of returns. By entropy
    /// pooling, scenarios are first moved to the means that are expected; their probabilities are
    /// then the posterior's, and so are the means. The covariance is the posterior's where a view is
    /// about more than means. Fails for views that cannot be joined, as
    /// [`BlackLitterman::posterior`] and [`entropy_pooling`] do, and for a confidence in entropy
    /// pooling.
    pub fn with_views(
        self,
        method: ViewMethod,
        views: &[View],
        tau: f64,
    ) -> Result<(Self, Moved), AllocationError> {
        if views.is_empty() {
            let means = self.moments.mean.clone();
            let still = Moved {
                before: means.clone(),
                after: means,
                relative_entropy: None,
                effective_scenarios: None,
            };
            return Ok((self, still));
        }
        match method {
            ViewMethod::BlackLitterman => self.tilted(views, tau),
            ViewMethod::EntropyPooling => self.reweighted(views),
        }
    }

    fn tilted(self, views: &[View], tau: f64) -> Result<(Self, Moved), AllocationError> {
        let model = BlackLitterman { tau, uncertainty: None };
        let posterior = model.posterior(&self.moments, views)?;
        let (before, after) = (self.moments.mean.clone(), posterior.mean.clone());
        let shift = Some(after.iter().zip(&before).map(|(after, before)| after - before).collect());
        let moved = Moved { before, after, relative_entropy: None, effective_scenarios: None };
        Ok((Self { moments: Cow::Owned(posterior), shift, ..self }, moved))
    }

    fn reweighted(self, views: &[View]) -> Result<(Self, Moved), AllocationError> {
        if let Some(sure) = views.iter().find(|view| view.confidence.is_some()) {
            return Err(AllocationError::NoConfidence { view: sure.sentence.clone() });
        }
        let drawn = self.drawn(Span { days: self.days, path: false }, "entropy pooling")?;
        let scenarios = around(&drawn, &self.moments.mean)?;
        let posterior = entropy_pooling(&scenarios, None, views)?;
        let found = posterior.moments(&scenarios)?;
        let level = |view: &View| view.terms.iter().all(|(_, of)| matches!(of, Statistic::Mean(_)));
        let covariance = match views.iter().all(level) {
            true => self.moments.covariance.clone(),
            false => found.covariance,
        };
        let moved = Moved {
            before: self.moments.mean.clone(),
            after: found.mean.clone(),
            relative_entropy: Some(posterior.relative_entropy),
            effective_scenarios: Some((posterior.effective_scenarios, scenarios.rows())),
        };
        let moments = Moments { mean: found.mean, covariance, ..self.moments.into_owned() };
        let pooled = Some((scenarios, posterior.probabilities));
        Ok((Self { moments: Cow::Owned(moments), pooled, ..self }, moved))
    }

    fn drawn(&self, span: Span, what: &str) -> Result<Returns, AllocationError> {
        let daily =
            self.daily.ok_or_else(|| AllocationError::NoScenarios { what: what.to_owned() })?;
        self.source.draw(span, self.days, daily, &self.moments)
    }

    /// The scenarios that these objectives and constraints read, and their probabilities, which are
    /// empty where all are equally likely; none if nothing reads any.
    pub fn scenarios(
        &self,
        objectives: &[&Objective],
        constraints: &[Constraint],
    ) -> Result<Option<Weighed<'_>>, AllocationError> {
        let Some(span) = span(objectives, constraints, self.days)? else { return Ok(None) };
        if let Some((scenarios, probabilities)) = &self.pooled {
            if span.path {
                return Err(AllocationError::PooledPath);
            }
            return Ok(Some((Cow::Borrowed(scenarios), probabilities)));
        }
        let drawn = self.drawn(span, "a risk measure")?;
        let drawn = match (&self.shift, self.source.kind.follows_moments()) {
            (Some(shift), false) => moved(&drawn, shift, span.days as f64 / self.days as f64)?,
            _ => drawn,
        };
        Ok(Some((Cow::Owned(drawn), &[])))
    }

    /// The answer of the first aim that can be solved, each with the scenarios that it reads.
    /// `problem` is about these [moments](Self::moments).
    pub fn allocate(&self, aims: &[Aim], problem: &Problem<'_>) -> Result<Answer, AllocationError> {
        first_of(aims, |aim| {
            let read = self.scenarios(&aim.objectives(), problem.constraints)?;
            let (scenarios, probabilities) = match &read {
                Some((scenarios, probabilities)) => (Some(scenarios.as_ref()), *probabilities),
                None => (None, [].as_slice()),
            };
            let solved = aim.allocate(&Problem { scenarios, probabilities, ..problem.clone() })?;
            Ok((solved, scenarios.map(Returns::rows)))
        })
    }
}

/// The returns with other means.
fn around(returns: &Returns, means: &[f64]) -> Result<Returns, AllocationError> {
    let rows = returns.rows() as f64;
    let found = |col: usize| (0..returns.rows()).map(|row| returns.row(row)[col]).sum::<f64>();
    let shift: Vec<f64> =
        means.iter().enumerate().map(|(col, mean)| mean - found(col) / rows).collect();
    moved(returns, &shift, 1.0)
}

fn moved(returns: &Returns, shift: &[f64], part: f64) -> Result<Returns, AllocationError> {
    let columns = shift.iter().cycle();
    let values = returns.as_slice().iter().zip(columns).map(|(r, shift)| r + part * shift);
    Ok(Returns::new(returns.symbols().to_vec(), values.collect())?)
}
