//! An answer as it is told: a table with its evidence, or JSON.

use std::collections::BTreeMap;

use allocation::{Aim, Answer, SourceKind};
use serde::Serialize;
use types::{Symbol, Target};

use super::{OptimiseArgs, Question};
use crate::show::{grouped, note, percent, say, table, words};

/// Fewer independent stretches than this say little of a tail.
const FEW: f64 = 20.0;

/// An answer, and what it rests on.
#[derive(Debug, Serialize)]
pub struct Told {
    #[serde(flatten)]
    pub target: Target,
    expected_return: f64,
    volatility: f64,
    /// The share of each part in a portfolio of portfolios.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    shares: Vec<(String, f64)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    views: Option<Views>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scenarios: Option<Scenarios>,
    /// What the portfolio is expected to return in each stress.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    stress: BTreeMap<String, f64>,
    /// The weights after the trades of each period of a plan.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    plan: Vec<Vec<f64>>,
}

/// What the views moved.
#[derive(Debug, Serialize)]
struct Views {
    expected_before: BTreeMap<Symbol, f64>,
    expected_after: BTreeMap<Symbol, f64>,
    relative_entropy: Option<f64>,
    effective_scenarios: Option<f64>,
    of_scenarios: Option<usize>,
}

/// What scenarios were read.
#[derive(Debug, Serialize)]
struct Scenarios {
    from: String,
    count: usize,
    /// For runs of days in history, which overlap: how many that do not would know as much.
    #[serde(skip_serializing_if = "Option::is_none")]
    independent: Option<f64>,
}

impl Told {
    /// `plan` has the weights of each period, if there are several.
    pub fn new(
        args: &OptimiseArgs,
        question: &Question<'_>,
        aim: &Aim,
        answer: Answer,
        plan: Vec<Vec<f64>>,
    ) -> Self {
        let target = answer.target;
        let of = |values: &[f64]| values.iter().zip(&target.weights).map(|(r, w)| r * w).sum();
        let moments = &question.moments;
        let parts = aim.objectives().into_iter().skip(1).map(ToString::to_string);
        let stress = question.stresses.iter().map(|(name, returns)| (name.clone(), of(returns)));
        Self {
            expected_return: of(&moments.mean),
            volatility: moments.covariance.quad_form(&target.weights).max(0.0).sqrt(),
            shares: parts.zip(answer.shares).collect(),
            views: args.market.outlook.has_views().then(|| Views::new(question)),
            scenarios: answer.scenarios.map(|count| Scenarios::new(question, count)),
            stress: stress.collect(),
            plan,
            target,
        }
    }

    /// Prints the weights, their risk and their evidence.
    pub fn print(&self, question: &Question<'_>) -> anyhow::Result<()> {
        let target = &self.target;
        let contributions = question.moments.risk_contributions(&target.weights)?;
        let mut order: Vec<usize> = (0..target.weights.len()).collect();
        order.sort_by(|a, b| target.weights[*b].total_cmp(&target.weights[*a]));
        let held = order.into_iter().filter(|asset| target.weights[*asset].abs() >= 5e-7);
        table(
            &["symbol", ">weight", ">share of risk"],
            held.map(|asset| {
                vec![
                    target.symbols[asset].to_string(),
                    percent(target.weights[asset]),
                    percent(contributions[asset] / self.volatility),
                ]
            }),
        );
        self.print_plan();
        say("");
        say(&format!("as of {}, over {} days", target.as_of, question.horizon));
        say(&format!("expected return {}", percent(self.expected_return)));
        say(&format!("volatility      {}", percent(self.volatility)));
        for (name, value) in &self.stress {
            say(&format!("in {name}: {}", percent(*value)));
        }
        for (part, share) in &self.shares {
            say(&format!("mixed of {} {part}", percent(*share)));
        }
        if let Some(views) = &self.views {
            views.print();
        }
        self.print_evidence();
        if let Some(scenarios) = &self.scenarios {
            scenarios.print(question);
        }
        Ok(())
    }

    /// The weights of each period, for the symbols that ever have one.
    fn print_plan(&self) {
        if self.plan.is_empty() {
            return;
        }
        say("");
        say("the plan, of which the first period is traded now");
        let held: Vec<usize> = (0..self.target.symbols.len())
            .filter(|asset| self.plan.iter().any(|weights| weights[*asset].abs() >= 5e-5))
            .collect();
        let names = held.iter().map(|asset| format!(">{}", self.target.symbols[*asset]));
        let head: Vec<String> = std::iter::once("period".to_owned()).chain(names).collect();
        let rows = self.plan.iter().enumerate().map(|(period, weights)| {
            let cells = held.iter().map(|asset| percent(weights[*asset]));
            std::iter::once((period + 1).to_string()).chain(cells).collect()
        });
        table(&head.iter().map(String::as_str).collect::<Vec<_>>(), rows);
    }

    fn print_evidence(&self) {
        let certificate = &self.target.certificate;
        say(&format!(
            "{}: {}, primal residual {:.0e}, dual {:.0e}, gap {:.0e}",
            certificate.method,
            words(certificate.status),
            certificate.primal_residual,
            certificate.dual_residual,
            certificate.gap
        ));
        for failed in &certificate.fallbacks {
            say(&format!("tried before: {failed}"));
        }
        for binding in &certificate.binding {
            let (constraint, price) = (&binding.constraint, binding.shadow_price);
            say(&format!("binding: {constraint}  (shadow price {price:.3e})"));
        }
    }
}

impl Views {
    fn new(question: &Question<'_>) -> Self {
        let moved = &question.moved;
        let named = |values: &[f64]| {
            question.moments.symbols.iter().cloned().zip(values.iter().copied()).collect()
        };
        Self {
            expected_before: named(&moved.before),
            expected_after: named(&moved.after),
            relative_entropy: moved.relative_entropy,
            effective_scenarios: moved.effective_scenarios.map(|(effective, _)| effective),
            of_scenarios: moved.effective_scenarios.map(|(_, all)| all),
        }
    }

    /// The symbols that the views moved most.
    fn print(&self) {
        let mut moved: Vec<(&Symbol, f64, f64)> = self
            .expected_before
            .iter()
            .map(|(symbol, before)| (symbol, *before, self.expected_after[symbol]))
            .collect();
        moved.sort_by(|a, b| (b.2 - b.1).abs().total_cmp(&(a.2 - a.1).abs()));
        for (symbol, before, after) in moved.iter().take(5).filter(|(_, b, a)| (a - b).abs() > 5e-5)
        {
            let (before, after) = (percent(*before), percent(*after));
            say(&format!("views move {symbol} from {before} to {after}"));
        }
        if let (Some(effective), Some(all)) = (self.effective_scenarios, self.of_scenarios) {
            say(&format!(
                "views leave scenarios as spread out as {} of {}",
                grouped(effective.round(), 0),
                grouped(all as f64, 0)
            ));
        }
    }
}

impl Scenarios {
    fn new(question: &Question<'_>, count: usize) -> Self {
        let overlap = question.source.kind == SourceKind::History && count < question.days;
        Self {
            from: question.source.to_string(),
            count,
            independent: overlap.then(|| question.days as f64 / question.horizon as f64),
        }
    }

    fn print(&self, question: &Question<'_>) {
        say(&format!("scenarios: {}, {} rows", self.from, grouped(self.count as f64, 0)));
        let Some(independent) = self.independent.filter(|number| *number < FEW) else { return };
        note(&format!(
            "note: the {} runs of {} days overlap, and say no more of a tail than {independent:.1} \
             that do not: take a longer --window, a shorter --horizon, or --scenarios \
             filtered-historical",
            self.count, question.horizon
        ));
    }
}
