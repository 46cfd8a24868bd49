//! `trimtab validate`: how methods of allocation would have done where they could not look.

mod design;
mod report;
mod search;

use std::collections::BTreeMap;
use std::path::PathBuf;

use allocation::{Aim, Constraint, Objective, chain};
use anyhow::{Context, bail};
use clap::Args;
use cycle::mandate::Estimator;
use performance::validation::{Fees, History, Plan, compare, expand, out_of_sample};
use risk::{Gaps, ReturnKind, Returns, Window};
use types::{Date, Panel, Symbol};

use super::optimise::{Covariance, Mean, groups, named, panel, rate};
use crate::commands::Found;
use crate::progress::Progress;
use crate::show::{Format, count, note, told};
use design::Shape;
use search::Search;

/// Trading days of a year.
const YEAR: f64 = 252.0;

/// Options of `trimtab validate`.
#[derive(Debug, Args)]
pub struct ValidateArgs {
    /// Prices: a CSV or Parquet file, wide or long, or a folder of them
    prices: PathBuf,
    /// A method, as in `trimtab optimise`; may be given several times. Braces are choices that are
    /// all tried: "maximise return - {1,2,5} * variance"
    #[arg(long = "objective", value_name = "SENTENCE",
        default_values_t = ["equal weight".to_owned(), "minimise variance".to_owned()])]
    objectives: Vec<String>,
    /// How the covariance is estimated; several, with commas between them, are all tried
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Covariance(Estimator::LedoitWolf)])]
    covariance: Vec<Covariance>,
    /// How expected returns are estimated; several, with commas between them, are all tried
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Mean::BayesStein])]
    mean: Vec<Mean>,
    /// Add a row for each objective that chooses among its trials anew at each training, by the
    /// Sharpe ratio of a walk within the training days
    #[arg(long)]
    choose: bool,
    #[command(flatten)]
    shape: Shape,
    /// What a trade costs, of the value bought or sold: "5bps", "0.1%"
    #[arg(long, default_value = "0bps", value_name = "RATE", value_parser = rate)]
    cost: f64,
    /// What cash earns a year: "2%"
    #[arg(long, default_value = "0%", value_name = "RATE", value_parser = rate)]
    cash: f64,
    /// Trading days of the horizon of each decision; those of a test if left out, 21 for
    /// combinatorial tests
    #[arg(long, value_name = "DAYS")]
    horizon: Option<usize>,
    /// The last day that is seen; the newest if left out
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Option<Date>,
    /// Daily returns that are seen in all; every one if left out
    #[arg(long, value_name = "DAYS")]
    history: Option<usize>,
    /// Only these symbols
    #[arg(long, value_delimiter = ',', value_name = "SYMBOLS")]
    symbols: Vec<String>,
    /// A constraint, such as "weight <= 15%"; may be given several times
    #[arg(long = "constraint", value_name = "SENTENCE", default_values_t = ["long only".to_owned()])]
    constraints: Vec<String>,
    /// A group for constraints, such as "energy=CVX,XOM"; may be given several times
    #[arg(long = "group", value_name = "NAME=SYMBOLS")]
    groups: Vec<String>,
    /// A benchmark for constraints such as "tracking_error(index) <= 3%"; may be given several times
    #[arg(long = "benchmark", value_name = "NAME=SYMBOL:WEIGHT,...")]
    benchmarks: Vec<String>,
    /// Numbers about symbols for constraints such as "esg >= 0.5"; may be given several times
    #[arg(long = "characteristic", value_name = "NAME=SYMBOL:NUMBER,...")]
    characteristics: Vec<String>,
    /// Say nothing about progress
    #[arg(long)]
    quiet: bool,
    /// How to print the answer
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// One way to decide.
#[derive(Debug, Clone)]
pub struct Trial {
    /// The objective, by its index on the command line.
    method: usize,
    sentence: String,
    /// What is aimed at, in order of preference.
    aims: Vec<Aim>,
    covariance: Covariance,
    mean: Mean,
}

impl Trial {
    /// Whether expected returns matter to it.
    fn needs_returns(&self) -> bool {
        self.aims.iter().flat_map(Aim::objectives).any(Objective::needs_returns)
    }

    /// Whether estimates of risk matter to it.
    fn needs_covariance(&self) -> bool {
        let without = |objective: &Objective| {
            use Objective::{EqualWeight, Learned, MaximumGrowth};
            matches!(objective, EqualWeight | MaximumGrowth | Learned { .. })
        };
        self.aims.iter().flat_map(Aim::objectives).any(|objective| !without(objective))
    }
}

/// Everything that decisions depend on.
struct World {
    returns: Returns,
    days: Vec<Date>,
    constraints: Vec<Constraint>,
    groups: BTreeMap<String, Vec<Symbol>>,
    benchmarks: BTreeMap<String, Vec<f64>>,
    characteristics: BTreeMap<String, Vec<f64>>,
}

impl World {
    fn read(args: &ValidateArgs) -> anyhow::Result<Self> {
        let panel = panel(&args.prices, args.as_of, &args.symbols)?;
        let rows = panel.rows().saturating_sub(1);
        let rows = args.history.map_or(rows, |most| most.min(rows));
        let window = Window { rows, kind: ReturnKind::Simple, gaps: Gaps::Drop { at_least: 2 } };
        let returns = Returns::from_panel(&panel, window)?;
        let days = complete(&panel, rows)?;
        if days.len() < rows {
            let lost = count(rows - days.len(), "day");
            note(&format!("{lost} left out: a price is unknown; --symbols chooses among symbols"));
        }
        let symbols = returns.symbols().clone();
        let constraints = args.constraints.iter().map(|sentence| sentence.parse());
        Ok(Self {
            days,
            constraints: constraints.collect::<Result<_, _>>()?,
            groups: groups(&args.groups)?,
            benchmarks: named("--benchmark", &args.benchmarks, &symbols)?,
            characteristics: named("--characteristic", &args.characteristics, &symbols)?,
            returns,
        })
    }
}

/// The days of the last `rows` on which every return is known.
fn complete(panel: &Panel, rows: usize) -> anyhow::Result<Vec<Date>> {
    let prices = panel.view("close")?;
    let known = |row: usize| prices.row(row).iter().all(|price| price.is_finite());
    let days = (prices.rows - rows..prices.rows).filter(|row| known(*row) && known(row - 1));
    Ok(days.map(|row| panel.dates()[row]).collect())
}

/// Every choice of objective, covariance and mean. An objective is not tried with each of what it
/// does not read.
fn trials(args: &ValidateArgs) -> anyhow::Result<Vec<Trial>> {
    let mut trials = Vec::new();
    for (method, sentence) in args.objectives.iter().enumerate() {
        for sentence in expand(sentence)? {
            let first = Trial {
                method,
                aims: chain(&sentence)?,
                sentence,
                covariance: args.covariance[0],
                mean: args.mean[0],
            };
            let means = if first.needs_returns() { args.mean.len() } else { 1 };
            let covariances = if first.needs_covariance() { args.covariance.len() } else { 1 };
            for covariance in &args.covariance[..covariances] {
                for mean in &args.mean[..means] {
                    trials.push(Trial { covariance: *covariance, mean: *mean, ..first.clone() });
                }
            }
        }
    }
    Ok(trials)
}

/// Compares methods out of sample.
pub fn validate(args: &ValidateArgs) -> anyhow::Result<Found> {
    let trials = trials(args)?;
    let world = World::read(args)?;
    let assets = world.returns.cols();
    let design = args.shape.design(assets)?;
    let days = world.days.len();
    let plan = Plan::new(days, assets, design)
        .with_context(|| args.shape.advice(days, world.days.first(), world.days.last()))?;
    let fees = Fees { cost_rate: args.cost, cash_return: (1.0 + args.cash).powf(1.0 / YEAR) - 1.0 };
    let history = History { returns: world.returns.as_slice(), assets, fees };
    let horizon = args.horizon.unwrap_or(args.shape.horizon());
    if horizon == 0 {
        bail!("--horizon 0: give at least one day");
    }
    let mut search = Search::new(&world, &trials, args.cost, horizon);
    let chosen = if args.choose { search.methods_with_a_choice() } else { vec![] };
    let mut progress = Progress::new(args.quiet, "validating", "decisions");
    progress.total((plan.fits.len() * (trials.len() + chosen.len())) as u64);
    let tested = out_of_sample(&history, &plan, trials.len() + chosen.len(), &mut |known| {
        let found = match known.trial.checked_sub(trials.len()) {
            None => search.decide(&trials[known.trial], known),
            Some(at) => search.choose(chosen[at], &history, known),
        };
        progress.done(1, "");
        found.map_err(|error| told(&error))
    })?;
    let compared = compare(&world.days, fees, &tested, trials.len(), YEAR)?;
    drop(progress);
    report::print(args, &trials, &chosen, &plan, &world.days, &compared)
}
