//! What forecasts: a model that the run trains, or one that is registered elsewhere.

use learning::ModelSpec;
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};
use tracking::CHAMPION;

/// The word for a model that is registered elsewhere.
const REGISTERED: &str = "registered";

/// What forecasts.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum ModelPlan {
    /// A model that the run trains.
    Learned(ModelSpec),
    /// A model of the registry of a server.
    Registered(RegisteredPlan),
}

/// A model of the registry of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename = "registered", deny_unknown_fields)]
pub struct RegisteredPlan {
    /// Its name there.
    pub name: String,
    /// The alias of the version that forecasts, or its number.
    #[serde(default = "champion")]
    pub alias: String,
    /// The address of the server.
    pub server: String,
}

/// What is measured of every trained model besides its skill: skill by group, and what follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExplainPlan {
    /// How often a feature's values are dealt anew to see what is lost without it; 0 for never.
    pub deals: usize,
    /// Rows whose forecasts are shared out among the features (Shapley values); 0 for none.
    pub rows: usize,
}

impl Default for ExplainPlan {
    fn default() -> Self {
        Self { deals: 3, rows: 50 }
    }
}

fn champion() -> String {
    CHAMPION.to_owned()
}

impl ModelPlan {
    /// What is trained, if the run trains.
    pub fn learned(&self) -> Option<&ModelSpec> {
        match self {
            Self::Learned(spec) => Some(spec),
            Self::Registered(_) => None,
        }
    }

    /// The model that is registered elsewhere, if it is one.
    pub fn registered(&self) -> Option<&RegisteredPlan> {
        match self {
            Self::Learned(_) => None,
            Self::Registered(plan) => Some(plan),
        }
    }
}

impl<'de> Deserialize<'de> for ModelPlan {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut table = toml::Table::deserialize(from)?;
        let kind = table.get("kind").and_then(toml::Value::as_str);
        let read = if kind == Some(REGISTERED) {
            table.remove("kind");
            toml::Value::Table(table).try_into().map(Self::Registered)
        } else {
            toml::Value::Table(table).try_into().map(Self::Learned)
        };
        read.map_err(|error: toml::de::Error| D::Error::custom(said(error.message())))
    }
}

/// Those who train know nothing of models elsewhere: the list of kinds has one more.
fn said(message: &str) -> String {
    let list = message.starts_with("unknown variant") && message.ends_with('`');
    if list { format!("{message}, `{REGISTERED}`") } else { message.to_owned() }
}
