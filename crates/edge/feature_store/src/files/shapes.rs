//! The shape of a TOML file of definitions: a closed schema, so that an unknown key or value is an
//! error of the parser.

use std::collections::BTreeMap;

use features::store::{FeatureRef, Rule, Span, ValueKind};
use serde::Deserialize;
use toml::Spanned;

pub(super) type Tags = BTreeMap<String, String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileText {
    #[serde(default)]
    pub entity: Vec<EntityText>,
    #[serde(default)]
    pub source: Vec<SourceText>,
    #[serde(default)]
    pub view: Vec<ViewText>,
    #[serde(default)]
    pub on_demand: Vec<OnDemandText>,
    #[serde(default)]
    pub service: Vec<ServiceText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EntityText {
    pub name: Spanned<String>,
    pub keys: BTreeMap<String, ValueKind>,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub owner: String,
    #[serde(default)]
    pub tags: Tags,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceText {
    pub name: Spanned<String>,
    pub kind: SourceKind,
    pub path: Option<String>,
    pub digest: Option<String>,
    pub address: Option<String>,
    pub table: Option<String>,
    pub history: Option<String>,
    pub event_time: String,
    pub created_time: Option<String>,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub owner: String,
    #[serde(default)]
    pub tags: Tags,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum SourceKind {
    Parquet,
    Csv,
    Snapshot,
    Postgres,
    Push,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ViewText {
    pub name: Spanned<String>,
    #[serde(default)]
    pub entities: Vec<String>,
    pub source: Option<String>,
    pub sql: Option<Spanned<String>>,
    #[serde(default)]
    pub reads: Vec<String>,
    pub event_time: Option<String>,
    pub created_time: Option<String>,
    #[serde(default)]
    pub known_after: Span,
    #[serde(default)]
    pub ttl: Span,
    #[serde(default)]
    pub online: bool,
    #[serde(default)]
    pub feature: Vec<FeatureText>,
    #[serde(default, rename = "use")]
    pub used: Option<Spanned<Vec<String>>>,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub owner: String,
    #[serde(default)]
    pub tags: Tags,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FeatureText {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: ValueKind,
    pub column: Option<String>,
    pub expression: Option<String>,
    #[serde(default)]
    pub rules: Vec<Rule>,
    #[serde(default)]
    pub description: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OnDemandText {
    pub name: Spanned<String>,
    #[serde(default)]
    pub inputs: Vec<FeatureRef>,
    #[serde(default)]
    pub request: BTreeMap<String, ValueKind>,
    #[serde(default)]
    pub feature: Vec<DerivedText>,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub owner: String,
    #[serde(default)]
    pub tags: Tags,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DerivedText {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: ValueKind,
    pub expression: String,
    #[serde(default)]
    pub rules: Vec<Rule>,
    #[serde(default)]
    pub description: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServiceText {
    pub name: Spanned<String>,
    #[serde(default)]
    pub features: Vec<FeatureRef>,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub owner: String,
    #[serde(default)]
    pub tags: Tags,
}
