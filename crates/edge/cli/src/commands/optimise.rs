//! `trimtab optimise` and `trimtab frontier`: one question, answered from prices alone.

mod draw;
mod estimators;
mod given;
mod outlook;
mod told;

pub use estimators::{Covariance, Mean};
pub use given::{named, rate};

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use allocation::{
    Aim, Answer, Constraint, Costs, Moved, Objective, Problem, Prospects, Source, Uncertainty,
    chain, frontier as sweep, plan_fading,
};
use anyhow::{Context, bail};
use clap::Args;
use cycle::mandate::Estimator;
use outlook::Outlook;
use risk::{Gaps, Moments, ReturnKind, Returns, Window, estimate};
use told::Told;
use types::{Date, Digest, Panel, Symbol, Target};

use crate::commands::Found;
use crate::show::{Format, json, percent, some, table};
use crate::world::{accept, import_prices};

/// Where returns and risk come from.
#[derive(Debug, Args)]
pub struct Market {
    /// Prices: a CSV or Parquet file, wide or long, or a folder of them
    prices: PathBuf,
    /// The last day that is seen; the newest if left out
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Option<Date>,
    /// Daily returns that are seen
    #[arg(long, default_value_t = 504, value_name = "DAYS")]
    window: usize,
    /// Only these symbols
    #[arg(long, value_delimiter = ',', value_name = "SYMBOLS")]
    symbols: Vec<String>,
    /// How the covariance is estimated
    #[arg(long, value_enum, default_value_t = Covariance(Estimator::LedoitWolf))]
    covariance: Covariance,
    /// How expected returns are estimated
    #[arg(long, value_enum, default_value_t = Mean::BayesStein)]
    mean: Mean,
    /// Trading days of the horizon; moments are scaled to it, and risk measures such as cvar(95%) read
    /// what was earned over each run of so many days (drawdowns read days)
    #[arg(long, default_value_t = 252, value_name = "DAYS")]
    horizon: usize,
    /// A constraint, such as "weight <= 15%"; may be given several times
    #[arg(long = "constraint", value_name = "SENTENCE", default_values_t = ["long only".to_owned()])]
    constraints: Vec<String>,
    /// A group for constraints, such as "energy=CVX,XOM"; may be given several times
    #[arg(long = "group", value_name = "NAME=SYMBOLS")]
    groups: Vec<String>,
    /// Weights that are held already, such as "AAPL:12%,KO:5%", for turnover and `no trade: AAPL`
    #[arg(long, default_value = "", value_name = "SYMBOL:WEIGHT,...")]
    hold: String,
    /// A benchmark for constraints such as "tracking_error(index) <= 3%"; may be given several times
    #[arg(long = "benchmark", value_name = "NAME=SYMBOL:WEIGHT,...")]
    benchmarks: Vec<String>,
    /// Numbers about symbols for constraints such as "esg >= 0.5"; may be given several times
    #[arg(long = "characteristic", value_name = "NAME=SYMBOL:NUMBER,...")]
    characteristics: Vec<String>,
    #[command(flatten)]
    outlook: Outlook,
    /// How to print the answer
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Draw the answer: SVG and PNG files in this folder
    #[arg(long, value_name = "DIR")]
    plot: Option<PathBuf>,
}

/// Options of `trimtab optimise`.
#[derive(Debug, Args)]
pub struct OptimiseArgs {
    #[command(flatten)]
    market: Market,
    /// What the weights are for: "minimise variance", "maximise return - 5 * variance",
    /// "maximise sharpe", "minimise cvar(95%)", "maximise return / cvar(95%)", "maximise growth",
    /// "minimise tracking_error(index)", "risk parity", "maximise diversification", "nested clusters",
    /// "hierarchical risk parity", "hierarchical equal risk", "schur complementary", "equal weight",
    /// "inverse volatility", "learned"; "maximise sharpe, else minimise variance" goes on to the next if one
    /// has no answer; "minimise variance among (risk parity; equal weight)" mixes their portfolios; a word
    /// that is not known is answered with those that are
    #[arg(long, default_value = "minimise variance", value_name = "SENTENCE")]
    objective: String,
    /// What a trade costs, of the value bought or sold: "5bps", "0.1%"; for objectives with "- costs"
    #[arg(long, default_value = "0bps", value_name = "RATE", value_parser = rate)]
    cost: f64,
    /// Plan trades over so many periods, each as long as the horizon, and make the first: for
    /// "maximise return - 5 * variance - costs"
    #[arg(long, value_name = "PERIODS", value_parser = clap::value_parser!(u8).range(1..=60))]
    periods: Option<u8>,
    /// With --periods: days after which half of the expected returns is left; they last if left out
    #[arg(long, value_name = "DAYS", requires = "periods",
        value_parser = clap::value_parser!(u32).range(1..))]
    half_life: Option<u32>,
}

/// Options of `trimtab frontier`.
#[derive(Debug, Args)]
pub struct FrontierArgs {
    #[command(flatten)]
    market: Market,
    /// Portfolios on the frontier
    #[arg(long, default_value_t = 20)]
    points: usize,
}

/// What was read and estimated, before any view.
struct Read {
    prior: Moments,
    returns: Returns,
    as_of: Date,
}

impl Read {
    fn new(market: &Market) -> anyhow::Result<Self> {
        let panel = panel(&market.prices, market.as_of, &market.symbols)?;
        let window = Window {
            rows: market.window,
            kind: ReturnKind::Simple,
            gaps: Gaps::Drop { at_least: 20.min(market.window) },
        };
        let returns = Returns::from_panel(&panel, window)?;
        let covariance = market.covariance.estimator();
        let mean = market.mean.estimator();
        let prior = estimate(&returns, &mean, &covariance)?.scaled(market.horizon as f64);
        Ok(Self { prior, returns, as_of: panel.last_date().context("there are no prices")? })
    }
}

/// The question, with everything that it depends on.
struct Question<'a> {
    prospects: Prospects<'a>,
    moved: Moved,
    moments: Moments,
    constraints: Vec<Constraint>,
    groups: BTreeMap<String, Vec<Symbol>>,
    held: Vec<f64>,
    benchmarks: BTreeMap<String, Vec<f64>>,
    characteristics: BTreeMap<String, Vec<f64>>,
    stresses: BTreeMap<String, Vec<f64>>,
    source: Source,
    days: usize,
    horizon: usize,
    as_of: Date,
}

impl<'a> Question<'a> {
    fn new(market: &Market, read: &'a Read) -> anyhow::Result<Self> {
        let symbols = read.returns.symbols();
        let (source, groups) = (market.outlook.source()?, groups(&market.groups)?);
        let prior = Cow::Borrowed(&read.prior);
        let prospects = Prospects::new(prior, Some(&read.returns), market.horizon, source);
        let (prospects, moved) = market.outlook.joined(prospects, symbols, &groups)?;
        let moments = prospects.moments().clone();
        let stresses = market.outlook.stresses(&moments)?;
        let mut characteristics = named("--characteristic", &market.characteristics, symbols)?;
        for (name, returns) in &stresses {
            if characteristics.insert(name.clone(), returns.clone()).is_some() {
                bail!("{name} is a characteristic and a stress: rename one");
            }
        }
        let constraints = market.constraints.iter().map(|sentence| sentence.parse());
        Ok(Self {
            prospects,
            moved,
            constraints: constraints.collect::<Result<_, _>>()?,
            groups,
            held: given::numbers("--hold", &market.hold, symbols)?,
            benchmarks: named("--benchmark", &market.benchmarks, symbols)?,
            characteristics,
            stresses,
            source,
            days: read.returns.rows(),
            horizon: market.horizon,
            as_of: read.as_of,
            moments,
        })
    }

    fn problem(&self) -> Problem<'_> {
        Problem {
            previous: &self.held,
            constraints: &self.constraints,
            groups: &self.groups,
            benchmarks: &self.benchmarks,
            characteristics: &self.characteristics,
            ..Problem::new(&self.moments, self.as_of)
        }
    }
}

/// The prices in a file, up to a day, of some symbols or of all.
pub(super) fn panel(path: &Path, as_of: Option<Date>, only: &[String]) -> anyhow::Result<Panel> {
    let prices = accept(import_prices(path, vec![])?)?;
    let panel = prices.panel(Digest::ZERO);
    let panel = match as_of {
        Some(day) => panel.as_of(day),
        None => panel,
    };
    if only.is_empty() {
        return Ok(panel);
    }
    let symbols: Vec<Symbol> = only.iter().map(|name| name.as_str().into()).collect();
    let known = || some(panel.symbols().iter().map(Symbol::as_str));
    panel.select(&symbols).with_context(|| format!("--symbols: the prices have {}", known()))
}

pub(super) fn groups(given: &[String]) -> anyhow::Result<BTreeMap<String, Vec<Symbol>>> {
    let mut groups = BTreeMap::new();
    for text in given {
        let Some((name, symbols)) = text.split_once('=') else {
            bail!("--group {text}: expected a name and symbols, such as energy=CVX,XOM");
        };
        groups.insert(name.to_owned(), symbols.split(',').map(Symbol::from).collect());
    }
    Ok(groups)
}

/// Prints optimal weights with their certificate.
pub fn optimise(args: &OptimiseArgs) -> anyhow::Result<Found> {
    let aims = chain(&args.objective)?;
    let read = Read::new(&args.market)?;
    let question = Question::new(&args.market, &read)?;
    let uncertainty = Uncertainty::usual(&question.moments, args.market.horizon);
    let costs = Costs { linear: vec![args.cost; read.returns.cols()], ..Costs::default() };
    let problem =
        Problem { uncertainty: Some(&uncertainty), costs: Some(costs), ..question.problem() };
    let (answer, plan) = match args.periods {
        Some(periods) => planned(args, usize::from(periods), &aims, &problem)?,
        None => (question.prospects.allocate(&aims, &problem)?, Vec::new()),
    };
    let told = Told::new(args, &question, &aims[answer.aim], answer, plan);
    match args.market.format {
        Format::Json => json(&told)?,
        Format::Table => told.print(&question)?,
    }
    if let Some(folder) = &args.market.plot {
        draw::answer(&question, &told.target, folder)?;
    }
    Ok(Found::AllWell)
}

/// The first weights of a plan over several periods, and all of them.
fn planned(
    args: &OptimiseArgs,
    periods: usize,
    aims: &[Aim],
    problem: &Problem<'_>,
) -> anyhow::Result<(Answer, Vec<Vec<f64>>)> {
    let [Aim::One(Objective::MeanVariance { risk_aversion, costs })] = aims else {
        bail!(
            "--periods: a plan is for one objective of return and variance, such as \"maximise return \
             - 5 * variance - costs\""
        );
    };
    let days = args.market.horizon as f64;
    let kept = args.half_life.map_or(1.0, |half_life| 0.5_f64.powf(days / f64::from(half_life)));
    let costs = problem.costs.clone().filter(|_| *costs);
    let problem = Problem { costs, ..problem.clone() };
    let plan = plan_fading(&problem, *risk_aversion, periods, kept)?;
    let target = Target {
        as_of: problem.as_of,
        symbols: problem.moments.symbols.clone(),
        weights: plan.weights[0].clone(),
        certificate: plan.certificate,
    };
    Ok((Answer { target, aim: 0, shares: Vec::new(), scenarios: None }, plan.weights))
}

/// Prints the efficient frontier.
pub fn frontier(args: &FrontierArgs) -> anyhow::Result<Found> {
    let read = Read::new(&args.market)?;
    let question = Question::new(&args.market, &read)?;
    let points = sweep(&question.problem(), args.points)?;
    match args.market.format {
        Format::Json => {
            let rows: Vec<_> = points
                .iter()
                .map(|point| {
                    let weights: BTreeMap<&str, f64> = question
                        .moments
                        .symbols
                        .iter()
                        .map(Symbol::as_str)
                        .zip(point.weights.iter().copied())
                        .collect();
                    serde_json::json!({
                        "expected_return": point.expected_return,
                        "volatility": point.volatility,
                        "weights": weights,
                        "certificate": point.certificate,
                    })
                })
                .collect();
            json(&rows)?;
        }
        Format::Table => table(
            &[">return", ">volatility", "largest weights"],
            points.iter().map(|point| {
                let largest = largest(&question.moments.symbols, &point.weights);
                vec![percent(point.expected_return), percent(point.volatility), largest]
            }),
        ),
    }
    if let Some(folder) = &args.market.plot {
        draw::frontier(&question, &points, folder)?;
    }
    Ok(Found::AllWell)
}

fn largest(symbols: &[Symbol], weights: &[f64]) -> String {
    let mut held: Vec<(&Symbol, f64)> = symbols.iter().zip(weights.iter().copied()).collect();
    held.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    let shown = held.iter().take(4).filter(|(_, weight)| weight.abs() >= 5e-5);
    shown
        .map(|(symbol, weight)| format!("{symbol} {}", percent(*weight)))
        .collect::<Vec<_>>()
        .join(", ")
}
