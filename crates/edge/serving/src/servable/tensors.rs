//! Tensors → a matrix of features in the order of the file: one for each input of the file, or one for
//! each column of the signature.

use super::{Arranged, Servable, columns_of};
use crate::scoring::Input;
use crate::{Datatype, Flat, ServingError, Tensor};

impl Servable {
    /// The matrix of features of tensors: one for each input of the file, or one for each column of
    /// the signature.
    ///
    /// # Errors
    /// [`ServingError::Invalid`] where a tensor is missing, unknown, or of another type or shape.
    pub fn arrange_tensors(&self, tensors: &[Tensor]) -> Result<Arranged, ServingError> {
        let known = |name: &str| self.inputs.iter().position(|port| port.name == name);
        if tensors.iter().any(|tensor| known(&tensor.name).is_none()) {
            return self.tensors_by_column(tensors);
        }
        let mut parts: Vec<Option<(usize, Vec<f64>)>> = vec![None; self.inputs.len()];
        for tensor in tensors {
            let Some(at) = known(&tensor.name) else { return Err(self.unknown(&tensor.name)) };
            let (port, name) = (&self.inputs[at], &tensor.name);
            let wanted = Datatype::of_port(port);
            if tensor.datatype != wanted {
                let found = tensor.datatype;
                return Err(ServingError::Invalid(format!(
                    "inference input '{name}' data-type is '{found}', but the model expects \
                     '{wanted}'"
                )));
            }
            let columns = columns_of(port);
            let rows = match tensor.shape[..] {
                [rows, found] if found == columns => rows,
                [rows] if columns == 1 => rows,
                _ => {
                    let found = &tensor.shape;
                    return Err(ServingError::Invalid(format!(
                        "unexpected shape for input '{name}': expected [-1,{columns}], got {found:?}"
                    )));
                }
            };
            if parts[at].replace((rows, tensor.numbers()?.to_vec())).is_some() {
                return Err(ServingError::Invalid(format!("input '{name}' is there twice")));
            }
        }
        self.side_by_side(parts)
    }

    /// Whether tensors name entities, whose features are to be looked up: one of them is neither an
    /// input of the file nor a feature.
    pub fn names_entities(&self, tensors: &[Tensor]) -> bool {
        let known = |name: &String| {
            self.features.contains(name) || self.inputs.iter().any(|port| port.name == *name)
        };
        tensors.iter().any(|tensor| !known(&tensor.name))
    }

    fn tensors_by_column(&self, tensors: &[Tensor]) -> Result<Arranged, ServingError> {
        let by_name = |name: &String| tensors.iter().find(|tensor| tensor.name == *name);
        let columns = self.manifest.signature.as_ref().and_then(|s| s.column_names());
        let strange = tensors.iter().find(|t| !self.features.contains(&t.name));
        if let Some(tensor) = strange.or(columns.is_none().then(|| &tensors[0])) {
            return Err(self.unknown(&tensor.name));
        }
        let mut named = Vec::with_capacity(self.features.len());
        for name in &self.features {
            let missing = || ServingError::Invalid(format!("input '{name}' is not given"));
            let tensor = by_name(name).ok_or_else(missing)?;
            let (rows, width) = tensor.rows_columns();
            if width != 1 {
                let shape = &tensor.shape;
                return Err(ServingError::Invalid(format!(
                    "input '{name}' is one column, and its shape is {shape:?}"
                )));
            }
            named.push((name.clone(), Flat::new(tensor.numbers()?.to_vec(), vec![rows])));
        }
        let arranged = self.arrange(Input::Named(named))?;
        Ok(Arranged { as_records: false, ..arranged })
    }
}
