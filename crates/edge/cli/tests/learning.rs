//! Learning, seen from the command line: every kind of model, the search for its parameters, what it
//! rests on, and texts among its features.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use common::World;
use serde_json::Value;

const BOOSTING: &str = "model = { kind = \"gradient-boosting\", trees = 5, depth = 2 }";

/// Runs the mandate, and again from its snapshots: every byte must be the same.
fn run(world: &World) -> Value {
    let run = world.json("run mandate.toml --home home");
    assert!(run["totals"]["trainings"].as_f64() > Some(0.0), "{run}");
    world.prints("replay --home home");
    run
}

/// The champion of the only model, as `models show` says it.
fn shown(world: &World) -> Value {
    let versions = world.json("models list --home home");
    let name = versions[0]["name"].as_str().expect("a model was registered").to_owned();
    world.json(&format!("models show {name} --home home"))
}

#[test]
fn every_kind_learns_in_a_mandate() {
    for (kind, written) in [
        ("lasso", "model = { kind = \"lasso\" }"),
        ("logistic", "model = { kind = \"logistic\", quantiles = 3 }"),
        ("naive-bayes", "model = { kind = \"naive-bayes\" }"),
        ("nearest-neighbours", "model = { kind = \"nearest-neighbours\", neighbours = 20 }"),
        ("random-forest", "model = { kind = \"random-forest\", trees = 5, min_leaf = 5 }"),
        ("network", "model = { kind = \"network\", hidden = [4], epochs = 5 }"),
    ] {
        let world = World::default();
        world.mandate(BOOSTING, &format!("{written}\nprepare = {{ components = 2 }}"));
        run(&world);
        let shown = shown(&world);
        assert_eq!(shown["run"]["params"]["kind"], kind);
        assert_eq!(shown["run"]["params"]["prepare"], "{\"components\":2}");
    }
}

#[test]
fn every_trial_of_a_search_is_recorded() {
    let world = World::default();
    let searched = "model = { kind = \"ridge\" }\nsearch = { parameters = { alpha = [1, 100] }, \
                    folds = 2, by = \"rank_information_coefficient\" }";
    world.mandate(BOOSTING, searched);
    run(&world);
    let said = shown(&world)["run"]["params"]["search"].as_str().unwrap_or_default().to_owned();
    assert!(said.contains("the best of 2 by rank_information_coefficient"), "{said}");
    assert!(said.starts_with("alpha = 1"), "{said}");
    let why = world.prints("why --home home");
    for number in [1, 2] {
        assert!(why.contains(&format!("trial {number} of 2, alpha = 1")), "{why}");
    }
    let names = |line: &&Value| line["says"].as_str().is_some_and(|s| s.starts_with("trial "));
    let lines = world.json("why --home home");
    let trials: Vec<&Value> = lines.as_array().expect("lines").iter().filter(names).collect();
    let metrics = &trials[0]["payload"]["metrics"];
    for name in ["split 1", "split 2", "rank_information_coefficient"] {
        assert!(metrics.get(name).is_some(), "{name} is not in {metrics}");
    }
}

#[test]
fn what_a_model_rests_on_is_measured() {
    let world = World::default();
    world.mandate(BOOSTING, &format!("{BOOSTING}\nexplain = {{ deals = 2, rows = 10 }}"));
    run(&world);
    let shown = shown(&world);
    let all = shown["evaluations"].as_array().expect("evaluations");
    let named = |start: &str| {
        let found = all.iter().find(|e| e["name"].as_str().is_some_and(|n| n.starts_with(start)));
        &found.unwrap_or_else(|| panic!("no `{start}` in {all:?}"))["metrics"]
    };
    let groups = named("skill by group");
    let rows = |group: &str| groups[format!("{group}/rows")].as_f64().unwrap_or(0.0);
    assert!(rows("group soft") > 0.0, "{groups}");
    for feature in ["fortnight", "reversal_5d", "volatility_21d"] {
        assert!(named("information coefficient lost")[format!("importance/{feature}")].is_number());
        let share = &named("mean absolute Shapley value of a feature, of trees")
            [format!("shapley/{feature}")];
        assert!(share.as_f64() >= Some(0.0), "{share}");
    }
    let name = shown["version"]["name"].as_str().expect("a name").to_owned();
    let text = world.prints(&format!("models show {name} --home home"));
    assert!(text.contains("skill by group") && text.contains("hit rate (95 %)"), "{text}");
}

/// Two texts a month whose tone and terms are features of every symbol.
fn with_texts(world: &World) {
    let mut texts = "known,words\n".to_owned();
    let prices = std::fs::read_to_string(world.path("prices.csv")).expect("the prices are there");
    let days = prices.lines().skip(1).filter_map(|line| line.split(',').next());
    for (number, day) in days.step_by(10).enumerate() {
        let terms = ["growth is strong", "rates may rise", "losses weigh on growth"];
        texts.push_str(&format!("{day},\"{}, meeting {number}\"\n", terms[number % 3]));
    }
    world.write("texts.csv", texts);
    world.write("lists.csv", "word,negative,uncertain\nlosses,1,0\nmay,0,1\nweigh,1,0\n");
    world.mandate(
        "use = [\"fortnight\", \"reversal_5d\", \"volatility_21d\"]",
        "use = [\"fortnight\", \"growth\", \"tone\"]\ntext = { file = \"texts.csv\", known = \
         \"known\", column = \"words\", terms = [\"growth\"], dictionary = \"lists.csv\" }",
    );
    world.mandate(
        "define = { fortnight = \"close / mean(close, 10) - 1\" }",
        "define = { fortnight = \"close / mean(close, 10) - 1\", growth = \"text_growth\", \
         tone = \"tone_negative - tone_uncertain + text_change\" }",
    );
}

#[test]
fn texts_are_features() {
    let world = World::default();
    with_texts(&world);
    world.mandate("features = { test = \"psi\", alarm = 1.0 }\non_alarm = \"retrain\"", "");
    run(&world);
}

/// A model of texts in the folder `model`, and the features that it gives.
fn with_embedding(world: &World) {
    with_texts(world);
    let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../conformance/embedding/tiny");
    fs::create_dir(world.path("model")).expect("the world is writable");
    for file in ["model.onnx", "tokenizer.json"] {
        fs::copy(tiny.join(file), world.path("model").join(file)).expect("the file is there");
    }
    world.mandate("features = { test = \"psi\", alarm = 1.0 }\non_alarm = \"retrain\"", "");
    world.mandate(
        "use = [\"fortnight\", \"growth\", \"tone\"]",
        "use = [\"fortnight\", \"growth\", \"embedding_0..3\", \"like_hawkish\", \"drift\"]",
    );
    world.mandate(
        "dictionary = \"lists.csv\" }",
        "dictionary = \"lists.csv\", embedding = { model = \"model\", max_tokens = 16, like = { \
         hawkish = \"rates may rise\" } } }",
    );
    world.mandate("tone = \"", "drift = \"embedding_change + 0 * text_change\", tone = \"");
}

/// The snapshots that the newest order of a home leads to, by what they are used for.
fn snapshots_of_why(world: &World) -> BTreeMap<String, String> {
    let lines = world.json("why --home home");
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let snapshot =
        |line: &Value| Some((text(&line["payload"]["name"])?, text(&line["payload"]["snapshot"])?));
    lines.as_array().expect("lines").iter().filter_map(snapshot).collect()
}

#[test]
fn embeddings_are_features_and_their_model_is_named() {
    let world = World::default();
    with_embedding(&world);
    run(&world);
    let before = snapshots_of_why(&world);
    assert!(before.contains_key("embedding") && before.contains_key("tokenizer"), "{before:?}");
    let shown = shown(&world);
    let features = shown["run"]["params"].to_string();
    for name in ["embedding_0", "embedding_3", "like_hawkish", "drift"] {
        assert!(features.contains(name) || shown.to_string().contains(name), "{name}: {shown}");
    }

    // Other rules for cutting texts are another model, though all else is the same.
    let path = world.path("model").join("tokenizer.json");
    let rules = fs::read_to_string(&path).expect("it is there");
    fs::write(path, rules.replace("\"lowercase\":true", "\"lowercase\":false")).expect("writable");
    world.json("run mandate.toml --home home");
    let after = snapshots_of_why(&world);
    assert_eq!(after["embedding"], before["embedding"]);
    assert_ne!(after["tokenizer"], before["tokenizer"]);
}

#[test]
fn what_is_wrong_with_a_model_of_texts_is_said() {
    for (old, new, says) in [
        ("model = \"model\"", "model = \"none\"", "[features] text.embedding.model = \"none\""),
        (
            "max_tokens = 16",
            "max_tokens = 2",
            "`max_tokens` of the embedding is between 3 and 8192",
        ),
        ("max_tokens = 16", "windows = 0", "`windows` of the embedding is between 1 and 1024"),
        ("hawkish = ", "\"Rate rise\" = ", "names of `like` have small letters"),
        ("rates may rise\" } }", " \" } }", "each name of `like` has a sentence"),
        ("max_tokens = 16", "pooling = \"max\"", "unknown value `max` (known: mean, cls)"),
        ("embedding_0..3", "embedding_0..99", "embedding_24"),
        ("embedding_0..3", "embedding_3..0", "embedding_3..0"),
        ("\"like_hawkish\"", "\"like_dovish\"", "like_dovish"),
        ("model = \"model\"", "model = \"bad\"", "tokenizer.json: it is no tokenizer"),
    ] {
        let world = World::default();
        with_embedding(&world);
        fs::create_dir(world.path("bad")).expect("the world is writable");
        fs::copy(world.path("model/model.onnx"), world.path("bad/model.onnx")).expect("copied");
        world.write("bad/tokenizer.json", "{}");
        world.mandate(old, new);
        let done = world.trimtab("run mandate.toml --home home");
        assert!(done.code != 0 && done.err.contains(says), "{new}: {}", done.err);
    }
}

#[test]
fn what_is_wrong_with_texts_is_said() {
    for (old, new, says) in [
        (
            "column = \"words\"",
            "column = \"body\"",
            "no column `body` of texts; it has known, words",
        ),
        ("known = \"known\"", "known = \"words\"", "no column `words` of days"),
        ("terms = [\"growth\"]", "terms = [\"Growth rates\"]", "`Growth rates` is not one word"),
        ("dictionary = \"lists.csv\"", "dictionary = \"texts.csv\"", "no column `word` of texts"),
        ("file = \"texts.csv\"", "file = \"none.csv\"", "[features] text = \"none.csv\""),
        ("tone_uncertain", "tone_litigious", "tone_litigious"),
    ] {
        let world = World::default();
        with_texts(&world);
        world.mandate(old, new);
        let done = world.trimtab("run mandate.toml --home home");
        assert!(done.code != 0 && done.err.contains(says), "{new}: {}", done.err);
    }
}
