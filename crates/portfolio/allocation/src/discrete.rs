//! Few names, no crumbs, whole lots: variance, mean-variance and tracking error with integers.
//!
//! $$\min_{w, z}\; a\, w^\top\Sigma w - \mu^\top w \quad\text{s.t.}\quad
//! l_i z_i \le w_i \le u_i z_i,\; z_i \in \{0, 1\},\; \textstyle\sum_i z_i \le K$$
//!
//! over the region of the sentences. With `Σ = L Lᵀ` the variance is a sum of squares of the
//! `(Lᵀw)_j`; each square is replaced from below by tangents, which leaves a mixed-integer linear
//! program, solved by microlp's branch and bound. Its bound is a bound on the true objective. Where
//! its weights fall short, tangents are added; the true optimum for the names that it chose is an
//! answer to improve on (outer approximation: Duran and Grossmann, 1986; the separation into
//! squares: Vielma, Dunning, Huchette and Lubin, 2017, "Extended formulations in mixed integer conic
//! quadratic programming"). When answer and bound meet, the gap is the certificate.
//!
//! Cost: exponential in the worst case. The work is limited by a number of nodes and not by time, so
//! that the same question has the same answer.

mod relaxation;

use types::{Status, Target};

use crate::certificate::{cleaned, solved};
use crate::conflict::refuse;
use crate::constraint::{Constraint, Quantity, Relation};
use crate::region::{Label, Region, Row, members, sentences};
use crate::risk_of::{Risk, benchmark};
use crate::sentence::percent;
use crate::solver::{Outcome, Program, Quadratic, Residuals, Solution, solve};
use crate::utility::expected;
use crate::{AllocationError, Objective, Problem};

use relaxation::{Proposal, Relaxation};

/// Rounds of tangents before the answer is given with the gap it has.
const ROUNDS: u32 = 60;

/// What the weights must fulfil that no linear sentence can say.
#[derive(Debug, Clone, PartialEq)]
pub struct Discrete {
    /// The most assets that may be held.
    pub most_assets: Option<usize>,
    /// A weight is nought or at least this.
    pub least_weight: Option<f64>,
    /// The weight of one lot of each asset, of which whole numbers are held; empty for any weight.
    pub lots: Vec<f64>,
    /// The most assets that may be held of a group.
    pub group_counts: Vec<(String, usize)>,
    /// The fewest assets that must be held; needs a least weight.
    pub fewest_assets: Option<usize>,
    /// The fewest assets that must be held of a group; needs a least weight.
    pub group_least: Vec<(String, usize)>,
    /// The gap at which to stop, as a part of the objective.
    pub gap: f64,
    /// The most nodes of each branch and bound.
    pub nodes: u64,
}

impl Default for Discrete {
    /// Nothing but weights, to a gap of 1e-6.
    fn default() -> Self {
        Self {
            most_assets: None,
            least_weight: None,
            lots: Vec::new(),
            group_counts: Vec::new(),
            fewest_assets: None,
            group_least: Vec::new(),
            gap: 1e-6,
            nodes: 200_000,
        }
    }
}

impl Discrete {
    /// These demands and those of sentences such as `names <= 10`, whichever asks for more.
    fn with(mut self, sentence: &Constraint, assets: usize) -> Self {
        let (bound, count) = (sentence.bound, sentence.bound as usize);
        let most = sentence.relation != Relation::AtLeast;
        let fewest = sentence.relation != Relation::AtMost;
        match &sentence.quantity {
            Quantity::Names(None) => {
                if most {
                    self.most_assets = Some(self.most_assets.map_or(count, |m| m.min(count)));
                }
                if fewest {
                    self.fewest_assets = self.fewest_assets.max(Some(count));
                }
            }
            Quantity::Names(Some(name)) => {
                let own = (name.clone(), count);
                self.group_counts.extend(most.then(|| own.clone()));
                self.group_least.extend(fewest.then_some(own));
            }
            Quantity::HeldWeight => {
                self.least_weight = Some(self.least_weight.map_or(bound, |l| l.max(bound)));
            }
            _ => self.lots = vec![bound; assets],
        }
        self
    }
}

/// The weights that serve `objective` (minimum variance, mean-variance without costs, or tracking
/// error) best within the sentences of `problem` and `discrete`. Sentences about names and lots are
/// added to `discrete`. The certificate's gap is between the objective and a
/// proven bound of it; its status is almost solved if that is more than was asked for.
///
/// Fails as [`allocate`](crate::allocate) does; with [`AllocationError::NotDiscrete`] if no weights
/// fulfil both sentences and counts, or the question has no form with integers; and as unbounded
/// where a weight has no bounds.
pub fn allocate_discrete(
    objective: &Objective,
    problem: &Problem<'_>,
    discrete: &Discrete,
) -> Result<Target, AllocationError> {
    problem.check(objective.needs_returns())?;
    let (integer, linear): (Vec<Constraint>, Vec<Constraint>) =
        problem.constraints.iter().cloned().partition(|sentence| sentence.quantity.discrete());
    let discrete = &integer
        .iter()
        .fold(discrete.clone(), |demands, sentence| demands.with(sentence, problem.n_assets()));
    let problem = &Problem { constraints: &linear, ..problem.clone() };
    let mut apart = (vec![0.0; problem.n_assets()], 0.0);
    let mut kind = Kind::Risk;
    let aversion = match objective {
        Objective::MinimumVariance => 1.0,
        Objective::MinimumRisk(
            risk @ (Risk::TrackingError(name) | Risk::TrackingVariance(name)),
        ) => {
            // `(w − b)ᵀΣ(w − b) = wᵀΣw − 2bᵀΣw + bᵀΣb`.
            let sigma = &problem.moments.covariance;
            let from = benchmark(problem, name, &risk.to_string())?;
            apart = (sigma.mul_vec(from), sigma.quad_form(from));
            apart.0.iter_mut().for_each(|pull| *pull *= 2.0);
            kind = match risk {
                Risk::TrackingError(_) => Kind::Root,
                _ => Kind::Risk,
            };
            1.0
        }
        Objective::MeanVariance { risk_aversion, costs: false } if *risk_aversion > 0.0 => {
            apart.0 = problem.expected_return.to_vec();
            kind = Kind::Gain;
            *risk_aversion
        }
        other => {
            return Err(not_discrete(format!(
                "`{other}` cannot count names or lots: ask for least variance, return less variance \
                 without costs or least tracking error, or leave the sentences about names and lots out"
            )));
        }
    };
    let method = objective.method();
    let mut region = Region::new(problem, sentences(problem.constraints))?;
    if !region.epigraphs.is_empty() {
        return Err(not_discrete(
            "sentences about risk do not go with names or lots: leave one of them out".to_owned(),
        ));
    }
    let bounds = bounds(&region, discrete, method)?;
    if discrete.least_weight.is_none()
        && (discrete.fewest_assets.is_some() || !discrete.group_least.is_empty())
    {
        return Err(not_discrete(
            "a fewest number of names says nothing without a least weight: say one, such as \
             `weight >= 1% or nothing`"
                .to_owned(),
        ));
    }
    let counts = Counts::of(problem, discrete)?;
    let rows = std::mem::take(&mut region.rows);
    let columns = region.columns;
    let (gains, constant) = apart;
    let question =
        Question { problem, method, kind, aversion, gains, constant, columns, rows, bounds };
    // A conflict of the sentences alone is told in their own words.
    let relaxed = question.solve(&vec![true; problem.n_assets()], None)?;
    question.search(discrete, &counts, &relaxed)
}

fn not_discrete(reason: String) -> AllocationError {
    AllocationError::NotDiscrete { reason }
}

/// Finite bounds for each weight.
fn bounds(
    region: &Region<'_>,
    discrete: &Discrete,
    method: &'static str,
) -> Result<Vec<(f64, f64)>, AllocationError> {
    let n = region.lower.len();
    if !discrete.lots.is_empty() && discrete.lots.len() != n {
        let found = discrete.lots.len();
        return Err(AllocationError::Shape { what: "the lot", expected: n, found });
    }
    if let Some(lot) = discrete.lots.iter().find(|lot| **lot <= 0.0 || !lot.is_finite()) {
        return Err(not_discrete(format!(
            "a lot weighs {}: give a weight above nought",
            percent(*lot)
        )));
    }
    let least = discrete.least_weight.unwrap_or(0.0);
    for (name, found) in [("the least weight", least), ("the gap at which to stop", discrete.gap)] {
        if !(found >= 0.0 && found.is_finite()) {
            let must = "finite and not negative";
            return Err(AllocationError::Parameter { name, found, must });
        }
    }
    let long = region.lower.iter().all(|lower| *lower >= 0.0);
    if discrete.least_weight.is_some() && !long {
        return Err(not_discrete("a least weight needs `long only`: say so".to_owned()));
    }
    let most = if long { region.net.1 } else { f64::INFINITY };
    let bounds: Vec<(f64, f64)> =
        region.lower.iter().zip(&region.upper).map(|(l, u)| (*l, u.min(most))).collect();
    match bounds.iter().all(|(low, high)| low.is_finite() && high.is_finite()) {
        true => Ok(bounds),
        false => Err(AllocationError::Unbounded { method }),
    }
}

/// Assets of which at most, or at least, so many are held.
struct Counts {
    most: Vec<(Vec<usize>, usize)>,
    fewest: Vec<(Vec<usize>, usize)>,
}

impl Counts {
    fn of(problem: &Problem<'_>, discrete: &Discrete) -> Result<Self, AllocationError> {
        let all = |count: Option<usize>| count.map(|c| ((0..problem.n_assets()).collect(), c));
        let of_groups = |counted: &[(String, usize)]| -> Result<Vec<_>, AllocationError> {
            let each = counted.iter().map(|(name, count)| {
                let sentence: Constraint = format!("group({name}) <= 100%").parse()?;
                Ok((members(problem, &sentence, name)?, *count))
            });
            each.collect()
        };
        let mut most = of_groups(&discrete.group_counts)?;
        most.extend(all(discrete.most_assets));
        let mut fewest = of_groups(&discrete.group_least)?;
        fewest.extend(all(discrete.fewest_assets));
        Ok(Self { most, fewest })
    }
}

/// What the certificate says of `aversion · wᵀΣw − gains · w + constant`.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    /// Itself.
    Risk,
    /// Its root.
    Root,
    /// Its negative, a utility.
    Gain,
}

struct Question<'a> {
    problem: &'a Problem<'a>,
    method: &'static str,
    kind: Kind,
    aversion: f64,
    gains: Vec<f64>,
    constant: f64,
    columns: usize,
    rows: Vec<Row>,
    bounds: Vec<(f64, f64)>,
}

impl Question<'_> {
    fn search(
        &self,
        discrete: &Discrete,
        counts: &Counts,
        relaxed: &[f64],
    ) -> Result<Target, AllocationError> {
        let mut relaxation = Relaxation::new(self, discrete, counts);
        relaxation.tangents(relaxed);
        let mut best: Option<(f64, Vec<f64>)> = None;
        let mut bound = f64::NEG_INFINITY;
        let mut rounds = 0;
        while rounds < ROUNDS {
            rounds += 1;
            let known = best.as_ref().map(|(_, weights)| weights.as_slice());
            let proposal = relaxation.propose(known)?;
            bound = bound.max(proposal.bound);
            let weights = self.answer(discrete, &proposal)?;
            let value = self.value(&weights);
            let added = [relaxation.tangents(&proposal.weights), relaxation.tangents(&weights)];
            if best.as_ref().is_none_or(|(known, _)| value < *known) {
                best = Some((value, weights));
            }
            let known = best.as_ref().map_or(f64::INFINITY, |(known, _)| *known);
            if known - bound <= discrete.gap * known.abs() || added == [false; 2] {
                break;
            }
        }
        let (value, weights) = best.expect("each round gives an answer");
        Ok(self.target(discrete, (value, weights), bound, rounds))
    }

    /// The best weights for the names of a proposal; in lots, the proposal itself.
    fn answer(
        &self,
        discrete: &Discrete,
        proposal: &Proposal,
    ) -> Result<Vec<f64>, AllocationError> {
        match discrete.lots.is_empty() {
            true => self.solve(&proposal.held, discrete.least_weight),
            false => Ok(proposal.weights.clone()),
        }
    }

    /// The objective, to be minimised.
    fn value(&self, weights: &[f64]) -> f64 {
        let variance = self.problem.moments.covariance.quad_form(weights);
        self.aversion * variance - expected(&self.gains, weights) + self.constant
    }

    /// The best weights with these names and no others.
    fn solve(&self, held: &[bool], least: Option<f64>) -> Result<Vec<f64>, AllocationError> {
        let n = held.len();
        let mut rows = self.rows.clone();
        let mut push = |asset: usize, slope: f64, equality, limit| {
            let terms = vec![(asset, slope)];
            rows.push(Row { terms, equality, limit, label: Label::Support });
        };
        for (asset, held) in held.iter().enumerate() {
            match (held, least) {
                (false, _) => push(asset, 1.0, true, 0.0),
                (true, Some(least)) => push(asset, -1.0, false, -least),
                (true, None) => {}
            }
        }
        let mut linear = vec![0.0; self.columns];
        for (slope, earned) in linear.iter_mut().zip(&self.gains) {
            *slope = -earned;
        }
        let values = self.problem.moments.covariance.as_slice();
        let quadratic = Some(Quadratic { n, values, factor: self.aversion });
        match solve(&Program { quadratic, linear, rows, ..Program::default() }) {
            Outcome::Solved(solution) => Ok(cleaned(solution.x[..n].to_vec())),
            other => Err(refuse(self.problem, self.method, other)?),
        }
    }

    fn target(
        &self,
        discrete: &Discrete,
        (value, weights): (f64, Vec<f64>),
        bound: f64,
        rounds: u32,
    ) -> Target {
        let met = value - bound <= discrete.gap * value.abs();
        let root = |x: f64| x.max(0.0).sqrt();
        let (objective, gap) = match self.kind {
            Kind::Risk => (value, value - bound),
            Kind::Root => (root(value), root(value) - root(bound)),
            Kind::Gain => (-value, value - bound),
        };
        let gap = gap.max(0.0);
        let n = weights.len();
        let on_weights = self.rows.iter().filter(|row| row.terms.iter().all(|(c, _)| *c < n));
        let primal = on_weights.fold(0.0_f64, |worst, row| {
            let over = row.terms.iter().map(|(c, a)| a * weights[*c]).sum::<f64>() - row.limit;
            worst.max(if row.equality { over.abs() } else { over })
        });
        let solution = Solution {
            x: Vec::new(),
            duals: Vec::new(),
            status: match met {
                true => Status::Solved,
                false => Status::AlmostSolved,
            },
            residuals: Residuals { primal, dual: 0.0, gap },
            iterations: rounds,
        };
        solved(self.problem, self.method, weights, objective, &solution, Vec::new())
    }
}
