//! The nouns that pass through the doorways between rooms.
//!
//! Each noun is immutable once made: one room makes it, the next takes it. Statistics are `f64`;
//! money, prices and quantities are exact decimals ([`money`]). The one crossing from `f64` to
//! decimals is in construction, where the rounding residual is recorded.
//!
//! This room knows nothing about anything else: no clock, no disk, no network.

mod cost;
mod digest;
mod id;
mod moment;
pub mod money;
mod panel;
mod portfolio;
mod prediction;
mod table;
mod target;

pub use cost::{CostModel, SquareRootImpact, TradeCost};
pub use digest::{Digest, ParseDigestError};
pub use id::{Id, OrderId, RunId, Symbol};
pub use moment::{Date, Timestamp, close_of, parse_date};
pub use money::{Money, MoneyError, Price, Quantity};
pub use panel::{Panel, PanelError, View};
pub use portfolio::{Fill, Holdings, Order, Position, Side};
pub use prediction::{Features, Forecast, ModelRef};
pub use table::{Table, Values};
pub use target::{Binding, Certificate, Status, Target};
