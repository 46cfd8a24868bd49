//! The feature store: definitions in files, a registry of their versions, rows as they were known.
//!
//! In: a folder of TOML and SQL files ([`read_folder`]), and rows in Parquet and CSV files, snapshots,
//! PostgreSQL tables, or pushed by programs. Out: a registry in the home folder that records every
//! change ([`FeatureStore::apply`]), the rows of a view between two times ([`FeatureStore::rows`]),
//! and training sets whose every value was known at its row's moment ([`history`]).
//!
//! What definitions are, how they fit together and what the join means is in [`features::store`] and
//! [`features::point_in_time`]; this room brings files and databases to them. It knows nothing of
//! HTTP, terminals or models, and keeps no online values.

mod error;
mod files;
pub mod history;
mod lineage;
mod push;
mod registry;
mod saved;
mod scan;
mod stats;
mod store;

pub use error::{FeatureStoreError, FileFault};
pub use files::{Folder, read_folder};
pub use lineage::{Hit, Lineage, Relation};
pub use registry::{Applied, Definition, State, Version};
pub use saved::{Made, SavedDataset};
pub use scan::{Layout, ViewRows};
pub use stats::{FeatureStats, ViewStats};
pub use store::FeatureStore;
