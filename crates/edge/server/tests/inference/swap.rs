//! An alias moves while requests are under way.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use super::{EXPECTED, ROWS, Serving, frame, numbers};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_thousand_requests_none_is_lost_while_the_alias_moves() {
    let serving = Arc::new(Serving::start().await);
    let (first, _) = serving.register("m", "columns").await;
    let (second, _) = serving.register("m", "opposite").await;
    serving.alias("m", "champion", &first).await;
    let begun = Arc::new(AtomicUsize::new(0));
    let done = Arc::new(AtomicBool::new(false));
    let asking = (0..20).map(|_| {
        let (serving, begun, done) = (serving.clone(), begun.clone(), done.clone());
        tokio::spawn(async move {
            let mut versions = Vec::new();
            while versions.len() < 50 || !done.load(Ordering::Relaxed) {
                begun.fetch_add(1, Ordering::Relaxed);
                let answer = serving.ask("POST", "/invocations/m@champion", frame(&ROWS)).await;
                let version = answer.header("x-trimtab-model-version").to_owned();
                let sign = if version == "1" { 1.0 } else { -1.0 };
                for (found, expected) in numbers(&answer).iter().zip(EXPECTED) {
                    assert!((found - sign * expected).abs() < 1e-6, "{version}: {found}");
                }
                versions.push(version);
            }
            versions
        })
    });
    let asking: Vec<_> = asking.collect();
    // Back and forth, each time after some requests.
    for moves in 1..=6 {
        while begun.load(Ordering::Relaxed) < moves * 150 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let to = if moves % 2 == 1 { &second } else { &first };
        serving.alias("m", "champion", to).await;
        // Whoever moved the alias meets what they asked for.
        let answer = serving.ask("POST", "/invocations/m@champion", frame(&ROWS)).await;
        assert_eq!(answer.header("x-trimtab-model-version"), to);
    }
    done.store(true, Ordering::Relaxed);
    let mut answered = [0, 0];
    for one in asking {
        for version in one.await.unwrap() {
            answered[usize::from(version == "2")] += 1;
        }
    }
    assert_eq!(answered[0] + answered[1], begun.load(Ordering::Relaxed));
    assert!(answered[0] + answered[1] >= 1_000, "{answered:?}");
    assert!(answered[0] > 0 && answered[1] > 0, "{answered:?}");
}
