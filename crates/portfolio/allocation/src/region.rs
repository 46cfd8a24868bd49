//! Sentences to linear rows: the set of weights that the optimiser may choose from.
//!
//! In: a problem and the sentences that are in force. Out: bounds for each asset, and rows
//! `terms · x <= limit` over the weights and the auxiliary variables that absolute values need.
//! Each row knows which sentence it came from. Knows nothing about objectives or the solver.

use types::Symbol;

use crate::constraint::{Constraint, Quantity, Relation};
use crate::epigraph::{Epigraph, RiskTerm};
use crate::risk_of::Risk;
use crate::robust;
use crate::sentence::{closest, percent};
use crate::{AllocationError, Problem};

/// `terms · x <= limit`, or `==`. Terms are (column, coefficient).
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub terms: Vec<(usize, f64)>,
    pub equality: bool,
    pub limit: f64,
    pub label: Label,
}

/// What a row says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Label {
    /// The lower, the upper, or the common bound of an asset.
    Asset(usize, Relation),
    /// A sentence, by its index in the region.
    Sentence(usize),
    /// The least expected return of a point of the frontier.
    LeastReturn,
    /// Part of how an absolute value or a ratio is written: nothing a user said.
    Support,
}

/// `slope · x[column] + constant`: the absolute difference of a weight and a reference.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Distance {
    pub column: usize,
    pub slope: f64,
    pub constant: f64,
}

/// The weights that the sentences allow.
#[derive(Debug)]
pub(crate) struct Region<'a> {
    pub problem: &'a Problem<'a>,
    pub previous: Vec<f64>,
    pub sentences: Vec<Constraint>,
    pub lower: Vec<f64>,
    pub upper: Vec<f64>,
    /// The least and the greatest sum of the weights.
    pub net: (f64, f64),
    /// Weights first, auxiliary variables after them.
    pub columns: usize,
    pub rows: Vec<Row>,
    /// Columns that lie above a risk, each bounded by a row.
    pub epigraphs: Vec<Epigraph<'a>>,
    /// What a sentence's own unit is in units of its row, where they differ: `variance` is bounded
    /// through its root.
    stretches: Vec<(usize, f64)>,
    trades: Option<Vec<Distance>>,
    exposures: Option<Vec<Distance>>,
}

/// The user's sentences and those that are assumed, the assumed ones first.
pub(crate) fn sentences(given: &[Constraint]) -> Vec<Constraint> {
    let on_net = |c: &&Constraint| matches!(c.quantity, Quantity::Net | Quantity::Cash);
    let bounded_above = |c: &Constraint| {
        let open = match c.quantity {
            Quantity::Cash => Relation::AtMost,
            _ => Relation::AtLeast,
        };
        c.relation != open
    };
    let assumed = match given.iter().filter(on_net).count() {
        0 => Some("budget == 100%"),
        _ if given.iter().filter(on_net).any(bounded_above) => None,
        _ => Some("cash >= 0%"),
    };
    let mut all: Vec<Constraint> = assumed.map(Constraint::known).into_iter().collect();
    all.extend_from_slice(given);
    all
}

impl<'a> Region<'a> {
    /// What `sentences` allow; nothing is assumed beyond them.
    pub(crate) fn new(
        problem: &'a Problem<'a>,
        sentences: Vec<Constraint>,
    ) -> Result<Self, AllocationError> {
        let n = problem.n_assets();
        let mut region = Self {
            problem,
            previous: problem.held(),
            lower: vec![f64::NEG_INFINITY; n],
            upper: vec![f64::INFINITY; n],
            net: (f64::NEG_INFINITY, f64::INFINITY),
            columns: n,
            rows: Vec::with_capacity(3 * n + sentences.len()),
            epigraphs: Vec::new(),
            stretches: Vec::new(),
            trades: None,
            exposures: None,
            sentences: Vec::new(),
        };
        for sentence in &sentences {
            region.bound(sentence)?;
        }
        region.push_bounds();
        for (index, sentence) in sentences.iter().enumerate() {
            region.push_sentence(index, sentence)?;
        }
        region.sentences = sentences;
        Ok(region)
    }

    /// Narrows the bounds of assets and of the net weight.
    fn bound(&mut self, sentence: &Constraint) -> Result<(), AllocationError> {
        let (relation, bound) = (sentence.relation, sentence.bound);
        match &sentence.quantity {
            Quantity::Weight(None) => {
                for (lower, upper) in self.lower.iter_mut().zip(&mut self.upper) {
                    narrow((lower, upper), relation, bound);
                }
            }
            Quantity::Weight(Some(symbol)) => {
                let asset = asset(self.problem, sentence, symbol)?;
                narrow((&mut self.lower[asset], &mut self.upper[asset]), relation, bound);
            }
            Quantity::Net => narrow((&mut self.net.0, &mut self.net.1), relation, bound),
            Quantity::Cash => {
                let range = (&mut self.net.0, &mut self.net.1);
                narrow(range, mirrored(relation), 1.0 - bound);
            }
            _ => {}
        }
        Ok(())
    }

    fn push_bounds(&mut self) {
        for asset in 0..self.lower.len() {
            let (lower, upper) = (self.lower[asset], self.upper[asset]);
            if lower == upper {
                self.push(vec![(asset, 1.0)], true, lower, Label::Asset(asset, Relation::Equal));
                continue;
            }
            if lower.is_finite() {
                let label = Label::Asset(asset, Relation::AtLeast);
                self.push(vec![(asset, -1.0)], false, -lower, label);
            }
            if upper.is_finite() {
                let label = Label::Asset(asset, Relation::AtMost);
                self.push(vec![(asset, 1.0)], false, upper, label);
            }
        }
    }

    fn push_sentence(
        &mut self,
        index: usize,
        sentence: &Constraint,
    ) -> Result<(), AllocationError> {
        let (relation, bound) = (sentence.relation, sentence.bound);
        let label = Label::Sentence(index);
        let everything = || (0..self.problem.n_assets()).map(|asset| (asset, 1.0)).collect();
        match &sentence.quantity {
            Quantity::Weight(_) => {}
            Quantity::Net => self.push_sum(everything(), relation, bound, label),
            Quantity::Cash => {
                self.push_sum(everything(), mirrored(relation), 1.0 - bound, label);
            }
            Quantity::Group(name) => {
                let members = members(self.problem, sentence, name)?;
                let terms = members.into_iter().map(|asset| (asset, 1.0)).collect();
                self.push_sum(terms, relation, bound, label);
            }
            Quantity::Names(_) | Quantity::HeldWeight | Quantity::Lot => {
                let reason =
                    format!("`{sentence}` takes integers, which this cannot do: leave it out");
                return Err(AllocationError::NotDiscrete { reason });
            }
            Quantity::Gross => {
                let exposures = self.exposures();
                self.push_distances(&exposures, bound, label);
            }
            // A portfolio that holds nothing yet is built, not turned over.
            Quantity::Turnover if self.holds_nothing() => {}
            Quantity::Turnover => {
                let trades = self.trades();
                self.push_distances(&trades, 2.0 * bound, label);
            }
            Quantity::Participation => self.push_participation(sentence, label)?,
            Quantity::Return => {
                self.problem.check_part("the expected return", self.problem.expected_return)?;
                let returns = self.problem.expected_return.iter().copied().enumerate();
                self.push_sum(returns.collect(), relation, bound, label);
            }
            Quantity::RobustReturn => {
                self.problem.check_part("the expected return", self.problem.expected_return)?;
                let lost = robust::of_mean(self.problem, sentence.as_str())?;
                let lost = self.epigraph(lost);
                let returns = self.problem.expected_return.iter().map(|r| -r).enumerate();
                let terms = returns.chain([(lost, 1.0)]).collect();
                self.push(terms, false, -bound, label);
            }
            Quantity::Long | Quantity::Short => {
                // The positive part is half of the weight and its absolute value.
                let sign = if sentence.quantity == Quantity::Long { 0.5 } else { -0.5 };
                let exposures = self.exposures();
                let mut terms: Vec<(usize, f64)> = Vec::new();
                for (asset, exposure) in exposures.iter().enumerate() {
                    match exposure.column == asset {
                        true => terms.push((asset, sign + 0.5 * exposure.slope)),
                        false => terms.extend([(asset, sign), (exposure.column, 0.5)]),
                    }
                }
                terms.retain(|(_, a)| *a != 0.0);
                self.push(terms, false, bound, label);
            }
            Quantity::NoTrade(symbols) => {
                for symbol in symbols {
                    let asset = asset(self.problem, sentence, symbol)?;
                    self.push(vec![(asset, 1.0)], true, self.previous[asset], label);
                }
            }
            linear @ (Quantity::Named(_) | Quantity::Characteristic(_) | Quantity::Sum(_)) => {
                let mut slopes = vec![0.0; self.lower.len()];
                add_linear(self.problem, sentence, linear, 1.0, &mut slopes)?;
                let terms = slopes.into_iter().enumerate().filter(|(_, a)| *a != 0.0).collect();
                self.push_sum(terms, relation, bound, label);
            }
            Quantity::Variance
            | Quantity::Volatility
            | Quantity::TrackingError(_)
            | Quantity::Aim(_)
            | Quantity::Risk(_) => {
                let (risks, squared) = bounded_risk(self.problem, sentence)?;
                let limit = match squared {
                    true if bound > 0.0 => bound.sqrt(),
                    _ => bound,
                };
                if squared && bound > 0.0 {
                    self.stretches.push((index, 0.5 / limit));
                }
                let parts = risks.into_iter().map(|(factor, risk)| (self.epigraph(risk), factor));
                let parts = parts.collect();
                self.push(parts, false, limit, label);
            }
        }
        Ok(())
    }

    /// Each trade within its part of the daily volume, the first portfolio included.
    fn push_participation(
        &mut self,
        sentence: &Constraint,
        label: Label,
    ) -> Result<(), AllocationError> {
        let volumes = self.problem.volumes;
        if volumes.is_empty() {
            return Err(AllocationError::NoVolumes { sentence: sentence.to_string() });
        }
        for (asset, volume) in volumes.iter().enumerate() {
            let most = (sentence.bound * volume).max(0.0);
            for sign in [1.0, -1.0] {
                let limit = most + sign * self.previous[asset];
                self.push(vec![(asset, sign)], false, limit, label);
            }
        }
        Ok(())
    }

    /// A new column above `risk`.
    pub(crate) fn epigraph(&mut self, risk: RiskTerm<'a>) -> usize {
        let column = self.columns;
        self.columns += 1;
        self.epigraphs.push(Epigraph { column, unit: None, risk });
        column
    }

    /// What one unit of a row's sentence is in units of the row.
    pub(crate) fn stretch(&self, row: &Row) -> f64 {
        let Label::Sentence(index) = row.label else { return 1.0 };
        self.stretches.iter().find(|(at, _)| *at == index).map_or(1.0, |(_, stretch)| *stretch)
    }

    pub(crate) fn holds_nothing(&self) -> bool {
        self.previous.iter().all(|weight| *weight == 0.0)
    }

    fn push(&mut self, terms: Vec<(usize, f64)>, equality: bool, limit: f64, label: Label) {
        self.rows.push(Row { terms, equality, limit, label });
    }

    fn push_sum(&mut self, terms: Vec<(usize, f64)>, relation: Relation, bound: f64, label: Label) {
        match relation {
            Relation::AtMost => self.push(terms, false, bound, label),
            Relation::Equal => self.push(terms, true, bound, label),
            Relation::AtLeast => {
                let terms = terms.into_iter().map(|(column, one)| (column, -one));
                self.push(terms.collect(), false, -bound, label);
            }
        }
    }

    fn push_distances(&mut self, distances: &[Distance], limit: f64, label: Label) {
        let terms = distances.iter().map(|d| (d.column, d.slope)).collect();
        let constant: f64 = distances.iter().map(|d| d.constant).sum();
        self.push(terms, false, limit - constant, label);
    }

    /// `abs(w_i − previous_i)` for each asset, written once however often it is used.
    pub(crate) fn trades(&mut self) -> Vec<Distance> {
        if self.trades.is_none() {
            self.trades = Some(self.distances(&self.previous.clone()));
        }
        self.trades.clone().expect("it was just written")
    }

    /// `abs(w_i)` for each asset, written once however often it is used.
    pub(crate) fn exposures(&mut self) -> Vec<Distance> {
        if self.exposures.is_none() {
            self.exposures = Some(self.distances(&vec![0.0; self.lower.len()]));
        }
        self.exposures.clone().expect("it was just written")
    }

    fn distances(&mut self, references: &[f64]) -> Vec<Distance> {
        references
            .iter()
            .enumerate()
            .map(|(asset, reference)| self.distance(asset, *reference))
            .collect()
    }

    /// `abs(w − reference)`: the difference itself where the bounds fix its sign, else an
    /// auxiliary variable above both signs.
    fn distance(&mut self, asset: usize, reference: f64) -> Distance {
        let signed = |slope: f64| Distance { column: asset, slope, constant: -slope * reference };
        if self.lower[asset] >= reference {
            return signed(1.0);
        }
        if self.upper[asset] <= reference {
            return signed(-1.0);
        }
        let column = self.columns;
        self.columns += 1;
        for slope in [1.0, -1.0] {
            let terms = vec![(asset, slope), (column, -1.0)];
            self.push(terms, false, slope * reference, Label::Support);
        }
        Distance { column, slope: 1.0, constant: 0.0 }
    }

    /// What a row says, in words; `None` for what no user said.
    pub(crate) fn words(&self, row: &Row) -> Option<String> {
        let sign = |relation| match relation {
            Relation::AtMost => "<=",
            Relation::AtLeast => ">=",
            Relation::Equal => "==",
        };
        match row.label {
            Label::Support => None,
            Label::Sentence(index) => Some(self.sentences[index].to_string()),
            Label::LeastReturn => Some(format!("expected return >= {}", percent(-row.limit))),
            Label::Asset(asset, relation) => {
                let bound = match relation {
                    Relation::AtLeast => self.lower[asset],
                    _ => self.upper[asset],
                };
                let symbol = self.problem.symbol(asset);
                Some(format!("weight({symbol}) {} {}", sign(relation), percent(bound)))
            }
        }
    }
}

fn narrow((lower, upper): (&mut f64, &mut f64), relation: Relation, bound: f64) {
    if relation != Relation::AtMost {
        *lower = lower.max(bound);
    }
    if relation != Relation::AtLeast {
        *upper = upper.min(bound);
    }
}

fn mirrored(relation: Relation) -> Relation {
    match relation {
        Relation::AtMost => Relation::AtLeast,
        Relation::AtLeast => Relation::AtMost,
        Relation::Equal => Relation::Equal,
    }
}

pub(crate) fn asset(
    problem: &Problem<'_>,
    sentence: &Constraint,
    symbol: &Symbol,
) -> Result<usize, AllocationError> {
    let symbols = &problem.moments.symbols;
    let found = symbols.iter().position(|known| known == symbol);
    found.ok_or_else(|| AllocationError::UnknownAsset {
        constraint: sentence.to_string(),
        name: symbol.clone(),
        suggestion: closest(symbol.as_str(), symbols.iter().map(Symbol::as_str)),
    })
}

/// Adds `factor` times the slope of a linear quantity.
pub(crate) fn add_linear(
    problem: &Problem<'_>,
    sentence: &Constraint,
    quantity: &Quantity,
    factor: f64,
    slopes: &mut [f64],
) -> Result<(), AllocationError> {
    match quantity {
        Quantity::Sum(parts) => {
            for (part, quantity) in parts {
                add_linear(problem, sentence, quantity, factor * part, slopes)?;
            }
        }
        Quantity::Weight(Some(symbol)) => slopes[asset(problem, sentence, symbol)?] += factor,
        Quantity::Group(name) => {
            members(problem, sentence, name)?.into_iter().for_each(|i| slopes[i] += factor);
        }
        Quantity::Named(name) if problem.groups.contains_key(name) => {
            if sentence.bound.abs() >= 5.0 {
                let (constraint, bound) = (sentence.to_string(), sentence.bound);
                return Err(AllocationError::NotAFraction { constraint, bound });
            }
            members(problem, sentence, name)?.into_iter().for_each(|i| slopes[i] += factor);
        }
        Quantity::Named(name) | Quantity::Characteristic(name) => {
            let Some(values) = problem.characteristics.get(name) else {
                return Err(unknown(problem, sentence, quantity, name));
            };
            slopes.iter_mut().zip(values).for_each(|(slope, value)| *slope += factor * value);
        }
        _ => slopes.iter_mut().for_each(|slope| *slope += factor),
    }
    Ok(())
}

fn unknown(
    problem: &Problem<'_>,
    sentence: &Constraint,
    quantity: &Quantity,
    name: &str,
) -> AllocationError {
    let bare = matches!(quantity, Quantity::Named(_));
    let groups = problem.groups.keys().filter(|_| bare);
    let known = problem.characteristics.keys().chain(groups);
    AllocationError::UnknownName {
        sentence: sentence.to_string(),
        kind: if bare { "group or characteristic" } else { "characteristic" },
        name: name.to_owned(),
        suggestion: closest(name, known.map(String::as_str)),
    }
}

/// The risk that a sentence bounds, by its root if it is a square, as the sum of its parts.
pub(crate) fn bounded_risk<'a>(
    problem: &'a Problem<'a>,
    sentence: &Constraint,
) -> Result<(Vec<(f64, RiskTerm<'a>)>, bool), AllocationError> {
    let risk = match &sentence.quantity {
        Quantity::TrackingError(name) => Risk::TrackingError(name.clone()),
        Quantity::Risk(measure) => Risk::Scenario(*measure),
        Quantity::Aim(risk) => risk.clone(),
        Quantity::Variance => Risk::Variance,
        _ => Risk::Volatility,
    };
    risk.check()?;
    let parts = risk.parts().into_iter().map(|(factor, part)| {
        part.term(problem, sentence.as_str()).map(|(term, _)| (factor, term))
    });
    Ok((parts.collect::<Result<_, _>>()?, risk.squared()))
}

/// The columns of a group's members, each once.
pub(crate) fn members(
    problem: &Problem<'_>,
    sentence: &Constraint,
    name: &str,
) -> Result<Vec<usize>, AllocationError> {
    let Some(group) = problem.groups.get(name) else {
        return Err(AllocationError::UnknownGroup {
            constraint: sentence.to_string(),
            name: name.to_owned(),
            suggestion: closest(name, problem.groups.keys().map(String::as_str)),
        });
    };
    let symbols = problem.moments.symbols.iter().enumerate();
    Ok(symbols.filter(|(_, symbol)| group.contains(symbol)).map(|(asset, _)| asset).collect())
}
