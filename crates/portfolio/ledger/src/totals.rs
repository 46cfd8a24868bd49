//! Running sums from which the books are audited, and profit and loss.

use serde::{Deserialize, Serialize};
use types::Money;

/// Every flow of cash since the ledger was opened, by kind. Only `cash_in_lieu`, `dividends` and
/// `interest` can be negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Totals {
    /// Cash from outside, with the cash that the ledger was opened with.
    pub deposits: Money,
    /// Cash to outside.
    pub withdrawals: Money,
    /// Price times quantity of everything that was bought.
    pub buys: Money,
    /// Price times quantity of everything that was sold.
    pub sells: Money,
    /// Commissions of fills.
    pub commissions: Money,
    /// Dividends received less dividends paid on short positions.
    pub dividends: Money,
    /// Interest received less interest paid.
    pub interest: Money,
    /// Cash for fractions of shares.
    pub cash_in_lieu: Money,
    /// Fees that belong to no fill.
    pub fees: Money,
    /// Gains and losses of closed lots, net of commissions.
    pub realised: Money,
}

impl Totals {
    /// The cash that these flows leave:
    /// `deposits − withdrawals + sells − buys − commissions + dividends + interest + cash in lieu − fees`.
    pub fn cash(&self) -> Money {
        self.deposits - self.withdrawals + self.sells - self.buys - self.commissions
            + self.dividends
            + self.interest
            + self.cash_in_lieu
            - self.fees
    }

    /// The cost of the lots that these flows leave open: what was paid for shares, less what they
    /// brought, plus what was gained on the way.
    pub fn open_cost(&self) -> Money {
        self.buys + self.commissions - self.sells - self.cash_in_lieu + self.realised
    }
}

/// Where the value of a portfolio came from:
/// `value = deposits − withdrawals + realised + unrealised + dividends + interest − fees`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfitAndLoss {
    /// Gains of closed lots, net of commissions.
    pub realised: Money,
    /// The value of open positions less their cost.
    pub unrealised: Money,
    /// Dividends received less those paid.
    pub dividends: Money,
    /// Interest received less that paid.
    pub interest: Money,
    /// Fees that belong to no fill.
    pub fees: Money,
}

impl ProfitAndLoss {
    /// All of it.
    pub fn total(&self) -> Money {
        self.realised + self.unrealised + self.dividends + self.interest - self.fees
    }
}
