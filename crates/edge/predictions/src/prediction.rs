//! One prediction, with all that it rests on.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use types::{Digest, Timestamp};

use crate::{Flags, PredictionId};

/// Which model answered, as it was asked for and as it was found. Shared by all its predictions.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Served {
    /// The registered name.
    pub name: String,
    /// The version that answered.
    pub version: String,
    /// The alias by which it was asked for, if it was.
    pub alias: Option<String>,
    /// The training run that made it.
    pub run: Option<String>,
    /// The digest of its files.
    pub digest: Option<String>,
    /// Why this version answered: `primary`, `shadow`, `canary`.
    pub route: Option<String>,
}

/// The value of a feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// It was not known.
    Missing,
    /// A number; a truth value is 0 or 1.
    Number(f64),
    /// A text.
    Text(Arc<str>),
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

/// The names of outputs; most models have one.
pub type Outputs = Arc<[String]>;

/// One prediction: what was asked, of which model, what it said, and what is to be known about that.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// Its id.
    pub id: PredictionId,
    /// When it was made.
    pub at: Timestamp,
    /// When what it predicts is known; `None` where it has no horizon.
    pub matures_at: Option<Timestamp>,
    /// Which model answered.
    pub model: Arc<Served>,
    /// The mandate on whose behalf it was asked for.
    pub mandate: Option<Arc<str>>,
    /// The record of the journal in which it was used: a forecast of a decision.
    pub decision: Option<Arc<str>>,
    /// Who asked.
    pub caller: Option<Arc<str>>,
    /// The id that the caller gave to the request.
    pub request: Option<Arc<str>>,
    /// The names of the entity's keys: `symbol`.
    pub entity_names: Arc<[String]>,
    /// Their values: `AAPL`. As many as there are names.
    pub entity: Vec<Arc<str>>,
    /// The names of the features, in the order of the model.
    pub feature_names: Arc<[String]>,
    /// Their values. As many as there are names.
    pub features: Vec<Value>,
    /// The digest of the features' names and values.
    pub features_digest: Digest,
    /// The digest of the request as it came.
    pub input_digest: Option<Digest>,
    /// The names of the outputs.
    pub output_names: Outputs,
    /// What the model said. As many as there are names.
    pub outputs: Vec<f64>,
    /// How long the answer took, in microseconds.
    pub latency_us: u64,
    /// What is to be known about it.
    pub flags: Flags,
}

impl Prediction {
    /// A prediction of `at` with a new id, the digest of its features, and no more than is given:
    /// set the other fields as they are known.
    pub fn new(
        at: Timestamp,
        model: Arc<Served>,
        feature_names: Arc<[String]>,
        features: Vec<Value>,
        output_names: Outputs,
        outputs: Vec<f64>,
    ) -> Self {
        Self {
            id: PredictionId::new(),
            at,
            matures_at: None,
            model,
            mandate: None,
            decision: None,
            caller: None,
            request: None,
            entity_names: Arc::new([]),
            entity: vec![],
            features_digest: features_digest(&feature_names, &features),
            feature_names,
            features,
            input_digest: None,
            output_names,
            outputs,
            latency_us: 0,
            flags: Flags::none(),
        }
    }

    /// The entity as one text, `name=value` with commas between them, in the order of the names'
    /// alphabet: by it an entity is found and joined. Backslashes stand before `\`, `,` and `=`.
    pub fn entity_key(&self) -> String {
        let names = self.entity_names.iter().map(String::as_str);
        Self::key_of(names.zip(self.entity.iter().map(|value| &**value)))
    }

    /// The same of names and values that stand alone.
    pub fn key_of<T: AsRef<str> + Ord>(pairs: impl IntoIterator<Item = (T, T)>) -> String {
        let mut pairs: Vec<(T, T)> = pairs.into_iter().collect();
        pairs.sort_unstable();
        let mut key = String::new();
        for (name, value) in pairs {
            if !key.is_empty() {
                key.push(',');
            }
            escape(name.as_ref(), &mut key);
            key.push('=');
            escape(value.as_ref(), &mut key);
        }
        key
    }

    /// The first count that does not fit, in words.
    pub(crate) fn fault(&self) -> Option<String> {
        let counts = [
            ("keys", self.entity_names.len(), self.entity.len()),
            ("features", self.feature_names.len(), self.features.len()),
            ("outputs", self.output_names.len(), self.outputs.len()),
        ];
        let (what, names, values) =
            counts.into_iter().find(|(_, names, values)| names != values)?;
        Some(format!("the prediction {} has {names} names of {what} and {values} values", self.id))
    }
}

fn escape(text: &str, into: &mut String) {
    for c in text.chars() {
        if matches!(c, '\\' | ',' | '=') {
            into.push('\\');
        }
        into.push(c);
    }
}

/// The digest of features: of each name and of the kind and bytes of each value, in their order. Any
/// NaN is the same NaN.
pub fn features_digest(names: &[String], values: &[Value]) -> Digest {
    let mut bytes = Vec::with_capacity(values.len() * 24);
    for (name, value) in names.iter().zip(values) {
        bytes.extend((name.len() as u64).to_le_bytes());
        bytes.extend(name.as_bytes());
        match value {
            Value::Missing => bytes.push(0),
            Value::Number(number) => {
                let number = if number.is_nan() { f64::NAN } else { *number };
                bytes.push(1);
                bytes.extend(number.to_bits().to_le_bytes());
            }
            Value::Text(text) => {
                bytes.push(2);
                bytes.extend((text.len() as u64).to_le_bytes());
                bytes.extend(text.as_bytes());
            }
        }
    }
    Digest::of(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entity_is_one_text_whatever_the_order_of_its_keys() {
        let names =
            |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Arc<[String]>>();
        let mut one = Prediction::new(
            Timestamp::default(),
            Arc::default(),
            names(&[]),
            vec![],
            names(&["y"]),
            vec![1.0],
        );
        one.entity_names = names(&["venue", "symbol"]);
        one.entity = vec!["N,Y".into(), "A=B\\".into()];
        assert_eq!(one.entity_key(), r"symbol=A\=B\\,venue=N\,Y");
        assert_eq!(one.fault(), None);
        one.entity.pop();
        assert!(one.fault().unwrap().contains("2 names of keys and 1 values"));
    }

    #[test]
    fn a_digest_tells_names_values_and_kinds_apart() {
        let names = ["a".to_owned(), "b".to_owned()];
        let of = |values: [Value; 2]| features_digest(&names, &values);
        let number = of([1.0.into(), 2.0.into()]);
        assert_eq!(number, of([1.0.into(), 2.0.into()]));
        assert_ne!(number, of([2.0.into(), 1.0.into()]));
        assert_ne!(of([Value::Missing, 2.0.into()]), of([f64::NAN.into(), 2.0.into()]));
        assert_eq!(of([f64::NAN.into(), Value::Missing]), of([(-f64::NAN).into(), Value::Missing]));
        assert_ne!(of(["1".into(), 2.0.into()]), number);
    }
}
