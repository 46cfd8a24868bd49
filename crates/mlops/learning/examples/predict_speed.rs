//! How fast a model file forecasts: a 1,000-row batch and single rows, on one thread.
//!
//! `cargo run --release -p learning --example predict_speed -- FILE.onnx [X.f64 OUT.f64]`
//!
//! `X.f64` holds rows × features as little-endian doubles, made up where it is not given; the
//! first output goes to `OUT.f64`. Prints one line of JSON with the median seconds.

#![allow(clippy::print_stdout)]

use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::time::Instant;

use learning::{Model, Values};

fn main() -> Result<(), Box<dyn Error>> {
    let files: Vec<String> = std::env::args().skip(1).collect();
    let file = files.first().ok_or("usage: predict_speed FILE.onnx [X.f64 OUT.f64]")?;
    let bytes = fs::read(file)?;
    let model = Model::load(&bytes)?;
    let x = match files.get(1) {
        Some(path) => doubles(&fs::read(path)?),
        None => made_up(1000 * model.features()),
    };
    let rows = x.len() / model.features();
    let load = median(21, || drop(black_box(Model::load(black_box(&bytes)))));
    let batch = median(301, || drop(black_box(model.run(black_box(&x)))));
    let one = &x[..model.features()];
    let single = median(2001, || drop(black_box(model.run(black_box(one)))));
    println!(
        "{{\"rows\": {rows}, \"load_seconds\": {load:e}, \"batch_seconds\": {batch:e}, \"row_seconds\": {single:e}}}"
    );
    if let Some(path) = files.get(2) {
        let outputs = model.run(&x)?;
        let last = outputs.last().ok_or("the model has no output")?;
        if let Values::Numbers(numbers) = &last.values {
            fs::write(path, numbers.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>())?;
        }
    }
    Ok(())
}

fn doubles(bytes: &[u8]) -> Vec<f64> {
    bytes.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b)).collect()
}

fn made_up(n: usize) -> Vec<f64> {
    (0..n).map(|i| ((i * 7919 + 13) % 1009) as f64 / 250.0 - 2.0).collect()
}

fn median(times: usize, mut work: impl FnMut()) -> f64 {
    let mut seconds: Vec<f64> = (0..times)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    seconds[times / 2]
}
