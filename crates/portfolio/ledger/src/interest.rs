//! Interest on cash from a rate and a period, by the day count ACT/365 Fixed.

use types::money::rust_decimal::Decimal;
use types::{Date, Money};

use crate::LedgerError;

/// Interest on `cash` from `from` (counted) to `to` (not counted) at the simple annual rate `rate`
/// (a fraction, read to 8 places), rounded half to even to the cent.
///
/// `cash · rate · days / 365` (ISDA 2006 Definitions, 4.16(d), "Actual/365 (Fixed)"). Negative cash
/// pays a positive rate, positive cash pays a negative one.
pub fn interest_act_365(
    cash: Money,
    rate: f64,
    from: Date,
    to: Date,
) -> Result<Money, LedgerError> {
    let days = (to - from).num_days();
    let wrong = LedgerError::Interest { rate, days };
    if days < 0 || !(-1e3..=1e3).contains(&rate) {
        return Err(wrong);
    }
    let rate = Money::from_f64(rate).map_err(|_| wrong)?.decimal();
    let interest = cash.decimal() * rate * Decimal::from(days) / Decimal::from(365);
    Ok(Money::from(interest).to_cents())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        types::parse_date(text).unwrap()
    }

    /// 10,000 at 5 % over the 91 days of a quarter: 124.66 by ACT/365 (by 30/360 it would be 125.00).
    #[test]
    fn a_quarter_at_five_percent() {
        let cash = Money::from_f64(10_000.0).unwrap();
        let (from, to) = (day("2024-04-01"), day("2024-07-01"));
        for (cash, rate, expected) in [
            (cash, 0.05, "124.66"),
            (-cash, 0.05, "-124.66"),
            (cash, -0.005, "-12.47"),
            (Money::ZERO, 0.05, "0"),
        ] {
            let interest = interest_act_365(cash, rate, from, to).unwrap();
            assert_eq!(interest.decimal(), expected.parse().unwrap());
        }
        assert!(interest_act_365(cash, f64::NAN, from, to).is_err());
        assert!(interest_act_365(cash, 0.05, to, from).is_err());
    }
}
