//! A mandate that is ready to decide: every sentence in it parsed, every name in it known.

use std::collections::BTreeMap;

use allocation::{Aim, Constraint, Objective, Source, ViewMethod, chain};
use execution::Limits;
use features::{Definition, FeatureError, FeatureSet, Label};
use monitoring::{Alarm, Response};
use risk::{BlackLitterman, CovarianceEstimator};
use tracking::{CodeVersion, PromotionRule};
use types::{CostModel, Digest, Money, RunId, Symbol};

use crate::Period;
use crate::given::Given;
use crate::learn::{fewest_days, held_back};
use crate::mandate::{
    CharacteristicPlan, ForecastPlan, HeldView, Mandate, MandateError, Percent, Prior, ScenarioPlan,
};
use crate::rule::Rule;

/// The code that decides, as the edge knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Code {
    /// Its revision and the digest of its dependency lock.
    pub version: CodeVersion,
    /// What it takes to rebuild it.
    pub environment: BTreeMap<String, String>,
}

/// A mandate with every sentence parsed.
#[derive(Debug)]
pub struct Desk {
    /// The mandate, as it was written.
    pub mandate: Mandate,
    /// The run.
    pub run: RunId,
    /// The code.
    pub code: Code,
    /// The features that are computed; empty where nothing needs any.
    pub features: Option<FeatureSet>,
    /// What is forecast.
    pub outlook: Outlook,
    /// What people believe beyond that.
    pub views: Option<Views>,
    /// What allocation is for, in order of preference.
    pub aims: Vec<Aim>,
    /// What weights must fulfil.
    pub constraints: Vec<Constraint>,
    /// The groups that constraints name.
    pub groups: BTreeMap<String, Vec<Symbol>>,
    /// Numbers about symbols that constraints name.
    pub characteristics: BTreeMap<String, Characteristic>,
    /// Shocks that constraints name, by symbol.
    pub stress: BTreeMap<String, Vec<(Symbol, f64)>>,
    /// How risk is estimated.
    pub covariance: CovarianceEstimator,
    /// Where the scenarios of risk measures come from.
    pub source: Source,
    /// When to rebalance.
    pub rules: Vec<Rule>,
    /// What trading costs: for the optimiser, the lots and the venue.
    pub costs: CostModel,
    /// What orders must pass.
    pub limits: Limits,
    /// When drift alarms.
    pub alarm: Option<Alarm>,
    /// What happens then.
    pub on_alarm: Response,
    /// When money comes in, and how much.
    pub deposit: Option<(Period, Money)>,
    /// The registered model that forecasts, once it was fetched.
    pub given: Option<Given>,
}

/// What people believe.
#[derive(Debug)]
pub struct Views {
    /// How it is joined with what is forecast.
    pub method: ViewMethod,
    /// The variance of the prior means as a fraction of that of returns.
    pub tau: f64,
    /// What is expected before.
    pub prior: Prior,
    /// The views, each with its time.
    pub held: Vec<HeldView>,
}

/// Numbers about symbols.
#[derive(Debug)]
pub enum Characteristic {
    /// Given, the same on all days.
    Numbers(BTreeMap<Symbol, f64>),
    /// Computed on the day: a set of one feature.
    Feature(FeatureSet),
}

/// Where expected returns come from.
#[derive(Debug)]
pub enum Outlook {
    /// No view is held.
    None,
    /// One expression, scaled to returns.
    Signal {
        /// The expression, as a set of one feature.
        signal: FeatureSet,
        /// Its expected correlation with returns.
        information_coefficient: f64,
        /// Trading days ahead.
        horizon_days: u32,
    },
    /// A learned model.
    Model {
        /// What it is trained to forecast.
        label: Label,
        /// When a new one replaces the champion.
        promotion: PromotionRule,
    },
    /// A model that is registered elsewhere, and given to the run.
    Registered {
        /// Trading days ahead.
        horizon_days: u32,
    },
}

impl Outlook {
    /// Trading days that a forecast looks ahead; a month where no view is held.
    pub fn horizon_days(&self) -> u32 {
        match self {
            Outlook::None => 21,
            Outlook::Signal { horizon_days, .. } | Outlook::Registered { horizon_days } => {
                *horizon_days
            }
            Outlook::Model { label, .. } => label.horizon() as u32,
        }
    }
}

/// Parses the sentences of one mandate and knows where they stand.
struct Parser<'a> {
    file: &'a str,
    text: &'a str,
}

impl Parser<'_> {
    fn at<T, E: std::fmt::Display>(
        &self,
        section: &str,
        key: &str,
        parsed: Result<T, E>,
    ) -> Result<T, MandateError> {
        parsed.map_err(|error| {
            MandateError::at_key(self.file, self.text, section, key, error.to_string())
        })
    }

    fn label(&self, target: &str) -> Result<Label, MandateError> {
        let days = |prefix: &str| target.strip_prefix(prefix)?.strip_suffix('d')?.parse().ok();
        let excess = days("forward_excess_return_").map(|days: usize| {
            Label::compile(&format!("demean(shift(close, -{days}) / close - 1)"))
        });
        let plain = days("forward_return_")
            .map(|days: usize| Label::compile(&format!("shift(close, -{days}) / close - 1")));
        let label = excess.or(plain).unwrap_or_else(|| Label::compile(target));
        self.at("forecast", "target", label)
    }
}

impl Desk {
    /// Sets a mandate up. `file` and `text` are what it was parsed from, for messages.
    pub fn new(
        mandate: Mandate,
        file: &str,
        text: &str,
        run: RunId,
        code: Code,
    ) -> Result<Self, MandateError> {
        let parser = Parser { file, text };
        Ok(Self {
            run,
            code,
            features: feature_set(&parser, &mandate)?,
            outlook: outlook(&parser, &mandate)?,
            views: views(&parser, &mandate)?,
            aims: aims(&parser, &mandate)?,
            constraints: constraints(&parser, &mandate)?,
            groups: groups(&mandate),
            characteristics: characteristics(&parser, &mandate)?,
            stress: stress(&mandate),
            covariance: mandate.risk.covariance.estimator(mandate.mandate.seed),
            source: source(&parser, &mandate)?,
            rules: rules(&parser, &mandate)?,
            costs: mandate.execution.costs.model(),
            limits: limits(&mandate),
            alarm: alarm(&parser, &mandate)?,
            on_alarm: parser.at("monitoring", "on_alarm", mandate.monitoring.on_alarm.parse())?,
            deposit: deposit(&parser, &mandate)?,
            given: None,
            mandate,
        })
    }

    /// The desk with the registered model that its mandate asks for.
    pub fn with_model(self, given: Given) -> Self {
        Self { given: Some(given), ..self }
    }

    /// The registered name of this run's models. A backtest has its own: it must not begin with
    /// what another run learned from its future.
    pub fn model_name(&self) -> String {
        let run = self.run.as_str();
        format!("{}-{}", self.mandate.mandate.name, run.strip_prefix("run-").unwrap_or(run))
    }

    /// Whether the weights depend on correlations. If not, they are the same over any horizon.
    pub(crate) fn wants_correlations(&self) -> bool {
        use allocation::Quantity::{TrackingError, Variance, Volatility};
        let alone = |objective: &&Objective| {
            matches!(
                objective,
                Objective::EqualWeight | Objective::InverseVolatility | Objective::InverseVariance
            )
        };
        let alone = self.aims.iter().all(|aim| match aim {
            Aim::One(objective) => alone(&objective),
            Aim::Among { .. } => false,
        });
        let bounded = self.constraints.iter().any(|constraint| {
            matches!(constraint.quantity(), TrackingError(_) | Variance | Volatility)
        });
        !alone || bounded || self.views.is_some() || !self.stress.is_empty()
    }

    /// Whether the estimate of one volatility depends on the other symbols.
    pub(crate) fn estimates_together(&self) -> bool {
        use CovarianceEstimator::{ExponentiallyWeighted, Sample};
        !matches!(self.covariance, Sample | ExponentiallyWeighted { .. })
    }

    /// Whether a rule looks at forecasts, and so wants one on every day.
    pub fn watches_forecasts(&self) -> bool {
        self.rules.iter().any(Rule::wants_forecast)
    }

    /// The digest of the feature definitions.
    pub fn features_digest(&self) -> Digest {
        self.features.as_ref().map_or(Digest::ZERO, FeatureSet::digest)
    }
}

fn feature_set(parser: &Parser<'_>, mandate: &Mandate) -> Result<Option<FeatureSet>, MandateError> {
    if mandate.features.used.is_empty() {
        return Ok(None);
    }
    parser.at("features", "use", mandate.features.resolve()).map(Some)
}

fn outlook(parser: &Parser<'_>, mandate: &Mandate) -> Result<Outlook, MandateError> {
    let Some(plan) = &mandate.forecast else { return Ok(Outlook::None) };
    let label = parser.label(&plan.target)?;
    if label.horizon() == 0 {
        return parser.at(
            "forecast",
            "target",
            Err("it does not look ahead, so it is no forecast"),
        );
    }
    match &plan.signal {
        None if plan.registered().is_some() => {
            Ok(Outlook::Registered { horizon_days: label.horizon() as u32 })
        }
        None => {
            trainable(parser, plan, label.horizon())?;
            tunable(parser, plan, mandate.mandate.seed)?;
            let rule = PromotionRule::parse(&plan.promote_if);
            Ok(Outlook::Model { label, promotion: parser.at("forecast", "promote_if", rule)? })
        }
        Some(source) => {
            let definition = signal(source, &mandate.features.own());
            let definition = parser.at("forecast", "signal", definition)?;
            Ok(Outlook::Signal {
                signal: parser.at("forecast", "signal", FeatureSet::compile(&[definition]))?,
                information_coefficient: plan.information_coefficient,
                horizon_days: label.horizon() as u32,
            })
        }
    }
}

/// A signal by the name of a feature, or an expression of its own.
fn signal(source: &str, own: &BTreeMap<String, String>) -> Result<Definition, String> {
    let named = match FeatureSet::resolve(&[source.to_owned()], own) {
        Ok(set) => match set.definitions() {
            [one] => one.source.clone(),
            many => {
                let count = many.len();
                let example = &many[0].name;
                return Err(format!(
                    "`{source}` is a package of {count} features: name one of them, such as \
                     `{example}`"
                ));
            }
        },
        Err(FeatureError::UnknownFeature { .. }) => source.to_owned(),
        Err(error) => return Err(error.to_string()),
    };
    Ok(Definition::new("signal", named))
}

/// That the model has parameters that it can have, also those that are to be tried.
fn tunable(parser: &Parser<'_>, plan: &ForecastPlan, seed: u64) -> Result<(), MandateError> {
    let Some(spec) = plan.learned() else { return Ok(()) };
    parser.at("forecast", "model", spec.check())?;
    parser.at("forecast", "prepare", plan.prepare.check())?;
    let search = plan.search.as_ref().map_or(Ok(()), |s| s.candidates(spec, seed).map(|_| ()));
    parser.at("forecast", "search", search)
}

/// That a training window leaves days to train on, once those that judge are taken off.
fn trainable(
    parser: &Parser<'_>,
    forecast: &ForecastPlan,
    horizon: usize,
) -> Result<(), MandateError> {
    let (plan, fewest) = (&forecast.train, fewest_days(forecast, horizon));
    let least = held_back(plan, horizon) + fewest;
    if plan.window.0 >= least {
        return Ok(());
    }
    let (window, validate, embargo) = (plan.window.0, plan.validate.0, plan.embargo.0);
    let why = format!(
        "a window of {window}d leaves too little to train on: {validate}d judge, twice the \
         horizon of {horizon}d and the embargo of {embargo}d lie between, and {fewest}d must \
         remain; make it at least {least}d{}",
        if forecast.search.is_some() { ", or ask for fewer `folds` of the search" } else { "" }
    );
    parser.at("forecast", "train", Err(why))
}

/// What to aim for. A Sharpe ratio needs a view on returns.
fn aims(parser: &Parser<'_>, mandate: &Mandate) -> Result<Vec<Aim>, MandateError> {
    let aims =
        parser.at("allocation", "objective", chain(&mandate.allocation.objective.sentence()))?;
    let ratio = |aim: &Aim| {
        let objectives = aim.objectives();
        objectives.iter().any(|objective| matches!(objective, Objective::MaximumSharpe { .. }))
    };
    if mandate.forecast.is_none() && mandate.views.is_none() && aims.iter().any(ratio) {
        let why = "the Sharpe ratio needs expected returns: add [forecast] or [views], or minimise \
                   variance";
        return parser.at("allocation", "objective", Err(why));
    }
    let utility = |aim: &Aim| matches!(aim, Aim::One(Objective::MeanVariance { .. }));
    if mandate.allocation.plan.is_some() && !matches!(&aims[..], [one] if utility(one)) {
        let why = "a plan is for one objective of return and variance: \
                   `maximise return - 5 * variance - costs`";
        return parser.at("allocation", "plan", Err(why));
    }
    Ok(aims)
}

fn views(parser: &Parser<'_>, mandate: &Mandate) -> Result<Option<Views>, MandateError> {
    let Some(plan) = &mandate.views else { return Ok(None) };
    Ok(Some(Views {
        method: parser.at("views", "method", plan.method.parse())?,
        tau: plan.tau.unwrap_or(BlackLitterman::default().tau),
        prior: plan.prior,
        held: plan.hold.clone(),
    }))
}

fn source(parser: &Parser<'_>, mandate: &Mandate) -> Result<Source, MandateError> {
    let Some(ScenarioPlan { kind, count, seed, block, degrees }) = &mandate.risk.scenarios else {
        return Ok(Source::default());
    };
    let source = Source {
        kind: parser.at("risk", "scenarios", kind.parse())?,
        count: *count,
        seed: seed.unwrap_or(mandate.mandate.seed),
        block: *block,
        degrees: *degrees,
    };
    parser.at("risk", "scenarios", source.check())?;
    Ok(source)
}

fn characteristics(
    parser: &Parser<'_>,
    mandate: &Mandate,
) -> Result<BTreeMap<String, Characteristic>, MandateError> {
    let read = |(name, plan): (&String, &CharacteristicPlan)| {
        let taken =
            mandate.universe.groups.contains_key(name) || mandate.risk.stress.contains_key(name);
        if taken {
            let why = format!("`{name}` is also the name of a group or of a stress: rename one");
            return parser.at("allocation", "characteristics", Err(why));
        }
        let characteristic = match plan {
            CharacteristicPlan::Numbers(numbers) => Characteristic::Numbers(
                numbers.iter().map(|(symbol, value)| (symbol.as_str().into(), *value)).collect(),
            ),
            CharacteristicPlan::Feature(source) => {
                let definition = signal(source, &mandate.features.own());
                let definition = parser.at("allocation", "characteristics", definition)?;
                let set = FeatureSet::compile(&[Definition::new(name, definition.source)]);
                Characteristic::Feature(parser.at("allocation", "characteristics", set)?)
            }
        };
        Ok((name.clone(), characteristic))
    };
    mandate.allocation.characteristics.iter().map(read).collect()
}

fn stress(mandate: &Mandate) -> BTreeMap<String, Vec<(Symbol, f64)>> {
    let shocks = |shocks: &BTreeMap<String, Percent>| {
        shocks.iter().map(|(symbol, by)| (symbol.as_str().into(), by.0)).collect()
    };
    mandate.risk.stress.iter().map(|(name, by)| (name.clone(), shocks(by))).collect()
}

fn constraints(parser: &Parser<'_>, mandate: &Mandate) -> Result<Vec<Constraint>, MandateError> {
    let sentences = &mandate.allocation.constraints;
    let parsed = sentences.iter().map(|sentence| sentence.parse());
    parser.at("allocation", "constraints", parsed.collect::<Result<_, _>>())
}

fn groups(mandate: &Mandate) -> BTreeMap<String, Vec<Symbol>> {
    let symbols = |names: &Vec<String>| names.iter().map(|name| name.as_str().into()).collect();
    mandate.universe.groups.iter().map(|(name, names)| (name.clone(), symbols(names))).collect()
}

fn rules(parser: &Parser<'_>, mandate: &Mandate) -> Result<Vec<Rule>, MandateError> {
    let parsed = mandate.rebalance.when.all().iter().map(|sentence| sentence.parse());
    parser.at("rebalance", "when", parsed.collect::<Result<_, _>>())
}

fn limits(mandate: &Mandate) -> Limits {
    let plan = &mandate.execution.limits;
    let usual = Limits::default();
    let fraction = |given: Option<Percent>, usual: f64| given.map_or(usual, |percent| percent.0);
    Limits {
        max_order_value: plan.max_order_value.unwrap_or(usual.max_order_value),
        max_position: fraction(plan.max_position, usual.max_position),
        max_participation: fraction(plan.max_participation, usual.max_participation),
        price_collar: fraction(plan.price_collar, usual.price_collar),
        kill_switch: plan.kill_switch,
        ..usual
    }
}

fn alarm(parser: &Parser<'_>, mandate: &Mandate) -> Result<Option<Alarm>, MandateError> {
    let Some(plan) = &mandate.monitoring.features else { return Ok(None) };
    let test = parser.at("monitoring", "features", plan.test.parse())?;
    parser.at("monitoring", "features", Alarm::new(test, plan.alarm)).map(Some)
}

fn deposit(
    parser: &Parser<'_>,
    mandate: &Mandate,
) -> Result<Option<(Period, Money)>, MandateError> {
    let Some(plan) = &mandate.cash.deposit else { return Ok(None) };
    let amount = parser.at("cash", "deposit", Money::from_f64(plan.amount))?;
    match parser.at("cash", "deposit", plan.when.parse())? {
        Rule::EndOf(period) => Ok(Some((period, amount))),
        _ => parser.at("cash", "deposit", Err("a deposit comes at a `month end` or the like")),
    }
}
