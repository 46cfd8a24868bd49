//! Relaxed risk parity: contributions to risk as equal as the sentences allow.
//!
//! $$\min\; \psi - \gamma \quad\text{s.t.}\quad \zeta = \Sigma w,\; w_i \zeta_i \ge \gamma^2 / n,\;
//! \psi^2 \ge w^\top\Sigma w + \rho^2,\; \rho^2 \ge w^\top\Theta w$$
//!
//! over the region of the sentences, a second-order cone program. $\gamma^2 / n$ is below every risk
//! contribution and $\psi$ above the risk, so that nothing but risk parity has the value nought
//! without $\rho$. $\Theta = \Sigma$ regularises; $\Theta = \lambda\,\mathrm{diag}(\Sigma)$ also
//! penalises assets of high variance, which lets sentences about return be served at less cost in
//! parity. Weights are not negative. Source: Gambeta and Kwon (2020), "Risk return trade-off in
//! relaxed risk parity portfolio optimization", models A, B and C.

use types::Target;

use crate::certificate::{binding, cleaned, solved};
use crate::conflict::refuse;
use crate::naive::moving;
use crate::objective::Regularisation;
use crate::region::{Label, Region, Row, sentences};
use crate::root::gram_root;
use crate::solver::{Affine, Cone, ConeKind, Outcome, Program, solve};
use crate::{AllocationError, Problem};

const METHOD: &str = "relaxed risk parity";

/// The weights; the certificate's objective is `ψ − γ`, in units of volatility.
pub(crate) fn allocate(
    problem: &Problem<'_>,
    regularisation: Regularisation,
) -> Result<Target, AllocationError> {
    moving(problem, METHOD)?;
    let mut region = Region::new(problem, sentences(problem.constraints))?;
    let sigma = &problem.moments.covariance;
    let n = sigma.n();
    // In units of the typical volatility, so that all columns are of order one.
    let unit = (sigma.diag().sum::<f64>() / n as f64).sqrt();
    let (psi, gamma, rho, zeta) =
        (region.columns, region.columns + 1, region.columns + 2, region.columns + 3);
    let mut rows = std::mem::take(&mut region.rows);
    let mut cones = Vec::new();
    let of = |terms: Vec<(usize, f64)>| Affine { terms, constant: 0.0 };
    for asset in 0..n {
        let slopes = sigma.row(asset).iter().enumerate();
        let mut terms: Vec<(usize, f64)> = slopes.map(|(j, s)| (j, s / (unit * unit))).collect();
        terms.push((zeta + asset, -1.0));
        rows.push(Row { terms, equality: true, limit: 0.0, label: Label::Support });
        let parts = vec![
            of(vec![(asset, 1.0), (zeta + asset, 1.0)]),
            of(vec![(gamma, 2.0 / (n as f64).sqrt())]),
            of(vec![(asset, 1.0), (zeta + asset, -1.0)]),
        ];
        cones.push(Cone { kind: ConeKind::SecondOrder, parts });
    }
    let root: Vec<Affine> = gram_root(sigma)
        .into_iter()
        .map(|row| of(row.into_iter().enumerate().map(|(i, g)| (i, g / unit)).collect()))
        .collect();
    let mut above = |column: usize, parts: Vec<Affine>| {
        let head = std::iter::once(of(vec![(column, 1.0)]));
        cones.push(Cone { kind: ConeKind::SecondOrder, parts: head.chain(parts).collect() });
    };
    let regular = std::iter::once(of(vec![(rho, 1.0)]));
    above(psi, root.iter().cloned().chain(regular).collect());
    match regularisation {
        Regularisation::None => above(rho, Vec::new()),
        Regularisation::Risk => above(rho, root),
        Regularisation::Penalty(penalty) => {
            let own = |(i, v): (usize, f64)| of(vec![(i, (penalty * v).sqrt() / unit)]);
            above(rho, sigma.diag().enumerate().map(own).collect());
        }
    }
    let mut linear = vec![0.0; zeta + n];
    (linear[psi], linear[gamma]) = (1.0, -1.0);
    let epigraphs = std::mem::take(&mut region.epigraphs);
    let program = Program { linear, rows, cones, epigraphs, ..Program::default() };
    let mut solution = match solve(&program) {
        Outcome::Solved(solution) => solution,
        other => return Err(refuse(problem, METHOD, other)?),
    };
    let binding = binding(&region, &program.rows, &solution, unit);
    let weights = cleaned(solution.x[..n].to_vec());
    let value = unit * (solution.x[psi] - solution.x[gamma]);
    solution.residuals.gap *= unit;
    Ok(solved(problem, METHOD, weights, value, &solution, binding))
}
