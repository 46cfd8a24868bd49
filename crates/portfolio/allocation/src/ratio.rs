//! The highest ratio of excess return to a risk.
//!
//! $$\max_w\; \frac{e^\top w}{\rho(w)},\qquad e_i = \mu_i - r_f$$
//!
//! for a risk $\rho$ that grows in proportion to the weights. With $y = \kappa w$ (Charnes and
//! Cooper, 1962; for CVaR, Stoyanov, Rachev and Fabozzi, 2007, "Optimal financial portfolios"):
//! minimise $\rho(y)$ subject to $e^\top y = \max_i |e_i|$ and every row of the region times
//! $\kappa \ge 0$. Cuts and cones of a risk pass through the origin, so that they are the same in
//! $y$; a target return is multiplied by $\kappa$. Variance and semi-variance are squares: the
//! ratio to their roots is meant instead. Costs do not enter. Robustly, the excess return is the
//! worst over the uncertainty set, and `e^T y` less what uncertainty takes off is at least that.

use types::Target;

use crate::certificate::{binding, cleaned, solved};
use crate::conflict::refuse;
use crate::cutting::{self, WarmStart};
use crate::epigraph::RiskTerm;
use crate::measure::ScenarioMeasure;
use crate::region::{Region, sentences};
use crate::risk_of::Risk;
use crate::robust;
use crate::sharpe::{homogenised, no_excess, size};
use crate::solver::Outcome;
use crate::utility::expected;
use crate::{AllocationError, Problem};

const METHOD: &str = "maximum ratio of return to risk";

/// The weights of the highest ratio.
pub(crate) fn maximise<'a>(
    problem: &'a Problem<'a>,
    risk: &Risk,
    risk_free: f64,
    robust: bool,
    warm: &mut WarmStart,
) -> Result<Target, AllocationError> {
    if risk.squared() {
        let instead = match risk {
            Risk::Variance => "volatility",
            Risk::TrackingVariance(_) => "tracking_error",
            Risk::RobustVariance => "robust volatility",
            Risk::Scenario(ScenarioMeasure::EvenMoment(_)) => "standard deviation",
            _ => "semi-deviation",
        };
        return Err(AllocationError::NotHomogeneous { risk: risk.to_string(), instead });
    }
    risk.check()?;
    let excess: Vec<f64> = problem.expected_return.iter().map(|r| r - risk_free).collect();
    let unit = excess.iter().fold(0.0_f64, |max, e| max.max(e.abs()));
    let mut region = Region::new(problem, sentences(problem.constraints))?;
    let mut terms = Vec::new();
    for (factor, part) in risk.parts() {
        let (term, _) = part.term(problem, &risk.to_string())?;
        terms.push((factor, region.epigraph(term.clone()), term));
    }
    let lost = match robust {
        true => Some(robust::of_mean(problem, "robust return")?),
        false => None,
    };
    let lost = lost.map(|term| (region.epigraph(term.clone()), term));
    let rows = std::mem::take(&mut region.rows);
    let epigraphs = std::mem::take(&mut region.epigraphs);
    let mut program = homogenised(&rows, region.columns, &excess, unit, &epigraphs);
    if let (Some((column, _)), Some(earned)) = (&lost, program.rows.last_mut()) {
        // The last row says what is earned: now at least that, net of what uncertainty takes off.
        earned.terms.iter_mut().for_each(|(_, e)| *e = -*e);
        earned.terms.push((*column, 1.0 / unit.max(f64::MIN_POSITIVE)));
        (earned.equality, earned.limit) = (false, -1.0);
    }
    terms.iter().for_each(|(factor, column, _)| program.linear[*column] = *factor);
    let mut solution = match cutting::solve(&program, warm) {
        Outcome::Solved(solution) => solution,
        Outcome::Infeasible => {
            let lost = lost.map(|(_, term)| term);
            return Err(no_excess(problem, METHOD, risk_free, &excess, lost)?);
        }
        other => return Err(refuse(problem, METHOD, other)?),
    };
    let of_y: f64 = terms.iter().map(|(factor, column, _)| factor * solution.x[*column]).sum();
    if of_y <= 1e-12 * unit {
        return Err(AllocationError::NoRisk { risk: risk.to_string(), value: of_y });
    }
    // The program's own columns end with κ; those that cones added come after.
    solution.x.truncate(region.columns + 1);
    let size = size((problem, METHOD), &rows, &solution, &epigraphs)?;
    solution.x.iter_mut().for_each(|x| *x /= size);
    let weights = cleaned(solution.x[..problem.n_assets()].to_vec());
    let value = |(factor, column, term): &(f64, usize, RiskTerm<'_>)| {
        factor * term.value(&weights, 1.0).unwrap_or(solution.x[*column])
    };
    let risk_of_weights: f64 = terms.iter().map(value).sum();
    let lost = lost.map(|(column, term)| term.value(&weights, 1.0).unwrap_or(solution.x[column]));
    let ratio = (expected(&excess, &weights) - lost.unwrap_or(0.0)) / risk_of_weights;
    // V = ρ(y) = unit / ratio, so d ratio = −ratio² dV / unit.
    let price = ratio * ratio / unit;
    solution.residuals.gap *= price;
    let binding = binding(&region, &rows, &solution, price * size);
    Ok(solved(problem, METHOD, weights, ratio, &solution, binding))
}
