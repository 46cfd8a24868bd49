//! Cash flow first: money that came in goes to what is furthest below its target, and nothing is
//! sold.

use std::sync::Arc;

use journal::{Because, Kind};
use types::{Certificate, Holdings, Status, Symbol, Target};

use crate::choose::{by_column, moments};
use crate::decide::{Decision, Shape};
use crate::facts::Allocated;
use crate::observe::observe;
use crate::trade::trade;
use crate::{Book, CycleError, Desk, Seen, Stages, Trail};

/// Spends the cash above what the target keeps on the symbols that are below their target weights,
/// each in proportion to what it lacks.
pub fn invest(
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
    stages.enter("allocate");
    let daily = moments(desk, seen)?;
    let symbols: Arc<[Symbol]> = daily.symbols.clone();
    let wanted = |symbol: &Symbol| book.target[seen.panel.column(symbol).expect("of the panel")];
    let now: Vec<f64> =
        symbols.iter().map(|symbol| before.weights.get(symbol).copied().unwrap_or(0.0)).collect();
    let lacks: Vec<f64> =
        symbols.iter().zip(&now).map(|(symbol, now)| (wanted(symbol) - now).max(0.0)).collect();
    let kept = (1.0 - book.target.iter().sum::<f64>()).max(0.0);
    let spare = (held.cash.to_f64() / before.nav.to_f64() - kept).max(0.0);
    let share = (spare / lacks.iter().sum::<f64>()).min(1.0);
    let share = if share.is_finite() { share } else { 0.0 };
    let weights: Vec<f64> = now.iter().zip(&lacks).map(|(now, lack)| now + share * lack).collect();
    let target = Target { as_of: seen.day(), symbols, weights, certificate: certificate() };
    let says = Allocated {
        objective: "cash flow first".to_owned(),
        target: target.clone(),
        previous: before.weights.clone(),
    };
    let because = Because::of(before.observed.clone()).and(before.measured.clone());
    trail.fact(Kind::Allocated, "allocated", because, &says);
    let columns = by_column(seen, &target.symbols, &target.weights);
    let shape = Shape {
        equal: columns.clone(),
        forecast: columns.clone(),
        unconstrained: columns.clone(),
        target: columns,
        ..Shape::default()
    };
    stages.enter("construct");
    let aim = std::mem::take(&mut book.target);
    let made = trade(desk, seen, held, &before, &daily, &target, shape, book, trail);
    book.target = aim;
    made
}

fn certificate() -> Certificate {
    Certificate {
        method: "cash flow first".to_owned(),
        status: Status::ClosedForm,
        objective: 0.0,
        primal_residual: 0.0,
        dual_residual: 0.0,
        gap: 0.0,
        iterations: 0,
        binding: vec![],
    }
}
