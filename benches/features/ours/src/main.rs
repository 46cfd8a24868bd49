//! Alpha158 of a panel, timed: `ours FOLDER ROWS SYMBOLS TIMES`. Reads `FOLDER/<field>.f64` (rows ×
//! symbols), writes the newest row to `FOLDER/newest.f64`, and says the median seconds of all
//! history on one thread, on two, and of the newest row.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Instant;

use features::FeatureSet;
use types::{Date, Digest, Panel, Symbol};

const FIELDS: [&str; 6] = ["open", "high", "low", "close", "vwap", "volume"];

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [folder, rows, symbols, times] = &words[..] else {
        return Err("usage: ours FOLDER ROWS SYMBOLS TIMES".into());
    };
    let (rows, symbols, times) = (rows.parse()?, symbols.parse()?, times.parse()?);
    let folder = Path::new(folder);
    let panel = panel(folder, rows, symbols)?;
    let set = FeatureSet::resolve(&["alpha158".to_owned()], &BTreeMap::new())?;

    let newest = set.newest(&panel)?;
    let bytes: Vec<u8> = newest.values.iter().flat_map(|value| value.to_le_bytes()).collect();
    fs::write(folder.join("newest.f64"), bytes)?;

    let one = median(times, || set.history(&panel).expect("the panel has all fields").values.len());
    let halves = [0..symbols / 2, symbols / 2..symbols].map(|columns| {
        panel.select(&panel.symbols()[columns]).expect("the symbols are those of the panel")
    });
    let two = median(times, || {
        std::thread::scope(|scope| {
            let tasks = halves.each_ref().map(|half| scope.spawn(|| set.history(half)));
            tasks.map(|task| task.join().is_ok()).len()
        })
    });
    let last = median(times, || set.newest(&panel).expect("the panel has rows").values.len());
    println!("{{\"one\": {one}, \"two\": {two}, \"newest\": {last}}}");
    Ok(())
}

fn panel(folder: &Path, rows: usize, symbols: usize) -> Result<Panel, Box<dyn Error>> {
    let mut fields = BTreeMap::new();
    for field in FIELDS {
        let bytes = fs::read(folder.join(format!("{field}.f64")))?;
        let (words, _) = bytes.as_chunks::<8>();
        fields
            .insert(field.to_owned(), words.iter().map(|word| f64::from_le_bytes(*word)).collect());
    }
    let day = |row: usize| Date::from_num_days_from_ce_opt(736_000 + row as i32);
    let days: Option<Vec<Date>> = (0..rows).map(day).collect();
    let symbols: Vec<Symbol> = (0..symbols).map(|n| format!("S{n:03}").into()).collect();
    Ok(Panel::new(days.ok_or("too many rows")?, symbols, fields, Digest::ZERO)?)
}

/// The median seconds of one call.
fn median(times: usize, mut ask: impl FnMut() -> usize) -> f64 {
    let mut seconds: Vec<f64> = (0..times.max(1))
        .map(|_| {
            let start = Instant::now();
            std::hint::black_box(ask());
            start.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}
