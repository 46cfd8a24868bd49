//! How long mean-CVaR takes: 392 assets with 10,000 scenarios, and a frontier with a warm start.
//!
//!     cargo run --release -p allocation --example cvar_speed [assets scenarios [file]]
//!
//! The scenarios are a one-factor model with sectors and heavy tails, from a fixed seed; `file`
//! takes them as raw 64-bit floats, row by row, for another solver. Times are the best of three.

#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::time::Instant;

use allocation::{Constraint, Objective, Problem, WarmStart, allocate, allocate_from};
use risk::{Matrix, Moments, Returns};
use types::{Date, Symbol};

/// Uniform numbers from splitmix64.
struct Uniform(u64);

impl Uniform {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A standard normal number (Box and Muller, 1958).
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.next()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.next()).cos()
    }
}

fn scenarios(assets: usize, count: usize) -> Returns {
    let mut random = Uniform(7);
    let betas: Vec<f64> = (0..assets).map(|_| 0.6 + 0.8 * random.next()).collect();
    let own: Vec<f64> = (0..assets).map(|_| 0.008 + 0.02 * random.next()).collect();
    let mean: Vec<f64> = (0..assets).map(|_| 0.0002 + 0.0006 * random.next()).collect();
    let mut values = Vec::with_capacity(assets * count);
    for _ in 0..count {
        // Student's t with four degrees of freedom, common to all assets.
        let chi: f64 = (0..4).map(|_| random.normal().powi(2)).sum::<f64>() / 4.0;
        let tail = 1.0 / chi.sqrt();
        let market = 0.009 * random.normal();
        let sectors: Vec<f64> = (0..11).map(|_| 0.006 * random.normal()).collect();
        for asset in 0..assets {
            let shock = betas[asset] * market + sectors[asset % 11] + own[asset] * random.normal();
            values.push(mean[asset] + tail * shock);
        }
    }
    let symbols = (0..assets).map(|i| Symbol::from(format!("S{i}"))).collect();
    Returns::new(symbols, values).expect("shapes are our own")
}

/// The means; the covariance plays no part.
fn moments(returns: &Returns) -> Moments {
    let (rows, cols) = (returns.rows(), returns.cols());
    let mut mean = vec![0.0; cols];
    for row in 0..rows {
        for (m, r) in mean.iter_mut().zip(returns.row(row)) {
            *m += r / rows as f64;
        }
    }
    let covariance = Matrix::from_fn(cols, |i, j| if i == j { 1e-4 } else { 0.0 });
    Moments::new(returns.symbols().clone(), mean, covariance, rows).expect("shapes are our own")
}

fn parsed(sentences: &[&str]) -> Vec<Constraint> {
    sentences.iter().map(|s| s.parse().expect("it is a sentence")).collect()
}

fn day() -> Date {
    types::parse_date("2024-01-02").expect("it is a day")
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let size = |at: usize, otherwise| {
        arguments.get(at).map_or(otherwise, |a| a.parse().expect("sizes are numbers"))
    };
    let returns = scenarios(size(0, 392), size(1, 10_000));
    if let Some(file) = arguments.get(2) {
        let bytes: Vec<u8> = returns.as_slice().iter().flat_map(|r| r.to_le_bytes()).collect();
        std::fs::write(file, bytes).expect("the file can be written");
    }
    let moments = moments(&returns);
    for (objective, sentences) in [
        ("minimise cvar(95%)", vec!["long only"]),
        ("maximise return - 0.5 * cvar(95%)", vec!["long only", "weight <= 10%"]),
        ("maximise return / cvar(95%)", vec!["long only"]),
        ("maximise return", vec!["long only", "cvar(95%) <= 2.5%"]),
        ("minimise cvar(95%)", vec!["weight >= -5%", "weight <= 10%"]),
        ("minimise mad", vec!["long only"]),
        ("minimise cdar(95%)", vec!["long only"]),
    ] {
        ask(objective, &sentences, &moments, &returns);
    }
    warm(&moments, &returns);
}

fn ask(objective: &str, sentences: &[&str], moments: &Moments, returns: &Returns) {
    let constraints = parsed(sentences);
    let problem = Problem {
        constraints: &constraints,
        scenarios: Some(returns),
        ..Problem::new(moments, day())
    };
    let objective: Objective = objective.parse().expect("it is a sentence");
    let mut best = f64::INFINITY;
    for _ in 0..2 {
        let start = Instant::now();
        let _ = allocate(&objective, &problem);
        best = best.min(start.elapsed().as_secs_f64() * 1e3);
    }
    let start = Instant::now();
    match allocate(&objective, &problem) {
        Ok(target) => {
            best = best.min(start.elapsed().as_secs_f64() * 1e3);
            let evidence = &target.certificate;
            let held = target.weights.iter().filter(|w| **w != 0.0).count();
            println!(
                "{objective}; {}: {best:.1} ms, objective {:.12}, gap {:.1e}, residuals {:.1e} {:.1e}, {} rounds, {held} held, {:?}",
                sentences.join("; "),
                evidence.objective,
                evidence.gap,
                evidence.primal_residual,
                evidence.dual_residual,
                evidence.iterations,
                evidence.status,
            );
        }
        Err(error) => println!("{objective}: {error} ({best:.1} ms)"),
    }
}

/// A frontier of 90 points up and down, each from the planes of the one before it.
fn warm(moments: &Moments, returns: &Returns) {
    let unit = moments.mean.iter().fold(0.0_f64, |max, m| max.max(m.abs()));
    let mean = moments.mean.iter().map(|m| m / unit).collect();
    let characteristics = BTreeMap::from([("mean".to_owned(), mean)]);
    let objective: Objective = "minimise cvar(95%)".parse().expect("it is a sentence");
    let mut warm = WarmStart::default();
    let (mut times, mut widest, mut rounds) = (Vec::new(), 0.0_f64, 0);
    for point in 0..90 {
        let floor = 0.8 - 0.5 * (f64::from(point) / 45.0 - 1.0).abs();
        let constraints = parsed(&["long only", &format!("mean >= {floor}")]);
        let problem = Problem {
            constraints: &constraints,
            scenarios: Some(returns),
            characteristics: &characteristics,
            ..Problem::new(moments, day())
        };
        let start = Instant::now();
        let target = allocate_from(&objective, &problem, &mut warm).expect("it is feasible");
        times.push(start.elapsed().as_secs_f64() * 1e3);
        widest = widest.max(target.certificate.gap);
        rounds += target.certificate.iterations;
    }
    let first = times.remove(0);
    times.sort_by(f64::total_cmp);
    println!(
        "warm frontier: first {first:.2} ms, then best {:.2} ms, median {:.2} ms, worst {:.2} ms; {rounds} rounds in all; widest gap {widest:.1e}",
        times[0],
        times[times.len() / 2],
        times[times.len() - 1],
    );
}
