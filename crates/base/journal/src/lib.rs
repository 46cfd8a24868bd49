//! The spine: an append-only, hash-chained record of what happened and because of what.
//!
//! Facts come in as [`Draft`]s, each with its causes and its payload; out come [`Record`]s, each
//! bound to the one before it by its hash. [`why`] walks from a record to its causes, [`verify`]
//! holds a chain against its own hashes.
//!
//! Use it wherever something is decided or happens. It does not know about disk: a [`Spine`] that
//! persists lives in `store`, one that only remembers ([`Memory`]) is here.

mod because;
mod memory;
mod record;
mod retrace;
mod spine;
mod why;

pub use because::Because;
pub use memory::Memory;
pub use record::{Draft, Kind, Record, Sealed};
pub use retrace::Retrace;
pub use spine::{Broken, Chain, Spine, SpineError, verify};
pub use why::{Cause, why};
