//! Few names, no crumbs, whole lots: least risk and return less risk with integers.
//!
//! $$\min_{w, z}\; a\, w^\top\Sigma w + \sum_k \lambda_k \rho_k(w) - \mu^\top w + \text{costs}(w)
//! \quad\text{s.t.}\quad l_i z_i \le w_i \le u_i z_i,\; z_i \in \{0, 1\},\;
//! \textstyle\sum_i z_i \le K$$
//!
//! over the region of the sentences. With `Σ = L Lᵀ` the variance is a sum of squares of the
//! `(Lᵀw)_j`; each square is replaced from below by tangents, each other risk by supporting planes,
//! which leaves a mixed-integer linear program, solved by microlp's branch and bound. Its bound is a
//! bound on the true objective. Where its weights fall short, tangents and planes are added; the true
//! optimum for the names that it chose is an answer to improve on (outer approximation: Duran and
//! Grossmann, 1986; the separation into squares: Vielma, Dunning, Huchette and Lubin, 2017, "Extended
//! formulations in mixed integer conic quadratic programming"; for CVaR the planes are those of
//! Künzi-Bay and Mayer, 2006). When answer and bound meet, the gap is the certificate.
//!
//! Cost: exponential in the worst case. The work is limited by a number of nodes and not by time, so
//! that the same question has the same answer.

mod above;
mod aim;
mod question;
mod relaxation;

use types::Target;

use crate::constraint::{Constraint, Quantity, Relation};
use crate::region::{Region, members, sentences};
use crate::sentence::percent;
use crate::{AllocationError, Objective, Problem};

use aim::Aim;
use question::Question;

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

/// The weights that serve `objective` (any least risk, or return less risks and linear costs) best
/// within the sentences of `problem` and `discrete`. Sentences about names and lots are added to
/// `discrete`; those about risk hold as well. The certificate's gap is between the objective and a
/// proven bound of it; its status is almost solved if that is more than was asked for.
///
/// Fails as [`allocate`](crate::allocate) does; with [`AllocationError::NotDiscrete`] if no weights
/// fulfil both sentences and counts, the question has no form with integers, or the nodes run out
/// before there is an answer; and as unbounded where a weight has no bounds.
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
    let aim = Aim::of(objective, problem)?;
    let method = objective.method();
    let region = Region::new(problem, sentences(problem.constraints))?;
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
    Question::new(method, aim, region, bounds).answer(discrete, &counts)
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
