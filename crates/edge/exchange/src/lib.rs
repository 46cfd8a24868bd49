//! Exchange with servers that speak the MLflow protocol: what they keep is brought here, and what is
//! kept here is taken there.
//!
//! In: a [`Source`] (a server, an MLflow database with its artifacts) and a [`Target`] (a home, a
//! server). [`copy()`] carries experiments, runs, logged models, registered models and traces from
//! one to the other, and says in a [`Summary`] what it did. It can be cut off and repeated: what is
//! there in full is passed over. A [`Client`] is also of use alone, to ask a server something.
//!
//! | | a home | a server |
//! |---|---|---|
//! | ids | kept | given anew; tags `trimtab.origin.*` name the old ones |
//! | times | kept | kept of runs and metrics |
//! | versions | their numbers | their numbers, where the model is new there |
//!
//! Calls block; requests of several runs are under way at once. This room knows nothing of terminals
//! and of command lines.

pub mod client;
mod copy;
mod error;
mod origin;
mod pool;
mod source;
mod target;
pub mod things;

pub use client::{Client, Login};
pub use copy::{Count, Summary, Wanted, Watch, copy};
pub use error::{ExchangeError, Result};
pub use source::{File, Mlflow, Owner, Server as ServerSource, Source};
pub use target::{
    FullModel, FullRun, Here, Home, HomeOptions, Place, Put, Server as ServerTarget, Target,
};

/// Bytes of a file, as they come.
pub type ByteStream = futures_util::stream::BoxStream<'static, std::io::Result<bytes::Bytes>>;
