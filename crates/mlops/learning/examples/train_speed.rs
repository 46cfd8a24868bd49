//! How long the trainings of a backtest take: 33 yearly trainings of boosted trees.
//!
//! `cargo run --release -p learning --example train_speed -- [ROWS [TREES [BINS]]]`

#![allow(clippy::print_stdout)]

use std::error::Error;
use std::time::Instant;

use learning::{Model, ModelSpec, TrainingSet, train};

const COLUMNS: usize = 8;
const TRAININGS: u64 = 33;

fn main() -> Result<(), Box<dyn Error>> {
    let given: Vec<usize> =
        std::env::args().skip(1).map(|a| a.parse()).collect::<Result<_, _>>()?;
    let number = |i: usize, default: usize| given.get(i).copied().unwrap_or(default);
    let (rows, trees, bins) = (number(0, 5000), number(1, 200), number(2, 64));
    let spec = format!(r#"{{"kind": "gradient-boosting", "trees": {trees}, "bins": {bins}}}"#);
    let spec: ModelSpec = serde_json::from_str(&spec)?;
    let noise = |i: usize| ((i * i * 31 + i * 7919 + 13) % 10007) as f64 / 10007.0 - 0.5;
    let x: Vec<f64> = (0..rows * COLUMNS).map(noise).collect();
    let label = |(i, row): (usize, &[f64])| row[0] * row[1] + 0.3 * row[2] + noise(3 * i);
    let set = TrainingSet {
        names: (0..COLUMNS).map(|c| format!("f{c}")).collect(),
        y: x.chunks_exact(COLUMNS).enumerate().map(label).collect(),
        dates: vec![types::parse_date("2020-01-02").ok_or("no date")?; rows],
        x,
    };
    let start = Instant::now();
    let mut bytes = Vec::new();
    for seed in 0..TRAININGS {
        bytes = train(&spec, &set, seed)?;
    }
    let training = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let forecast = Model::load(&bytes)?.predict(&set.x)?;
    let forecasting = start.elapsed().as_secs_f64();
    println!(
        "{{\"trainings\": {TRAININGS}, \"rows\": {rows}, \"trees\": {trees}, \"bins\": {bins}, \"seconds\": {training:.3}, \"file_bytes\": {}, \"load_and_forecast_seconds\": {forecasting:.4}, \"forecasts\": {}}}",
        bytes.len(),
        forecast.len()
    );
    Ok(())
}
