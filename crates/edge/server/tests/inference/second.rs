//! A second version beside the first: as a shadow, and for a share of the requests.

use std::time::Duration;

use serde_json::{Value, json};

use super::{EXPECTED, ROWS, Serving, frame, numbers};

/// The comparison, once so many requests were compared.
async fn compared(serving: &Serving, requests: u64) -> Value {
    for _ in 0..500 {
        let stats = serving.server.get("/v2/models/m/stats").await.json();
        let found = &stats["comparisons"][0];
        if found["decisions"]["requests"].as_u64() >= Some(requests) {
            return found.clone();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not compared: {}", serving.server.get("/v2/models/m/stats").await.json());
}

async fn two() -> Serving {
    let serving = Serving::start().await;
    let (first, _) = serving.register("m", "columns").await;
    let (second, _) = serving.register("m", "opposite").await;
    serving.alias("m", "champion", &first).await;
    serving.alias("m", "challenger", &second).await;
    serving
}

#[tokio::test]
async fn a_shadow_answers_nobody_and_its_decisions_are_compared() {
    let serving = two().await;
    serving.tag("m", "trimtab.shadow", "@challenger").await;
    for _ in 0..20 {
        let answer = serving.ask("POST", "/invocations/m", frame(&ROWS)).await;
        assert_eq!(answer.header("x-trimtab-model-version"), "1");
        assert!((numbers(&answer)[0] - EXPECTED[0]).abs() < 1e-6);
    }
    let found = compared(&serving, 20).await;
    assert_eq!((&found["mode"], &found["with"]), (&json!("shadow"), &json!("2")));
    // The second model was trained on the opposite of the target: it sells what the first buys.
    let decisions = &found["decisions"];
    assert_eq!((&decisions["rows"], &decisions["signs_differ"]), (&json!(40), &json!(40)));
    assert!((decisions["recent_rank_correlation"].as_f64().unwrap() + 1.0).abs() < 1e-12);
    assert_eq!(decisions["recent_top_overlap"], 0.0);
    // The shadow is taken away.
    serving.tag("m", "trimtab.shadow", "").await;
    let stats = serving.server.get("/v2/models/m/stats").await.json();
    assert_eq!(stats["comparisons"], json!([]));
}

#[tokio::test]
async fn a_canary_answers_its_share() {
    let serving = two().await;
    serving.tag("m", "trimtab.canary", "@challenger 25%").await;
    let mut second = 0;
    for _ in 0..200 {
        let answer = serving.ask("POST", "/invocations/m", frame(&ROWS[..1])).await;
        let is_second = answer.header("x-trimtab-model-version") == "2";
        let expected = if is_second { -EXPECTED[0] } else { EXPECTED[0] };
        assert!((numbers(&answer)[0] - expected).abs() < 1e-6);
        second += usize::from(is_second);
    }
    // Of 200 with a share of a quarter, between 20 and 80 in all but one of 10⁷ runs.
    assert!((20..80).contains(&second), "{second} of 200");
    let found = compared(&serving, second as u64).await;
    assert_eq!((&found["mode"], &found["share"]), (&json!("canary"), &json!(0.25)));
    assert_eq!(found["decisions"]["signs_differ"], second);
    // Who names a version gets that version.
    let answer = serving.ask("POST", "/invocations/m/1", frame(&ROWS)).await;
    assert_eq!(answer.header("x-trimtab-model-version"), "1");
}

#[tokio::test]
async fn a_second_version_that_is_wrong_harms_nobody() {
    let serving = two().await;
    for value in ["@none", "@challenger 10", "9"] {
        serving.tag("m", "trimtab.canary", value).await;
        let answer = serving.ask("POST", "/invocations/m", frame(&ROWS)).await;
        assert_eq!(answer.header("x-trimtab-model-version"), "1");
        let index = serving.ask("POST", "/v2/repository/index", json!({})).await.json();
        assert_ne!(index[0]["reason"], "", "{value}");
    }
}
