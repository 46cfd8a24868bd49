//! The search grammar: what a client may write in `filter` and `order_by`.
//!
//! A line of text and the [`Entity`] it searches come in; a [`Filter`] (terms that must all hold) or
//! an [`OrderBy`] goes out, with aliases resolved and values typed, or a [`SearchError`] that says
//! where it stopped, what would fit and what was perhaps meant. The grammar is that of MLflow 3.17.2:
//! `metrics.rmse < 0.2 AND params."learning rate" = '0.1' AND attributes.status LIKE 'FIN%'`. Terms
//! are joined by `AND`; there is no `OR` and there are no groups. What a term means to a table is for
//! the store to know: nothing here knows of tables, clocks or requests.
//!
//! ```
//! use tracking::search::{Entity, Op, Operand, Subject, parse_filter};
//!
//! let filter = parse_filter(Entity::Runs, "metrics.rmse < 0.2 and Created >= 1700000000000")?;
//! assert_eq!(filter.terms[0].subject, Subject::Metric("rmse".to_owned()));
//! assert_eq!(filter.terms[1].subject, Subject::Attribute("start_time"));
//! assert_eq!(filter.terms[1].op, Op::Ge);
//! assert_eq!(filter.terms[1].operand, Operand::Integer(1_700_000_000_000));
//! assert_eq!(filter.to_string(), "metrics.rmse < 0.2 AND start_time >= 1700000000000");
//! # Ok::<(), tracking::search::SearchError>(())
//! ```

mod cursor;
mod error;
mod filter;
mod grammar;
mod order;
pub mod page;
mod parse;
mod resolve;
mod settle;
mod subject;
mod tables;
mod tuple;
mod value;
mod write;

pub use error::SearchError;
pub use filter::{Filter, Op, Operand, Term};
pub use grammar::Entity;
pub use order::{MAX_KEYS, OrderBy, parse_logged_model_order, parse_order, parse_order_by};
pub use parse::{MAX_TERMS, MAX_VALUES, parse_filter};
pub use subject::{DatasetField, SpanField, Subject};
