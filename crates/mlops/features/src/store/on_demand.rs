//! Features that are computed when they are asked for, from request data and other features.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::entity::JoinKey;
use super::{FeatureRef, Rule, ValueKind};

/// A feature of an on-demand view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Derived {
    /// Its name.
    pub name: String,
    /// Its type: a number.
    pub kind: ValueKind,
    /// The expression over inputs and request data of the same row.
    pub expression: String,
    /// What its values must be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// What it is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// Features from other features and from what comes with the question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OnDemandView {
    /// Its name.
    pub name: String,
    /// The features that it reads.
    pub inputs: Vec<FeatureRef>,
    /// The columns that come with the question: numbers.
    pub request: Vec<JoinKey>,
    /// What it computes.
    pub features: Vec<Derived>,
    /// What it is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub owner: String,
    /// Words to find it by.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}
