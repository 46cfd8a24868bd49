//! Operators held to pandas: `conformance/features` (generate.py, pandas 3.1.1, numpy 2.4.6) has
//! values computed from each definition on the bare window, on an excerpt of real closes of the
//! autumn of 2008 with three gaps and two ties.

use std::collections::BTreeMap;
use std::fs;

use features::{Definition, Expression, FeatureSet, Label};
use types::{Digest, Panel, parse_date};

fn read(file: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../conformance/features/");
    fs::read_to_string(format!("{folder}{file}")).unwrap()
}

fn number(text: &str) -> f64 {
    if text.is_empty() { f64::NAN } else { text.parse().unwrap() }
}

/// `panel.csv`: date, symbol, close, other; sorted by date, then symbol.
fn panel() -> Panel {
    let text = read("panel.csv");
    let lines: Vec<Vec<&str>> =
        text.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let symbols: Vec<&str> =
        lines.iter().take_while(|line| line[0] == lines[0][0]).map(|line| line[1]).collect();
    let column = |index: usize| lines.iter().map(|line| number(line[index])).collect::<Vec<_>>();
    Panel::new(
        lines.iter().step_by(symbols.len()).map(|line| parse_date(line[0]).unwrap()).collect(),
        symbols.into_iter().map(Into::into).collect(),
        BTreeMap::from([("close".to_owned(), column(2)), ("other".to_owned(), column(3))]),
        Digest::ZERO,
    )
    .unwrap()
}

fn values(source: &str, panel: &Panel) -> Vec<f64> {
    match Expression::parse(source).unwrap().window().right {
        0 => {
            let set = FeatureSet::compile(&[Definition::new("feature", source)]).unwrap();
            set.history(panel).unwrap().values
        }
        _ => Label::compile(source).unwrap().history(panel).unwrap(),
    }
}

/// Pandas and we round differently; 1e-9 of the value (1e-12 near 0) is far under any use.
fn agrees(ours: f64, theirs: f64) -> bool {
    ours.is_nan() && theirs.is_nan() || (ours - theirs).abs() <= 1e-12 + 1e-9 * theirs.abs()
}

#[test]
fn operators_agree_with_pandas() {
    let panel = panel();
    let text = read("expected.csv");
    let mut computed: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let (mut known, mut wrong) = (0, Vec::new());
    for line in text.lines().skip(2) {
        let cells: Vec<&str> = line.split(';').collect();
        let ours = computed.entry(cells[0]).or_insert_with(|| values(cells[0], &panel));
        let col = panel.column(&cells[2].into()).unwrap();
        let ours = ours[cells[1].parse::<usize>().unwrap() * panel.symbols().len() + col];
        let theirs = number(cells[3]);
        known += usize::from(!theirs.is_nan());
        if !agrees(ours, theirs) {
            wrong.push(format!("{line} but we have {ours}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(computed.len(), 44);
    assert!(known > 1_000, "only {known} known values");
}
