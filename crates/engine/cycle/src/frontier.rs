//! The efficient frontier as it stood at a decision.

use allocation::{Constraint, FrontierPoint, Problem, frontier as sweep};
use risk::Moments;
use types::Symbol;

use crate::beliefs::prospects;
use crate::characteristics::characteristics;
use crate::choose::benchmarks;
use crate::forecast::view;
use crate::moments::{moments, returns};
use crate::{Book, CycleError, Desk, Seen};

/// The frontier at a decision, per forecast horizon.
#[derive(Debug, Clone, PartialEq)]
pub struct FrontierSeen {
    /// Portfolios from least risk on.
    pub points: Vec<FrontierPoint>,
    /// The assets with their expected returns and volatilities.
    pub assets: Vec<(Symbol, f64, f64)>,
    /// Expected return and volatility of the weights that were asked about.
    pub chosen: (f64, f64),
    /// Trading days of the horizon.
    pub horizon_days: u32,
}

/// The frontier under the mandate's constraints on weights (those on turnover are left out: they
/// speak of a trade, not of a portfolio), with `weights` (by panel column) in its plane.
pub fn frontier(
    desk: &Desk,
    seen: &Seen<'_>,
    book: &Book,
    weights: &[f64],
    points: usize,
) -> Result<FrontierSeen, CycleError> {
    let failed = |error| CycleError::new(seen.day(), "frontier", error);
    let daily = moments(desk, seen)?;
    let (view, _) = view(desk, seen, &daily, book)?;
    let returns = desk.views.is_some().then(|| returns(desk, seen)).transpose()?;
    let moments = match desk.views {
        Some(_) => prospects(desk, seen, &daily, returns.as_ref(), &view)?.0.moments().clone(),
        None => Moments {
            mean: view.expected_return.clone(),
            ..daily.scaled(f64::from(view.horizon_days))
        },
    };
    let constraints: Vec<Constraint> = desk
        .constraints
        .iter()
        .filter(|constraint| *constraint.quantity() != allocation::Quantity::Turnover)
        .cloned()
        .collect();
    let benchmarks = benchmarks(desk, &moments.symbols);
    let characteristics = characteristics(desk, seen, &moments)?;
    let problem = Problem {
        moments: &moments,
        constraints: &constraints,
        groups: &desk.groups,
        benchmarks: &benchmarks,
        characteristics: &characteristics,
        ..Problem::new(&moments, seen.day())
    };
    let points = sweep(&problem, points).map_err(failed)?;
    let held: Vec<f64> = moments
        .symbols
        .iter()
        .map(|symbol| weights[seen.panel.column(symbol).expect("it came from the panel")])
        .collect();
    let expected = held.iter().zip(&moments.mean).map(|(w, r)| w * r).sum();
    let risk = moments.covariance.quad_form(&held).max(0.0).sqrt();
    let assets = moments.symbols.iter().cloned().zip(moments.mean.iter().copied());
    let assets = assets.zip(moments.volatilities()).map(|((s, r), v)| (s, r, v)).collect();
    Ok(FrontierSeen { points, assets, chosen: (expected, risk), horizon_days: view.horizon_days })
}
