//! The definitions of a feature store: what is kept of whom, from where, and how it is checked.
//!
//! In: definitions as values. Out: the same, checked against each other ([`Definitions::check`]),
//! each with a digest that is its version, and the changes between two sets of them
//! ([`Definitions::changes`]). [`rule`] holds values against sentences such as `between 0 and 1`.
//!
//! Knows nothing about files, databases or clocks: `feature_store` reads definitions from files,
//! keeps them, and fetches rows.

mod changes;
mod check;
mod compute;
mod definitions;
mod entity;
mod fault;
mod kind;
mod on_demand;
mod reference;
pub mod rule;
mod service;
mod source;
mod span;
mod view;

pub use changes::{Change, Difference};
pub use compute::{Computed, RowWise};
pub use definitions::{Definition, Definitions};
pub use entity::{Entity, JoinKey};
pub use fault::{DefinitionKind, Fault};
pub use kind::ValueKind;
pub use on_demand::{Derived, OnDemandView};
pub use reference::FeatureRef;
pub use rule::Rule;
pub use service::FeatureService;
pub use source::{Place, Source};
pub use span::{Span, SpanError};
pub use view::{Feature, FeatureView, Input};

#[cfg(test)]
mod tests;
