//! Mandates, good and bad: what is said about each mistake, and on which line.

use std::collections::BTreeMap;
use std::path::Path;

use cycle::{Code, Desk, Mandate, MandateError};
use tracking::CodeVersion;
use types::Digest;

fn set_up(file: &str, text: &str) -> Result<Desk, MandateError> {
    let version = CodeVersion { revision: "none".to_owned(), lock: Digest::of(b"lock") };
    let code = Code { version, environment: BTreeMap::new() };
    Desk::new(Mandate::parse(file, text)?, file, text, "run-test".into(), code)
}

/// A mandate that uses every section. Each row of the tables below changes one line of it.
const WHOLE: &str = r#"[mandate]
name = "whole"
currency = "USD"
capital = 1_000_000
benchmark = "equal-weight"
start = "2001-01-02"
end = "2020-12-31"
seed = 7

[universe]
prices = "prices.csv"
require = ["history >= 252d"]
groups = { energy = ["CVX", "XOM"] }
vanished = "sell at last price"

[features]
use = ["momentum_12_1", "calm"]
define = { calm = "-std(return(close, 1), 63)" }

[forecast]
target = "forward_excess_return_21d"
model = { kind = "ridge", alpha = 10.0 }
train = { window = "1260d", every = "252d", embargo = "21d" }
promote_if = "information_coefficient > champion"

[risk]
covariance = { estimator = "exponentially-weighted", window = "504d", half_life = "63d" }

[allocation]
objective = { maximise = "return - 5 * variance - costs" }
constraints = ["long only", "weight <= 15%", "group(energy) <= 25%"]

[rebalance]
when = ["month end", "drift > 5%"]
cash_flow_first = true

[execution]
delay = "1d"
lot = 1
min_trade = 100
limits = { max_position = "20%" }

[execution.costs]
commission = "0.5bps"
spread = "2bps"
impact = { model = "square-root", coefficient = 0.1 }

[cash]
rate = "2%"
deposit = { amount = 1000, when = "month end" }

[monitoring]
features = { test = "psi", alarm = 0.25 }
on_alarm = "roll back"
"#;

/// A line of the mandate, what stands there instead, and what is said about it.
const WRONG: &[(&str, &str, &str)] = &[
    // keys and values that are not known
    (
        "capital = 1_000_000",
        "captial = 1_000_000",
        "unknown key `captial`: did you mean `capital`?",
    ),
    (
        "prices = \"prices.csv\"",
        "price = \"prices.csv\"",
        "unknown key `price`: did you mean `prices`?",
    ),
    ("[rebalance]", "[rebalancing]", "unknown key `rebalancing`: did you mean `rebalance`?"),
    (
        "model = { kind = \"ridge\", alpha = 10.0 }",
        "model = { kind = \"rigde\", alpha = 10.0 }",
        "unknown value `rigde`: did you mean `ridge`?",
    ),
    (
        "model = { kind = \"ridge\", alpha = 10.0 }",
        "model = { kind = \"ridge\", alhpa = 10.0 }",
        "unknown key `alhpa`: did you mean `alpha`?",
    ),
    (
        "covariance = { estimator = \"exponentially-weighted\", window = \"504d\", half_life = \"63d\" }",
        "covariance = { estimator = \"ledoit\" }",
        "unknown value `ledoit`: did you mean `ledoit-wolf`?",
    ),
    (
        "covariance = { estimator = \"exponentially-weighted\", window = \"504d\", half_life = \"63d\" }",
        "covariance = { estimator = \"graphical-lasso\", penalty = 0.0 }",
        "`penalty` must be above 0",
    ),
    (
        "covariance = { estimator = \"exponentially-weighted\", window = \"504d\", half_life = \"63d\" }",
        "covariance = { estimator = \"sample\", penalty = 0.1 }",
        "`penalty` is a number of `graphical-lasso`",
    ),
    (
        "covariance = { estimator = \"exponentially-weighted\", window = \"504d\", half_life = \"63d\" }",
        "covariance = { estimator = \"shrunk\", shrinkage = 1.5 }",
        "`shrinkage` is from 0 to 1",
    ),
    ("name = \"whole\"", "", "missing field `name`"),
    // units and numbers
    (
        "delay = \"1d\"",
        "delay = 1",
        "a number of trading days as text with its unit, such as \"21d\"",
    ),
    (
        "limits = { max_position = \"20%\" }",
        "limits = { max_position = 0.2 }",
        "a percentage as text",
    ),
    ("commission = \"0.5bps\"", "commission = \"0.5%\"", "basis points as text with its unit"),
    ("capital = 1_000_000", "capital = -5", "capital must be a positive amount of money"),
    ("capital = 1_000_000", "capital = 1e40", "capital must be a positive amount of money"),
    ("capital = 1_000_000", "capital = nan", "capital must be a positive amount of money"),
    ("lot = 1", "lot = 0", "a lot has at least 1 share"),
    ("min_trade = 100", "min_trade = nan", "the smallest trade is 0 or more"),
    (
        "limits = { max_position = \"20%\" }",
        "limits = { max_position = \"0%\" }",
        "a limit is more than 0",
    ),
    (
        "deposit = { amount = 1000, when = \"month end\" }",
        "deposit = { amount = 0, when = \"month end\" }",
        "a deposit must be a positive amount",
    ),
    (
        "deposit = { amount = 1000, when = \"month end\" }",
        "deposit = { amount = 9, when = \"daily\" }",
        "a deposit comes at a `month end`",
    ),
    (
        "start = \"2001-01-02\"",
        "start = \"2001-02-30\"",
        "`2001-02-30` is not a day of the calendar; write it as \"2020-01-31\"",
    ),
    ("start = \"2001-01-02\"", "start = 2001", "a day is written as \"2020-01-31\""),
    ("end = \"2020-12-31\"", "end = \"2000-12-31\"", "the end must come after the start"),
    // what does not go together
    ("name = \"whole\"", "name = \"a b\"", "a name has letters, digits, `-` and `_` only"),
    (
        "vanished = \"sell at last price\"",
        "vanished = \"sell\"",
        "`vanished` is either `stop` or `sell at last price`",
    ),
    (
        "target = \"forward_excess_return_21d\"",
        "signal = \"calm\"",
        "say either `model = …` or `signal = …`",
    ),
    (
        "rate = \"2%\"",
        "rate = \"2%\"\nrates = { file = \"f\", column = \"c\" }",
        "say either `rate` or `rates`",
    ),
    (
        "train = { window = \"1260d\", every = \"252d\", embargo = \"21d\" }",
        "train = { window = \"400d\" }",
        "a window of 400d leaves too little to train on",
    ),
    (
        "train = { window = \"1260d\", every = \"252d\", embargo = \"21d\" }",
        "train = { validate = \"0d\" }",
        "`validate` must be at least `1d`",
    ),
    ("when = [\"month end\", \"drift > 5%\"]", "when = []", "say when to rebalance"),
    // sentences that other rooms read
    ("use = [\"momentum_12_1\", \"calm\"]", "use = [\"momentum_12_2\"]", "momentum_12_1"),
    (
        "define = { calm = \"-std(return(close, 1), 63)\" }",
        "define = { calm = \"shift(close, -1)\" }",
        "looks",
    ),
    ("target = \"forward_excess_return_21d\"", "target = \"return(close, 5)\"", "return(close, 5)"),
    (
        "model = { kind = \"ridge\", alpha = 10.0 }",
        "model = { kind = \"random-forest\", depth = 99 }",
        "`depth` is 99: must lie between 1 and 16",
    ),
    (
        "model = { kind = \"ridge\", alpha = 10.0 }",
        "model = { kind = \"ridge\" }\nsearch = { parameters = { depth = [1, 2] } }",
        "depth = 1: unknown field `depth`",
    ),
    (
        "model = { kind = \"ridge\", alpha = 10.0 }",
        "model = { kind = \"ridge\" }\nprepare = { components = 0 }",
        "`components` is 0",
    ),
    (
        "model = { kind = \"ridge\", alpha = 10.0 }",
        "signal = \"calm\"\nprepare = { components = 2 }",
        "a model that is trained here",
    ),
    (
        "promote_if = \"information_coefficient > champion\"",
        "promote_if = \"informaton_coefficient > champion\"",
        "information_coefficient",
    ),
    (
        "objective = { maximise = \"return - 5 * variance - costs\" }",
        "objective = { maximize = \"return\" }",
        "an objective is text such as \"risk parity\"",
    ),
    (
        "objective = { maximise = \"return - 5 * variance - costs\" }",
        "objective = \"risk party\"",
        "risk parity",
    ),
    (
        "objective = { maximise = \"return - 5 * variance - costs\" }",
        "objective = \"maximise sharpe, else minimise varience\"",
        "did you mean `variance`?",
    ),
    (
        "objective = { maximise = \"return - 5 * variance - costs\" }",
        "objective = \"minimise variance among equal weight\"",
        "objectives in parentheses",
    ),
    (
        "constraints = [\"long only\", \"weight <= 15%\", \"group(energy) <= 25%\"]",
        "constraints = [\"long only\", \"wieght <= 15%\"]",
        "weight",
    ),
    ("when = [\"month end\", \"drift > 5%\"]", "when = \"month edn\"", "did you mean `month end`?"),
    ("when = [\"month end\", \"drift > 5%\"]", "when = 5", "a rule is text such as \"month end\""),
    (
        "features = { test = \"psi\", alarm = 0.25 }",
        "features = { test = \"pis\", alarm = 0.25 }",
        "psi",
    ),
    (
        "features = { test = \"psi\", alarm = 0.25 }",
        "features = { test = \"ks\", alarm = 1.5 }",
        "between 0 and 1",
    ),
    ("on_alarm = \"roll back\"", "on_alarm = \"panic\"", "roll back"),
    (
        "impact = { model = \"square-root\", coefficient = 0.1 }",
        "impact = { model = \"square-root\", coefficient = -1 }",
        "the coefficient of impact is 0 or more",
    ),
];

/// The same for sections that the mandate above has no room for: what stands behind the shortest
/// mandate, and what is said about it.
const ADDED: &[(&str, &str)] = &[
    ("plan = { periods = 3 }", "a plan is for one objective of return and variance"),
    ("plan = { periods = 0 }", "`periods` is from 1 to 60"),
    ("plan = { periods = 3, half_life = \"0d\" }", "`half_life` must be at least `1d`"),
    ("[views]\nhold = []", "hold at least one view, or leave [views] out"),
    ("[views]\nhold = [5]", "a view is text such as \"AAPL == 2%\""),
    (
        "[views]\nmethod = \"entropy-poling\"\nhold = [\"A == 2%\"]",
        "did you mean `entropy-pooling`?",
    ),
    ("[views]\ntau = 0.0\nhold = [\"A == 2%\"]", "`tau` must be above 0"),
    (
        "[views]\ntau = 0.1\nmethod = \"entropy-pooling\"\nhold = [\"A == 2%\"]",
        "`tau` is a number of `black-litterman`",
    ),
    (
        "[views]\nhold = [{ view = \"A == 2%\", from = 2020-02-01, until = 2020-01-01 }]",
        "`until` must not come before `from`",
    ),
    ("[views]\nprior = \"equilibrum\"\nhold = [\"A == 2%\"]", "did you mean `equilibrium`?"),
    ("[risk]\nscenarios = { kind = \"studnet\" }", "did you mean `student`?"),
    ("[risk]\nscenarios = { kind = \"gaussian\", block = 3 }", "number of the bootstraps"),
    ("[risk]\nscenarios = { kind = \"student\", degrees = 2 }", "or there is no variance"),
    ("[risk]\nstress = { slump = { A = -0.2 } }", "a percentage as text"),
];

#[test]
fn each_mistake_in_what_is_added_is_named() {
    for (added, says) in ADDED {
        let text = format!("{SHORTEST}{added}\n");
        let error = set_up("short.toml", &text).unwrap_err().to_string();
        assert!(error.contains(says), "{added}\n{error}");
    }
    let own = "[universe]\nprices = \"p\"\ngroups = { esg = [\"A\"] }";
    let text = SHORTEST.replace("[universe]\nprices = \"p\"", own);
    let text = format!("{text}characteristics = {{ esg = {{ A = 1.0 }} }}\n");
    let error = set_up("short.toml", &text).unwrap_err().to_string();
    assert!(error.contains("`esg` is also the name of a group"), "{error}");
}

/// The whole mandate of the reference is one.
#[test]
fn the_reference_shows_a_mandate() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/mandate.md");
    let page = std::fs::read_to_string(page).expect("the reference is there");
    let shown = page.split("```toml").nth(1).and_then(|rest| rest.split("```").next());
    set_up("mandate.md", shown.expect("it shows one")).expect("it is well formed");
}

/// The shortest mandate that aims at something.
const SHORTEST: &str = "[mandate]\nname = \"m\"\ncapital = 1\n[universe]\nprices = \"p\"\n\
                        [allocation]\nobjective = \"minimise variance\"\n";

fn line_of(text: &str, line: &str) -> usize {
    text.lines().position(|known| known == line).expect("the line is in the mandate") + 1
}

#[test]
fn each_mistake_is_named_with_its_line() {
    set_up("whole.toml", WHOLE).expect("the mandate itself is well formed");
    for (line, wrong, says) in WRONG {
        let text = WHOLE.replacen(line, wrong, 1);
        assert_ne!(text, WHOLE, "{line}");
        let error = set_up("whole.toml", &text).map(|_| ()).expect_err(wrong);
        assert!(error.message.contains(says), "{wrong}\n  says {error}\n  not {says}");
        assert_eq!(error.file, "whole.toml");
        // Some are about the whole section: a key that is absent, or one that clashes with another.
        let (expected, section) = (line_of(WHOLE, line), section_of(line_of(WHOLE, line)));
        let near = (section..=expected + 1).contains(&error.line);
        assert!(near, "{wrong}\n  says {error}\n  but stands on line {expected}");
        assert!(!error.message.contains('\n'), "{error}");
    }
}

/// The line of the header over a line.
fn section_of(line: usize) -> usize {
    let lines: Vec<&str> = WHOLE.lines().collect();
    (1..=line).rev().find(|n| lines[n - 1].starts_with('[')).expect("all is in a section")
}

/// The line is exact where a value can be pointed at.
#[test]
fn lines_are_exact() {
    for (line, wrong) in [
        ("lot = 1", "lot = 0"),
        ("delay = \"1d\"", "delay = 1"),
        ("on_alarm = \"roll back\"", "on_alarm = \"panic\""),
        ("when = [\"month end\", \"drift > 5%\"]", "when = \"month edn\""),
        ("start = \"2001-01-02\"", "start = \"2001-02-30\""),
        (
            "impact = { model = \"square-root\", coefficient = 0.1 }",
            "impact = { model = \"linear\" }",
        ),
    ] {
        let error = set_up("m.toml", &WHOLE.replacen(line, wrong, 1)).map(|_| ()).unwrap_err();
        assert_eq!(error.line, line_of(WHOLE, line), "{wrong}: {error}");
        assert!(error.to_string().starts_with(&format!("m.toml:{}: ", error.line)));
    }
    // A table of its own is found by its header.
    let text = WHOLE.replacen("coefficient = 0.1", "coefficient = -1", 1);
    let error = set_up("m.toml", &text).map(|_| ()).unwrap_err();
    assert_eq!(error.line, line_of(WHOLE, "[execution.costs]"));
}

#[test]
fn a_sharpe_ratio_wants_a_view() {
    let text = "[mandate]\nname = \"m\"\ncapital = 1\n[universe]\nprices = \"p\"\n\
                [allocation]\nobjective = { maximise = \"sharpe\" }\n";
    let error = set_up("m.toml", text).map(|_| ()).unwrap_err();
    assert_eq!(error.line, 7);
    assert!(error.message.contains("add [forecast]"), "{error}");
}

#[test]
fn drift_wants_a_model() {
    let text = "[mandate]\nname = \"m\"\ncapital = 1\n[universe]\nprices = \"p\"\n\
                [allocation]\nobjective = \"equal weight\"\n\
                [monitoring]\nfeatures = { test = \"psi\", alarm = 0.2 }\n";
    let error = set_up("m.toml", text).map(|_| ()).unwrap_err();
    assert_eq!(error.line, 9);
    assert!(error.message.contains("it needs `model`"), "{error}");
}

/// Days may be written as text or as TOML's own; both mean the same.
#[test]
fn a_day_may_be_written_as_toml_writes_it() {
    let native = WHOLE.replacen("\"2001-01-02\"", "2001-01-02", 1);
    let desk = set_up("m.toml", &native).unwrap();
    assert_eq!(desk.mandate, set_up("m.toml", WHOLE).unwrap().mandate);
    assert_eq!(desk.mandate.mandate.start, types::parse_date("2001-01-02"));
}

/// What is not said has the values that the schema documents.
#[test]
fn the_shortest_mandate_has_defaults() {
    let text = "[mandate]\nname = \"m\"\ncapital = 1\n[universe]\nprices = \"p\"\n\
                [allocation]\nobjective = \"equal weight\"\n";
    let desk = set_up("m.toml", text).unwrap();
    let mandate = &desk.mandate;
    assert_eq!(mandate.mandate.benchmark, "equal-weight");
    assert_eq!(mandate.execution.delay.0, 1);
    assert_eq!(mandate.rebalance.when.all(), ["month end"]);
    assert_eq!(desk.costs, types::CostModel::default());
    assert_eq!(desk.outlook.horizon_days(), 21);
    assert!(desk.features.is_none() && desk.alarm.is_none() && desk.deposit.is_none());
}

/// A signal may be named: one's own, one of the library, of a package, or the rank of any.
#[test]
fn a_signal_may_be_the_name_of_a_feature() {
    let with = |signal: &str| {
        let model = "model = { kind = \"ridge\", alpha = 10.0 }";
        let text = WHOLE.replacen(model, &format!("signal = \"{signal}\""), 1);
        let text = text.replacen("features = { test = \"psi\", alarm = 0.25 }\n", "", 1);
        let text = text.replacen("on_alarm = \"roll back\"\n", "", 1);
        set_up("m.toml", &text)
    };
    let digest = |signal: &str| match with(signal).unwrap_or_else(|e| panic!("{e}")).outlook {
        cycle::Outlook::Signal { signal, .. } => signal.digest(),
        other => panic!("{other:?}"),
    };
    for (name, meant) in [
        ("ROC5", "Ref($close,5)/$close"),
        ("calm", "-std(return(close, 1), 63)"),
        ("reversal_5d", "-return(close, 5)"),
        ("ROC5_rank", "rank(Ref($close,5)/$close)"),
    ] {
        assert_eq!(digest(name), digest(meant), "{name}");
    }
    let package = with("alpha158").map(|_| ()).unwrap_err().to_string();
    assert!(package.contains("a package of 158 features: name one of them"), "{package}");
}

/// Every mandate in the repository can be set up.
#[test]
fn every_example_is_a_mandate() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let mut found = 0;
    for folder in ["examples", "benches/loop"] {
        for entry in std::fs::read_dir(root.join(folder)).expect("the folder is there") {
            let path = entry.expect("it can be listed").path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                let text = std::fs::read_to_string(&path).expect("it can be read");
                let name = path.display().to_string();
                set_up(&name, &text).unwrap_or_else(|error| panic!("{error}"));
                found += 1;
            }
        }
    }
    assert!(found >= 4, "{found} mandates");
}
