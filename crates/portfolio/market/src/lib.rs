//! Prices, corporate actions, the trading calendar and memberships in; point-in-time panels and
//! universes out.
//!
//! The way of the data: [`import`] reads tables of any usual layout and says what is wrong with them
//! ([`Finding`]); [`Imported::accept`] gives [`Prices`] if nothing is an error; [`Prices::adjusted`]
//! takes out splits and dividends; [`Prices::panel`] makes the [`types::Panel`] that every later
//! room reads; [`with_known`] sets other facts beside them, from the day after they became known;
//! [`Universe::eligible`] says which of its symbols may be held on its newest day.
//!
//! This room knows no files and no clock: tables come from the caller and days are arguments.

mod actions;
mod adjust;
mod calendar;
mod check;
mod error;
mod finding;
mod import;
mod known;
mod prices;
mod requirement;
mod rows;
mod splits;
mod universe;

pub use actions::{ActionKind, CorporateAction, ImportedActions, import_actions, small_fraction};
pub use adjust::Adjustment;
pub use calendar::Calendar;
pub use error::MarketError;
pub use finding::{Finding, FindingKind, Severity};
pub use import::{ImportOptions, Imported, import};
pub use known::{with_known, with_known_of_all};
pub use prices::{Prices, Series};
pub use requirement::{Requirement, Subject};
pub use universe::{Memberships, Universe};
