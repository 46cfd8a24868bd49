//! SQL over named tables.
//!
//! In: tables (Parquet files and folders, CSV files, record batches) under names, and SQL texts that
//! read them. Out: Arrow record batches, as a stream or all at once. DataFusion plans and runs them;
//! its SQL is that of PostgreSQL, mostly.
//!
//! * **It reads only.** A text that would make, change or write anything is refused, and so is one
//!   that names a file: only what was registered can be read.
//! * **Memory is bounded** by [`Limits`]: sorts, joins and groups that need more go to files in a
//!   folder that is removed afterwards, up to a limit of its own; what still does not fit ends with
//!   [`SqlError::TooLarge`].
//! * **One thread unless more are asked for**: then the same text over the same tables gives the same
//!   rows in the same order, to the last bit. With more, rows without `ORDER BY` come in any order.
//! * **Errors name the table or column** that is not there and the one that was probably meant.
//!
//! ```
//! use std::sync::Arc;
//! use arrow_array::{Float64Array, RecordBatch, StringArray, cast::AsArray, types::Float64Type};
//!
//! let symbols = Arc::new(StringArray::from(vec!["AAPL", "MSFT", "AAPL"]));
//! let prices = Arc::new(Float64Array::from(vec![10.0, 20.0, 30.0]));
//! let batch = RecordBatch::try_from_iter([("symbol", symbols as _), ("price", prices as _)])?;
//!
//! let session = sql::Session::new(sql::Limits::default())?;
//! session.register_batches("prices", batch.schema(), vec![batch])?;
//! let text = "SELECT avg(price) AS mean FROM prices WHERE symbol = 'AAPL'";
//! let found = session.wait(session.query(text))?;
//! assert_eq!(found[0]["mean"].as_primitive::<Float64Type>().value(0), 20.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! It does not know what the tables mean, nor who asks.

mod engine;
mod error;
mod files;
mod limits;
mod rows;
mod session;

pub use error::SqlError;
pub use limits::Limits;
pub use rows::Rows;
pub use session::Session;
