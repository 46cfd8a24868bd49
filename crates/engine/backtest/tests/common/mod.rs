//! Small synthetic worlds, and runs through them in memory.
#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::{BTreeMap, HashMap};

use backtest::{BacktestError, History, Outcome, Vanished};
use cycle::{Code, Desk, Mandate};
use journal::{Draft, Kind, Memory, Record, Retrace, Sealed, Spine, SpineError};
use market::{Calendar, CorporateAction, Requirement, Universe};
use performance::Provenance;
use tracking::CodeVersion;
use types::{Date, Digest, Id, Panel, RunId, Symbol, close_of, parse_date};

/// Numbers between 0 and 1 that are the same for the same seed (Steele, Lea & Flood 2014,
/// SplitMix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) as f64 / u64::MAX as f64
    }

    /// Roughly normal: mean nought, variance one (Irwin–Hall of 12).
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.next()).sum::<f64>() - 6.0
    }
}

pub fn date(text: &str) -> Date {
    parse_date(text).expect("a date")
}

/// The first `count` trading days of 2015 and after.
pub fn days(count: usize) -> Vec<Date> {
    let calendar = Calendar::nyse();
    let to = date("2030-12-31");
    calendar.days(date("2015-01-02"), to).take(count).collect()
}

pub fn symbols(count: usize) -> Vec<Symbol> {
    (0..count).map(|n| Symbol::from(format!("S{n}"))).collect()
}

/// Random walks, one column for each symbol, in cents.
pub fn walks(seed: u64, rows: usize, cols: usize) -> Vec<f64> {
    let mut dice = Dice(seed);
    let mut now: Vec<f64> = (0..cols).map(|_| 20.0 + 80.0 * dice.next()).collect();
    let mut values = Vec::with_capacity(rows * cols);
    for _ in 0..rows {
        let common = 0.006 * dice.normal();
        for (col, price) in now.iter_mut().enumerate() {
            *price *= 1.0 + 0.0004 + common + (0.006 + 0.002 * col as f64) * dice.normal();
            values.push((*price * 100.0).round() / 100.0);
        }
    }
    values
}

pub fn panel(dates: Vec<Date>, symbols: Vec<Symbol>, fields: Vec<(&str, Vec<f64>)>) -> Panel {
    let fields = fields.into_iter().map(|(name, values)| (name.to_owned(), values)).collect();
    Panel::new(dates, symbols, fields, Digest::of(b"prices")).expect("a well formed panel")
}

pub fn history(panel: Panel) -> History {
    History {
        panel,
        universe: Universe::Everything,
        requirements: vec![],
        actions: BTreeMap::new(),
        rates: BTreeMap::new(),
        calendar: Calendar::nyse(),
        vanished: Vanished::Stop,
    }
}

/// A world of random walks.
pub fn world(seed: u64, rows: usize, cols: usize) -> History {
    history(panel(days(rows), symbols(cols), vec![("close", walks(seed, rows, cols))]))
}

/// The same, where cash earns 3 % a year.
pub fn earning(seed: u64, rows: usize, cols: usize) -> History {
    with_rate(world(seed, rows, cols), 0.03)
}

pub fn with_rate(mut history: History, rate: f64) -> History {
    history.rates.insert(Date::MIN, rate);
    history
}

pub fn require(history: &mut History, sentence: &str) {
    history.requirements.push(sentence.parse::<Requirement>().expect("a requirement"));
}

pub fn with_actions(history: &mut History, actions: Vec<CorporateAction>) {
    for action in actions {
        history.actions.entry(action.ex_date).or_default().push(action);
    }
}

/// The mandate with `sections` after the two that every mandate has.
pub fn desk(sections: &str) -> Desk {
    let text = format!(
        "[mandate]\nname = \"test\"\ncapital = 1_000_000\nseed = 3\n\
         [universe]\nprices = \"none.csv\"\n{sections}"
    );
    desk_of(&text)
}

pub fn desk_of(text: &str) -> Desk {
    let mandate = Mandate::parse("test.toml", text).expect("a mandate");
    let lock = Digest::of(b"lock");
    let code = Code {
        version: CodeVersion { revision: "revision".to_owned(), lock },
        environment: BTreeMap::from([("rustc".to_owned(), "stable".to_owned())]),
    };
    Desk::new(mandate, "test.toml", text, run_id(), code).expect("a desk")
}

pub fn run_id() -> RunId {
    "run-test".into()
}

pub fn provenance() -> Provenance {
    Provenance { run: "run-test".to_owned(), snapshots: vec![], code_revision: "none".to_owned() }
}

/// A journal that can be cut off behind any of its records.
#[derive(Default, Clone)]
pub struct Tape {
    pub memory: Memory,
    payloads: HashMap<Digest, Vec<u8>>,
}

impl Tape {
    pub fn records(&self) -> &[Record] {
        self.memory.records()
    }

    pub fn prefix(&self, records: usize) -> Tape {
        let memory = Memory::of(self.records()[..records].to_vec());
        Tape { memory, payloads: self.payloads.clone() }
    }

    pub fn of_kind(&self, kind: Kind) -> Vec<&Record> {
        self.records().iter().filter(|record| record.kind == kind).collect()
    }

    pub fn read<T: serde::de::DeserializeOwned>(&self, record: &Record) -> T {
        let payload = &self.payloads[&record.digest];
        serde_json::from_slice(payload).expect("the payload of its kind")
    }
}

impl Spine for Tape {
    fn append(&mut self, batch: Vec<Draft>) -> Result<(), SpineError> {
        for Sealed { record, payload, objects } in self.memory.seal(batch)? {
            self.payloads.insert(record.digest, payload);
            self.payloads.extend(objects.into_iter().map(|bytes| (Digest::of(&bytes), bytes)));
            self.memory.push(record);
        }
        Ok(())
    }

    fn sync(&mut self) -> Result<(), SpineError> {
        Ok(())
    }

    fn record(&self, id: &Id) -> Option<&Record> {
        self.memory.get(id)
    }

    fn payload(&self, digest: &Digest) -> Result<Vec<u8>, SpineError> {
        self.payloads.get(digest).cloned().ok_or_else(|| SpineError::Object {
            digest: *digest,
            what: "not on this tape".to_owned(),
        })
    }
}

fn asked(history: &History) -> Draft {
    let at = close_of(history.panel.dates()[0]);
    Draft::commanded(at, "run-test/asked", b"\"a test\"".to_vec()).in_run(run_id())
}

/// A run from its first record on.
pub fn try_run(desk: &Desk, history: &History) -> (Tape, Result<Outcome, BacktestError>) {
    let mut tape = Tape::default();
    let outcome = run_on(&mut tape, desk, history, None);
    (tape, outcome)
}

pub fn run(desk: &Desk, history: &History) -> (Tape, Outcome) {
    let (tape, outcome) = try_run(desk, history);
    (tape, outcome.expect("the run comes to its end"))
}

pub fn run_on(
    spine: &mut dyn Spine,
    desk: &Desk,
    history: &History,
    until: Option<Date>,
) -> Result<Outcome, BacktestError> {
    spine.append(vec![asked(history)])?;
    backtest::run(desk, history, provenance(), spine, &mut (), until)
}

/// The same command again, over what is there already.
pub fn resume(tape: &mut Tape, desk: &Desk, history: &History) -> Result<Outcome, BacktestError> {
    let records = tape.records().to_vec();
    let mut spine = Retrace::resume(tape, &records, &run_id());
    run_on(&mut spine, desk, history, None)
}

pub fn replay(
    tape: &mut Tape,
    desk: &Desk,
    history: &History,
    until: Option<Date>,
) -> Result<usize, BacktestError> {
    let records = tape.records().to_vec();
    let mut spine = Retrace::replay(tape, &records, &run_id());
    run_on(&mut spine, desk, history, until)?;
    Ok(spine.remaining())
}

/// A mandate that learns: two features, a ridge, monthly decisions and frequent trainings.
pub const LEARNED: &str = r#"
[features]
use = ["fast", "slow"]
define = { fast = "return(close, 5)", slow = "mean(close, 20) / close - 1" }
[forecast]
target = "forward_return_5d"
model = { kind = "ridge", alpha = 1.0 }
train = { window = "200d", every = "40d", embargo = "2d", validate = "40d", sample = "2d" }
[risk]
covariance = { estimator = "ledoit-wolf", window = "60d" }
[allocation]
objective = { maximise = "return - 5 * variance - costs" }
constraints = ["long only", "weight <= 60%", "turnover <= 80%"]
[execution]
costs = { commission = "1bps", spread = "2bps", impact = { model = "square-root", coefficient = 0.1 } }
[monitoring]
features = { test = "psi", alarm = 0.2 }
on_alarm = "retrain"
"#;

/// The simplest mandate: equal weight at each month end, filled at once and free of cost.
pub const PLAIN: &str = r#"
[allocation]
objective = "equal weight"
[execution]
delay = "0d"
"#;
