//! Features: named expressions over a panel, evaluated for all history or for the newest day.
//!
//! In: definitions such as `mean(close, 5) / close - 1` and a [`types::Panel`]. Out: a
//! [`FeatureTable`] of all days for training, or the [`types::Features`] of the newest day for a
//! forecast. The two agree bit for bit, because every value depends on the rows of its own window
//! and on nothing before them. A [`Label`] is an expression that may look ahead; a feature may not,
//! and that is refused before anything is computed.
//!
//! ```
//! use features::{Definition, Expression, FeatureSet, Label};
//!
//! let set = FeatureSet::compile(&[Definition::new("trend", "mean(close, 5) / close - 1")])?;
//! assert_eq!((set.window().left, set.window().right), (4, 0));
//!
//! let error = FeatureSet::compile(&[Definition::new("peek", "shift(close, -1)")]).unwrap_err();
//! assert!(error.to_string().contains("looks ahead"));
//! assert_eq!(Label::compile("shift(close, -1) / close - 1")?.horizon(), 1);
//! assert_eq!(Expression::parse("ref(close,1)/close-1")?.to_string(), "shift(close, 1) / close - 1");
//! # Ok::<(), features::FeatureError>(())
//! ```
//!
//! [`store`] holds the definitions of a feature store, and [`point_in_time`] joins what was known
//! to the rows that ask for it.
//!
//! Knows nothing about models, portfolios, disk or clocks. Group memberships (sectors)
//! are a field like any other, and it has one bar size: a row is a row.

mod error;
mod evaluate;
mod kernels;
mod label;
mod library;
mod operators;
mod package;
mod plan;
pub mod point_in_time;
mod set;
pub mod store;
mod syntax;
mod table;

pub use error::{FeatureError, SyntaxError};
pub use label::Label;
pub use library::{LibraryEntry, library};
pub use operators::{Group, Operator, markdown, operators};
pub use package::{Package, packages};
pub use plan::Window;
pub use set::{Definition, FeatureSet};
pub use syntax::{Expression, MAX_WINDOW};
pub use table::FeatureTable;

/// The version of what the operators mean. It is part of [`FeatureSet::digest`]: raise it whenever
/// an operator gives another number for the same input.
pub const SEMANTICS: u32 = 1;
