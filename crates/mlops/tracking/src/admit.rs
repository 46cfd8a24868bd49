//! The one place where a model becomes a forecaster.

use std::fmt;

use types::{Digest, Features, Forecast};

use crate::{ModelVersion, Pick, PolicyError, Registry};

/// A model that may forecast: registered, with all four metadata, loaded from exactly the bytes that
/// were registered. [`Registry::admit`] is the only way to one. A room that takes an `Admitted`
/// rather than a model can therefore not be given an unregistered one; this does not compile:
///
/// ```compile_fail,E0451
/// fn forge(version: tracking::ModelVersion, model: learning::Model) -> tracking::Admitted {
///     tracking::Admitted { version, model }
/// }
/// ```
///
/// Loading costs far more than a forecast; keep it for as long as its alias does not move.
pub struct Admitted {
    version: ModelVersion,
    model: learning::Model,
}

impl Registry {
    /// Admits a registered version to forecasting. `model_bytes` is its `model.onnx`.
    ///
    /// Refuses a version that is not registered, one without its metadata, and bytes whose digest is
    /// not the registered one; and what the evaluator cannot load.
    pub fn admit(
        &self,
        name: &str,
        pick: impl Into<Pick>,
        model_bytes: &[u8],
    ) -> Result<Admitted, PolicyError> {
        let version = self.find(name, pick)?.clone();
        version.check()?;
        let found = Digest::of(model_bytes);
        if found != version.artifact {
            return Err(PolicyError::Altered {
                name: version.name,
                version: version.version,
                registered: version.artifact,
                found,
            });
        }
        let model = learning::Model::load(model_bytes).map_err(|e| failed(&version, e))?;
        Ok(Admitted { version, model })
    }
}

impl Admitted {
    /// The registered version.
    pub fn version(&self) -> &ModelVersion {
        &self.version
    }

    /// What each symbol is expected to return over `horizon_days` trading days. The columns must
    /// be the features of the training, in its order; a NaN is treated as the model file says.
    pub fn forecast(
        &self,
        features: &Features,
        horizon_days: u32,
    ) -> Result<Forecast, PolicyError> {
        if features.names.len() != self.model.features() {
            return Err(PolicyError::Columns {
                name: self.version.name.clone(),
                version: self.version.version,
                expected: self.model.features(),
                found: features.names.len(),
            });
        }
        let predicted = self.model.predict(&features.values);
        Ok(Forecast {
            as_of: features.as_of,
            horizon_days,
            symbols: features.symbols.clone(),
            expected_return: predicted.map_err(|e| failed(&self.version, e))?,
            model: Some(self.version.reference()),
        })
    }
}

impl fmt::Debug for Admitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Admitted({} {})", self.version.name, self.version.version)
    }
}

fn failed(version: &ModelVersion, why: learning::LearnError) -> PolicyError {
    PolicyError::Model { name: version.name.clone(), version: version.version, why }
}
