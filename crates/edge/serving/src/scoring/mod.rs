//! The bodies that MLflow's scoring server takes, and its answers.
//!
//! SOURCE: MLflow's documentation of `/invocations`: four shapes of JSON, CSV with a header, Parquet.

mod answered;
mod csv;
mod json;
mod parquet;
mod predictions;
mod records;

use serde_json::Value;

use crate::{Flat, Limits, ServingError, Table};

pub use answered::{AnsweredRow, answered};
pub use predictions::write;

/// What is to be scored.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// A data frame: predictions come back as records.
    Frame(Table),
    /// Named columns or tensors.
    Named(Vec<(String, Flat)>),
    /// Records that are no data frame.
    Records(Table),
    /// One array.
    Array(Flat),
}

/// What a body has.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// What is to be scored.
    Input(Input),
    /// Whose features are to be looked up, and what is given beside them: columns of one length.
    Entities(Vec<(String, Vec<Value>)>),
}

/// The kinds of bodies.
const TYPES: [&str; 3] = ["text/csv", "application/json", "application/vnd.apache.parquet"];

/// Reads a body by its content type; without one it is JSON.
///
/// # Errors
/// [`ServingError::MediaType`] for another kind or another charset than UTF-8,
/// [`ServingError::Malformed`] where the body is not of that kind, [`ServingError::TooLarge`].
pub fn read(
    content_type: Option<&str>,
    body: &[u8],
    limits: &Limits,
) -> Result<Body, ServingError> {
    let given = content_type.unwrap_or(TYPES[1]);
    let mut parts = given.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
    for part in parts.filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        if !name.trim().eq_ignore_ascii_case("charset") {
            let what = format!("Unrecognized content type parameters: {name}");
            return Err(ServingError::MediaType(what));
        }
        if !value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8") {
            let what = "The scoring server only supports UTF-8";
            return Err(ServingError::MediaType(what.to_owned()));
        }
    }
    let body = match kind.as_str() {
        "text/csv" => Body::Input(Input::Frame(csv::read(body, limits)?)),
        "application/json" => json::read(body)?,
        "application/vnd.apache.parquet" => Body::Input(Input::Frame(parquet::read(body, limits)?)),
        _ => {
            return Err(ServingError::MediaType(format!(
                "This predictor only supports the following content types: Types: {TYPES:?}. Got \
                 '{given}'."
            )));
        }
    };
    let cells = match &body {
        Body::Input(Input::Frame(table) | Input::Records(table)) => table.cells.len(),
        Body::Input(Input::Named(named)) => named.iter().map(|(_, flat)| flat.len()).sum(),
        Body::Input(Input::Array(flat)) => flat.len(),
        Body::Entities(columns) => columns.iter().map(|(_, values)| values.len()).sum(),
    };
    limits.check_cells(cells)?;
    Ok(body)
}
