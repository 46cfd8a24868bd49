//! The `MLmodel` file of a model's folder: what kinds of model it holds, and its signature.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use predictions::Check;

use crate::signature::Signature;
use crate::{ModelFeatures, ServingError};

/// What the `MLmodel` file says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Manifest {
    /// The kinds of model that the folder can be loaded as.
    pub flavors: BTreeSet<String>,
    /// The ONNX file of the folder, if it has one.
    pub onnx_file: Option<String>,
    /// What goes in and out.
    pub signature: Option<Signature>,
    /// The run that made it.
    pub run_id: Option<String>,
    /// The logged model that it is.
    pub model_id: Option<String>,
    /// What holds of valid inputs and outputs: `trimtab` in the metadata.
    pub check: Check,
    /// Which features it takes, where they can be looked up: `features` there.
    pub features: Option<ModelFeatures>,
}

#[derive(Deserialize)]
struct Wire {
    #[serde(default)]
    flavors: BTreeMap<String, Value>,
    signature: Option<WireSignature>,
    run_id: Option<String>,
    model_id: Option<String>,
    metadata: Option<Value>,
}

#[derive(Deserialize)]
struct WireSignature {
    inputs: Option<String>,
}

impl Manifest {
    /// Reads the file.
    ///
    /// # Errors
    /// [`ServingError::Model`] where it is not such a file, or its signature cannot be read.
    pub fn read(mlmodel: &[u8]) -> Result<Self, ServingError> {
        let wrong = |what: String| ServingError::Model(format!("its `MLmodel` {what}"));
        let text = std::str::from_utf8(mlmodel).map_err(|_| wrong("is not UTF-8".to_owned()))?;
        let wire: Wire =
            serde_saphyr::from_str(text).map_err(|error| wrong(format!("is not read: {error}")))?;
        let onnx = wire.flavors.get("onnx").and_then(|flavor| flavor.get("data"));
        let onnx_file = onnx.and_then(Value::as_str).map(str::to_owned);
        let inputs = wire.signature.and_then(|signature| signature.inputs);
        let signature = inputs.map(|inputs| Signature::read(&inputs)).transpose()?;
        let mut metadata = wire.metadata;
        let mut metadata = metadata.as_mut().and_then(|metadata| metadata.get_mut("trimtab"));
        let features =
            metadata.as_mut().and_then(|stated| stated.as_object_mut()?.remove("features"));
        let features = features.as_ref().map(ModelFeatures::of_metadata).transpose()?;
        Ok(Self {
            flavors: wire.flavors.into_keys().collect(),
            onnx_file,
            signature,
            run_id: wire.run_id,
            model_id: wire.model_id,
            check: metadata.map(|stated| check(stated)).transpose()?.unwrap_or_default(),
            features,
        })
    }

    /// Whether Python can load it.
    pub fn is_python(&self) -> bool {
        self.flavors.contains("python_function")
    }
}

fn check(metadata: &Value) -> Result<Check, ServingError> {
    serde_json::from_value(metadata.clone()).map_err(|error| {
        ServingError::Model(format!("`trimtab` in the metadata of its `MLmodel`: {error}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ranges_of_valid_predictions_stand_in_the_metadata() {
        let text = "flavors:\n  onnx:\n    data: model.onnx\nmetadata:\n  trimtab:\n    outputs:\n      \
                    '*': {low: -1.0, high: 1.0}\n    withhold: [not_finite]\n    features: \
                    {service: risk}\n";
        let manifest = Manifest::read(text.as_bytes()).unwrap();
        assert!(manifest.check.outputs["*"].has(0.5) && !manifest.check.outputs["*"].has(1.5));
        assert!(manifest.check.withhold.has(predictions::Flag::NotFinite));
        assert_eq!(manifest.features, Some(ModelFeatures::Service("risk".to_owned())));
        let wrong = text.replace("outputs", "ouptuts");
        assert!(Manifest::read(wrong.as_bytes()).unwrap_err().to_string().contains("ouptuts"));
    }
}
