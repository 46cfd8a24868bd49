//! Inputs of the scoring protocol → a matrix of features in the order of the file, held against the
//! model's signature.

use std::sync::Arc;

use super::{Servable, columns_of};
use crate::scoring::Input;
use crate::signature::Inputs;
use crate::table::Table;
use crate::tensor::check_numbers;
use crate::{Column, ColumnType, Datatype, Entities, Flat, ServingError, TensorSpec};

/// Inputs as the model takes them.
#[derive(Debug, Clone, PartialEq)]
pub struct Arranged {
    /// The features, row by row.
    pub x: Vec<f64>,
    /// How many rows there are.
    pub rows: usize,
    /// Columns that were sent and that the model does not know.
    pub extra: Vec<String>,
    /// Whether the answer is a list of records.
    pub as_records: bool,
    /// Of whom the features were looked up, where they were.
    pub entities: Option<Arc<Entities>>,
}

impl Servable {
    /// The matrix of features of a body of the scoring protocol.
    ///
    /// # Errors
    /// [`ServingError::Schema`] or [`ServingError::Invalid`] where it does not fit the signature.
    pub fn arrange(&self, input: Input) -> Result<Arranged, ServingError> {
        let is_frame = matches!(input, Input::Frame(_));
        let signature = self.manifest.signature.as_ref().map(|signature| &signature.inputs);
        match signature {
            Some(Inputs::Columns(columns)) => {
                let unnamed = columns.iter().any(|column| column.name.is_none());
                if unnamed && matches!(input, Input::Named(_)) {
                    return Err(ServingError::Malformed(
                        "the columns of this model have no names: send rows".to_owned(),
                    ));
                }
                self.by_column(columns, table_of(input)?)
            }
            Some(Inputs::Tensors(specs)) => match input {
                Input::Records(_) => Err(ServingError::Schema(
                    "this model takes a tensor: send rows, or a data frame".to_owned(),
                )),
                Input::Frame(table) => {
                    let x = self.of_table(table, specs)?;
                    Ok(self.arranged(x, false))
                }
                Input::Named(named) => self.by_port(named, specs),
                Input::Array(flat) => self.of_array(flat, specs),
            },
            None => match input {
                Input::Named(named) => self.by_port(named, &[]),
                Input::Array(flat) => self.of_array(flat, &[]),
                Input::Frame(table) | Input::Records(table) => {
                    let x = self.of_table(table, &[])?;
                    Ok(self.arranged(x, is_frame))
                }
            },
        }
    }

    pub(super) fn arranged(&self, x: Vec<f64>, as_records: bool) -> Arranged {
        let rows = x.len() / self.model.features();
        Arranged { x, rows, extra: Vec::new(), as_records, entities: None }
    }

    fn by_column(&self, columns: &[Column], table: Table) -> Result<Arranged, ServingError> {
        let (x, extra) = table.arrange(columns).map_err(|error| match error {
            ServingError::Schema(what) => ServingError::Schema(format!(
                "Failed to enforce schema of the data with the signature of the model. Error: {what}"
            )),
            other => other,
        })?;
        Ok(Arranged { x, rows: table.rows, extra, as_records: true, entities: None })
    }

    /// A table whose columns are the features in their order.
    fn of_table(&self, table: Table, specs: &[TensorSpec]) -> Result<Vec<f64>, ServingError> {
        let width = self.model.features();
        if self.inputs.len() > 1 {
            let columns: Vec<Column> = (self.features.iter())
                .map(|name| {
                    let kind = ColumnType::Double;
                    Column { name: Some(name.clone()), kind, required: true }
                })
                .collect();
            return Ok(table.arrange(&columns)?.0);
        }
        if table.columns != width {
            let found = table.columns;
            return Err(ServingError::Schema(format!(
                "Shape of input ({}, {found}) does not match expected shape (-1, {width}).",
                table.rows
            )));
        }
        let mut cells = table.cells;
        for (at, text) in std::mem::take(&mut cells.texts) {
            let no = || match table.typed {
                true => ServingError::Schema(format!("the data holds '{text}', no number")),
                false => ServingError::Malformed(format!("the data holds '{text}', no number")),
            };
            cells.numbers[at] = text.trim().parse().map_err(|_| no())?;
        }
        numbers_of("the data", cells, specs.first())
    }

    fn of_array(&self, flat: Flat, specs: &[TensorSpec]) -> Result<Arranged, ServingError> {
        if specs.len() > 1 || self.inputs.len() > 1 {
            let names: Vec<&str> = self.inputs.iter().map(|port| port.name.as_str()).collect();
            return Err(ServingError::Schema(format!(
                "this model has {} inputs: send a dictionary with {}",
                names.len(),
                names.join(", ")
            )));
        }
        let width = self.model.features();
        let fits = matches!(flat.dims[..], [_, columns] if columns == width)
            || (width == 1 && flat.dims.len() == 1);
        if !fits && flat.dims != [0] {
            let found = &flat.dims;
            return Err(ServingError::Schema(format!(
                "Shape of input {found:?} does not match expected shape (-1, {width})."
            )));
        }
        let x = numbers_of("the data", flat, specs.first())?;
        Ok(self.arranged(x, false))
    }

    /// Tensors by the names of the inputs.
    fn by_port(
        &self,
        named: Vec<(String, Flat)>,
        specs: &[TensorSpec],
    ) -> Result<Arranged, ServingError> {
        let known = |name: &str| self.inputs.iter().position(|port| port.name == name);
        let all_known = named.iter().all(|(name, _)| known(name).is_some());
        if !all_known && self.features.iter().all(|f| named.iter().any(|(name, _)| name == f)) {
            let x = self.of_table(Table::of_columns(named)?, specs)?;
            return Ok(self.arranged(x, false));
        }
        let mut parts: Vec<Option<(usize, Vec<f64>)>> = vec![None; self.inputs.len()];
        for (name, flat) in named {
            let at = known(&name).ok_or_else(|| self.unknown(&name))?;
            let columns = columns_of(&self.inputs[at]);
            let rows = flat.dims.first().copied().unwrap_or(0);
            if flat.ragged || flat.len() != rows * columns {
                let found = &flat.dims;
                return Err(ServingError::Schema(format!(
                    "input '{name}' has shape {found:?}, and the model takes (-1, {columns})"
                )));
            }
            let spec = specs.iter().find(|spec| spec.name.as_ref() == Some(&name));
            parts[at] = Some((rows, numbers_of(&name, flat, spec)?));
        }
        self.side_by_side(parts)
    }

    pub(super) fn unknown(&self, name: &str) -> ServingError {
        let known: Vec<&str> = self.inputs.iter().map(|port| port.name.as_str()).collect();
        ServingError::Invalid(format!(
            "unexpected inference input '{name}': the model takes {}",
            known.join(", ")
        ))
    }

    /// The parts of all inputs, each with its rows, as one matrix.
    pub(super) fn side_by_side(
        &self,
        parts: Vec<Option<(usize, Vec<f64>)>>,
    ) -> Result<Arranged, ServingError> {
        let mut whole = Vec::with_capacity(parts.len());
        for (port, part) in self.inputs.iter().zip(parts) {
            let missing = || {
                let name = &port.name;
                ServingError::Invalid(format!("input '{name}' of the model is not given"))
            };
            whole.push((columns_of(port), part.ok_or_else(missing)?));
        }
        let rows = whole.first().map_or(0, |(_, (rows, _))| *rows);
        if whole.iter().any(|(_, (other, _))| *other != rows) {
            return Err(ServingError::Invalid("the inputs differ in their rows".to_owned()));
        }
        if whole.len() == 1 {
            let x = whole.swap_remove(0).1.1;
            return Ok(self.arranged(x, false));
        }
        let mut x = Vec::with_capacity(rows * self.model.features());
        for row in 0..rows {
            for (columns, (_, part)) in &whole {
                x.extend_from_slice(&part[row * columns..(row + 1) * columns]);
            }
        }
        Ok(self.arranged(x, false))
    }
}

/// Any input as a table, for a signature of columns.
fn table_of(input: Input) -> Result<Table, ServingError> {
    match input {
        Input::Frame(table) | Input::Records(table) => Ok(table),
        Input::Array(flat) => Table::of_rows(None, flat),
        Input::Named(mut named) => {
            // Single values are one row.
            if named.iter().all(|(_, flat)| flat.dims.is_empty()) {
                named.iter_mut().for_each(|(_, flat)| flat.dims = vec![1]);
            }
            Table::of_columns(named)
        }
    }
}

/// The numbers of a tensor, of the type that a signature states.
fn numbers_of(name: &str, flat: Flat, spec: Option<&TensorSpec>) -> Result<Vec<f64>, ServingError> {
    let mut numbers = flat.numbers;
    for (at, text) in flat.texts {
        let number = crate::flat::word(&text);
        let no = || ServingError::Schema(format!("{name} holds the text '{text}', no number"));
        numbers[at] = number.ok_or_else(no)?;
    }
    if let Some(datatype) = spec.and_then(|spec| numpy(&spec.dtype)) {
        check_numbers(name, datatype, &numbers).map_err(|e| ServingError::Schema(e.to_string()))?;
    }
    Ok(numbers)
}

fn numpy(dtype: &str) -> Option<Datatype> {
    let word = match dtype {
        "bool" => "BOOL".to_owned(),
        "float16" | "float32" | "float64" => dtype.replace("float", "FP"),
        other => other.to_ascii_uppercase(),
    };
    Datatype::parse(&word).ok()
}
