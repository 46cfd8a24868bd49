//! Fills, dividends, splits and cash go in; holdings, tax lots, realised gains and profit and loss
//! come out, exact to the last decimal.
//!
//! [`Ledger::apply`] takes one [`Entry`] at a time, in the order of dates, and answers with the
//! [`Booking`]s that it caused. An entry is booked whole or not at all: after an error the ledger
//! is as it was. [`Ledger::audit`] recomputes what must balance and names what does not.
//!
//! Conventions:
//!
//! * Lots are first in, first out (US Treasury Regulations, 1.1012-1(c)(1)), long and short; a fill
//!   that crosses nought closes the old side and opens the new one, its commission shared by
//!   shares.
//! * The cost of a lot contains the commission of its purchase; the proceeds of a sale are net of
//!   its commission (IRS Publication 550, "Basis of Investment Property").
//! * A split keeps the cost and the day of every lot. Dividends go to whoever is long and are paid
//!   by whoever is short.
//! * Amounts are kept to 8 decimal places; dividends and interest are paid to the cent.
//!
//! It knows nothing of strategies, orders, venues or the market's calendar. Wash sales and other
//! lot orders than first in, first out are not supported.
//!
//! ```
//! use ledger::{Entry, Ledger};
//! use types::{Date, Fill, Money, Price, Quantity, Side};
//!
//! let day = Date::from_ymd_opt(2024, 3, 1).expect("a day");
//! let mut ledger = Ledger::open(Money::from_f64(10_000.0)?);
//! ledger.apply(Entry::Fill(Fill {
//!     order: "order-1".into(),
//!     at: day,
//!     symbol: "AAPL".into(),
//!     side: Side::Buy,
//!     quantity: Quantity::from_f64(10.0)?,
//!     price: Price::from_f64(180.5)?,
//!     commission: Money::from_f64(1.0)?,
//!     spread: Money::ZERO,
//!     impact: Money::ZERO,
//! }))?;
//! assert_eq!(ledger.cash(), Money::from_f64(8_194.0)?);
//! ledger.audit()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod book;
mod entry;
mod error;
mod interest;
mod ledger;
mod lot;
mod totals;

pub use entry::{Booking, Entry, Ratio};
pub use error::LedgerError;
pub use interest::interest_act_365;
pub use ledger::Ledger;
pub use lot::{Gain, Lot};
pub use totals::{ProfitAndLoss, Totals};
