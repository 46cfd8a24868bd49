//! Batching: joined requests give the same bits as alone, and nothing is lost.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serving::{Batcher, Manifest, Rules, Servable, ServingError};

fn servable() -> Arc<Servable> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../conformance/serving/classes");
    let read = |file: &str| std::fs::read(folder.join(file)).unwrap();
    let manifest = Manifest::read(&read("MLmodel")).unwrap();
    Arc::new(Servable::read(manifest, &read("model.onnx")).unwrap())
}

fn row(at: usize) -> Vec<f64> {
    (0..3).map(|c| ((at * 7 + c * 13) % 29) as f64 / 7.0 - 2.0).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn joined_requests_are_answered_each_with_its_own_bits() {
    let servable = servable();
    let rules = Rules { delay: Duration::from_millis(2), ..Rules::default() };
    let batcher = Batcher::new(servable.clone(), rules);
    let asked = (0..500).map(|at| {
        let batcher = batcher.clone();
        tokio::spawn(async move { (at, batcher.predict(row(at)).await.unwrap()) })
    });
    let mut joined = 0;
    for answer in asked.collect::<Vec<_>>() {
        let (at, computed) = answer.await.unwrap();
        assert_eq!(computed.outputs, servable.evaluate(&row(at), 1).unwrap());
        joined += usize::from(computed.batch > 1);
    }
    assert!(joined > 100, "only {joined} of 500 requests were joined with others");
    assert_eq!(batcher.waiting(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_than_may_wait_is_refused_with_a_time() {
    let rules =
        Rules { delay: Duration::from_millis(100), waiting: 3, lanes: 1, ..Rules::default() };
    let batcher = Batcher::new(servable(), rules);
    let first: Vec<_> = (0..3)
        .map(|at| {
            let batcher = batcher.clone();
            tokio::spawn(async move { batcher.predict(row(at)).await })
        })
        .collect();
    while batcher.waiting() < 3 {
        tokio::task::yield_now().await;
    }
    let error = batcher.predict(row(3)).await.unwrap_err();
    let ServingError::Crowded { waiting: 3, after } = error else { panic!("{error}") };
    assert!(after >= Duration::from_secs(1));
    for answer in first {
        assert!(answer.await.unwrap().is_ok());
    }
    assert!(batcher.predict(row(3)).await.is_ok(), "there is room again");
}

#[tokio::test]
async fn those_who_stop_waiting_hold_nobody_up() {
    let rules = Rules { delay: Duration::from_millis(20), ..Rules::default() };
    let batcher = Batcher::new(servable(), rules);
    let impatient = batcher.clone();
    let gone = tokio::time::timeout(Duration::from_millis(1), impatient.predict(row(0))).await;
    assert!(gone.is_err());
    assert!(batcher.predict(row(1)).await.is_ok());
}

#[test]
fn large_batches_are_divided_without_a_trace() {
    let servable = servable();
    let rows = 3_001;
    let x: Vec<f64> = (0..rows).flat_map(row).collect();
    let whole = servable.evaluate(&x, 4).unwrap();
    for output in &whole {
        assert_eq!(output.dims[0], rows);
    }
    for at in [0, 1_500, 1_501, rows - 1] {
        let one = servable.evaluate(&row(at), 1).unwrap();
        for (whole, one) in whole.iter().zip(one) {
            let columns: usize = whole.dims[1..].iter().product();
            let learning::Values::Numbers(numbers) = &whole.values else { panic!("numbers") };
            let learning::Values::Numbers(own) = &one.values else { panic!("numbers") };
            assert_eq!(numbers[at * columns..(at + 1) * columns], own[..]);
        }
    }
}
