//! Predictions to log, and what a log has, in the order of the ids.
#![allow(dead_code)]

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use predictions::{Prediction, Served, kept};
use types::Timestamp;

fn names(names: &[&str]) -> Arc<[String]> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A prediction of a model, number `n`.
pub fn prediction(n: usize) -> Prediction {
    let at = Timestamp::from_timestamp_micros(1_700_000_000_000_000 + n as i64).unwrap();
    let model = Served {
        name: "returns".to_owned(),
        version: "3".to_owned(),
        alias: Some("champion".to_owned()),
        run: Some("a-run".to_owned()),
        digest: None,
        route: None,
    };
    let mut one = Prediction::new(
        at,
        Arc::new(model),
        names(&["momentum", "sector", "beta"]),
        vec![(n as f64 * 0.5).into(), "tech".into(), predictions::Value::Missing],
        names(&["y"]),
        vec![n as f64],
    );
    one.caller = Some("somebody".into());
    one.entity_names = names(&["symbol"]);
    one.entity = vec![format!("S{n}").into()];
    one
}

pub fn some(from: usize, to: usize) -> Vec<Prediction> {
    (from..to).map(prediction).collect()
}

/// All rows of a log, files first. Looks again if a file became part of another meanwhile.
pub fn batches(folder: &Path) -> Vec<RecordBatch> {
    loop {
        let found = kept(folder).unwrap();
        let opened: Result<Vec<File>, _> = found.files.iter().map(File::open).collect();
        let Ok(opened) = opened else { continue };
        let mut batches = Vec::new();
        for file in opened {
            let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
            batches.extend(reader.build().unwrap().map(Result::unwrap));
        }
        batches.extend(found.newest);
        return batches;
    }
}

/// The ids of a log; each comes once.
pub fn ids(folder: &Path) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for batch in batches(folder) {
        assert_eq!(batch.schema(), predictions::schema());
        for id in batch.column(0).as_string::<i32>() {
            let id = id.unwrap().to_owned();
            assert!(!ids.contains(&id), "{id} is there twice");
            ids.insert(id);
        }
    }
    ids
}
