//! The whole loop on a small mandate: run it, ask it why, repeat it, look at its models, report it.

mod common;

use std::collections::BTreeSet;
use std::fs;

use common::World;
use serde_json::Value;

#[test]
fn a_run_that_is_complete_is_not_run_again() {
    let world = World::default();
    let first = world.run();
    assert_eq!((&first["already_complete"], &first["resumed_records"]), (&false.into(), &0.into()));
    let journal = fs::read(world.path("home/trimtab.db")).unwrap();
    let second = world.run();
    assert_eq!(second["already_complete"], true);
    for key in ["run", "final_value", "benchmark_growth", "totals", "metrics", "an_order"] {
        assert_eq!(first[key], second[key], "{key}");
    }
    let says = world.prints("run mandate.toml --home home");
    assert!(says.contains("this run is complete; shown from the journal"), "{says}");
    assert_eq!(fs::read(world.path("home/trimtab.db")).unwrap(), journal, "something was appended");
}

#[test]
fn the_same_question_has_the_same_answer_in_another_home() {
    let (here, there) = (World::default(), World::default());
    let (first, second) = (here.run(), there.run());
    assert_eq!(first["run"], second["run"]);
    assert_eq!(first["final_value"], second["final_value"]);
    assert_eq!(head(&here), head(&there), "the journals differ");
}

/// The hash of the newest record but the metered one, which is never the same twice.
fn head(world: &World) -> String {
    let home = store::Home::read(&world.path("home")).unwrap();
    let records = home.records();
    records[records.len() - 2].hash.to_string()
}

#[test]
fn an_order_leads_back_to_data_features_model_training_and_code() {
    let world = World::default();
    let run = world.run();
    let order = run["an_order"].as_str().expect("a run places orders");
    let lines = world.json(&format!("why {order} --home home"));
    let kinds: BTreeSet<&str> = lines
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|line| line["record"]["kind"].as_str())
        .collect();
    for kind in [
        "placed",
        "checked",
        "allocated",
        "forecast",
        "estimated",
        "measured",
        "featured",
        "observed",
        "trained",
        "evaluated",
        "registered",
        "promoted",
        "drifted",
        "commanded",
    ] {
        assert!(kinds.contains(kind), "no {kind} among {kinds:?}");
    }
    let payload = |kind: &str| {
        let of_kind = |line: &&Value| line["record"]["kind"] == kind;
        lines.as_array().unwrap().iter().find(of_kind).unwrap()["payload"].clone()
    };
    assert_eq!(payload("placed")["id"], order);
    assert_eq!(payload("featured")["names"][0], "fortnight");
    assert_eq!(payload("forecast")["model"]["name"], payload("registered")["name"]);
    let training = payload("trained");
    assert_eq!(payload("registered")["run"], training["id"]);
    assert!(training["code"]["lock"].as_str().is_some_and(|lock| lock.len() == 64), "{training}");
    assert_eq!(training["data"][0]["name"], "prices");
    let asked = payload("commanded");
    assert!(asked["mandate"].as_str().unwrap().starts_with("[mandate]"));
    assert_eq!(asked["snapshots"]["prices"], training["data"][0]["digest"]);
    assert_eq!(asked["code"].as_str().map(str::len), Some(64));
}

#[test]
fn why_is_a_tree_that_a_person_can_read() {
    let world = World::default();
    let run = world.run();
    let tree = world.prints(&format!("why {} --home home", run["an_order"].as_str().unwrap()));
    insta::assert_snapshot!("why", redacted(&tree));
    let all = world.prints("why --all --home home");
    assert!(all.lines().count() > tree.lines().count());
    assert!(all.contains("filled"), "{all}");
}

/// Without what changes with the code (digests, names made from them) or with the processor (the
/// last digits of a residual).
fn redacted(text: &str) -> String {
    let word = |word: &str| {
        let core = word.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        match core.parse::<f64>() {
            Ok(_) if core.contains('e') => word.replace(core, "SMALL"),
            _ => word.to_owned(),
        }
    };
    let line = |line: &str| line.split(' ').map(word).collect::<Vec<_>>().join(" ");
    let text = text.lines().map(line).collect::<Vec<_>>().join("\n").replace("no-git", "DIGEST");
    let is_digest = |part: &&str| {
        [12, 64].contains(&part.len()) && part.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'))
    };
    let digests: Vec<&str> =
        text.split(|c: char| !c.is_ascii_alphanumeric()).filter(is_digest).collect();
    digests.iter().fold(text.clone(), |text, digest| text.replace(digest, "DIGEST"))
}

#[test]
fn any_record_can_be_asked_about() {
    let world = World::default();
    let run = world.run()["run"].as_str().unwrap().to_owned();
    let tree = world.prints(&format!("why {run}/2020-12-31/allocated --home home"));
    assert!(tree.contains("allocated"), "{tree}");
}

#[test]
fn orders_and_runs_are_listed() {
    let world = World::default();
    let run = world.run();
    let runs = world.json("runs --home home");
    assert_eq!(runs[0]["run"], run["run"]);
    assert_eq!(runs[0]["complete"], true);
    let orders = world.json("runs --orders run- --home home");
    assert_eq!(
        orders.as_array().map(Vec::len),
        run["totals"]["orders"].as_u64().map(|n| n as usize)
    );
    let of_elm = world.json("runs --orders run- --symbol ELM --home home");
    assert!(of_elm.as_array().unwrap().iter().all(|order| order["symbol"] == "ELM"));
    let table = world.prints("runs --orders run- --symbol ELM --home home");
    assert_eq!(table.lines().count(), of_elm.as_array().unwrap().len() + 1);
    assert!(table.contains("buy") && table.contains("2020-01-31"), "{table}");
}

#[test]
fn orders_and_runs_can_be_repeated() {
    let world = World::default();
    let run = world.run();
    let order = world.json("runs --orders run- --home home")[9].clone();
    let until = world.json(&format!("replay {} --home home", order["id"].as_str().unwrap()));
    assert_eq!((&until["agrees"], &until["until"]), (&true.into(), &order["as_of"]));
    let whole = world.json(&format!("replay {} --home home", run["run"].as_str().unwrap()));
    assert_eq!(whole["agrees"], true);
    assert!(whole["records_compared"].as_u64() > until["records_compared"].as_u64());
    let says = world.prints("replay --home home");
    assert!(says.contains("every byte agrees"), "{says}");
    let verdict = world.json("verify --home home");
    // All records but the snapshot and what was metered are the run's own.
    let records = verdict["records"].as_u64().unwrap();
    assert_eq!(whole["records_compared"].as_u64(), Some(records - 2));
    assert_eq!(verdict["sound"], true);
}

#[test]
fn models_are_listed_shown_compared_promoted_and_rolled_back() {
    let world = World::default();
    let run = world.run();
    let versions = world.json("models list --home home");
    let count = versions.as_array().unwrap().len();
    assert_eq!(run["totals"]["trainings"], count);
    assert!(count >= 3, "the mandate trains four times");
    let name = versions[0]["name"].as_str().unwrap().to_owned();
    let shown = world.json(&format!("models show {name} --home home"));
    assert_eq!(shown["version"]["version"], count, "the newest is champion");
    assert_eq!(shown["version"]["run"], shown["run"]["id"]);
    let differences = world.json(&format!("models compare {name} 1 2 --home home"));
    assert!(differences.as_array().unwrap().iter().any(|d| d["name"] == "information_coefficient"));

    let promoted = world.prints(&format!("models promote {name} 1 --why \"a test\" --home home"));
    assert!(promoted.contains(&format!("v1 is champion in place of v{count}")), "{promoted}");
    let again = world.json(&format!("models promote {name} 1 --why again --home home"));
    assert_eq!(again["version"], 1);
    assert_eq!(world.json(&format!("models show {name} --home home"))["version"]["version"], 1);
    let back = world.prints(&format!("models rollback {name} --why \"it was a test\" --home home"));
    assert!(back.contains(&format!("v{count} is champion in place of v1")), "{back}");
    world.prints("verify --home home");
    world.prints("replay --home home");
    let table = world.prints("models list --home home");
    assert!(table.lines().last().unwrap().contains("champion"), "{table}");
}

#[test]
fn a_model_is_given_out_as_an_mlflow_folder() {
    let world = World::default();
    world.run();
    let name = world.json("models list --home home")[0]["name"].as_str().unwrap().to_owned();
    world.write("key.pem", include_str!("../../../mlops/signing/tests/data/key.pem"));
    world.write("key.pub", include_str!("../../../mlops/signing/tests/data/public.pem"));
    world.write("other.pub", include_str!("../../../mlops/signing/tests/data/other_public.pem"));
    world.prints(&format!("models show {name} 1 --export exported --key key.pem --home home"));
    for file in ["MLmodel", "model.onnx", "requirements.txt", "model.sig"] {
        assert!(world.path("exported").join(file).is_file(), "no {file}");
    }
    let signed = world.prints("sign exported --verify --key key.pub");
    assert!(signed.contains("as they were signed"), "{signed}");
    let other = world.trimtab("sign exported --verify --key other.pub");
    assert_eq!(other.code, 3, "{}{}", other.out, other.err);
    world.write("exported/model.onnx", "another model");
    let altered = world.trimtab("sign exported --verify --key key.pub");
    assert_eq!(altered.code, 3, "{}{}", altered.out, altered.err);
    assert!(altered.out.contains("`model.onnx` was changed"), "{}", altered.out);
}

#[test]
fn a_report_is_one_page_with_its_plots() {
    let world = World::default();
    world.run();
    let page = world.prints("report --out sheet --home home");
    assert_eq!(page.trim(), "sheet/tearsheet.html");
    let html = fs::read_to_string(world.path("sheet/tearsheet.html")).unwrap();
    assert!(html.starts_with("<!") && html.trim_end().ends_with("</html>"));
    assert!(!html.contains("src=\"http"), "the page loads something from elsewhere");
    let plots: Vec<String> =
        world.files().into_iter().filter(|file| file.starts_with("sheet/plots/")).collect();
    for plot in plots.iter().filter(|plot| plot.ends_with(".svg")) {
        let svg = fs::read_to_string(world.path(plot)).unwrap();
        assert!(svg.contains("<svg") && svg.trim_end().ends_with("</svg>"), "{plot}");
        let png = fs::read(world.path(&plot.replace(".svg", ".png"))).unwrap();
        assert!(png.starts_with(b"\x89PNG") && png.len() > 1000, "{plot}");
    }
    assert!(plots.len() >= 16, "{plots:?}");
    world.prints("run mandate.toml --report other --home home");
    let other = fs::read_to_string(world.path("other/tearsheet.html")).unwrap();
    assert_eq!(other, html);
}

#[test]
fn cost_is_shown_by_stage() {
    let world = World::default();
    world.run();
    let costs = world.json("cost --home home");
    let stages: Vec<&str> =
        costs["stages"].as_array().unwrap().iter().filter_map(|s| s["stage"].as_str()).collect();
    for stage in ["read", "features", "train", "forecast", "allocate", "construct", "journal"] {
        assert!(stages.contains(&stage), "no {stage} among {stages:?}");
    }
    assert!(world.prints("cost --home home").contains("total"));
}

#[test]
fn prices_are_imported_once() {
    let world = World::default();
    let first = world.json("data import prices.csv --home home");
    let second = world.json("data import prices.csv --home home");
    assert_eq!(first["snapshot"], second["snapshot"]);
    assert_eq!((&first["symbols"], &first["rows"]), (&5.into(), &2520.into()));
    assert_eq!(world.json("data list --home home").as_array().map(Vec::len), Some(1));
    world.run();
    let listed = world.json("data list --home home");
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "a run stores the same bytes: {listed}");
}

#[test]
fn questions_without_a_mandate_are_answered() {
    let world = World::default();
    let constraints = "--constraint \"long only\" --constraint \"weight <= 30%\"";
    let target = world.json(&format!("optimise prices.csv {constraints}"));
    let weights: Vec<f64> =
        target["weights"].as_array().unwrap().iter().filter_map(Value::as_f64).collect();
    assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-6, "{weights:?}");
    assert!(weights.iter().all(|weight| *weight <= 0.3 + 1e-6), "{weights:?}");
    let says = world.prints(&format!("optimise prices.csv {constraints}"));
    assert!(says.contains("solved, primal residual"), "{says}");
    let frontier = world.json("frontier prices.csv --points 7");
    let points = frontier.as_array().unwrap();
    assert_eq!(points.len(), 7);
    let risks: Vec<f64> = points.iter().filter_map(|p| p["volatility"].as_f64()).collect();
    assert!(risks.is_sorted(), "{risks:?}");
    for (question, drawn) in [
        ("optimise", ["frontier", "risk_contributions", "dendrogram"]),
        ("frontier", ["frontier", "frontier_weights", "dendrogram"]),
    ] {
        world.json(&format!("{question} prices.csv --plot {question}-plots"));
        for name in drawn {
            let picture = world.path(&format!("{question}-plots/{name}.png"));
            assert!(std::fs::read(&picture).unwrap().starts_with(b"\x89PNG"), "{name}");
            assert!(picture.with_extension("svg").exists(), "{name}");
        }
    }
    for list in ["features list", "features operators"] {
        assert!(world.json(list).as_array().unwrap().len() > 10);
        world.prints(list);
    }
    assert!(
        world.prints("features check \"shift(close, -5) / close - 1\"").contains("5 days ahead")
    );
}

/// The certain view holds to the last digit, the stress bound holds, and both are told.
#[test]
fn views_scenarios_and_stresses_are_answered() {
    let world = World::default();
    let ask = "optimise prices.csv --horizon 21 --objective \"maximise sharpe over 90%, else minimise \
               cvar(95%)\" --view \"OAK - ASH == 3% with confidence 100%\" --scenarios student \
               --scenario-count 300 --stress slump=OAK:-20% --constraint \"long only\" --constraint \
               \"slump >= -15%\"";
    let told = world.json(ask);
    let after = |symbol: &str| told["views"]["expected_after"][symbol].as_f64().unwrap();
    assert!((after("OAK") - after("ASH") - 0.03).abs() < 1e-12, "{told}");
    assert!(told["stress"]["slump"].as_f64().unwrap() >= -0.15 - 1e-9, "{told}");
    assert_eq!(told["scenarios"]["count"], 300);
    let tried = told["certificate"]["fallbacks"][0].as_str().unwrap();
    assert!(tried.starts_with("maximise sharpe over 0.9: no portfolio"), "{tried}");
    let says = world.prints(ask);
    for part in ["views move OAK from", "in slump: -", "tried before: maximise sharpe over 0.9"] {
        assert!(says.contains(part), "{part}\n{says}");
    }
    // A year's runs of two years of days overlap.
    let said = world.trimtab("optimise prices.csv --window 500 --objective \"minimise cvar(95%)\"");
    assert!(said.err.contains("say no more of a tail than 2.0 that do not"), "{}", said.err);
}

/// `why` tells whose view moved what, and what was tried before.
#[test]
fn why_tells_views_and_fallbacks() {
    let world = World::default();
    world.mandate(
        "objective = { maximise = \"return - 5 * variance - costs\" }",
        "objective = \"maximise sharpe over 90%, else maximise return - 5 * variance - costs\"",
    );
    world.mandate(
        "[risk]\n",
        "[views]\nhold = [{ view = \"soft - OAK == 1% with confidence 60%\", by = \"ana\" }]\n[risk]\n",
    );
    world.run();
    let told = world.prints("why --home home").split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "views by black-litterman on top of forecast move",
        "`soft - OAK == 1% with confidence 60%` (ana)",
        "tried before: maximise sharpe over 0.9:",
    ] {
        // Lines of the tree are broken with its branches between the words.
        let plain: String = told.replace(['│', '├', '└', '─'], "");
        let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(plain.contains(part), "{part}\n{plain}");
    }
    world.prints("verify --home home");
}

#[test]
fn help_is_as_it_was_read_over() {
    let world = World::default();
    let commands = [
        "",
        "run",
        "report",
        "why",
        "replay",
        "verify",
        "runs",
        "sign",
        "models",
        "models list",
        "models show",
        "models compare",
        "models promote",
        "models rollback",
        "backup",
        "restore",
        "doctor",
        "optimise",
        "frontier",
        "validate",
        "data",
        "data import",
        "data check",
        "data list",
        "features",
        "features plan",
        "features apply",
        "features diff",
        "features list",
        "features search",
        "features show",
        "features history",
        "features stats",
        "features lineage",
        "features deprecate",
        "features operators",
        "features check",
        "cost",
    ];
    for command in commands {
        let name = format!("help {command}").trim().replace(' ', "-");
        insta::assert_snapshot!(name, world.prints(&format!("{command} --help")));
    }
}
