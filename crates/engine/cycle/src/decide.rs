//! One decision.

use std::collections::BTreeMap;

use execution::Checked;
use journal::{Because, Draft};
use types::{Holdings, Order, Symbol};

use crate::choose::{choose, record_moments};
use crate::desk::Outlook;
use crate::forecast::{featurise, forecast, remember};
use crate::moments::decision_moments;
use crate::observe::observe;
use crate::trade::{Scene, hold, trade};
use crate::watch::watch;
use crate::{Book, CycleError, Desk, Seen, Stages, Trail, given, learn};

/// What came of a decision: facts for the journal, then orders for the venue.
#[derive(Debug)]
pub struct Decision {
    /// The facts, in their order. They go into the journal before an order is placed, and are made
    /// durable before one leaves this process.
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
    /// Equal weight over the half of the eligible symbols with the higher forecasts; `None` where
    /// the forecast tells nothing apart.
    pub forecast: Option<Vec<f64>>,
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
    seen: &Seen<'_>,
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
    let watched = watch(desk, seen, book, &featured, &mut trail)?;
    let because = || Because::of(featured.clone()).and_all(watched.record.clone());
    match &desk.outlook {
        Outlook::Model { label, promotion } if learn::is_due(desk, seen, book) => {
            stages.enter("train");
            learn::learn(desk, label, promotion, seen, book, because(), &mut trail)?;
        }
        Outlook::Registered { .. } => given::take_in(desk, seen, book, because(), &mut trail)?,
        _ => {}
    }
    stages.enter("risk");
    let moments = decision_moments(desk, seen)?;
    let volatility = moments.symbols.iter().cloned().zip(moments.volatilities()).collect();
    let estimated = record_moments(desk, &moments, &volatility, &before.observed, &mut trail);
    stages.enter("forecast");
    let (view, foreseen) =
        forecast(desk, seen, &moments, book, &featured, watched.record, &mut trail)?;
    stages.enter("allocate");
    let causes = [foreseen, estimated, before.measured.clone()];
    let (target, shape) = choose(desk, seen, &moments, &view, &before, causes, &mut trail)?;
    stages.enter("construct");
    let scene = Scene { desk, seen, held, before: &before, volatility: &volatility };
    if watched.hold {
        return Ok(hold(&scene, shape, "drift alarm: nothing is traded while it lasts", trail));
    }
    book.aim(trail.id("allocated"), shape.target.clone());
    remember(seen, book, &view);
    trade(&scene, &target, shape, trail)
}
