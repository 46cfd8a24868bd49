//! Alpha158 and Qlib's operators held to Qlib: `conformance/features/alpha158` (generate.py, Qlib
//! 0.9.7 in 64 bits) has what Qlib itself gives on 200 days of four shares, one listed late, one
//! with a gap of three days, one with a price that does not move for a month.
//!
//! Every value is held to 1e-6 of its size, or 1e-9 near 0. What differs is listed in [`differs`],
//! and nothing else may.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::ops::Range;

use features::{Definition, FeatureSet, packages};
use flate2::read::GzDecoder;
use types::{Digest, Panel, parse_date};

fn read(file: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../conformance/features/alpha158/");
    let mut text = String::new();
    let file = File::open(format!("{folder}{file}")).unwrap();
    GzDecoder::new(file).read_to_string(&mut text).unwrap();
    text
}

fn number(text: &str) -> f64 {
    match text {
        "" => f64::NAN,
        "inf" => f64::INFINITY,
        "-inf" => f64::NEG_INFINITY,
        text => text.parse().unwrap(),
    }
}

/// `panel.csv.gz`: date, symbol, fields; sorted by date, then symbol.
fn panel() -> Panel {
    let text = read("panel.csv.gz");
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let head = lines.next().unwrap();
    let lines: Vec<_> = lines.collect();
    let symbols: Vec<&str> =
        lines.iter().take_while(|line| line[0] == lines[0][0]).map(|line| line[1]).collect();
    let column = |index: usize| lines.iter().map(|line| number(line[index])).collect::<Vec<_>>();
    let fields = head.iter().enumerate().skip(2);
    Panel::new(
        lines.iter().step_by(symbols.len()).map(|line| parse_date(line[0]).unwrap()).collect(),
        symbols.into_iter().map(Into::into).collect(),
        fields.map(|(index, name)| ((*name).to_owned(), column(index))).collect(),
        Digest::ZERO,
    )
    .unwrap()
}

fn agrees(ours: f64, theirs: f64) -> bool {
    ours.is_nan() && theirs.is_nan() || (ours - theirs).abs() <= 1e-9 + 1e-6 * theirs.abs()
}

// The excerpt: symbol 1 is listed on row 40, symbol 2 is unknown on rows 60 to 62, the price of
// symbol 3 does not move on rows 100 to 129.
const LISTED: usize = 40;
const GAP: Range<usize> = 60..63;
const STILL: Range<usize> = 100..130;

/// Why our value of a row and symbol differs from Qlib's, if that is known.
fn differs(
    what: &str,
    (row, symbol): (usize, usize),
    ours: f64,
    theirs: f64,
) -> Option<&'static str> {
    let is = |names: &[&str]| names.iter().any(|name| what.starts_with(name));
    let after_gap = |rows: usize| symbol == 2 && (GAP.start..GAP.end + rows).contains(&row);
    // Qlib divides the weighted mean by the number of rows once more (issue 1993).
    if what == "WMA($close, 6)" {
        let rows = (row + 1).min(6) as f64;
        return (after_gap(6) || symbol == 1 || agrees(ours, theirs * rows)).then_some("WMA");
    }
    // numpy's argmax takes an unknown value for the largest and for the smallest.
    if is(&["IdxMax", "IdxMin", "IMAX", "IMIN", "IMXD"]) && after_gap(usize::MAX - GAP.end) {
        let forever = what.ends_with(", 0)");
        return (forever || row < GAP.end + 60).then_some("place of the extreme in a gap");
    }
    // A comparison of two unknown values is false there, and counts as a day.
    if is(&["CNT"]) && after_gap(60) {
        return Some("comparison in a gap");
    }
    if is(&["Gt", "Ge", "Lt", "Le", "Eq", "Ne", "And", "Or", "Not"])
        && symbol == 2
        && GAP.contains(&row)
    {
        return Some("comparison in a gap");
    }
    // The running variance of a price that does not move is a rounding error there and 0 here.
    if is(&["STD", "WVMA"]) && symbol == 3 && STILL.contains(&row) && ours == 0.0 {
        return Some("variance of equal values");
    }
    // There is no row at all before the listing; here none is known.
    if is(&["Count"]) && symbol == 1 && row < LISTED && ours == 0.0 {
        return Some("count before the listing");
    }
    None
}

/// Differences that are not listed, and how many values were known and how many are listed.
#[derive(Default)]
struct Tally {
    wrong: Vec<String>,
    known: usize,
    listed: BTreeMap<&'static str, usize>,
}

impl Tally {
    fn hold(&mut self, what: &str, (row, symbol): (usize, usize), ours: f64, theirs: f64) {
        self.known += usize::from(!theirs.is_nan());
        if agrees(ours, theirs) {
            return;
        }
        match differs(what, (row, symbol), ours, theirs) {
            Some(why) => *self.listed.entry(why).or_default() += 1,
            None => {
                self.wrong.push(format!("{what} row {row} symbol {symbol}: {ours} for {theirs}"))
            }
        }
    }
}

#[test]
fn alpha158_agrees_with_qlib() {
    let panel = panel();
    let set = FeatureSet::resolve(&["alpha158".to_owned()], &BTreeMap::new()).unwrap();
    let ours = set.history(&panel).unwrap();
    let text = read("expected.csv.gz");
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').skip(2).collect();
    assert_eq!(set.names(), names);
    let mut tally = Tally::default();
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        let day = parse_date(cells[0]).unwrap();
        let row = panel.dates().iter().position(|date| *date == day).unwrap();
        let symbol = panel.column(&cells[1].into()).unwrap();
        let values = &ours.row(row)[symbol * names.len()..][..names.len()];
        for ((name, ours), theirs) in names.iter().zip(values).zip(&cells[2..]) {
            tally.hold(name, (row, symbol), *ours, number(theirs));
        }
    }
    assert_eq!(tally.wrong, Vec::<String>::new());
    assert_eq!(tally.known, 19_065);
    let listed = BTreeMap::from([
        ("comparison in a gap", 140),
        ("place of the extreme in a gap", 154),
        ("variance of equal values", 5),
    ]);
    assert_eq!(tally.listed, listed);
}

#[test]
fn operators_agree_with_qlib() {
    let panel = panel();
    let text = read("operators.csv.gz");
    let mut computed: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut tally = Tally::default();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(';').collect();
        let ours = computed.entry(cells[0]).or_insert_with(|| {
            let set = FeatureSet::compile(&[Definition::new("feature", cells[0])]).unwrap();
            set.history(&panel).unwrap().values
        });
        let row: usize = cells[1].parse().unwrap();
        let symbol = panel.column(&cells[2].into()).unwrap();
        let theirs = match cells[3] {
            "True" => 1.0,
            "False" => 0.0,
            text => number(text),
        };
        tally.hold(cells[0], (row, symbol), ours[row * panel.symbols().len() + symbol], theirs);
    }
    assert_eq!(tally.wrong, Vec::<String>::new());
    assert_eq!(tally.known, 4_552);
    let listed = BTreeMap::from([
        ("WMA", 72),
        ("comparison in a gap", 27),
        ("count before the listing", 8),
        ("place of the extreme in a gap", 42),
    ]);
    assert_eq!(tally.listed, listed);
    assert_eq!(computed.len(), 62);
}

#[test]
fn packages_resolve_with_ranks_and_own_definitions() {
    let own = BTreeMap::from([("VWAP0".to_owned(), "(high + low) / 2 / close".to_owned())]);
    let names = ["KMID_rank", "alpha158", "alpha360"].map(str::to_owned);
    let set = FeatureSet::resolve(&names, &own).unwrap();
    // OPEN0, HIGH0, LOW0 and VWAP0 are in both packages.
    assert_eq!(set.names().len(), 1 + 158 + 360 - 4);
    let vwap = set.definitions().iter().find(|definition| definition.name == "VWAP0").unwrap();
    assert_eq!(vwap.source, "(high + low) / 2 / close");
    assert_eq!((set.window().left, set.window().right), (60, 0));
    for package in packages() {
        FeatureSet::compile(&package.definitions).unwrap();
    }
}
