//! The feature store from the command line, on the example that is shipped.

mod common;

use std::os::unix::fs::symlink;
use std::path::Path;

use common::World;
use serde_json::Value;

/// A world in which `examples` is the folder of the examples.
fn world() -> World {
    let world = World::default();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../examples");
    symlink(examples.canonicalize().unwrap(), world.path("examples")).unwrap();
    world
}

const HISTORY: &str =
    "features history examples/features/asked.csv --service risk_model --home home";

#[test]
fn the_example_goes_from_a_folder_to_a_training_set() {
    let world = world();
    let plan = world.json("features plan examples/features --home home");
    assert_eq!(plan.as_array().unwrap().len(), 10);
    assert!(!world.path("home").exists(), "a plan changes nothing");
    assert!(
        world.prints("features apply examples/features --home home").contains("10 changes applied")
    );
    assert_eq!(world.json("features apply examples/features --home home"), serde_json::json!([]));
    assert!(
        world.prints("features diff examples/features --home home").contains("what is applied")
    );

    let made = world.json(&format!("{HISTORY} --out training.parquet --save overnight"));
    assert_eq!(
        (&made["report"]["rows"], &made["broken"]),
        (&Value::from(6), &serde_json::json!([]))
    );
    assert!(world.path("training.parquet").is_file());
    let refused = world.trimtab(&format!("{HISTORY} --out training.csv --save overnight"));
    assert!(refused.err.contains("a data set is kept as Parquet"), "{}", refused.err);
}

#[test]
fn what_comes_out_was_known() {
    let world = world();
    world.prints("features apply examples/features --home home");
    world.prints(&format!("{HISTORY} --times --out training.csv"));
    let text = std::fs::read_to_string(world.path("training.csv")).unwrap();
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    let at = |name: &str| rows[0].iter().position(|known| *known == name).unwrap();
    let column = |name: &str| rows[1..].iter().map(|row| row[at(name)]).collect::<Vec<_>>();
    assert_eq!(column("symbol"), ["AAPL", "AAPL", "SPY", "IBM", "IBM", "NONE"]);
    // In the afternoon the newest close that is known is that of the day before.
    assert!(column("bar__event_time")[0].starts_with("2014-06-05"));
    assert!(column("bar__event_time")[1].starts_with("2014-06-06"));
    // `examples/data`: AAPL closed at 647.35 and 645.57, as traded.
    assert_eq!(column("close")[..2], ["647.35", "645.57"]);
    // Cboe: the index of volatility closed at 69.95 on 2008-10-10.
    assert_eq!(column("vix")[2], "69.95");
    assert_eq!(column("close")[3], column("close")[4], "a row that stands twice is answered twice");
    assert_eq!(column("close")[5], "");
    for times in ["bar__known_time", "fear__known_time", "trend__known_time"] {
        for (known, asked) in column(times).iter().zip(column("event_timestamp")) {
            assert!(known.is_empty() || known.trim_end_matches('Z') <= asked.trim_end_matches('Z'));
        }
    }
}

#[test]
fn a_data_set_is_kept_once_and_leads_back() {
    let world = world();
    world.prints("features apply examples/features --home home");
    let first = world.json(&format!("{HISTORY} --save overnight"));
    let again = world.json(&format!("{HISTORY} --save overnight"));
    assert_eq!(first["saved"], again["saved"]);
    let digest = first["saved"]["digest"].as_str().unwrap();
    let lineage = world.json("features lineage overnight --home home");
    let names: Vec<&str> = lineage["comes_from"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    for name in ["rows that asked", "trend", "prices", "share", "volatility_index"] {
        assert!(names.contains(&name), "{names:?}");
    }
    assert_eq!(lineage["of"]["digest"], digest);
    let users = world.json("features lineage trend --home home");
    let users = users["used_by"].to_string();
    assert!(users.contains("risk_model") && users.contains("overnight@1"), "{users}");
    // Another store reads it as a snapshot.
    std::fs::create_dir(world.path("more")).unwrap();
    world.write(
        "more/more.toml",
        format!(
            "[[source]]\nname = \"kept\"\nkind = \"snapshot\"\ndigest = \"{digest}\"\n\
             event_time = \"event_timestamp\"\n[[view]]\nname = \"kept_view\"\nsource = \"kept\"\n\
             [[view.feature]]\nname = \"vix\"\ntype = \"float64\"\n"
        ),
    );
    let done = world.trimtab("features apply more --home home");
    assert_eq!(done.code, 0, "{}", done.err);
    let stats = world.json("features stats kept_view --home home");
    assert_eq!(
        (&stats["rows"], &stats["features"][0]["nulls"]),
        (&Value::from(6), &Value::from(0))
    );
}

#[test]
fn what_exists_is_found_shown_and_deprecated() {
    let world = world();
    world.prints("features apply examples/features --home home");
    let found = world.json("features search share volatility --home home");
    assert_eq!(found[0]["name"], "trend");
    let listed = world.prints("features list --entity share --home home");
    assert!(listed.contains("trend") && !listed.contains("fear "), "{listed}");
    let shown = world.prints("features show trend --home home");
    assert!(shown.contains("version 1") && shown.contains("added"), "{shown}");
    let stats = world.prints("features stats fear --from 2020-01-01 --to 2020-12-31 --home home");
    assert!(stats.contains("fear: 253 rows"), "{stats}");
    world.prints("features deprecate trend --reason \"use momentum\" --home home");
    assert!(world.prints("features list --home home").contains("trend (deprecated)"));
    assert!(world.prints("features show trend --home home").contains("use momentum"));
    world.prints("features deprecate trend --restore --home home");
    assert!(!world.prints("features list --home home").contains("deprecated"));
}

#[test]
fn what_cannot_be_done_says_why() {
    let world = world();
    for (words, code, says) in [
        ("features list --kind view --home none", 0, "kind"),
        ("features search x --home none", 1, "there is no feature store in none"),
        ("features apply none --home home", 1, "No such file"),
        ("features history examples/features/asked.csv --home none", 1, "no feature store"),
    ] {
        let done = world.trimtab(words);
        let said = format!("{}{}", done.out, done.err);
        assert_eq!(done.code, code, "{words}\n{said}");
        assert!(said.contains(says), "{words}\n{said}");
    }
    world.prints("features apply examples/features --home home");
    for (words, says) in [
        ("--out t.csv", "say which features"),
        ("--service risk_modl --out t.csv", "did you mean `risk_model`?"),
        ("--features trnd --out t.csv", "did you mean `trend`?"),
        ("--features trend --out t.xlsx", ".parquet or .csv"),
        ("--features trend", "say where the training set goes"),
        ("--features trend --time when --out t.csv", "there is no column `when`"),
    ] {
        let done = world
            .trimtab(&format!("features history examples/features/asked.csv --home home {words}"));
        assert_eq!(done.code, 1, "{words}");
        assert!(done.err.contains(says), "{words}\n{}", done.err);
        assert!(
            !world.files().iter().any(|file| file.contains("partial") || file.contains("saving"))
        );
    }
}

/// The prices of the world as rows of a source, and a view of them.
fn with_trend(world: &World) {
    let wide = std::fs::read_to_string(world.path("prices.csv")).unwrap();
    let mut long = "symbol,date,close\n".to_owned();
    for line in wide.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        for (symbol, close) in common::SYMBOLS.iter().zip(&cells[1..]) {
            long += &format!("{symbol},{},{close}\n", cells[0]);
        }
    }
    std::fs::create_dir_all(world.path("definitions")).unwrap();
    world.write("definitions/prices.csv", long);
    world.write(
        "definitions/trend.toml",
        r#"
        [[entity]]
        name = "tree"
        keys = { symbol = "string" }

        [[source]]
        name = "prices"
        kind = "csv"
        path = "prices.csv"
        event_time = "date"

        [[view]]
        name = "trend"
        entities = ["tree"]
        source = "prices"
        known_after = "21h"
        feature = [{ name = "fortnight", type = "float64", expression = "close / mean(close, 10) - 1" }]
        "#,
    );
}

#[test]
fn a_mandate_sees_in_the_store_what_it_computes_itself() {
    let world = World::default();
    let own = world.run();
    with_trend(&world);
    world.mandate(
        "use = [\"fortnight\",",
        "store = [\"trend:fortnight\"]\nuse = [\"trend__fortnight\",",
    );
    let early = world.trimtab("run mandate.toml --home home");
    assert!(early.err.contains("`trimtab features apply FOLDER`"), "{}", early.err);

    world.prints("features apply definitions --home home");
    let stored = world.run();
    assert_ne!(own["run"], stored["run"]);
    for figure in ["growth", "orders", "trainings", "costs"] {
        assert_eq!(own[figure], stored[figure], "{figure}");
    }
    let why = world.prints("why --home home");
    assert!(why.contains("trend__fortnight"), "{why}");
    // The answer is a snapshot: what is applied later changes neither the run nor its replay.
    world.change("definitions/trend.toml", "mean(close, 10)", "mean(close, 5)");
    world.prints("features apply definitions --home home");
    let run = stored["run"].as_str().unwrap();
    let replayed = world.json(&format!("replay {run} --home home"));
    assert_eq!(replayed["agrees"], true, "{replayed}");
}

#[test]
fn a_mandate_asks_by_symbol_alone() {
    let world = self::world();
    world.prints("features apply examples/features --home home");
    for (asked, says) in [
        ("trend", "name each feature of a view"),
        ("risk:day_at_risk", "they need `position_value` (float64)"),
        ("trend:return_7d", "return_5d"),
        ("tend:return_5d", "trend"),
    ] {
        world.write("mandate.toml", common::MANDATE);
        world.mandate("[features]\n", &format!("[features]\nstore = [\"{asked}\"]\n"));
        let refused = world.trimtab("run mandate.toml --home home");
        assert!(refused.err.contains(says), "{asked}: {}", refused.err);
    }
}
