//! Cash flow first: money that came in goes to what is furthest below its target, and nothing is
//! sold.

use std::collections::BTreeMap;

use journal::{Because, Kind};
use types::{Certificate, Holdings, Status, Symbol, Target};

use crate::choose::spread;
use crate::decide::{Decision, Shape};
use crate::facts::Allocated;
use crate::moments::decision_moments;
use crate::observe::{Before, observe};
use crate::trade::{Scene, trade};
use crate::{Book, CycleError, Desk, Seen, Stages, Trail};

/// Spends the cash above what the target keeps on the symbols that are below their target weights,
/// each in proportion to what it lacks. The target itself stays as it was decided.
pub fn invest(
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
    stages.enter("risk");
    let daily = decision_moments(desk, seen)?;
    let volatility = daily.symbols.iter().cloned().zip(daily.volatilities()).collect();
    stages.enter("allocate");
    let target = topped_up(seen, held, &before, book);
    let (how, previous) = ("cash flow first".to_owned(), before.weights.clone());
    let says = Allocated::plain(how, target.clone(), previous);
    let because = Because::of(before.observed.clone())
        .and(before.measured.clone())
        .and_all(book.aimed.clone());
    trail.fact(Kind::Allocated, "allocated", because, &says);
    let mut wanted = before.stuck.clone();
    wanted.extend(target.symbols.iter().cloned().zip(target.weights.iter().copied()));
    let columns = spread(seen, &wanted);
    let shape = Shape { unconstrained: columns.clone(), target: columns, ..Shape::default() };
    stages.enter("construct");
    let scene = Scene { desk, seen, held, before: &before, volatility: &volatility };
    trade(&scene, &target, shape, trail)
}

/// All that is held and can be traded, and more of what lacks.
fn topped_up(seen: &Seen<'_>, held: &Holdings, before: &Before, book: &Book) -> Target {
    let mut weights = before.weights.clone();
    weights.retain(|symbol, _| !before.stuck.contains_key(symbol));
    let aim = |symbol: &Symbol| book.target[seen.panel.column(symbol).expect("of the panel")];
    let lacks = |symbol: &Symbol| {
        let lack = aim(symbol) - before.weights.get(symbol).copied().unwrap_or(0.0);
        (lack > 0.0).then(|| (symbol.clone(), lack))
    };
    let lacking: BTreeMap<Symbol, f64> = seen.eligible.iter().filter_map(lacks).collect();
    let kept = (1.0 - book.target.iter().sum::<f64>()).max(0.0);
    let spare = (held.cash.to_f64() / before.nav.to_f64() - kept).max(0.0);
    let share = (spare / lacking.values().sum::<f64>()).min(1.0);
    for (symbol, lack) in lacking {
        *weights.entry(symbol).or_default() += share * lack;
    }
    let (symbols, weights): (Vec<Symbol>, Vec<f64>) = weights.into_iter().unzip();
    let certificate = certificate();
    Target { as_of: seen.day(), symbols: symbols.into(), weights, certificate }
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
        fallbacks: Vec::new(),
    }
}
