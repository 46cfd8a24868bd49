//! Predictions that cannot be right, found before they are acted on.

use serde::{Deserialize, Serialize};
use types::{Forecast, Symbol};

/// Expected returns outside it are not believed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ReturnBounds {
    /// The lowest, as a fraction.
    pub low: f64,
    /// The highest.
    pub high: f64,
}

impl ReturnBounds {
    /// The range of the finite training labels, stretched about its middle by `factor` (1 keeps
    /// it). `None` if there is no such label.
    pub fn of_labels(labels: &[f64], factor: f64) -> Option<Self> {
        let finite = labels.iter().copied().filter(|label| label.is_finite());
        let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), label| {
            (low.min(label), high.max(label))
        });
        let (middle, reach) = ((low + high) / 2.0, (high - low) / 2.0 * factor);
        (low <= high).then_some(Self { low: middle - reach, high: middle + reach })
    }
}

/// What is wrong with a prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Invalid {
    /// Not a number.
    NotANumber,
    /// Infinite.
    Infinite,
    /// Below the bounds.
    TooLow,
    /// Above the bounds.
    TooHigh,
}

/// A prediction that cannot be right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InvalidPrediction {
    /// The symbol.
    pub symbol: Symbol,
    /// What is wrong.
    pub what: Invalid,
    /// The same as a sentence, with the number.
    pub message: String,
}

/// The predictions that are not finite, or outside `bounds`, in the order of the forecast.
pub fn check_forecast(forecast: &Forecast, bounds: &ReturnBounds) -> Vec<InvalidPrediction> {
    let both = forecast.symbols.iter().zip(&forecast.expected_return);
    both.filter_map(|(symbol, value)| {
        let what = fault(*value, bounds)?;
        Some(InvalidPrediction {
            symbol: symbol.clone(),
            what,
            message: format!(
                "expected return of {symbol} over {} days is {value}, not between {:.4} and {:.4}",
                forecast.horizon_days, bounds.low, bounds.high
            ),
        })
    })
    .collect()
}

fn fault(value: f64, bounds: &ReturnBounds) -> Option<Invalid> {
    match value {
        v if v.is_nan() => Some(Invalid::NotANumber),
        v if v.is_infinite() => Some(Invalid::Infinite),
        v if v < bounds.low => Some(Invalid::TooLow),
        v if v > bounds.high => Some(Invalid::TooHigh),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_is_named() {
        let bounds = ReturnBounds::of_labels(&[-0.1, f64::NAN, 0.3], 1.5).unwrap();
        assert!((bounds.low + 0.2).abs() < 1e-12 && (bounds.high - 0.4).abs() < 1e-12);
        let forecast = Forecast {
            as_of: types::parse_date("2020-01-31").unwrap(),
            horizon_days: 21,
            symbols: ["A", "B", "C", "D", "E"].map(Symbol::from).to_vec().into(),
            expected_return: vec![0.01, f64::NAN, f64::NEG_INFINITY, -0.21, 0.5],
            model: None,
        };
        let found = check_forecast(&forecast, &bounds);
        let faults: Vec<_> = found.iter().map(|f| (f.symbol.as_str(), f.what)).collect();
        let expected = [
            ("B", Invalid::NotANumber),
            ("C", Invalid::Infinite),
            ("D", Invalid::TooLow),
            ("E", Invalid::TooHigh),
        ];
        assert_eq!(faults, expected);
        assert_eq!(
            found[2].message,
            "expected return of D over 21 days is -0.21, not between -0.2000 and 0.4000"
        );
        assert_eq!(ReturnBounds::of_labels(&[f64::NAN], 2.0), None);
    }
}
