//! Decisions with costs: a day after the other, and account after account.
//!
//! The market is drawn here, always the same: 15 factors, costs of commission, spread and the 3/2
//! power. Each day's forecasts are new and its holdings are yesterday's weights, drifted. Times are
//! totals on one core.

use std::time::Instant;

use allocation::{Constraint, Costs, Objective, Problem, Structure, WarmStart, allocate_from};
use risk::{Matrix, Moments};

use crate::numbers::Outcome;
use crate::questions::symbols;

const FACTORS: usize = 15;

/// Numbers between 0 and 1, always the same (Knuth, *The Art of Computer Programming*, 3.3.4).
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn many(&mut self, count: usize, low: f64, high: f64) -> Vec<f64> {
        (0..count).map(|_| low + (high - low) * self.next()).collect()
    }
}

struct Market {
    moments: Moments,
    exposures: Vec<f64>,
    specific: Vec<f64>,
    costs: Costs,
}

fn market(assets: usize, draw: &mut Draw) -> Outcome<Market> {
    let mut exposures = draw.many(assets * FACTORS, -0.003, 0.003);
    exposures.iter_mut().step_by(FACTORS).for_each(|first| *first = 0.01 + 2.0 * *first);
    let specific: Vec<f64> = draw.many(assets, 0.008, 0.03).iter().map(|own| own * own).collect();
    let row = |i: usize| &exposures[i * FACTORS..(i + 1) * FACTORS];
    let covariance = Matrix::from_fn(assets, |i, j| {
        let common: f64 = row(i).iter().zip(row(j)).map(|(a, b)| a * b).sum();
        common + if i == j { specific[i] } else { 0.0 }
    });
    let moments = Moments::new(symbols(assets).into(), vec![0.0; assets], covariance, 1_000)?;
    let linear = draw.many(assets, 0.000_1, 0.001);
    let impact_factor = draw.many(assets, 0.001, 0.02);
    Ok(Market { moments, exposures, specific, costs: Costs { linear, impact_factor, ..Costs::default() } })
}

fn drift(weights: &mut [f64], draw: &mut Draw) {
    weights.iter_mut().for_each(|weight| *weight *= 1.0 + 0.02 * (draw.next() - 0.5));
    let total: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= total);
}

/// The seconds of `days` decisions.
pub fn daily(assets: usize, days: usize) -> Outcome<f64> {
    let mut draw = Draw(7);
    let market = market(assets, &mut draw)?;
    let objective: Objective = "maximise return - 5 * variance - costs".parse()?;
    let constraints: Vec<Constraint> = vec!["long only".parse()?, "weight <= 5%".parse()?];
    let as_of = types::parse_date("2026-01-02").ok_or("a day")?;
    let structure =
        Some(Structure::Factors { exposures: &market.exposures, specific: &market.specific });
    let mut held = vec![1.0 / assets as f64; assets];
    let mut forecast = draw.many(assets, -0.002, 0.002);
    let mut warm = WarmStart::default();
    let (mut seconds, mut iterations) = (0.0, 0);
    for _ in 0..days {
        let news = draw.many(assets, -0.002, 0.002);
        forecast.iter_mut().zip(&news).for_each(|(old, new)| *old = 0.9 * *old + 0.1 * new);
        let problem = Problem {
            expected_return: &forecast,
            previous: &held,
            constraints: &constraints,
            costs: Some(market.costs.clone()),
            structure,
            ..Problem::new(&market.moments, as_of)
        };
        let start = Instant::now();
        let target = allocate_from(&objective, &problem, &mut warm)?;
        seconds += start.elapsed().as_secs_f64();
        iterations += target.certificate.iterations;
        held = target.weights;
        drift(&mut held, &mut draw);
    }
    eprintln!(
        "{days} days of {assets} assets: {:.1} iterations each",
        f64::from(iterations) / days as f64
    );
    Ok(seconds)
}

/// The seconds of one decision for each of `count` accounts.
pub fn accounts(assets: usize, count: usize) -> Outcome<f64> {
    let mut draw = Draw(11);
    let market = market(assets, &mut draw)?;
    let objective: Objective = "maximise return - 5 * variance - costs".parse()?;
    let as_of = types::parse_date("2026-01-02").ok_or("a day")?;
    let structure =
        Some(Structure::Factors { exposures: &market.exposures, specific: &market.specific });
    let forecast = draw.many(assets, -0.002, 0.002);
    let mut warm = WarmStart::default();
    let (mut seconds, mut iterations) = (0.0, 0);
    for _ in 0..count {
        let mut held = draw.many(assets, 0.0, 1.0);
        let total: f64 = held.iter().sum();
        held.iter_mut().for_each(|weight| *weight /= total);
        let limits = [
            "long only".to_owned(),
            format!("weight <= {}%", 3.0 + 5.0 * draw.next()),
            format!("turnover <= {}%", 5.0 + 20.0 * draw.next()),
        ];
        let constraints: Vec<Constraint> =
            limits.iter().map(|limit| limit.parse()).collect::<Result<_, _>>()?;
        let problem = Problem {
            expected_return: &forecast,
            previous: &held,
            constraints: &constraints,
            costs: Some(market.costs.clone()),
            structure,
            ..Problem::new(&market.moments, as_of)
        };
        let start = Instant::now();
        let target = allocate_from(&objective, &problem, &mut warm)?;
        seconds += start.elapsed().as_secs_f64();
        iterations += target.certificate.iterations;
    }
    eprintln!(
        "{count} accounts of {assets} assets: {:.1} iterations each",
        f64::from(iterations) / count as f64
    );
    Ok(seconds)
}
