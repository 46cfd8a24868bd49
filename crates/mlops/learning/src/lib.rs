//! Learning: from features and labels to a trained model, and from that model to forecasts.
//!
//! In: rows of features with their labels ([`TrainingSet`]) and what to train ([`ModelSpec`]).
//! Out: the bytes of one ONNX file ([`train`]), which alone decides what is forecast: imputation,
//! scaling and the model are all in its graph. [`Model`] evaluates such a file, ours or one that
//! scikit-learn, LightGBM or XGBoost exported, in pure Rust. [`folder`] puts it into the folder
//! layout that MLflow clients load, [`walk_forward`] says which days may train and which may
//! judge, and [`skill`] judges.
//!
//! This room knows nothing about portfolios, registries, disks or clocks.

mod error;
pub mod folder;
mod model;
mod onnx;
mod ports;
pub mod skill;
mod spec;
mod train;
pub mod walk_forward;

pub use error::LearnError;
pub use model::{Model, Output, Values};
pub use onnx::supported_operators;
pub use ports::{Port, ports};
pub use spec::ModelSpec;
pub use train::{TrainingSet, train};
