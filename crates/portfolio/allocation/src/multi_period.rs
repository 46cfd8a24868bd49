//! A plan of trades over several periods, of which the first is executed.
//!
//! $$\max_{w_1 \dots w_H}\; \sum_{h=1}^{H} \big( \mu_h^\top w_h - \lambda\, w_h^\top\Sigma_h w_h
//!   - \text{costs}(w_h - w_{h-1},\, w_h) \big)$$
//!
//! In: a problem, forecasts for each period, and weights to end at, if any. Out: weights for the
//! end of each period's trading, with one certificate for the whole plan. A forecast that fades is
//! traded on less, and a trade that pays only over several periods is begun: what one period alone
//! cannot see. Returns do not compound within the plan. Source: Boyd et al. (2017), "Multi-Period
//! Trading via Convex Optimization", section 5.
//!
//! All periods are solved together: `(n H)³ / 3` for each of some fifteen iterations. A riskless asset
//! alone would leave the system without curvature along its weight; so `½ρ (aᵀw − b)²`, which is nought
//! wherever the equality `aᵀw = b` holds, is added for each (an augmented Lagrangian: Hestenes, 1969).

use risk::Matrix;
use types::{Binding, Certificate, Status};

use crate::certificate::cleaned;
use crate::constraint::{Constraint, Quantity, Relation};
use crate::region::{Label, Region, Row, sentences};
use crate::separable::{Answer, Curvature, Line, Separable, Span};
use crate::{AllocationError, Costs, Problem};

const METHOD: &str = "multi-period mean-variance";

/// Residuals and gap up to here, in the scale of order one, are a full solution.
const FULL: f64 = 1e-9;

/// A price below this part of the largest slope of the objective is rounding.
const PRICE: f64 = 1e-7;

/// What is forecast for one period.
#[derive(Debug, Clone, Copy)]
pub struct Period<'a> {
    /// One expected return for each asset, as a fraction.
    pub expected_return: &'a [f64],
    /// The covariance over the period; that of the problem's moments if `None`.
    pub covariance: Option<&'a Matrix>,
}

/// Weights for each period.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The weights after the trades of each period, in the order of the problem's assets. The
    /// first are to be traded now; the others are what is expected to follow.
    pub weights: Vec<Vec<f64>>,
    /// How well they solve the problem; the objective is the sum over the periods.
    pub certificate: Certificate,
}

/// The best plan from the weights that `problem` holds.
///
/// Every sentence holds in every period, `turnover` from each to the next; bounds, budgets, groups,
/// characteristics, `gross`, `long` and `short` are understood. `terminal` are weights that the last
/// period must end at. The certificate prices what binds, period by period. Fails as [`allocate`](crate::allocate) does, and with [`AllocationError::NotHonoured`] where a
/// sentence is about something else.
pub fn plan(
    problem: &Problem<'_>,
    risk_aversion: f64,
    periods: &[Period<'_>],
    terminal: Option<&[f64]>,
) -> Result<Plan, AllocationError> {
    problem.check(false)?;
    let of_one = |sentence: &&Constraint| sentence.quantity.of_one_period();
    if let Some(sentence) = problem.constraints.iter().find(of_one) {
        return Err(AllocationError::NotHonoured {
            method: METHOD,
            constraint: sentence.to_string(),
            value: "room for what is alike in every period".to_owned(),
        });
    }
    for period in periods {
        let alike = Problem { expected_return: period.expected_return, ..problem.clone() };
        alike.check(true)?;
        let rows = period.covariance.map_or(problem.n_assets(), Matrix::n);
        shape("the covariance of a period", problem.n_assets(), rows)?;
    }
    if let Some(weights) = terminal {
        shape("the terminal weight", problem.n_assets(), weights.len())?;
    }
    if periods.is_empty() {
        return Err(AllocationError::Empty);
    }
    let all = sentences(problem.constraints);
    let (sizes, standing): (Vec<Constraint>, Vec<Constraint>) = all.into_iter().partition(is_size);
    let region = Region::new(problem, standing)?;
    let stacked = Stacked { region: &region, periods, risk_aversion, sizes: &sizes, terminal };
    stacked.solve()
}

/// The best plan over `periods` for an expected return that fades: after each period `kept` of it is
/// left, from 0 to 1. The covariance stays. Fails as [`plan`] does, and for a `kept` out of range.
pub fn plan_fading(
    problem: &Problem<'_>,
    risk_aversion: f64,
    periods: usize,
    kept: f64,
) -> Result<Plan, AllocationError> {
    if !(0.0..=1.0).contains(&kept) {
        let name = "what is left of a forecast after a period";
        return Err(AllocationError::Parameter { name, found: kept, must: "from 0 to 1" });
    }
    problem.check(true)?;
    let faded = |period: usize| {
        let left = kept.powi(period as i32);
        problem.expected_return.iter().map(|expected| left * expected).collect()
    };
    let means: Vec<Vec<f64>> = (0..periods).map(faded).collect();
    let ahead: Vec<Period<'_>> =
        means.iter().map(|mean| Period { expected_return: mean, covariance: None }).collect();
    plan(problem, risk_aversion, &ahead, None)
}

fn rate(part: &[f64], asset: usize) -> f64 {
    part.get(asset).copied().unwrap_or(0.0)
}

fn shape(what: &'static str, expected: usize, found: usize) -> Result<(), AllocationError> {
    match expected == found {
        true => Ok(()),
        false => Err(AllocationError::Shape { what, expected, found }),
    }
}

/// Whether a sentence limits a sum of absolute values.
fn is_size(sentence: &Constraint) -> bool {
    use Quantity::{Gross, Long, Short, Turnover};
    let size = matches!(sentence.quantity, Turnover | Gross | Long | Short);
    size && sentence.relation == Relation::AtMost
}

/// What a row of the program says, and in what units its price is.
struct Said {
    words: Option<String>,
    period: usize,
    factor: f64,
}

/// All periods as one program.
struct Stacked<'a> {
    region: &'a Region<'a>,
    periods: &'a [Period<'a>],
    risk_aversion: f64,
    /// Limits on turnover and on gross, long and short weights.
    sizes: &'a [Constraint],
    terminal: Option<&'a [f64]>,
}

impl Stacked<'_> {
    fn n(&self) -> usize {
        self.region.lower.len()
    }

    fn covariance(&self, period: usize) -> &Matrix {
        self.periods[period].covariance.unwrap_or(&self.region.problem.moments.covariance)
    }

    fn solve(&self) -> Result<Plan, AllocationError> {
        let none = Costs::default();
        let costs = self.region.problem.costs.as_ref().unwrap_or(&none);
        let values = self.values(costs);
        let mut program = Separable {
            curvature: Curvature::Dense { values: &[], factor: 1.0 },
            slope: Vec::new(),
            square: vec![0.0; self.n() * self.periods.len()],
            lower: self.region.lower.repeat(self.periods.len()),
            upper: self.region.upper.repeat(self.periods.len()),
            spans: Vec::new(),
            ramps: Vec::new(),
            rows: Vec::new(),
        };
        for period in self.periods {
            program.slope.extend(period.expected_return.iter().map(|expected| -expected));
        }
        for (asset, rate) in costs.quadratic.iter().enumerate() {
            program.slope[asset] -= 2.0 * rate * self.region.previous[asset];
        }
        if let Some(terminal) = self.terminal {
            let first = program.lower.len() - self.n();
            program.lower[first..].copy_from_slice(terminal);
            program.upper[first..].copy_from_slice(terminal);
        }
        let mut says = Vec::new();
        for period in 0..self.periods.len() {
            self.push_rows(period, &mut program.rows, &mut says)?;
        }
        for period in 0..self.periods.len() {
            self.push_trades(period, costs, &mut program, &mut says);
            self.push_weights(period, costs, &mut program, &mut says);
        }
        let values = self.curved(values, &mut program);
        program.curvature = Curvature::Dense { values: &values, factor: 1.0 };
        let answer = program.solve(None);
        let solved = answer
            .filter(|answer| answer.primal.max(answer.dual).max(answer.gap / answer.scale) <= FULL);
        let Some(answer) = solved else { return Err(self.unsolved()) };
        let weights: Vec<Vec<f64>> =
            answer.x.chunks_exact(self.n()).map(|weights| cleaned(weights.to_vec())).collect();
        Ok(Plan {
            certificate: Certificate {
                method: METHOD.to_owned(),
                status: Status::Solved,
                objective: self.value(&weights, costs),
                primal_residual: answer.primal,
                dual_residual: answer.dual,
                gap: answer.gap,
                iterations: answer.iterations,
                binding: self.binding(&answer, &program, &says),
                fallbacks: Vec::new(),
            },
            weights,
        })
    }

    /// The covariances along the diagonal, and quadratic costs between the periods.
    fn values(&self, costs: &Costs) -> Vec<f64> {
        let (n, columns) = (self.n(), self.n() * self.periods.len());
        let mut values = vec![0.0; columns * columns];
        for period in 0..self.periods.len() {
            for row in 0..n {
                let start = (period * n + row) * columns + period * n;
                let own = self.covariance(period).row(row);
                for (value, sigma) in values[start..start + n].iter_mut().zip(own) {
                    *value += 2.0 * self.risk_aversion * sigma;
                }
            }
            for (asset, rate) in costs.quadratic.iter().enumerate() {
                let at = period * n + asset;
                values[at * columns + at] += 2.0 * rate;
                if period > 0 {
                    let before = at - n;
                    values[before * columns + before] += 2.0 * rate;
                    values[at * columns + before] -= 2.0 * rate;
                    values[before * columns + at] -= 2.0 * rate;
                }
            }
        }
        values
    }

    /// Curvature along what the equalities fix, which changes no answer.
    fn curved(&self, mut values: Vec<f64>, program: &mut Separable<'_>) -> Vec<f64> {
        let columns = program.slope.len();
        let trace: f64 = (0..columns).map(|at| values[at * columns + at]).sum();
        let rho = trace / columns as f64;
        for line in program.rows.iter().filter(|line| line.equality && line.on_t.is_empty()) {
            for (row, a) in &line.on_x {
                program.slope[*row] -= rho * line.limit * a;
                for (column, b) in &line.on_x {
                    values[row * columns + column] += rho * a * b;
                }
            }
        }
        values
    }

    fn push_rows(
        &self,
        period: usize,
        rows: &mut Vec<Line>,
        says: &mut Vec<Said>,
    ) -> Result<(), AllocationError> {
        let n = self.n();
        for row in &self.region.rows {
            if matches!(row.label, Label::Asset(..)) {
                continue;
            }
            if row.terms.iter().any(|(column, _)| *column >= n) {
                let bears = |row: &&Row| {
                    let wide = row.terms.iter().any(|(column, _)| *column >= n);
                    wide && matches!(row.label, Label::Sentence(_))
                };
                let sentence = self.region.rows.iter().find(bears);
                let words = sentence.and_then(|row| self.region.words(row));
                return Err(AllocationError::NotHonoured {
                    method: METHOD,
                    constraint: words.unwrap_or_else(|| "absolute weights".to_owned()),
                    value: "room for linear sentences, gross, long, short and turnover alone"
                        .to_owned(),
                });
            }
            // The last period's weights are given, and their budget with them.
            if self.terminal.is_some() && period + 1 == self.periods.len() && row.equality {
                continue;
            }
            let on_x = row.terms.iter().map(|(column, a)| (period * n + column, *a)).collect();
            rows.push(Line { on_x, on_t: vec![], equality: row.equality, limit: row.limit });
            says.push(Said { words: self.region.words(row), period, factor: 1.0 });
        }
        Ok(())
    }

    fn limits(&self, quantity: &Quantity) -> Vec<&Constraint> {
        self.sizes.iter().filter(|sentence| sentence.quantity == *quantity).collect()
    }

    /// Spans for the trades of a period, what they cost, and their limit.
    fn push_trades(
        &self,
        period: usize,
        costs: &Costs,
        program: &mut Separable<'_>,
        says: &mut Vec<Said>,
    ) {
        let n = self.n();
        let first = program.spans.len();
        let mut limits = self.limits(&Quantity::Turnover);
        if period == 0 && self.region.holds_nothing() {
            limits.clear();
        }
        for asset in 0..n {
            let column = period * n + asset;
            let held = self.region.previous[asset];
            let (from, reference) = match period {
                0 => (None, held),
                _ => (Some(column - n), 0.0),
            };
            let (slope, power) = (rate(&costs.linear, asset), rate(&costs.impact_factor, asset));
            if !limits.is_empty() || slope > 0.0 || power > 0.0 {
                program.spans.push(Span { column, from, reference, slope, power });
            }
        }
        for sentence in limits {
            let on_t = (first..program.spans.len()).map(|span| (span, 1.0)).collect();
            let limit = 2.0 * sentence.bound;
            program.rows.push(Line { on_x: vec![], on_t, equality: false, limit });
            says.push(Said { words: Some(sentence.to_string()), period, factor: 2.0 });
        }
    }

    /// Spans for the weights after a period's trades, the fees on them, and their limits.
    fn push_weights(
        &self,
        period: usize,
        costs: &Costs,
        program: &mut Separable<'_>,
        says: &mut Vec<Said>,
    ) {
        let n = self.n();
        let first = program.spans.len();
        let kinds = [(Quantity::Gross, 0.0), (Quantity::Long, 1.0), (Quantity::Short, -1.0)];
        let limited = kinds.iter().any(|(kind, _)| !self.limits(kind).is_empty());
        for asset in 0..n {
            let column = period * n + asset;
            let (borrow, holding) = (rate(&costs.borrow, asset), rate(&costs.holding, asset));
            program.slope[column] -= 0.5 * borrow;
            let slope = holding + 0.5 * borrow;
            if limited || slope > 0.0 {
                program.spans.push(Span { column, from: None, reference: 0.0, slope, power: 0.0 });
            }
        }
        // Long and short are half of gross more and less the net weight.
        for (kind, side) in &kinds {
            for sentence in self.limits(kind) {
                let net = (0..n).map(|asset| (period * n + asset, *side));
                let on_x = if *side == 0.0 { vec![] } else { net.collect() };
                let on_t = (first..program.spans.len()).map(|span| (span, 1.0)).collect();
                let factor = if *side == 0.0 { 1.0 } else { 2.0 };
                let limit = factor * sentence.bound;
                program.rows.push(Line { on_x, on_t, equality: false, limit });
                says.push(Said { words: Some(sentence.to_string()), period, factor });
            }
        }
    }

    /// What binds in each period, with its price.
    fn binding(&self, answer: &Answer, program: &Separable<'_>, says: &[Said]) -> Vec<Binding> {
        let least = PRICE * answer.scale;
        let mut binding = Vec::new();
        let mut push = |words: Option<String>, period: usize, price: f64| {
            if let Some(words) = words.filter(|_| price.abs() > least) {
                let constraint = format!("{words} in period {}", period + 1);
                binding.push(Binding { constraint, shadow_price: price });
            }
        };
        for ((line, said), price) in program.rows.iter().zip(says).zip(&answer.multipliers) {
            let price = if line.equality { *price } else { price.max(0.0) };
            push(said.words.clone(), said.period, said.factor * price);
        }
        let given = self.terminal.is_some().then(|| self.periods.len() - 1);
        for row in &self.region.rows {
            let Label::Asset(asset, relation) = row.label else { continue };
            for period in (0..self.periods.len()).filter(|period| Some(*period) != given) {
                let at = period * self.n() + asset;
                let [lower, upper] = [answer.bounds[0][at], answer.bounds[1][at]];
                let price = match relation {
                    Relation::AtLeast => lower,
                    Relation::AtMost => upper,
                    Relation::Equal => upper - lower,
                };
                push(self.region.words(row), period, price);
            }
        }
        binding
    }

    /// The sum over the periods.
    fn value(&self, weights: &[Vec<f64>], costs: &Costs) -> f64 {
        let mut from = &self.region.previous;
        let mut value = 0.0;
        for (index, (period, to)) in self.periods.iter().zip(weights).enumerate() {
            value += crate::utility::expected(period.expected_return, to);
            value -= self.risk_aversion * self.covariance(index).quad_form(to);
            value -= costs.of(from, to);
            from = to;
        }
        value
    }

    /// Why there is no plan: if one period alone has no weights, the sentences that conflict.
    fn unsolved(&self) -> AllocationError {
        match crate::conflict::conflict(self.region.problem) {
            Ok(Some(conflict)) | Err(conflict) => conflict,
            Ok(None) => AllocationError::Unsolved {
                method: METHOD,
                status: "no plan fulfils every sentence, or rounding".to_owned(),
                primal_residual: f64::NAN,
                dual_residual: f64::NAN,
                gap: f64::NAN,
            },
        }
    }
}
