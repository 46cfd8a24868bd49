//! Any bytes as a body of MLflow's scoring protocol; the first picks the content type. Nothing may
//! panic, whatever the model does with it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serving::{Limits, scoring};

const TYPES: [&str; 3] = ["application/json", "text/csv", "application/vnd.apache.parquet"];

fuzz_target!(|data: &[u8]| {
    let Some((first, body)) = data.split_first() else { return };
    let kind = TYPES[usize::from(*first) % TYPES.len()];
    let limits = Limits { rows: 1_000, cells: 100_000 };
    if let Err(error) = scoring::read(Some(kind), body, &limits) {
        drop(error.to_string());
    }
});
