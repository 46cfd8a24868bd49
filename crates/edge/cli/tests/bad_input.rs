//! What bad input gets: one row each.
//!
//! In a row: what is wrong with the world, the command, its exit code, and what its message must
//! say. Every row also holds that nothing was lost or half-written: either no home folder was made,
//! or what was recorded until the mistake was met is sound, and no partial file is left.

mod common;

use std::fs::{self, File, OpenOptions};
use std::process::Command;

use common::{DAYS, Done, World};

const RUN: &str = "run mandate.toml --home home --quiet";

/// What may have become of the home folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Home {
    /// The mistake was found before anything was written.
    Absent,
    /// What was recorded until then stands.
    Sound,
    /// It was damaged before the command, and is as it was.
    Untouched,
}

fn refused(world: &World, words: &str, code: i32, home: Home, says: &[&str]) {
    let before = fs::read(world.path("home/trimtab.db")).ok();
    let done = world.trimtab(words);
    holds(world, words, &done, code, says);
    let files = world.files();
    assert!(!files.iter().any(|file| file.ends_with(".partial")), "half-written: {files:?}");
    match home {
        Home::Absent => assert!(!world.path("home").exists(), "a home folder was made"),
        Home::Sound => drop(world.prints("verify --home home")),
        Home::Untouched => {
            assert_eq!(fs::read(world.path("home/trimtab.db")).ok(), before, "the journal changed");
        }
    }
}

fn holds(_: &World, words: &str, done: &Done, code: i32, says: &[&str]) {
    let message = format!("{}{}", done.out, done.err);
    assert_eq!(done.code, code, "trimtab {words}\n{message}");
    for part in says {
        assert!(message.contains(part), "trimtab {words}\nlacks: {part}\nsaid:  {message}");
    }
    assert!(!message.contains("panicked"), "{message}");
}

macro_rules! rows {
    ($($name:ident: $spoil:expr, $words:expr, $code:literal, $home:ident, [$($says:expr),+ $(,)?];)+) => {
        $(
            #[test]
            fn $name() {
                let world = World::default();
                let spoil: fn(&World) = $spoil;
                spoil(&world);
                refused(&world, $words, $code, Home::$home, &[$($says),+]);
            }
        )+
    };
}

// The mandate.
rows! {
    an_unknown_key: |w| w.mandate("capital", "captial"), RUN, 1, Absent,
        ["mandate.toml:3:", "unknown key `captial`", "did you mean `capital`?"];
    an_unknown_section: |w| w.mandate("[risk]", "[rsik]"), RUN, 1, Absent,
        ["unknown key `rsik`", "did you mean `risk`?"];
    an_unknown_setting_of_a_model: |w| w.mandate("trees = 5", "tress = 5"), RUN, 1, Absent,
        ["mandate.toml:17:", "unknown key `tress`", "did you mean `trees`?"];
    a_value_without_its_unit: |w| w.mandate("\"5d\"", "5"), RUN, 1, Absent,
        ["mandate.toml:18:", "a number of trading days as text with its unit, such as \"21d\""];
    a_value_with_a_wrong_unit: |w| w.mandate("1bps", "1%"), RUN, 1, Absent,
        ["mandate.toml:32:", "\"1%\"", "basis points", "\"0.5bps\""];
    a_day_that_is_none: |w| w.mandate("seed = 3", "start = \"2020-13-01\""), RUN, 1, Absent,
        ["mandate.toml:4:", "not a day", "\"2020-01-31\""];
    a_start_after_the_data: |w| w.mandate("seed = 3", "start = \"2031-01-01\""), RUN, 1, Absent,
        ["mandate.toml", "start = 2031-01-01", "the prices are of 2020-01-02 to 2021-12-30"];
    text_that_is_no_toml: |w| w.mandate("\"small\"", "small"), RUN, 1, Absent,
        ["mandate.toml:2:", "string values must be quoted"];
    a_key_that_is_missing: |w| w.mandate("prices = ", "# "), RUN, 1, Absent,
        ["mandate.toml:6:", "missing field `prices`"];
    no_capital: |w| w.mandate("100_000", "-1"), RUN, 1, Absent,
        ["mandate.toml:3:", "capital must be a positive amount"];
    a_bad_constraint: |w| w.mandate("weight <= 40%", "wieght <= 40%"), RUN, 1, Absent,
        ["mandate.toml:26:", "constraint `wieght <= 40%`, character 1", "did you mean `weight`?"];
    a_constraint_without_its_unit: |w| w.mandate("weight <= 40%", "weight <= 40"), RUN, 1, Absent,
        ["mandate.toml:26:", "character 11", "did you mean `40%`?"];
    a_bad_objective: |w| w.mandate("return - 5", "retrun - 5"), RUN, 1, Absent,
        ["mandate.toml:25:", "did you mean `return`?"];
    a_bad_rebalancing_rule: |w| w.mandate("month end", "monht end"), RUN, 1, Absent,
        ["mandate.toml:29:", "`monht end` is not a rule", "did you mean `month end`?"];
    a_bad_promotion_rule: |w| w.mandate("always", "ic > champion"), RUN, 1, Absent,
        ["mandate.toml:19:", "`ic > champion`", "expected `always` or a metric"];
    a_bad_response: |w| w.mandate("retrain", "panic"), RUN, 1, Absent,
        ["mandate.toml:39:", "`panic`", "`retrain`, `hold`, `roll back`"];
    a_bad_requirement: |w| w.mandate("history >= 21d", "histroy >= 21d"), RUN, 1, Absent,
        ["mandate.toml", "[universe] require", "`histroy >= 21d`", "expected `history`"];
    a_policy_that_is_none: |w| w.mandate("[features]", "vanished = \"sell\"\n[features]"),
        RUN, 1, Absent, ["mandate.toml:11:", "`vanished`", "`stop` or `sell at last price`"];
    an_unknown_benchmark: |w| w.mandate("seed = 3", "benchmark = \"SPY\""), RUN, 1, Absent,
        ["benchmark = \"SPY\"", "ASH, ELM, FIR, OAK, YEW"];
    an_unknown_symbol: |w| w.mandate("[features]", "symbols = [\"ASH\", \"ELN\"]\n[features]"),
        RUN, 1, Absent, ["[universe] symbols", "ELN has no prices", "ASH, ELM"];
    a_group_of_unknown_symbols: |w| w.mandate("\"YEW\"", "\"YEX\""), RUN, 1, Absent,
        ["[universe] groups", "`soft` has YEX", "FIR, OAK, YEW"];
    an_unknown_group: |w| w.mandate("group(soft)", "group(sotf)"), RUN, 1, Sound,
        ["2020-01-31", "constraint `group(sotf) <= 60%`", "did you mean `soft`?"];
    constraints_that_conflict: |w| w.mandate("weight <= 40%", "weight <= 10%"), RUN, 1, Sound,
        ["2020-01-31", "weight <= 10%; budget == 98%", "relax one of them"];
}

// Features and forecasts.
rows! {
    an_unknown_feature: |w| w.mandate("reversal_5d", "reversal_5"), RUN, 1, Absent,
        ["mandate.toml:12:", "no feature `reversal_5`", "did you mean `reversal_5d`?"];
    a_feature_that_looks_ahead: |w| w.mandate("close / mean(close, 10)", "shift(close, -1) / close"),
        RUN, 1, Absent, ["mandate.toml:12:", "`fortnight` looks ahead by 1 row", "shift(close, -1)"];
    an_unknown_operator: |w| w.mandate("mean(close, 10)", "maen(close, 10)"), RUN, 1, Absent,
        ["mandate.toml:12:", "no operator `maen`", "did you mean `mean`?", "        ^"];
    a_feature_of_a_field_that_is_not_there:
        |w| w.mandate("reversal_5d", "volume_surge_5_63d"), RUN, 1, Absent,
        ["[features] use", "`volume_surge_5_63d` reads the field `volume`", "it has close"];
    a_signal_of_a_field_that_is_not_there: |w| {
        w.mandate("model = { kind = \"gradient-boosting\", trees = 5, depth = 2 }", "signal = \"volume\"");
        w.mandate("features = { test", "# features = { test");
    }, RUN, 1, Absent, ["[forecast] signal", "reads the field `volume`", "it has close"];
    a_target_that_does_not_look_ahead: |w| w.mandate("forward_return_5d", "return(close, 5)"),
        RUN, 1, Absent, ["mandate.toml:16:", "does not look ahead"];
}

// Files and prices.
rows! {
    a_mandate_that_is_not_there: |_| (), "run nowhere.toml --home home", 1, Absent,
        ["the mandate nowhere.toml cannot be read", "No such file"];
    prices_that_are_not_there: |w| w.mandate("prices.csv", "nowhere.csv"), RUN, 1, Absent,
        ["mandate.toml: [universe] prices = \"nowhere.csv\"", "cannot read nowhere.csv", "No such file"];
    prices_in_an_unknown_format: |w| w.mandate("prices.csv", "mandate.toml"), RUN, 1, Absent,
        ["mandate.toml is neither .csv nor .parquet"];
    unreadable_parquet: |w| {
        w.write("prices.parquet", "PAR1 this is not a table PAR1");
        w.mandate("prices.csv", "prices.parquet");
    }, RUN, 1, Absent, ["prices.parquet cannot be read as Parquet", "write the file again"];
    a_csv_line_with_too_many_cells: |w| { w.price("YEW", 300, "1,2"); }, RUN, 1, Absent,
        ["prices.csv line 302: 7 cells, but the header names 6 columns"];
    a_price_that_is_no_number: |w| { w.price("OAK", 100, "abc"); }, RUN, 1, Absent,
        ["prices.csv line 102 column `OAK`: `abc` is not a number"];
    a_price_of_nought: |w| { w.price("OAK", 100, "0"); }, RUN, 1, Absent,
        ["1 error in the prices", "OAK 2020-05-27 (prices.csv:102): close is 0"];
    a_negative_price: |w| { w.price("OAK", 100, "-4.2"); }, RUN, 1, Absent,
        ["OAK 2020-05-27 (prices.csv:102): close is -4.2"];
    rates_that_are_not_there: |w| {
        w.mandate("rate = \"2%\"", "rates = { file = \"prices.csv\", column = \"m3\" }");
    }, RUN, 1, Absent, ["prices.csv: no column `m3` of numbers", "it has date, ASH"];
    a_symbol_that_vanishes: |w| w.vanish("ELM", 300), RUN, 1, Sound,
        ["ELM is held but has had no price since 2021-03-11", "vanished = \"sell at last price\""];
    a_day_on_which_nobody_is_a_member: |w| {
        let members = "index,ticker,start_date,end_date\nall,ASH,2019-01-01,2021-03-01\n\
                       all,ELM,2019-01-01,2021-03-01\nall,OAK,2019-01-01,2021-03-01\n";
        w.write("members.csv", members);
        w.mandate("[features]", "members = { file = \"members.csv\", index = \"all\" }\n[features]");
        w.mandate("\"group(soft) <= 60%\", ", "");
    }, RUN, 1, Sound, ["2021-03-31: universe", "no symbol has a price today", "`require`"];
    a_wrong_file_for_an_import: |_| (), "data import nowhere.csv --home home", 1, Absent,
        ["cannot read nowhere.csv"];
    an_import_of_bad_prices: |w| { w.price("OAK", 100, "0"); }, "data import prices.csv --home home",
        3, Absent, ["OAK", "2020-05-27", "102", "close is 0", "nothing was stored"];
}

// The command line, and names.
rows! {
    no_such_command: |_| (), "rnu mandate.toml", 2, Absent, ["unrecognized subcommand 'rnu'"];
    no_such_option: |_| (), "run mandate.toml --hoem home", 2, Absent, ["--hoem", "'--home'"];
    an_argument_that_is_missing: |_| (), "run", 2, Absent, ["<MANDATE>"];
    an_unknown_format: |_| (), "runs --format xml", 2, Absent, ["'xml'", "table, json"];
    a_home_that_is_not_there: |_| (), "why --home home", 1, Absent,
        ["no home folder at home", "`trimtab run` makes one"];
    an_unknown_order: |w| drop(w.run()), "why order-000000000000 --home home", 1, Sound,
        ["no order or record order-000000000000", "trimtab runs --orders RUN"];
    an_unknown_order_to_replay: |w| drop(w.run()), "replay order-000000000000 --home home", 1, Sound,
        ["no order order-000000000000 in home", "trimtab runs --orders RUN"];
    an_unknown_run: |w| drop(w.run()), "replay run-nowhere --home home", 1, Sound,
        ["no run `run-nowhere` in home; there is run-"];
    an_unknown_model: |w| drop(w.run()), "models show smal --home home", 1, Sound,
        ["no model `smal`", "small-"];
    an_objective_that_is_none: |_| (),
        "optimise prices.csv --objective \"minimise varience\"", 1, Absent,
        ["character 10", "did you mean `variance`?"];
    a_view_on_nobody: |_| (),
        "optimise prices.csv --view \"OAKS == 2%\"", 1, Absent,
        ["view `OAKS == 2%`, character 1", "did you mean `OAK`?"];
    a_view_without_its_unit: |_| (),
        "optimise prices.csv --view \"OAK == 15\"", 1, Absent,
        ["a return such as `15%`", "did you mean `15%`?"];
    an_inequality_for_black_litterman: |_| (),
        "optimise prices.csv --view \"OAK >= 2%\"", 1, Absent,
        ["is an inequality", "use entropy pooling"];
    views_that_cannot_hold: |_| (),
        "optimise prices.csv --horizon 1 --views-by entropy-pooling --view \"OAK == 90%\"", 1, Absent,
        ["cannot hold: these scenarios reach from"];
    a_generator_that_is_none: |_| (),
        "optimise prices.csv --scenarios gausian", 2, Absent,
        ["a similar value exists: 'gaussian'"];
    a_block_for_normal_returns: |_| (),
        "optimise prices.csv --scenarios gaussian --block 5", 1, Absent,
        ["`block` is a number of the bootstraps"];
    a_stress_of_nobody: |_| (),
        "optimise prices.csv --stress slump=FIG:-20%", 1, Absent,
        ["--stress: there is no `FIG`"];
    a_stress_without_a_name: |_| (),
        "optimise prices.csv --stress OAK:-20%", 1, Absent,
        ["expected a name and shocks, such as slump=AAPL:-20%"];
    a_mixture_without_parentheses: |_| (),
        "optimise prices.csv --objective \"minimise variance among equal weight\"", 1, Absent,
        ["expected objectives in parentheses"];
    an_expression_that_is_none: |_| (), "features check \"maen(close, 5)\"", 1, Absent,
        ["no operator `maen`", "did you mean `mean`?"];
}

#[test]
fn a_gap_in_the_prices_is_said_and_lived_with() {
    for gap in ["", "nan"] {
        let world = World::default();
        world.price("OAK", 100, gap);
        let done = world.trimtab("run mandate.toml --home home");
        holds(
            &world,
            "run",
            &done,
            0,
            &["1 warning about the data", "trimtab data check prices.csv"],
        );
        let says = world.prints("data check prices.csv");
        assert!(says.contains("no price on the trading day 2020-05-27"), "{says}");
    }
}

#[test]
fn a_symbol_that_vanishes_is_sold_if_the_mandate_says_so() {
    let world = World::default();
    world.vanish("ELM", 300);
    world.mandate("[features]", "vanished = \"sell at last price\"\n[features]");
    world.run();
    let orders = world.json("runs --orders run- --symbol ELM --home home");
    let last = orders.as_array().and_then(|orders| orders.last()).expect("ELM was traded");
    assert!(last["as_of"].as_str() < Some("2021-03-26"), "{last}");
    world.prints("replay --home home");
}

#[test]
fn an_altered_model_is_not_used_and_not_given_out() {
    let world = World::default();
    world.run();
    let versions = world.json("models list --home home");
    let (name, digest) = (&versions[0]["name"], &versions[0]["artifact"]);
    let (name, digest) = (name.as_str().unwrap(), digest.as_str().unwrap());
    alter_object(&world, digest);
    let show = format!("models show {name} 1 --export exported --home home");
    let mismatch = format!("object {digest}: it was altered");
    refused(&world, &show, 1, Home::Untouched, &[&mismatch]);
    assert!(!world.path("exported").exists(), "a part of the model was given out");
    refused(&world, "verify --home home", 3, Home::Untouched, &["NOT SOUND", &mismatch]);
    refused(&world, "replay --home home", 3, Home::Untouched, &["DIFFERS", &mismatch]);
}

#[test]
fn a_missing_model_is_found() {
    let world = World::default();
    world.run();
    let versions = world.json("models list --home home");
    let digest = versions[1]["artifact"].as_str().unwrap();
    let sql = format!("DELETE FROM object WHERE digest = x'{digest}'");
    assert_eq!(database(&world).execute(&sql, []).unwrap(), 1);
    refused(
        &world,
        "verify --home home",
        3,
        Home::Untouched,
        &["NOT SOUND", "/registered", digest],
    );
    refused(&world, "replay --home home", 3, Home::Untouched, &["DIFFERS", digest]);
}

#[test]
fn a_journal_with_a_flipped_byte_names_the_record() {
    let world = World::default();
    world.run();
    // A cause of the 40th record is written otherwise: every byte of a record is under its hash.
    let sql = "UPDATE record SET because = replace(because, 'run-', 'rum-') WHERE seq = 40";
    assert_eq!(database(&world).execute(sql, []).unwrap(), 1);
    let says = ["home/trimtab.db", "broken at record 40", "does not match its hash"];
    refused(&world, "verify --home home", 3, Home::Untouched, &says);
    refused(&world, RUN, 1, Home::Untouched, &says);
    refused(&world, "why --home home", 1, Home::Untouched, &says);
}

#[test]
fn a_payload_with_a_flipped_byte_is_found() {
    let world = World::default();
    world.run();
    let sql = "UPDATE record SET payload = CAST(replace(payload, 'month end', 'month and') AS BLOB) \
               WHERE seq = (SELECT min(seq) FROM record WHERE id LIKE '%/observed')";
    assert_eq!(database(&world).execute(sql, []).unwrap(), 1);
    refused(&world, "verify --home home", 3, Home::Untouched, &["NOT SOUND", "it was altered"]);
}

#[test]
fn a_database_that_is_none_is_not_written_over() {
    let world = World::default();
    fs::create_dir(world.path("home")).unwrap();
    world.write("home/trimtab.db", "a letter to my aunt, not a database at all".repeat(200));
    refused(&world, RUN, 1, Home::Untouched, &["home/trimtab.db", "not a database"]);
    refused(&world, "verify --home home", 3, Home::Untouched, &["NOT SOUND", "not a database"]);
}

#[test]
fn a_home_in_use_is_left_alone() {
    let world = World::default();
    world.run();
    let lock = OpenOptions::new().read(true).write(true).open(world.path("home/lock")).unwrap();
    lock.lock().unwrap();
    world.mandate("seed = 3", "seed = 4");
    let says = ["home folder home is in use by another process", "--home"];
    refused(&world, RUN, 1, Home::Sound, &says);
    refused(&world, "data import prices.csv --home home", 1, Home::Sound, &says);
    drop(lock);
    world.run();
}

#[test]
fn a_home_that_is_a_file() {
    let world = World::default();
    File::create(world.path("home")).unwrap();
    let done = world.trimtab(RUN);
    holds(&world, RUN, &done, 1, &["error: home:", "File exists"]);
}

/// A disk with room for less and less: the system refuses to let any file grow beyond a limit.
#[test]
fn a_full_disk_stops_a_run_and_loses_nothing() {
    let whole = World::default();
    let whole = whole.run();
    let mut stopped = 0;
    for kib in [1, 4, 16, 40, 64, 90, 120, 160, 200, 240, 280] {
        let world = World::default();
        let done = limited(&world, kib);
        if done.code != 0 {
            stopped += 1;
            holds(&world, RUN, &done, 1, &["error: ", "home"]);
        }
        assert!(!world.files().iter().any(|file| file.ends_with(".partial")), "{kib} KiB");
        let again = world.run();
        assert_eq!(again["final_value"], whole["final_value"], "after {kib} KiB");
        assert_eq!(again["run"], whole["run"]);
        world.prints("verify --home home");
        world.prints("replay --home home");
    }
    assert!(stopped >= 6, "only {stopped} runs met the limit");
}

/// The run, in a shell that may not write files beyond a size.
fn limited(world: &World, kib: usize) -> Done {
    // Without the signal, a write beyond the limit fails as it does on a full disk. A block of
    // `ulimit -f` is 512 bytes in a POSIX shell.
    let script = format!("trap '' XFSZ; ulimit -f {}; exec {} {RUN}", kib * 2, common::TRIMTAB);
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(script).current_dir(world.path("."));
    Done::of(shell.output().expect("a shell runs"))
}

fn database(world: &World) -> rusqlite::Connection {
    rusqlite::Connection::open(world.path("home/trimtab.db")).expect("the database opens")
}

/// Flips one byte of a stored object.
fn alter_object(world: &World, digest: &str) {
    let db = database(world);
    let find = format!("SELECT bytes FROM object WHERE digest = x'{digest}'");
    let mut bytes: Vec<u8> = db.query_row(&find, [], |row| row.get(0)).expect("it is stored");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let write = format!("UPDATE object SET bytes = ?1 WHERE digest = x'{digest}'");
    assert_eq!(db.execute(&write, [bytes]).unwrap(), 1);
    // Read by another process: what is in the log goes into the file.
    db.pragma_update(None, "wal_checkpoint", "TRUNCATE").ok();
}

#[test]
fn the_world_has_the_days_that_it_says() {
    let world = World::default();
    let lines = fs::read_to_string(world.path("prices.csv")).unwrap().lines().count();
    assert_eq!(lines, DAYS + 1);
}
