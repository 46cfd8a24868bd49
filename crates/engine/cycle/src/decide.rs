//! One decision.

use std::collections::BTreeMap;

use execution::Checked;
use journal::{Because, Draft};
use types::{Holdings, Order, Symbol};

use crate::choose::{by_column, choose, moments, record_moments};
use crate::desk::Outlook;
use crate::forecast::{featurise, forecast};
use crate::observe::observe;
use crate::trade::{hold, trade};
use crate::watch::watch;
use crate::{Book, CycleError, Desk, Seen, Stages, Trail, learn};

/// What came of a decision: facts for the journal, then orders for the venue.
#[derive(Debug)]
pub struct Decision {
    /// The facts, in their order. They must be durable before an order is placed.
    pub facts: Vec<Draft>,
    /// The orders, checked.
    pub orders: Vec<Checked<Order>>,
    /// What the decision was made of, for attribution.
    pub shape: Shape,
    /// The daily volatility that was seen of each symbol: what the venue charges impact by.
    pub volatility: BTreeMap<Symbol, f64>,
}

/// The weights at the stages of a decision, by panel column. What each stage changed is what it
/// is answerable for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Shape {
    /// Equal weight over what may be held.
    pub equal: Vec<f64>,
    /// Equal weight over the half of it with the higher forecasts; `equal` without a forecast.
    pub forecast: Vec<f64>,
    /// The objective without the mandate's constraints, long only.
    pub unconstrained: Vec<f64>,
    /// The target.
    pub target: Vec<f64>,
    /// The target in whole lots, after limits.
    pub rounded: Vec<f64>,
    /// Half the sum of the changes of weight.
    pub turnover: f64,
}

/// Decides: observe, watch, learn, forecast, estimate, allocate, construct, check.
pub fn decide(
    desk: &Desk,
    seen: &Seen,
    held: &Holdings,
    reason: &str,
    book: &mut Book,
    stages: &mut dyn Stages,
) -> Result<Decision, CycleError> {
    let mut trail = Trail::new(&desk.run, seen.day());
    stages.enter("observe");
    let before = observe(desk, seen, held, reason, book, &mut trail)?;
    stages.enter("features");
    let featured = featurise(desk, seen, book, &before.observed, &mut trail)?;
    stages.enter("watch");
    let watched = watch(desk, book, &featured, &mut trail)?;
    if let Outlook::Model { label, promotion } = &desk.outlook
        && learn::is_due(desk, seen, book)
    {
        stages.enter("train");
        learn::learn(desk, label, promotion, seen, book, &featured, &mut trail)?;
    }
    stages.enter("forecast");
    let moments = moments(desk, seen)?;
    let (view, foreseen) =
        forecast(desk, seen, &moments, book, &featured, watched.record, &mut trail)?;
    book.forecast = by_column(seen, &view.symbols, &view.expected_return);
    stages.enter("allocate");
    let estimated = record_moments(desk, &moments, &before.observed, &mut trail);
    let causes = Because::of(foreseen).and(estimated).and(before.measured.clone());
    let (target, shape) = choose(desk, seen, &moments, &view, &before, causes, &mut trail)?;
    stages.enter("construct");
    if watched.hold {
        return Ok(hold(
            seen,
            &before,
            shape,
            "drift alarm: held until a person has looked",
            trail,
        ));
    }
    trade(desk, seen, held, &before, &moments, &target, shape, book, trail)
}
