//! Answers of a scoring server that another process gave, taken apart into rows.
//!
//! SOURCE: MLflow's documentation of `/invocations`: `{"predictions": …}`, of a list with an element
//! for each row, or of lists by the names of outputs.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::oip::quoted;

/// A row of an answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AnsweredRow {
    /// The names of its numbers.
    pub names: Vec<String>,
    /// Its numbers; NaN for a null.
    pub numbers: Vec<f64>,
    /// Whether it has something that is no number.
    pub has_texts: bool,
}

#[derive(Deserialize)]
struct Body {
    predictions: Value,
}

/// The rows of an answer; `None` if it cannot be taken apart into rows.
pub fn answered(body: &[u8]) -> Option<Vec<AnsweredRow>> {
    let body: Body = serde_json::from_slice(&quoted(body)).ok()?;
    match &body.predictions {
        Value::Array(rows) => Some(rows.iter().map(|row| of_row("prediction", row)).collect()),
        Value::Object(outputs) => by_output(outputs),
        _ => None,
    }
}

fn of_row(name: &str, value: &Value) -> AnsweredRow {
    let mut row = AnsweredRow::default();
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| row.add(name, value)),
        value => row.add(name, value),
    }
    row
}

/// The rows of lists of one length.
fn by_output(outputs: &Map<String, Value>) -> Option<Vec<AnsweredRow>> {
    let length = outputs.values().next()?.as_array()?.len();
    let mut rows = vec![AnsweredRow::default(); length];
    for (name, values) in outputs {
        let values = values.as_array().filter(|values| values.len() == length)?;
        rows.iter_mut().zip(values).for_each(|(row, value)| row.add(name, value));
    }
    Some(rows)
}

impl AnsweredRow {
    /// Adds a value; those of a list get a number behind their name.
    fn add(&mut self, name: &str, value: &Value) {
        let number = match value {
            Value::Number(number) => number.as_f64(),
            Value::Bool(yes) => Some(f64::from(u8::from(*yes))),
            Value::Null => Some(f64::NAN),
            Value::String(text) => crate::flat::word(text),
            Value::Array(values) => {
                for (at, value) in values.iter().enumerate() {
                    self.add(&format!("{name}[{at}]"), value);
                }
                return;
            }
            Value::Object(_) => None,
        };
        match number {
            Some(number) => {
                self.names.push(name.to_owned());
                self.numbers.push(number);
            }
            None => self.has_texts = true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_taken_apart_into_rows_or_not_at_all() {
        let rows = |body: &str| {
            let rows = answered(body.as_bytes())?;
            let told = rows.iter().map(|row| {
                let pairs = row.names.iter().zip(&row.numbers);
                let told: Vec<String> = pairs.map(|(name, v)| format!("{name}={v}")).collect();
                format!("{}{}", told.join(" "), if row.has_texts { " texts" } else { "" })
            });
            Some(told.collect::<Vec<_>>().join("; "))
        };
        for (body, expected) in [
            (
                r#"{"predictions": [1, -2.5, NaN, true]}"#,
                "prediction=1; prediction=-2.5; prediction=NaN; prediction=1",
            ),
            (
                r#"{"predictions": [[1, 2], [3, 4]]}"#,
                "prediction[0]=1 prediction[1]=2; prediction[0]=3 prediction[1]=4",
            ),
            (r#"{"predictions": [{"label": "a", "score": 0.5}]}"#, "score=0.5 texts"),
            (r#"{"predictions": [{"p": [0.1, 0.9]}]}"#, "p[0]=0.1 p[1]=0.9"),
            (r#"{"predictions": ["a"]}"#, " texts"),
            (r#"{"predictions": {"y": [1, 2], "z": [[3], [4]]}}"#, "y=1 z[0]=3; y=2 z[0]=4"),
            (r#"{"predictions": []}"#, ""),
        ] {
            assert_eq!(rows(body).as_deref(), Some(expected), "{body}");
        }
        for body in
            ["", "1", "{}", r#"{"predictions": 1}"#, r#"{"predictions": {"y": [1], "z": []}}"#]
        {
            assert_eq!(rows(body), None, "{body}");
        }
    }
}
