//! Learning: from features and labels to a trained model, and from that model to forecasts.
//!
//! In: rows of features with their labels ([`TrainingSet`]), what to train ([`ModelSpec`]) and what
//! stands in front of it ([`Preparation`]). Out: the bytes of one ONNX file ([`train`],
//! [`train_prepared`]), which alone decides what is forecast: imputation, scaling, chosen features
//! and the model are all in its graph. [`Model`] evaluates such a file, ours or one that
//! scikit-learn, LightGBM or XGBoost exported, in pure Rust; [`Graph`] one of any inputs. [`folder`] puts it into the folder
//! layout that MLflow clients load, [`walk_forward`] says which days may train and which may
//! judge, [`search`] tries parameters, and [`skill`] judges. [`importance`], [`explain`] and
//! [`bias`] say what forecasts rest on and for whom they are good, and [`text`] makes numbers of
//! documents.
//!
//! This room knows nothing about portfolios, registries, disks or clocks.

pub mod bias;
mod error;
pub mod explain;
pub mod folder;
mod graph;
pub mod importance;
mod model;
mod onnx;
mod ports;
pub mod prepare;
mod random;
pub mod search;
pub mod skill;
mod spec;
pub mod text;
mod train;
pub mod walk_forward;

pub use error::LearnError;
pub use graph::{Evaluator, Feed, Graph};
pub use model::{Model, Output, Values};
pub use onnx::supported_operators;
pub use onnx::tensor::Data;
pub use ports::{Port, ports};
pub use prepare::Preparation;
pub use spec::{Activation, ModelSpec};
pub use train::{TrainingSet, train, train_prepared};
