//! Predictions, from the log and from a mandate's run: asked in SQL, followed to their causes, and
//! held against what came true.
#![cfg(feature = "sql")]

mod common;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::Arc;

use common::{SYMBOLS, World};
use predictions::{Durability, Flag, Options, Prediction, PredictionLog, Served};
use serde_json::Value;
use types::Timestamp;

fn names(names: &[&str]) -> Arc<[String]> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A prediction of a served model for a symbol, `day` days after the first of 2024.
fn served(symbol: &str, day: i64, said: f64) -> Prediction {
    let first: Timestamp = "2024-01-01T12:00:00Z".parse().unwrap();
    let model = Served {
        name: "returns".to_owned(),
        version: if day < 31 { "1" } else { "2" }.to_owned(),
        alias: Some("champion".to_owned()),
        run: Some("a-run".to_owned()),
        digest: Some("ab".repeat(32)),
        route: Some("primary".to_owned()),
    };
    let mut one = Prediction::new(
        first + chrono::Duration::days(day),
        Arc::new(model),
        names(&["momentum", "sector"]),
        vec![said.into(), "tech".into()],
        names(&["y"]),
        vec![said],
    );
    one.matures_at = Some(one.at + chrono::Duration::days(1));
    one.entity_names = names(&["symbol"]);
    one.entity = vec![symbol.into()];
    one.caller = Some("desk".into());
    one.latency_us = 150;
    one
}

/// A world with a log, of which some rows are in files and some are not.
fn with_log(rows: &[Prediction]) -> World {
    let world = World::default();
    let folder = world.path("home/predictions");
    let options = Options { segment_bytes: 300, ..Options::default() };
    let log = PredictionLog::open(&folder, options).unwrap();
    for row in rows {
        log.append_blocking(std::slice::from_ref(row), Durability::Synced).unwrap();
    }
    world
}

fn ask(world: &World, text: &str) -> Vec<Value> {
    let answer = world.json(&format!("logs --home home \"{text}\""));
    answer.as_array().expect("an array of rows").clone()
}

#[test]
fn a_prediction_is_found_by_its_id_with_all_that_it_rests_on() {
    let mut rows: Vec<_> = (0..20).map(|day| served("AAPL", day, day as f64 / 10.0)).collect();
    rows[3].flags.set(Flag::OutOfDomain);
    let world = with_log(&rows);
    for place in [3, 19] {
        let id = rows[place].id;
        let found = ask(&world, &format!("SELECT * FROM predictions WHERE id = '{id}'"));
        assert_eq!(found.len(), 1);
        let row = &found[0];
        assert_eq!(row["entity_key"], "symbol=AAPL");
        assert_eq!(row["features"]["momentum"], place as f64 / 10.0);
        assert_eq!(row["texts"]["sector"], "tech");
        assert_eq!(row["outputs"]["y"], row["prediction"]);
        assert_eq!(row["features_digest"], rows[place].features_digest.to_string());
        assert_eq!(row["flags"], if place == 3 { "out_of_domain" } else { "" });
        let why = world.json(&format!("why {id} --home home"));
        assert_eq!(why["prediction"]["id"], id.to_string());
        let told = world.prints(&format!("why {id} --home home"));
        for part in
            ["returns version 1, asked for as champion", "for desk", "momentum", "sector tech"]
        {
            assert!(told.contains(part), "lacks {part}\n{told}");
        }
    }
    let some =
        "SELECT id, features['momentum'] AS m FROM predictions WHERE features['momentum'] > 1.75";
    assert_eq!(ask(&world, some).len(), 2);
    assert_eq!(ask(&world, "SELECT count(*) AS n FROM predictions")[0]["n"], 20);
    let newest = world.prints("logs --home home");
    assert!(newest.lines().nth(1).unwrap().contains(&rows[19].id.to_string()), "{newest}");
}

#[test]
fn the_forecasts_of_a_mandate_are_predictions_that_lead_to_decision_and_orders() {
    let world = World::default();
    world.run();
    let text = "SELECT id, decision, mandate, model, version, run, entity['symbol'] AS symbol, prediction, \
                matures_at, at FROM predictions ORDER BY at, symbol";
    let found = ask(&world, text);
    assert!(found.len() > 50 && found.len().is_multiple_of(SYMBOLS.len()), "{}", found.len());
    assert!(found.iter().all(|row| row["mandate"] == "small" && !row["run"].is_null()));
    let sound = "SELECT p.id FROM predictions p JOIN records r ON r.id = p.decision WHERE r.kind = 'forecast'";
    assert_eq!(ask(&world, sound).len(), found.len(), "each has its record");
    let trained = "SELECT DISTINCT p.run FROM predictions p JOIN runs r ON r.run = p.run AND r.kind = 'training'";
    assert!(ask(&world, trained).len() > 1);
    let measured = "SELECT m.key FROM metrics m JOIN predictions p ON p.run = m.run LIMIT 1";
    assert_eq!(ask(&world, measured).len(), 1);

    // Back to the orders: one that was placed is among those of the prediction behind it. Before the
    // first training there are orders without predictions.
    let orders = world.json("runs --orders run- --home home");
    let first = found[0]["at"].as_str().unwrap();
    let with_forecast = |order: &&Value| order["as_of"].as_str().unwrap() > first;
    let order = orders.as_array().unwrap().iter().find(with_forecast).unwrap();
    let (day, symbol) = (order["as_of"].as_str().unwrap(), &order["symbol"]);
    let of_day = |row: &&Value| row["at"].as_str().unwrap().starts_with(day);
    let row = found.iter().filter(of_day).find(|row| row["symbol"] == *symbol).unwrap();
    let id = row["id"].as_str().unwrap();
    let why = world.json(&format!("why {id} --home home"));
    assert_eq!(why["orders"][0]["id"], order["id"]);
    assert_eq!(why["decision"], row["decision"]);
    assert_eq!(why["training"]["says"]["id"], row["run"]);
    let kinds: Vec<&str> = why["causes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["record"]["kind"].as_str().unwrap())
        .collect();
    for kind in ["forecast", "featured", "promoted", "trained", "commanded"] {
        assert!(kinds.contains(&kind), "{kind} is not among the causes: {kinds:?}");
    }
    let told = world.prints(&format!("why {id} --home home"));
    assert!(told.contains("order") && told.contains("definitions"), "{told}");
}

#[test]
fn outcomes_are_joined_when_they_are_known_and_errors_are_measured() {
    // Version 1 says 1 and 3 of what becomes 2 and 2; version 2 says 5 of what becomes 2.
    let rows = [
        served("AAPL", 0, 1.0),
        served("AAPL", 1, 3.0),
        served("AAPL", 40, 5.0),
        served("X", 40, 9.0),
    ];
    let world = with_log(&rows);
    let file = format!(
        "id,symbol,at,value,known_at\n{},,,2,2024-01-03\n,AAPL,2024-01-02,2.0,2024-01-04T00:00:00Z\n\
         ,AAPL,2024-02-10,7,2024-02-10T13:00:00Z\n",
        rows[0].id
    );
    world.write("realised.csv", file);
    let added = world.json("outcomes add realised.csv --home home");
    assert_eq!((&added["outcomes"], &added["predictions"]), (&3.into(), &2.into()));
    // The third was known within the hour, before the prediction matured: it does not count yet.
    world.write("later.csv", "symbol,at,value,known_at\nAAPL,2024-02-10,2,2024-02-12\n");
    let added = world.json("outcomes add later.csv --home home");
    assert_eq!(added["predictions"], 3);
    assert_eq!(world.json("outcomes add later.csv --home home")["predictions"], 3, "twice is once");

    let found = ask(&world, "SELECT id, outcome, error FROM predictions_with_outcomes ORDER BY id");
    assert_eq!(found.len(), rows.len());
    let by_id: BTreeMap<String, (Value, Value)> = found
        .into_iter()
        .map(|row| {
            (row["id"].as_str().unwrap().to_owned(), (row["outcome"].clone(), row["error"].clone()))
        })
        .collect();
    for (row, expected) in rows.iter().zip([Some(-1.0), Some(1.0), Some(3.0), None]) {
        let (outcome, error) = &by_id[&row.id.to_string()];
        assert_eq!(error.as_f64(), expected);
        assert_eq!(outcome.as_f64(), expected.map(|_| 2.0));
    }
    // Version 1: errors -1 and 1, so bias 0 and both measures 1; version 2: one error of 3.
    let metrics = world.json("outcomes metrics --by month --model returns --home home");
    let told: Vec<(&str, &str, u64, f64, f64, f64)> = metrics
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let number = |key: &str| row[key].as_f64().unwrap();
            (
                row["version"].as_str().unwrap(),
                row["period"].as_str().unwrap(),
                row["predictions"].as_u64().unwrap(),
                number("bias"),
                number("mae"),
                number("rmse"),
            )
        })
        .collect();
    let expected = [("1", "2024-01-01", 2, 0.0, 1.0, 1.0), ("2", "2024-02-01", 1, 3.0, 3.0, 3.0)];
    assert_eq!(told, expected);
}

#[test]
fn new_predictions_are_followed() {
    let world = with_log(&[served("AAPL", 0, 1.0)]);
    let mut child = world
        .command("logs --follow --home home --format json")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let row = served("MSFT", 1, 2.0);
    let log = PredictionLog::open(&world.path("home/predictions"), Options::default()).unwrap();
    // What is logged before the other process began is passed over, so it is logged until it is seen.
    let (seen, stop) = std::sync::mpsc::channel::<()>();
    let more = std::thread::spawn({
        let row = row.clone();
        move || {
            while stop.try_recv().is_err() {
                let mut row = row.clone();
                row.id = predictions::PredictionId::new();
                log.append_blocking(&[row], Durability::Written).unwrap();
                std::thread::sleep(std::time::Duration::from_millis(50));
            }
        }
    });
    let first: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    seen.send(()).unwrap();
    more.join().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!((&first["entity_key"], &first["prediction"]), (&"symbol=MSFT".into(), &2.0.into()));
}

#[test]
fn what_cannot_be_asked_is_said() {
    let world = with_log(&[served("AAPL", 0, 1.0)]);
    world.write("bad.csv", "symbol,value\nAAPL,1\n");
    world.write("worse.csv", "symbol,at,value,known_at\nAAPL,2024-01-01,much,2024-01-02\n");
    world.write("none.csv", "value,known_at\n1,2024-01-02\n");
    let id = served("AAPL", 0, 1.0).id;
    for (words, says) in [
        ("logs --home nowhere \"SELECT 1\"", "no home folder at nowhere"),
        (
            "logs --home home \"SELECT * FROM prediction\"",
            "no table prediction; did you mean predictions?",
        ),
        ("logs --home home \"SELECT laency_us FROM predictions\"", "did you mean latency_us?"),
        ("logs --home home \"DROP TABLE predictions\"", "only questions (SELECT …)"),
        ("logs --home home \"SELECT * FROM 'home/predictions/wal'\"", "no table"),
        ("logs --home nowhere --follow", "no prediction log at"),
        (&format!("why {id} --home home"), "no prediction "),
        ("outcomes add bad.csv --home home", "no column `known_at`; there are symbol, value"),
        ("outcomes add worse.csv --home home", "row 1: `value` is `much`"),
        ("outcomes add none.csv --home home", "does not say which predictions"),
        ("outcomes add absent.csv --home home", "absent.csv"),
    ] {
        let done = world.trimtab(words);
        assert_eq!(done.code, 1, "trimtab {words}\n{}{}", done.out, done.err);
        assert!(done.err.contains(says), "trimtab {words}\nlacks: {says}\nsaid:  {}", done.err);
        assert!(!world.path("nowhere").exists());
    }
}
