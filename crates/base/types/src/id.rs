//! Names: of instruments, records, orders and runs.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Date, Digest};

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl<T: Into<Arc<str>>> From<T> for $name {
            fn from(text: T) -> Self {
                Self(text.into())
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    };
}

name! {
    /// An instrument, by its ticker: `AAPL`.
    Symbol
}
name! {
    /// A record of the journal.
    Id
}
name! {
    /// An order; also the [`Id`] of the record that placed it.
    OrderId
}
name! {
    /// One execution of a mandate, or one training.
    RunId
}

impl OrderId {
    /// The same decision about the same instrument always has the same order id, so placing it
    /// again is idempotent at any venue that honours ids chosen by the caller.
    pub fn of(run: &RunId, day: Date, symbol: &Symbol) -> Self {
        let digest = Digest::of_parts([
            run.as_str().as_bytes(),
            day.to_string().as_bytes(),
            symbol.as_str().as_bytes(),
        ]);
        format!("order-{}", digest.short()).into()
    }
}

impl From<&OrderId> for Id {
    fn from(order: &OrderId) -> Self {
        order.as_str().into()
    }
}
