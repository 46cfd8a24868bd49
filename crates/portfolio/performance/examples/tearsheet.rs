//! A tearsheet of a simple momentum portfolio on prices of your own.
//!
//! `cargo run -p performance --example tearsheet -- prices.csv out/` reads a CSV with a `date`
//! column (`YYYY-MM-DD`) and a column of closes for each stock; it writes `out/tearsheet.html`, `out/tearsheet.json` and each plot as SVG.
//!
//! The strategy is a stand-in that exercises every part of the report: 12-1 momentum tilts around
//! equal weight, a cap on weights, whole lots and a flat cost. The stages of a real run come from
//! the other rooms.

use std::error::Error;
use std::path::Path;

use performance::*;
use types::{Date, parse_date};

const CAPITAL: f64 = 1_000_000.0;
const CAP: f64 = 0.12;
const COST: f64 = 0.0008;

struct Prices {
    dates: Vec<Date>,
    symbols: Vec<String>,
    close: Vec<Vec<f64>>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let prices = read(&arguments.next().ok_or("name a CSV file of prices")?)?;
    let folder = arguments.next().ok_or("name a folder to write to")?;
    let input = run(&prices)?;
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("tearsheet.html"), tearsheet_html(&input)?)?;
    std::fs::write(folder.join("tearsheet.json"), serde_json::to_vec_pretty(&input)?)?;
    for plot in plots(&input)? {
        std::fs::write(folder.join(format!("{}.svg", plot.name)), plot.svg)?;
    }
    Ok(())
}

fn read(path: &str) -> Result<Prices, Box<dyn Error>> {
    let text = std::fs::read_to_string(path)?;
    let mut lines = text.lines();
    let heading: Vec<&str> = lines.next().ok_or("the file is empty")?.split(',').collect();
    let mut prices = Prices {
        dates: Vec::new(),
        symbols: heading[1..].iter().map(|s| (*s).to_owned()).collect(),
        close: Vec::new(),
    };
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        prices.dates.push(parse_date(cells[0]).ok_or_else(|| format!("not a date: {line}"))?);
        let row = cells[1..].iter().map(|c| c.parse()).collect::<Result<_, _>>()?;
        prices.close.push(row);
    }
    Ok(prices)
}

/// One decision: the weights at each stage.
struct Stages {
    forecast: Vec<f64>,
    unconstrained: Vec<f64>,
    constrained: Vec<f64>,
    rounded: Vec<f64>,
}

fn decide(prices: &Prices, t: usize, nav: f64) -> Stages {
    let n = prices.symbols.len();
    let momentum: Vec<f64> =
        (0..n).map(|i| prices.close[t - 21][i] / prices.close[t - 252][i] - 1.0).collect();
    let rank = |i: usize| momentum.iter().filter(|m| **m < momentum[i]).count() as f64;
    let score: Vec<f64> = (0..n).map(|i| rank(i) / (n - 1) as f64).collect();
    let forecast = normalised(score.iter().map(|s| 0.4 + 1.2 * s).collect());
    let calm = |i: usize| 1.0 / volatility(prices, t, i);
    let unconstrained = normalised((0..n).map(|i| score[i].powi(2) * calm(i)).collect());
    let constrained: Vec<f64> = capped(&unconstrained).iter().map(|w| 0.985 * w).collect();
    let lot = |i: usize| {
        let block = 10.0 * prices.close[t][i];
        (constrained[i] * nav / block).floor() * block / nav
    };
    let rounded = (0..n).map(lot).collect();
    Stages { forecast, unconstrained, constrained, rounded }
}

fn volatility(prices: &Prices, t: usize, i: usize) -> f64 {
    let daily: Vec<f64> =
        (t - 62..=t).map(|s| prices.close[s][i] / prices.close[s - 1][i] - 1.0).collect();
    let mean = daily.iter().sum::<f64>() / 63.0;
    (daily.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / 62.0 * 252.0).sqrt()
}

fn normalised(w: Vec<f64>) -> Vec<f64> {
    let sum: f64 = w.iter().sum();
    w.iter().map(|v| v / sum).collect()
}

fn capped(w: &[f64]) -> Vec<f64> {
    let mut w = w.to_vec();
    for _ in 0..50 {
        w = normalised(w.iter().map(|v| v.min(CAP)).collect());
    }
    w
}

#[derive(Default)]
struct Book {
    dates: Vec<Date>,
    nav: Vec<f64>,
    benchmark: Vec<f64>,
    held: Vec<Vec<f64>>,
    decided: Vec<Date>,
    decisions: Vec<Decision>,
    periods: Vec<DecisionPeriod>,
}

fn run(prices: &Prices) -> Result<TearsheetInput, Box<dyn Error>> {
    let mut book = Book::default();
    let ends: Vec<usize> = (252..prices.dates.len() - 1)
        .filter(|&t| month(prices.dates[t]) != month(prices.dates[t + 1]))
        .chain([prices.dates.len() - 1])
        .collect();
    let mut weights = vec![0.0; prices.symbols.len()];
    let mut nav = CAPITAL;
    book.dates.push(prices.dates[ends[0]]);
    book.nav.push(nav);
    book.benchmark.push(1.0);
    for span in ends.windows(2) {
        nav = hold(prices, &mut book, span[0], span[1], &mut weights, nav);
    }
    report(prices, book, *ends.last().ok_or("too little history")?)
}

/// Decides at `from`, holds to `to`, and returns the net asset value then.
fn hold(
    prices: &Prices,
    book: &mut Book,
    from: usize,
    to: usize,
    weights: &mut Vec<f64>,
    nav: f64,
) -> f64 {
    let n = prices.symbols.len();
    let stages = decide(prices, from, nav);
    let changes = stages.rounded.iter().zip(weights.iter());
    let turnover = 0.5 * changes.map(|(a, b)| (a - b).abs()).sum::<f64>();
    let cost = COST * turnover;
    let paid = nav * cost;
    let kinds = [("commission", 0.2), ("spread", 0.5), ("impact", 0.3)];
    book.decided.push(prices.dates[from]);
    book.held.push(stages.rounded.clone());
    book.decisions.push(Decision {
        date: prices.dates[from],
        turnover,
        costs: kinds.map(|(kind, share)| (kind.to_owned(), share * paid)).into(),
    });
    let grown = |t: usize, i: usize| prices.close[t][i] / prices.close[from][i];
    let worth = |t: usize| -> f64 {
        (0..n).map(|i| stages.rounded[i] * (grown(t, i) - 1.0)).sum::<f64>() + 1.0 - cost
    };
    let equal = |t: usize| (0..n).map(|i| grown(t, i)).sum::<f64>() / n as f64;
    let base = book.benchmark[book.benchmark.len() - 1];
    for t in from + 1..=to {
        book.dates.push(prices.dates[t]);
        book.nav.push(nav * worth(t));
        book.benchmark.push(base * equal(t));
    }
    *weights = (0..n).map(|i| stages.rounded[i] * grown(to, i) / worth(to)).collect();
    book.periods.push(DecisionPeriod {
        start: prices.dates[from],
        end: prices.dates[to],
        asset_returns: (0..n).map(|i| grown(to, i) - 1.0).collect(),
        cash_return: 0.0,
        benchmark: vec![1.0 / n as f64; n],
        forecast: stages.forecast,
        unconstrained: stages.unconstrained,
        constrained: stages.constrained,
        rounded: stages.rounded.clone(),
        cost,
        portfolio_return: worth(to) - 1.0,
        benchmark_return: equal(to) - 1.0,
    });
    nav * worth(to)
}

fn month(date: Date) -> String {
    date.format("%Y-%m").to_string()
}

fn report(prices: &Prices, book: Book, end: usize) -> Result<TearsheetInput, Box<dyn Error>> {
    let series = Series::new(book.dates.clone(), book.nav.clone())?;
    let index = Series::new(book.dates.clone(), book.benchmark.clone())?;
    let basis = Basis {
        risk_free: RiskFree::Annual(0.02),
        ..Basis::new(252.0).against(index.returns()?.values)
    };
    let fact = |name: &str, value: &str| Fact { name: name.to_owned(), value: value.to_owned() };
    let cash: Vec<f64> = book.held.iter().map(|w| 1.0 - w.iter().sum::<f64>()).collect();
    let invested: Vec<f64> = cash.iter().map(|c| 1.0 - c).collect();
    Ok(TearsheetInput {
        title: "Momentum among US large caps".to_owned(),
        mandate: vec![
            fact("objective", "12-1 momentum, scaled by volatility"),
            fact("constraints", "long only; weight <= 12%; cash >= 1.5%"),
            fact("rebalance", "month end"),
        ],
        currency: "USD".to_owned(),
        periods_per_year: 252.0,
        risk_free_annual: 0.02,
        metrics: metrics(&series.returns()?, &basis)?,
        dates: book.dates,
        nav: book.nav,
        benchmark: Some(Benchmark { name: "Equal weight".to_owned(), nav: book.benchmark }),
        exposure: Some(Exposure {
            dates: book.decided.clone(),
            net: invested.clone(),
            gross: invested,
            cash,
        }),
        drift: Some(drift(prices, &book.decided)),
        models: versions(&book.decided),
        weights: Some(Weights {
            dates: book.decided,
            symbols: prices.symbols.clone(),
            values: book.held,
        }),
        decisions: book.decisions,
        frontier: Some(frontier(prices, end)),
        attribution: Some(decision_attribution(&book.periods)?),
        resources: stages(),
        provenance: Provenance {
            run: "example".to_owned(),
            snapshots: vec![fact("prices", "a CSV file given on the command line")],
            code_revision: String::new(),
        },
        notes: vec!["Survivorship: the stocks were chosen with hindsight.".to_owned()],
    })
}

/// Dispersion of three features beside their first five years, as a stand-in for an index.
fn drift(prices: &Prices, decided: &[Date]) -> Drift {
    let row = |date: &Date| -> Vec<f64> {
        let t = prices.dates.partition_point(|d| d <= date) - 1;
        let n = prices.symbols.len();
        let over = |days: usize| -> f64 {
            (0..n).map(|i| (prices.close[t][i] / prices.close[t - days][i]).ln().abs()).sum::<f64>()
        };
        let noise: f64 = (0..n).map(|i| volatility(prices, t, i)).sum();
        vec![over(252), over(21), noise]
    };
    let rows: Vec<Vec<f64>> = decided.iter().map(row).collect();
    let base = |k: usize| rows[..60].iter().map(|r| r[k]).sum::<f64>() / 60.0;
    let bases = [base(0), base(1), base(2)];
    let names = ["momentum_12_1", "reversal_21d", "volatility_63d"];
    Drift {
        dates: decided.to_vec(),
        features: names.map(str::to_owned).to_vec(),
        psi: rows
            .iter()
            .map(|r| r.iter().zip(bases).map(|(v, b)| Some(0.35 * (v / b).ln().powi(2))).collect())
            .collect(),
        alarm: 0.25,
    }
}

fn versions(decided: &[Date]) -> Vec<ModelVersion> {
    let yearly = decided.iter().step_by(60).enumerate();
    yearly
        .map(|(k, date)| ModelVersion {
            version: format!("example v{}", k + 1),
            trained_at: *date,
            information_coefficient: Some(0.03 - 0.008 * k as f64),
            champion_since: (k % 2 == 0).then_some(*date),
        })
        .collect()
}

fn stages() -> Vec<StageCost> {
    [("features", 0.412, 18_874_368), ("forecast", 0.198, 524_288), ("allocate", 1.204, 90_112)]
        .map(|(stage, cpu_seconds, bytes)| StageCost {
            stage: stage.to_owned(),
            cpu_seconds,
            bytes,
        })
        .to_vec()
}

/// Long-only mean-variance portfolios by projected gradient, good enough for a picture.
fn frontier(prices: &Prices, end: usize) -> Frontier {
    let n = prices.symbols.len();
    let daily: Vec<Vec<f64>> = (end - 755..=end)
        .map(|t| (0..n).map(|i| prices.close[t][i] / prices.close[t - 1][i] - 1.0).collect())
        .collect();
    let rows = daily.len() as f64;
    let mean: Vec<f64> = (0..n).map(|i| daily.iter().map(|r| r[i]).sum::<f64>() / rows).collect();
    let cell = |i: usize, j: usize| {
        daily.iter().map(|r| (r[i] - mean[i]) * (r[j] - mean[j])).sum::<f64>() / rows * 252.0
    };
    let cov: Vec<Vec<f64>> = (0..n).map(|i| (0..n).map(|j| cell(i, j)).collect()).collect();
    let mu: Vec<f64> = mean.iter().map(|m| m * 252.0 * 0.4 + 0.03).collect();
    let at = |w: &[f64]| {
        let product = |i: usize| -> f64 { (0..n).map(|j| cov[i][j] * w[j]).sum() };
        RiskReturn {
            volatility: (0..n).map(|i| w[i] * product(i)).sum::<f64>().sqrt(),
            expected_return: w.iter().zip(&mu).map(|(w, m)| w * m).sum(),
        }
    };
    let solve = |aversion: f64| -> Vec<f64> {
        let mut w = vec![1.0 / n as f64; n];
        for _ in 0..4000 {
            let slope = |i: usize| mu[i] - aversion * (0..n).map(|j| cov[i][j] * w[j]).sum::<f64>();
            let step: Vec<f64> =
                (0..n).map(|i| w[i] * (0.4 / aversion.max(4.0) * slope(i)).exp()).collect();
            w = normalised(step);
        }
        w
    };
    let unit = |i: usize| (0..n).map(|j| f64::from(u8::from(i == j))).collect::<Vec<f64>>();
    let assets = (0..n).map(|i| Asset { name: prices.symbols[i].clone(), at: at(&unit(i)) });
    Frontier {
        as_of: prices.dates[end],
        points: (0..30).map(|k| at(&solve(60.0 * 0.8f64.powi(k)))).collect(),
        assets: assets.collect(),
        chosen: Some(at(&capped(&solve(3.0)))),
    }
}
