//! What is said of symbols on the command line: `esg=AAPL:0.7,KO:0.4`.
//!
//! In: such texts and the symbols of the question. Out: one number for each symbol; who is not named
//! has nought.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use types::Symbol;

use crate::show::some;

/// Numbers by name: of benchmarks and of characteristics.
pub fn named(
    option: &str,
    given: &[String],
    symbols: &[Symbol],
) -> anyhow::Result<BTreeMap<String, Vec<f64>>> {
    let read = |text: &String| {
        let (name, rest) = text.split_once('=').with_context(|| {
            format!("{option} {text}: expected a name and numbers, such as esg=AAPL:0.7,KO:0.4")
        })?;
        Ok((name.trim().to_owned(), numbers(option, rest, symbols)?))
    };
    given.iter().map(read).collect()
}

/// One number for each symbol, from `AAPL:12%,KO:0.05`.
pub fn numbers(option: &str, text: &str, symbols: &[Symbol]) -> anyhow::Result<Vec<f64>> {
    let mut values = vec![0.0; symbols.len()];
    for (at, value) in pairs(option, text, symbols)? {
        values[at] = value;
    }
    Ok(values)
}

/// Places of symbols with their numbers, in the order in which they are given.
pub fn pairs(option: &str, text: &str, symbols: &[Symbol]) -> anyhow::Result<Vec<(usize, f64)>> {
    let mut found: Vec<(usize, f64)> = Vec::new();
    for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let read = pair.split_once(':').and_then(|(symbol, text)| Some((symbol, number(text)?)));
        let Some((symbol, value)) = read else {
            bail!("{option}: `{pair}`: expected a symbol and a number, such as AAPL:12%");
        };
        let Some(at) = symbols.iter().position(|known| known.as_str() == symbol.trim()) else {
            let known = some(symbols.iter().map(Symbol::as_str));
            bail!("{option}: there is no `{}`; the prices have {known}", symbol.trim());
        };
        if found.iter().any(|(other, _)| *other == at) {
            bail!("{option}: {} comes twice", symbol.trim());
        }
        found.push((at, value));
    }
    Ok(found)
}

/// A rate from its text, such as `5bps` or `0.1%`.
pub fn rate(text: &str) -> Result<f64, String> {
    let (digits, unit) = match text.trim() {
        text if text.ends_with("bps") => (text.trim_end_matches("bps"), 1e-4),
        text => (text.strip_suffix('%').ok_or("expected a unit, such as 5bps or 0.1%")?, 1e-2),
    };
    let value: f64 =
        digits.trim().parse().map_err(|_| "expected a number, such as 5bps or 0.1%")?;
    match (0.0..1.0).contains(&(value * unit)) {
        true => Ok(value * unit),
        false => Err("expected a rate from 0% to below 100%".to_owned()),
    }
}

fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let value: f64 = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().ok()? / 100.0,
        None => text.parse().ok()?,
    };
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_beside_their_symbols() {
        let symbols = ["A", "B", "C"].map(Symbol::from);
        assert_eq!(numbers("--hold", "C:12%, A:0.5", &symbols).unwrap(), [0.5, 0.0, 0.12]);
        let found = named("--benchmark", &["index=A:1".to_owned()], &symbols).unwrap();
        assert_eq!(found["index"], [1.0, 0.0, 0.0]);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let symbols = ["A", "B"].map(Symbol::from);
        for (text, said) in [
            ("A", "`A`: expected a symbol and a number"),
            ("A:much", "`A:much`: expected a symbol and a number"),
            ("Z:1", "there is no `Z`; the prices have A, B"),
        ] {
            let error = numbers("--hold", text, &symbols).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
        let error = named("--benchmark", &["A:1".to_owned()], &symbols).unwrap_err();
        assert!(error.to_string().contains("expected a name and numbers"));
    }
}
