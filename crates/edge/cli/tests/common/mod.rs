//! A small world to try the binary in: a folder with a mandate and two years of made-up prices.
//!
//! The mandate learns a small model four times and decides each month, so that every stage of a
//! run is there and one run takes a fraction of a second.

// Each test file is a crate of its own and uses a part of this.
#![allow(dead_code)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use market::Calendar;
use types::{Date, parse_date};

/// The binary under test.
pub const TRIMTAB: &str = env!("CARGO_BIN_EXE_trimtab");

/// The symbols of the made-up market.
pub const SYMBOLS: [&str; 5] = ["ASH", "ELM", "FIR", "OAK", "YEW"];

/// Trading days in the made-up prices.
pub const DAYS: usize = 504;

/// Its mandate.
pub const MANDATE: &str = r#"[mandate]
name = "small"
capital = 100_000
seed = 3

[universe]
prices = "prices.csv"
require = ["history >= 21d"]
groups = { soft = ["FIR", "YEW"] }

[features]
use = ["fortnight", "reversal_5d", "volatility_21d"]
define = { fortnight = "close / mean(close, 10) - 1" }

[forecast]
target = "forward_return_5d"
model = { kind = "gradient-boosting", trees = 5, depth = 2 }
train = { window = "252d", every = "63d", embargo = "5d", validate = "63d" }
promote_if = "always"

[risk]
covariance = { estimator = "ledoit-wolf", window = "63d" }

[allocation]
objective = { maximise = "return - 5 * variance - costs" }
constraints = ["long only", "weight <= 40%", "group(soft) <= 60%", "budget == 98%"]

[rebalance]
when = "month end"

[execution]
costs = { commission = "1bps", spread = "4bps" }

[cash]
rate = "2%"

[monitoring]
features = { test = "psi", alarm = 1.0 }
on_alarm = "retrain"
"#;

/// A folder with a mandate and its prices.
pub struct World {
    folder: tempfile::TempDir,
}

impl Default for World {
    fn default() -> Self {
        let world = Self { folder: tempfile::tempdir().expect("a temporary folder can be made") };
        world.write("mandate.toml", MANDATE);
        world.write("prices.csv", prices());
        world
    }
}

impl World {
    /// A file in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).expect("the folder is writable");
    }

    /// Puts `new` in the place of `old`, once, in a file.
    pub fn change(&self, name: &str, old: &str, new: &str) {
        let text = fs::read_to_string(self.path(name)).expect("the file is there");
        assert!(text.contains(old), "{name} has no `{old}`");
        self.write(name, text.replacen(old, new, 1));
    }

    /// Puts `new` in the place of `old` in the mandate.
    pub fn mandate(&self, old: &str, new: &str) {
        self.change("mandate.toml", old, new);
    }

    /// Writes `value` as the price of a symbol on one day, counted from 0; gives the day.
    pub fn price(&self, symbol: &str, day: usize, value: &str) -> Date {
        let text = fs::read_to_string(self.path("prices.csv")).expect("the prices are there");
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let column = 1 + SYMBOLS.iter().position(|known| *known == symbol).expect("a symbol");
        let mut cells: Vec<&str> = lines[day + 1].split(',').collect();
        cells[column] = value;
        let date = parse_date(cells[0]).expect("a day");
        lines[day + 1] = cells.join(",");
        self.write("prices.csv", lines.join("\n") + "\n");
        date
    }

    /// Takes the prices of a symbol away from one day on.
    pub fn vanish(&self, symbol: &str, from: usize) {
        for day in from..DAYS {
            self.price(symbol, day, "");
        }
    }

    /// A command in this folder, its words separated by spaces; quotes keep words together.
    pub fn command(&self, words: &str) -> Command {
        let mut command = Command::new(TRIMTAB);
        command.current_dir(self.folder.path()).args(split(words));
        for name in ["TRIMTAB_HOME", "COLUMNS"] {
            command.env_remove(name);
        }
        command
    }

    /// What a command did.
    pub fn trimtab(&self, words: &str) -> Done {
        Done::of(self.command(words).output().expect("the binary runs"))
    }

    /// What a command printed that must have worked.
    pub fn prints(&self, words: &str) -> String {
        let done = self.trimtab(words);
        assert_eq!(done.code, 0, "trimtab {words}\n{}{}", done.out, done.err);
        done.out
    }

    /// The JSON that a command printed that must have worked.
    pub fn json(&self, words: &str) -> serde_json::Value {
        let text = self.prints(&format!("{words} --format json"));
        serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("trimtab {words}: {error}\n{text}"))
    }

    /// Runs the mandate to its end, and gives what the run says of itself.
    pub fn run(&self) -> serde_json::Value {
        self.json("run mandate.toml --home home")
    }

    /// Every file below the folder, as paths within it.
    pub fn files(&self) -> Vec<String> {
        let mut files = vec![];
        gather(self.folder.path(), &mut files);
        let inside = |path: PathBuf| {
            path.strip_prefix(self.folder.path()).expect("below it").display().to_string()
        };
        files.into_iter().map(inside).collect()
    }
}

/// How a command ended.
pub struct Done {
    /// The exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Done {
    /// Of what the system says.
    pub fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("messages are UTF-8");
        Self {
            code: output.status.code().unwrap_or(-1),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }
}

fn split(words: &str) -> Vec<String> {
    let parts = words.split('"').enumerate();
    parts
        .flat_map(|(place, part)| match place % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        })
        .collect()
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder is readable").flatten() {
        match entry.path() {
            path if path.is_dir() => gather(&path, files),
            path => files.push(path),
        }
    }
}

/// Wide closes: five random walks from a fixed seed, on the trading days from 2020 on.
fn prices() -> String {
    let calendar = Calendar::nyse();
    let mut state = 20_200_102_u64;
    let mut uniform = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut values = [20.0, 40.0, 60.0, 80.0, 100.0];
    let mut day = parse_date("2020-01-02").expect("a day");
    let mut text = format!("date,{}\n", SYMBOLS.join(","));
    for _ in 0..DAYS {
        for value in &mut values {
            // The sum of four uniforms has a standard deviation of 0.577: daily moves near 1 %.
            let noise: f64 = (0..4).map(|_| uniform()).sum::<f64>() - 2.0;
            *value *= 1.0 + 0.0004 + 0.018 * noise;
        }
        let cells: Vec<String> = values.iter().map(|value| format!("{value:.4}")).collect();
        text.push_str(&format!("{day},{}\n", cells.join(",")));
        day = calendar.next(day);
    }
    text
}
