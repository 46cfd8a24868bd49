//! Exact money. The algebra of the three value types:
//!
//! | left | op | right | gives |
//! |---|---|---|---|
//! | [`Money`] | `+` `-` | [`Money`] | [`Money`] |
//! | [`Price`] | `*` | [`Quantity`] | [`Money`] |
//! | [`Quantity`] | `+` `-` | [`Quantity`] | [`Quantity`] |
//!
//! All are base-ten decimals with up to 28 significant digits ([`rust_decimal`]); a mandate has one
//! currency, so amounts carry none. `f64` comes in through [`Price::from_f64`],
//! [`Money::from_f64`] and [`Quantity::from_f64`] only, which say to how many places they round.

use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul, Neg, Sub, SubAssign};

use rust_decimal::prelude::{FromPrimitive, ToPrimitive};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

pub use rust_decimal;

/// A number that cannot be money.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MoneyError {
    /// NaN, infinite, or beyond 28 digits.
    #[error("{value} cannot be written as an exact {what}")]
    NotRepresentable {
        /// What it should have been.
        what: &'static str,
        /// The number.
        value: f64,
    },
    /// A price of zero or less.
    #[error("a price must be positive, got {0}")]
    NotPositive(f64),
}

macro_rules! decimal {
    ($(#[$doc:meta])* $name:ident, $what:literal, $places:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Decimal);

        impl $name {
            /// Nought.
            pub const ZERO: Self = Self(Decimal::ZERO);

            /// The decimal itself.
            pub const fn decimal(self) -> Decimal {
                self.0
            }

            /// The nearest `f64`, for statistics.
            pub fn to_f64(self) -> f64 {
                self.0.to_f64().expect("a 28-digit decimal is within the range of f64")
            }

            /// Whether it is nought.
            pub fn is_zero(self) -> bool {
                self.0.is_zero()
            }

            #[doc = concat!("Rounds half to even at ", stringify!($places), " places.")]
            pub fn from_f64(value: f64) -> Result<Self, MoneyError> {
                Self::checked(value)
            }

            fn nearest(value: f64) -> Result<Self, MoneyError> {
                Decimal::from_f64(value)
                    .map(|d| Self(d.round_dp_with_strategy($places, RoundingStrategy::MidpointNearestEven).normalize()))
                    .ok_or(MoneyError::NotRepresentable { what: $what, value })
            }
        }

        impl From<Decimal> for $name {
            fn from(value: Decimal) -> Self {
                Self(value)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

macro_rules! additive {
    ($name:ident) => {
        impl Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0 + other.0)
            }
        }
        impl Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0 - other.0)
            }
        }
        impl Neg for $name {
            type Output = Self;
            fn neg(self) -> Self {
                Self(-self.0)
            }
        }
        impl AddAssign for $name {
            fn add_assign(&mut self, other: Self) {
                self.0 += other.0;
            }
        }
        impl SubAssign for $name {
            fn sub_assign(&mut self, other: Self) {
                self.0 -= other.0;
            }
        }
        impl Sum for $name {
            fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
                amounts.fold(Self::ZERO, Add::add)
            }
        }
        impl $name {
            /// The size without the sign.
            pub fn abs(self) -> Self {
                Self(self.0.abs())
            }
        }
    };
}

decimal! {
    /// An amount in the currency of the mandate; negative when owed.
    Money, "amount of money", 8
}
decimal! {
    /// The price of one share in the currency of the mandate; always positive when made from `f64`.
    Price, "price", 8
}
decimal! {
    /// A number of shares; negative when short.
    Quantity, "quantity", 8
}
additive!(Money);
additive!(Quantity);

impl Money {
    fn checked(value: f64) -> Result<Self, MoneyError> {
        Self::nearest(value)
    }

    /// Rounded half to even to the cent (two places), as fees and dividends are paid.
    pub fn to_cents(self) -> Self {
        Self(self.0.round_dp_with_strategy(2, RoundingStrategy::MidpointNearestEven))
    }
}

impl Price {
    fn checked(value: f64) -> Result<Self, MoneyError> {
        if value <= 0.0 {
            return Err(MoneyError::NotPositive(value));
        }
        let price = Self::nearest(value)?;
        if price.is_zero() {
            return Err(MoneyError::NotPositive(value));
        }
        Ok(price)
    }
}

impl Quantity {
    fn checked(value: f64) -> Result<Self, MoneyError> {
        Self::nearest(value)
    }
}

impl Mul<Quantity> for Price {
    type Output = Money;
    fn mul(self, quantity: Quantity) -> Money {
        Money(self.0 * quantity.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_positive_and_finite() {
        for bad in [0.0, -1.0, 1e-12] {
            assert_eq!(Price::from_f64(bad), Err(MoneyError::NotPositive(bad)));
        }
        assert!(matches!(Price::from_f64(f64::NAN), Err(MoneyError::NotRepresentable { .. })));
        assert!(matches!(Money::from_f64(f64::INFINITY), Err(MoneyError::NotRepresentable { .. })));
    }

    #[test]
    fn tenths_add_exactly() {
        let tenth = Money::from_f64(0.1).unwrap();
        let sum: Money = std::iter::repeat_n(tenth, 10).sum();
        assert_eq!(sum, Money::from_f64(1.0).unwrap());
        assert_eq!(Money::from_f64(2.675).unwrap().to_cents().to_string(), "2.68");
    }
}
