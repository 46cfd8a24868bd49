//! Every mandate of `examples/` runs: a year or less of it, on the data that it names.
//!
//! In a row: the mandate's file and the days on which it is tried. They are days on which something
//! happens to it: stocks join and leave the index, a split is booked. A mandate whose data is not
//! shipped is skipped, and says so, where the data is not there.

mod common;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use common::World;
use serde_json::Value;

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../examples")
}

/// What the run of an example says of itself; nothing where its data is not there.
fn tried(file: &str, start: &str, end: &str) -> Option<Value> {
    let folder = examples().canonicalize().expect("there are examples");
    let text = fs::read_to_string(folder.join(file)).expect("the example is there");
    if let Some(absent) = data(&text).find(|path| !folder.join(path).exists()) {
        assert!(absent.starts_with("data-local/"), "examples/{absent} should be shipped");
        eprintln!("skipped: {file} needs examples/{absent}, which is not shipped (see its head)");
        return None;
    }
    let world = World::default();
    for data in ["data", "data-local"] {
        symlink(folder.join(data), world.path(data)).expect("the folder is writable");
    }
    world.write(file, between(&text, start, end));
    let run = world.json(&format!("run {file} --home home"));
    world.prints("verify --home home");
    Some(run)
}

/// The minutes of the Federal Reserve through a model of texts, from the folder that is in place of
/// the user's own.
#[test]
fn fed_minutes_are_embedded() {
    let folder = examples().canonicalize().expect("there are examples");
    let world = World::default();
    symlink(folder.join("data"), world.path("data")).expect("the folder is writable");
    let model = examples().join("../conformance/embedding/tiny").canonicalize();
    let model = model.expect("it is there");
    fs::create_dir_all(world.path("model/onnx")).expect("the folder is writable");
    for (file, at) in [("tokenizer.json", "model"), ("model.onnx", "model/onnx")] {
        symlink(model.join(file), world.path(at).join(file)).expect("the folder is writable");
    }
    let text = fs::read_to_string(folder.join("fed-minutes.toml")).expect("the example is there");
    let embedding = "embedding = { model = \"model\", max_tokens = 64, windows = 4, like = { hawkish \
                     = \"inflation is too high and rates should rise\" } }, terms = [";
    let text = text.replace("terms = [", embedding);
    let text = text.replace("\"novelty\",", "\"novelty\", \"embedding_0..7\", \"like_hawkish\",");
    world.write("fed-minutes.toml", between(&text, "2010-01-04", "2010-04-30"));
    let run = world.json("run fed-minutes.toml --home home");
    assert!(number(&run, "trainings") > 0.0 && number(&run, "orders") > 0.0, "{run}");
    world.prints("replay --home home");
    world.prints("verify --home home");
}

/// The files that a mandate names.
fn data(mandate: &str) -> impl Iterator<Item = &str> {
    mandate.split('"').filter(|part| part.ends_with(".parquet"))
}

/// The mandate with other days.
fn between(mandate: &str, start: &str, end: &str) -> String {
    let own = |line: &&str| !line.starts_with("start =") && !line.starts_with("end =");
    let lines: Vec<&str> = mandate.lines().filter(own).collect();
    let days = format!("[mandate]\nstart = \"{start}\"\nend = \"{end}\"");
    lines.join("\n").replacen("[mandate]", &days, 1)
}

fn number(run: &Value, what: &str) -> f64 {
    run["totals"][what].as_f64().unwrap_or_else(|| panic!("no number `{what}` in {run}"))
}

macro_rules! rows {
    ($($name:ident: $file:literal, $start:literal to $end:literal, more than nought: [$($what:literal),+];)+) => {
        $(
            #[test]
            fn $name() {
                let Some(run) = tried($file, $start, $end) else { return };
                $(assert!(number(&run, $what) > 0.0, "{}: {} is nought", $file, $what);)+
                assert_eq!(number(&run, "refused"), 0.0, "{}: orders were refused", $file);
                assert!(run["final_value"].as_f64() > Some(0.0));
            }
        )+

        #[test]
        fn every_example_is_tried() {
            let mut files: Vec<String> = fs::read_dir(examples())
                .expect("there are examples")
                .map(|entry| entry.expect("the folder is readable").file_name())
                .map(|name| name.into_string().expect("a plain name"))
                .filter(|name| name.ends_with(".toml"))
                .collect();
            let mut rows = vec![$($file),+];
            files.sort();
            rows.sort();
            assert_eq!(files, rows);
        }
    };
}

rows! {
    us_large_cap: "us-large-cap.toml", "2019-09-03" to "2020-03-31", more than nought: ["orders", "costs", "trainings"];
    ridge: "ridge.toml", "2019-09-03" to "2020-03-31", more than nought: ["orders", "costs", "trainings"];
    // The forest learns from the 158 features of a package, of which the best 40 stand before it. One
    // of the symbols vanishes in 2001.
    alpha158: "alpha158.toml", "1999-01-04" to "2001-12-31", more than nought: ["orders", "costs", "trainings"];
    // From the first day: the search waits until there are days enough to split.
    searched: "searched.toml", "1990-01-02" to "1993-12-31", more than nought: ["orders", "costs", "trainings"];
    fed_minutes: "fed-minutes.toml", "2019-09-03" to "2020-03-31", more than nought: ["orders", "costs", "trainings"];
    momentum: "momentum.toml", "2019-09-03" to "2020-03-31", more than nought: ["orders", "costs"];
    mean_reversion: "mean-reversion.toml", "2019-09-03" to "2020-03-31", more than nought: ["orders", "costs"];
    multi_factor: "multi-factor.toml", "2019-09-03" to "2020-03-31", more than nought: ["orders", "costs"];
    minimum_variance: "minimum-variance.toml", "2019-09-03" to "2020-03-31", more than nought: ["orders", "costs"];
    risk_parity: "risk-parity.toml", "2019-09-03" to "2020-03-31", more than nought: ["orders", "costs"];
    hierarchical_risk_parity: "hierarchical-risk-parity.toml", "2019-09-03" to "2020-03-31", more than nought: ["orders", "costs"];
    equal_weight: "equal-weight.toml", "2019-09-03" to "2020-03-31", more than nought: ["orders", "costs"];
    drift_band: "drift-band.toml", "2019-09-03" to "2020-03-31", more than nought: ["orders", "costs"];
    // AMD came back into the index on 2017-03-20, and RRC left it on 2018-06-18.
    index_members: "index-members.toml", "2017-01-03" to "2018-07-31", more than nought: ["orders", "costs"];
    // AIG put 20 shares together into one on 2009-07-01.
    raw_prices: "raw-prices.toml", "2009-01-02" to "2009-09-30", more than nought: ["orders", "costs", "dividends"];
    // Both views are held on 2009-03-31.
    views: "views.toml", "2008-12-01" to "2009-06-30", more than nought: ["orders", "costs"];
    value: "value.toml", "2016-03-01" to "2016-07-29", more than nought: ["orders", "costs"];
}
