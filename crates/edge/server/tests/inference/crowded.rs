//! More than may wait: what is too much is refused at once and says when to come back, all else is
//! answered, and nothing is lost.

use std::time::Duration;

use arrow_array::RecordBatch;
use futures_util::future::join_all;
use predictions::kept;
use serving::Rules;

use super::{EXPECTED, ROWS, Serving, frame, numbers};

/// Ten rows may wait, and wait for a while.
pub fn few(options: &mut server::Options) {
    options.serving.rules =
        Rules { rows: 1_024, delay: Duration::from_secs(1), waiting: 10, lanes: 1 };
}

#[tokio::test]
async fn what_is_too_much_is_refused_and_all_else_is_answered() {
    let serving = Serving::with(few).await;
    serving.register("m", "columns").await;
    assert_eq!(serving.server.get("/v2/models/m/ready").await.status, 200);
    let four = [ROWS[0], ROWS[1], ROWS[0], ROWS[1]];
    // Two requests of four rows find room, which six others do not.
    let asking = (0..8).map(|_| serving.ask("POST", "/invocations/m", frame(&four)));
    let answers = join_all(asking).await;
    let (answered, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|a| a.status == 200);
    assert_eq!((answered.len(), refused.len()), (2, 6));
    for answer in &answered {
        for (found, expected) in numbers(answer).iter().zip(EXPECTED.iter().cycle()) {
            assert!((found - expected).abs() < 1e-6);
        }
    }
    for answer in &refused {
        assert_eq!(answer.status, 429, "{:?}", answer.body);
        let after: u64 = answer.header("retry-after").parse().expect("a number of seconds");
        assert!((1..60).contains(&after), "{after}");
        let said = answer.json();
        assert_eq!(said["error_code"], "REQUEST_LIMIT_EXCEEDED");
        assert!(said["message"].as_str().unwrap().contains("8 rows wait for this model already"));
    }
    let stats = serving.server.get("/v2/models/m/stats").await.json();
    let stats = &stats["model_stats"][0];
    assert_eq!((&stats["refused_count"], &stats["inference_count"]), (&6.into(), &8.into()));
    assert_eq!(stats["inference_stats"]["fail"]["count"], 6);
    let log = kept(&serving.server.home.path().join("predictions")).unwrap();
    assert_eq!(log.newest.iter().map(RecordBatch::num_rows).sum::<usize>(), 8);
    // Who comes back is answered.
    assert_eq!(serving.ask("POST", "/invocations/m", frame(&four)).await.status, 200);
}
