//! From drift to a verdict: which thresholds were crossed, and what the mandate wants done then.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{FeatureDrift, MonitoringError};

/// What is held against a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Test {
    /// The population stability index, alarming above the threshold.
    Psi,
    /// The Kolmogorov–Smirnov distance, alarming above it.
    Ks,
    /// The p-value of that distance, alarming below it.
    KsP,
    /// The change of the share of missing values, up or down, alarming above it.
    Missing,
}

impl Test {
    const ALL: [Test; 4] = [Test::Psi, Test::Ks, Test::KsP, Test::Missing];

    /// The word in a mandate.
    pub const fn as_str(self) -> &'static str {
        match self {
            Test::Psi => "psi",
            Test::Ks => "ks",
            Test::KsP => "ks-p",
            Test::Missing => "missing",
        }
    }

    /// What the test measured of a feature, where it is defined.
    pub fn value(self, drift: &FeatureDrift) -> Option<f64> {
        match self {
            Test::Psi => Some(drift.psi),
            Test::Ks => drift.ks,
            Test::KsP => drift.ks_p,
            Test::Missing => Some((drift.missing_recent - drift.missing_training).abs()),
        }
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Test {
    type Err = MonitoringError;
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let found = Test::ALL.into_iter().find(|test| test.as_str() == word);
        found.ok_or_else(|| unknown(word, "a drift test", &Test::ALL))
    }
}

/// A test with its threshold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    /// What is measured.
    pub test: Test,
    /// When it alarms: above for [`Test::Psi`], [`Test::Ks`] and [`Test::Missing`], below for
    /// [`Test::KsP`].
    pub threshold: f64,
}

impl Alarm {
    /// A test with a threshold that it can reach: positive, and below 1 for all but the index.
    pub fn new(test: Test, threshold: f64) -> Result<Self, MonitoringError> {
        let (fits, range) = match test {
            Test::Psi => (threshold.is_finite(), "a positive number"),
            _ => (threshold < 1.0, "a number between 0 and 1"),
        };
        if !(fits && threshold > 0.0) {
            return Err(MonitoringError::Threshold {
                test: test.as_str(),
                threshold: threshold.to_string(),
                range,
            });
        }
        Ok(Self { test, threshold })
    }

    fn rings(&self, value: f64) -> bool {
        match self.test {
            Test::KsP => value < self.threshold,
            _ => value > self.threshold,
        }
    }
}

/// What a mandate wants done on an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Response {
    /// Train anew on what is known now.
    Retrain,
    /// Keep what is held until a person has looked.
    Hold,
    /// Give the champion's place back to the version that held it before.
    RollBack,
}

impl Response {
    const ALL: [Response; 3] = [Response::Retrain, Response::Hold, Response::RollBack];

    /// The words in a mandate.
    pub const fn as_str(self) -> &'static str {
        match self {
            Response::Retrain => "retrain",
            Response::Hold => "hold",
            Response::RollBack => "roll back",
        }
    }
}

impl fmt::Display for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Response {
    type Err = MonitoringError;
    /// `retrain`, `hold`, `roll back` (also `roll-back` and `rollback`).
    fn from_str(words: &str) -> Result<Self, Self::Err> {
        match words {
            "retrain" => Ok(Response::Retrain),
            "hold" => Ok(Response::Hold),
            "roll back" | "roll-back" | "rollback" => Ok(Response::RollBack),
            _ => Err(unknown(words, "a response to an alarm", &Response::ALL)),
        }
    }
}

/// One feature that crossed the threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alarmed {
    /// The feature.
    pub feature: String,
    /// The test that alarmed.
    pub test: Test,
    /// What it measured.
    pub value: f64,
    /// What it was held against.
    pub threshold: f64,
    /// The same as a sentence.
    pub message: String,
}

/// What came of watching.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The features that alarmed, in column order.
    pub alarms: Vec<Alarmed>,
    /// What to do: `None` when nothing alarmed.
    pub response: Option<Response>,
}

/// Holds each feature against the threshold. A feature that had values in training and has none
/// now alarms whatever the test, as a [`Test::Missing`] of its own.
pub fn judge(drifts: &[FeatureDrift], alarm: &Alarm, on_alarm: Response) -> Verdict {
    let alarms: Vec<_> = drifts.iter().filter_map(|drift| ring(drift, alarm)).collect();
    Verdict { response: (!alarms.is_empty()).then_some(on_alarm), alarms }
}

fn ring(drift: &FeatureDrift, alarm: &Alarm) -> Option<Alarmed> {
    let vanished = drift.missing_recent >= 1.0 && drift.missing_training < 1.0;
    let (test, value, threshold) = match alarm.test.value(drift) {
        Some(value) if alarm.rings(value) => (alarm.test, value, alarm.threshold),
        _ if vanished => (Test::Missing, 1.0 - drift.missing_training, 0.0),
        _ => return None,
    };
    Some(Alarmed {
        feature: drift.feature.clone(),
        test,
        value,
        threshold,
        message: sentence(drift, test, value, threshold, vanished),
    })
}

fn sentence(d: &FeatureDrift, test: Test, value: f64, threshold: f64, vanished: bool) -> String {
    let rows = format!("{} recent rows against {} of the training", d.rows_recent, d.rows_training);
    if vanished {
        return format!(
            "{} has no value any more, in training {:.1} % were missing ({rows})",
            d.feature,
            100.0 * d.missing_training
        );
    }
    let sign = if test == Test::KsP { '<' } else { '>' };
    format!("{test} of {} {value:.4} {sign} {threshold} ({rows})", d.feature)
}

fn unknown<T: fmt::Display>(word: &str, what: &'static str, known: &[T]) -> MonitoringError {
    MonitoringError::UnknownWord {
        word: word.to_owned(),
        what,
        known: known.iter().map(|known| format!("`{known}`")).collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drifted() -> FeatureDrift {
        FeatureDrift {
            feature: "momentum".into(),
            rows_training: 5_000,
            rows_recent: 420,
            missing_training: 0.02,
            missing_recent: 0.12,
            psi: 0.30,
            psi_by_chance: 0.03,
            ks: Some(0.15),
            ks_p: Some(0.001),
        }
    }

    #[test]
    fn each_test_has_its_direction() {
        for (test, threshold, rings) in [
            (Test::Psi, 0.25, true),
            (Test::Psi, 0.30, false),
            (Test::Ks, 0.10, true),
            (Test::Ks, 0.20, false),
            (Test::KsP, 0.05, true),
            (Test::KsP, 0.0005, false),
            (Test::Missing, 0.05, true),
            (Test::Missing, 0.2, false),
        ] {
            let alarm = Alarm::new(test, threshold).unwrap();
            let verdict = judge(&[drifted()], &alarm, Response::Hold);
            assert_eq!(verdict.alarms.len(), usize::from(rings), "{test} {threshold}");
            assert_eq!(verdict.response, rings.then_some(Response::Hold));
        }
    }

    #[test]
    fn an_alarm_is_a_sentence() {
        let verdict = judge(&[drifted()], &Alarm::new(Test::Psi, 0.25).unwrap(), Response::Retrain);
        assert_eq!(
            verdict.alarms[0].message,
            "psi of momentum 0.3000 > 0.25 (420 recent rows against 5000 of the training)"
        );
    }

    #[test]
    fn a_feature_that_vanished_alarms_whatever_the_test() {
        let gone = FeatureDrift { missing_recent: 1.0, ks: None, ks_p: None, ..drifted() };
        let verdict = judge(&[gone], &Alarm::new(Test::Ks, 0.1).unwrap(), Response::Hold);
        assert_eq!(verdict.alarms[0].test, Test::Missing);
        assert!(verdict.alarms[0].message.contains("has no value any more"));
    }

    #[test]
    fn words_are_a_closed_list() {
        assert_eq!("roll-back".parse(), Ok(Response::RollBack));
        assert_eq!("ks-p".parse(), Ok(Test::KsP));
        let error = "retrian".parse::<Response>().unwrap_err().to_string();
        assert_eq!(
            error,
            "`retrian` is not a response to an alarm: use one of `retrain`, `hold`, `roll back`"
        );
        for (test, bad) in [
            (Test::Psi, 0.0),
            (Test::Psi, f64::NAN),
            (Test::Ks, 1.0),
            (Test::KsP, 5.0),
            (Test::Missing, -0.1),
        ] {
            assert!(Alarm::new(test, bad).is_err(), "{test} {bad}");
        }
    }
}
