//! The feature store: definitions in files, a registry of their versions, rows as they were known.
//!
//! In: a folder of TOML and SQL files ([`read_folder`]), and rows in Parquet and CSV files, snapshots,
//! PostgreSQL tables, or pushed by programs. Out: a registry in the home folder that records every
//! change ([`FeatureStore::apply`]), the rows of a view between two times ([`FeatureStore::rows`]),
//! and the rows of a view.
//!
//! What definitions are, how they fit together and what the join means is in [`features::store`] and
//! [`features::point_in_time`]; this room brings files and databases to them. It knows nothing of
//! HTTP, terminals or models, and keeps no online values.

mod error;
mod files;
mod registry;
mod scan;
mod store;

pub use error::{FeatureStoreError, FileFault};
pub use files::{Folder, read_folder};
pub use registry::{Applied, Definition, State, Version};
pub use scan::{Layout, ViewRows};
pub use store::FeatureStore;
