//! Traces: what an application did, as a tree of spans with inputs, outputs and times.
//!
//! A trace comes in two ways, in any order: [`start()`] says what it is, [`log()`] brings its spans.
//! What the first says counts; what it leaves out is found from the spans. [`search()`] finds traces,
//! [`metrics`] counts them and [`correlate()`] compares two filters. What is said of a trace is an
//! [assessment](crate::assessments).
//!
//! This module knows no wire format of spans but JSON.

pub mod clock;
mod correlate;
mod delete;
mod import;
mod info;
pub mod json;
mod links;
mod log;
pub mod metrics;
mod preview;
mod proto;
pub(crate) mod quoted;
mod read;
mod said;
mod search;
mod span;
mod spans;
mod start;
mod tags;
mod translate;
pub(crate) mod usage;

pub use correlate::{Correlation, correlate};
pub use delete::{Doomed, delete};
pub use import::{ImportedSpan, ImportedTrace, put_trace};
pub use info::{State, TraceInfo, TraceInfoV2};
pub use links::{MAX_LINKS, link_prompts, link_to_run};
pub use log::{Batch, log};
pub use read::{get, get_some};
pub use search::{TraceSearch, search};
pub use span::{Event, Link, Span, Status};
pub use spans::{Trace, elsewhere, get_full, get_full_some};
pub use start::{End, NewTrace, artifact_uri, end_v2, start, start_v2};
pub use tags::{delete_tag, set_tag};

pub(crate) use read::find;

/// The tag that names a trace.
pub const NAME: &str = "mlflow.traceName";
/// The metadata that says to which session a trace belongs.
pub(crate) const SESSION: &str = "mlflow.trace.session";
/// The metadata that says that [`start()`] has spoken.
pub(crate) const FINALIZED: &str = "mlflow.trace.infoFinalized";
/// The metadata that says in which run a trace was made.
pub(crate) const SOURCE_RUN: &str = "mlflow.sourceRun";
/// The metadata that says how many spans a trace has.
pub(crate) const SIZE_STATS: &str = "mlflow.trace.sizeStats";
/// The metadata that says for whom a trace was made.
pub(crate) const USER: &str = "mlflow.trace.user";
/// The tag that says where the artifacts of a trace are.
pub const ARTIFACT_LOCATION: &str = "mlflow.artifactLocation";
/// The tag that says where the spans of a trace are.
pub const SPANS_LOCATION: &str = "mlflow.trace.spansLocation";
/// The spans are in this database.
pub const IN_STORE: &str = "TRACKING_STORE";
