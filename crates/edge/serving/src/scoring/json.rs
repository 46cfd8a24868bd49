//! The shapes of JSON: exactly one of `dataframe_split`, `dataframe_records`, `instances` and `inputs`,
//! as MLflow has them, or `entities`, and `params` beside it.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::records::{Columns, Entities, Records};
use super::{Body, Input};
use crate::oip::quoted;
use crate::{Flat, ServingError, Table};

#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow)]
    dataframe_split: Option<&'a RawValue>,
    #[serde(borrow)]
    dataframe_records: Option<&'a RawValue>,
    #[serde(borrow)]
    instances: Option<&'a RawValue>,
    #[serde(borrow)]
    inputs: Option<&'a RawValue>,
    #[serde(borrow)]
    entities: Option<&'a RawValue>,
    params: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Split {
    columns: Option<Vec<Name>>,
    #[serde(rename = "index")]
    _index: Option<serde::de::IgnoredAny>,
    data: Flat,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Name {
    Text(String),
    Number(i64),
}

pub(super) fn read(body: &[u8]) -> Result<Body, ServingError> {
    let json = quoted(body);
    let body: Fields = serde_json::from_slice(&json).map_err(|error| {
        ServingError::Malformed(format!(
            "Invalid input. Ensure that input is a valid JSON formatted string. Error: '{error}'"
        ))
    })?;
    match &body.params {
        None | Some(Value::Null | Value::Object(_)) => {}
        Some(_) => {
            let what = "Parameters must be a dictionary, by name";
            return Err(ServingError::Invalid(what.to_owned()));
        }
    }
    if let Some(entities) = body.entities {
        let alone = (body.dataframe_split.or(body.dataframe_records))
            .or(body.instances.or(body.inputs))
            .is_none();
        if !alone {
            let what = "`entities` stands alone: columns that are given stand among them";
            return Err(ServingError::Malformed(what.to_owned()));
        }
        return Ok(Body::Entities(parse::<Entities>("entities", entities)?.0));
    }
    let input = match (body.dataframe_split, body.dataframe_records, body.instances, body.inputs) {
        (Some(split), None, None, None) => Input::Frame(of_split(split)?),
        (None, Some(records), None, None) => {
            let records: Records = parse("dataframe_records", records)?;
            Input::Frame(records.table()?)
        }
        (None, None, Some(instances), None) => instances_or_inputs("instances", instances)?,
        (None, None, None, Some(inputs)) => instances_or_inputs("inputs", inputs)?,
        _ => {
            let what = "The input must be a JSON dictionary with exactly one of the input fields \
                 {'dataframe_split', 'dataframe_records', 'instances', 'inputs'}";
            return Err(ServingError::Malformed(what.to_owned()));
        }
    };
    Ok(Body::Input(input))
}

fn parse<'a, T: Deserialize<'a>>(what: &str, raw: &'a RawValue) -> Result<T, ServingError> {
    serde_json::from_str(raw.get()).map_err(|error| {
        ServingError::Malformed(format!("Invalid input. Provided {what} is not valid: {error}"))
    })
}

fn of_split(raw: &RawValue) -> Result<Table, ServingError> {
    let split: Split = parse("dataframe_split", raw)?;
    let names = split.columns.map(|columns| {
        let name = |name| match name {
            Name::Text(text) => text,
            Name::Number(number) => number.to_string(),
        };
        columns.into_iter().map(name).collect()
    });
    Table::of_rows(names, split.data)
}

fn instances_or_inputs(what: &str, raw: &RawValue) -> Result<Input, ServingError> {
    let mut start = raw.get().bytes().filter(|byte| !byte.is_ascii_whitespace());
    match (start.next(), start.next()) {
        (Some(b'{'), _) if what == "inputs" => Ok(Input::Named(parse::<Columns>(what, raw)?.0)),
        (Some(b'['), Some(b'{')) => Ok(Input::Records(parse::<Records>(what, raw)?.table()?)),
        _ => {
            let flat: Flat = parse(what, raw)?;
            if flat.ragged {
                let what = format!("Invalid input. {what} has arrays of different lengths");
                return Err(ServingError::Malformed(what));
            }
            Ok(Input::Array(flat))
        }
    }
}
