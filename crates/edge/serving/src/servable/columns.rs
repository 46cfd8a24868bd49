//! The columns of a model that were looked up or given one by one → a matrix of features in the order
//! of the file.

use super::{Arranged, Servable};
use crate::scoring::Input;
use crate::signature::Inputs;
use crate::{ColumnType, Flat, ServingError};

impl Servable {
    /// The names of the columns by which features are looked up; `None` where the model has none, and
    /// its columns are the features in the order in which they are stated.
    pub fn column_names(&self) -> Option<Vec<String>> {
        match self.manifest.signature.as_ref().map(|signature| (signature, &signature.inputs)) {
            Some((signature, Inputs::Columns(_))) => signature.column_names(),
            _ if self.inputs.len() > 1 => Some(self.features.clone()),
            _ => None,
        }
    }

    /// Whether a column can go without a value.
    pub fn takes_missing(&self, name: &str) -> bool {
        let Some(Inputs::Columns(columns)) = self.manifest.signature.as_ref().map(|s| &s.inputs)
        else {
            return true;
        };
        let column = columns.iter().find(|column| column.name.as_deref() == Some(name));
        column.is_none_or(|c| matches!(c.kind, ColumnType::Float | ColumnType::Double))
    }

    /// The matrix of features of columns of one length, in any order if the model has names for them,
    /// otherwise in its order.
    ///
    /// # Errors
    /// [`ServingError::Schema`] or [`ServingError::Malformed`] where they do not fit the signature.
    pub fn arrange_columns(&self, columns: Vec<(String, Flat)>) -> Result<Arranged, ServingError> {
        if self.column_names().is_some() {
            return self.arrange(Input::Named(columns));
        }
        let (rows, width) = (columns.first().map_or(0, |(_, c)| c.len()), columns.len());
        let mut flat = Flat::new(vec![f64::NAN; rows * width], vec![rows, width]);
        for (at, (name, column)) in columns.into_iter().enumerate() {
            if column.ragged || column.dims != [rows] {
                return Err(ServingError::Schema(format!(
                    "column {name} does not have one value for each of {rows} rows"
                )));
            }
            for (row, number) in column.numbers.into_iter().enumerate() {
                flat.numbers[row * width + at] = number;
            }
            let texts = column.texts.into_iter().map(|(row, text)| (row * width + at, text));
            flat.texts.extend(texts);
        }
        self.arrange(Input::Array(flat))
    }
}
