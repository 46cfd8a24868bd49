//! What one symbol wants, and the whole-lot trades on either side of it.

use types::{MoneyError, Price, Quantity, Symbol};

use crate::Lots;

/// Relative noise of shares computed from weights: 99.9999999999 shares are 100.
pub(super) const NOISE: f64 = 1e-9;

/// What one symbol wants. Trades are in shares with the sign of the side.
pub(super) struct Wish {
    pub symbol: Symbol,
    pub price: Price,
    pub p: f64,
    impact_factor: f64,
    holding: Quantity,
    held: f64,
    /// The trade that the target asks for.
    pub wanted: f64,
    /// The same, once cash has been shared out.
    pub scaled: f64,
    /// The trade that is made, so far.
    pub trade: f64,
    /// The next trade up, if there is one.
    pub above: Option<f64>,
    /// Whether the trade is left out for being small.
    pub too_small: bool,
}

impl Wish {
    /// What a position of `value` wants, from what is held.
    pub fn new(symbol: &Symbol, price: Price, held: Quantity, value: f64, lots: &Lots) -> Self {
        let (p, holding) = (price.to_f64(), held);
        let held = holding.to_f64();
        let wanted = value / p - held;
        let closes = value == 0.0;
        let too_small = !closes && wanted.abs() * p < lots.min_trade_value.to_f64();
        Self {
            symbol: symbol.clone(),
            price,
            p,
            impact_factor: lots.impact_factor(symbol),
            holding,
            held,
            wanted,
            scaled: if too_small { 0.0 } else { wanted },
            trade: 0.0,
            above: None,
            too_small,
        }
    }

    /// The cash that a trade brings; negative where it takes some.
    pub fn cash_of(&self, trade: f64, lots: &Lots) -> f64 {
        let value = trade * self.p;
        -value - lots.cost_with(self.impact_factor, value)
    }

    /// Whether a trade is nought or worth less than is traded at all.
    pub fn is_small(&self, trade: f64, lots: &Lots) -> bool {
        trade == 0.0 || trade.abs() * self.p < lots.min_trade_value.to_f64()
    }

    /// Chooses the whole-lot trades just below and just above the scaled wish.
    pub fn round_down(&mut self, lots: &Lots) {
        if self.scaled == -self.held {
            self.trade = self.scaled;
            return;
        }
        let (below, above) = self.neighbours(f64::from(lots.lot));
        // A purchase too small to be made is not made; a sale is never smaller than its wish.
        let small = below > 0.0 && self.is_small(below, lots);
        self.trade = if small { 0.0 } else { below };
        let reachable = above > below && (above == 0.0 || !self.is_small(above, lots));
        self.above = reachable.then_some(above);
    }

    fn neighbours(&self, lot: f64) -> (f64, f64) {
        let number = self.scaled / lot;
        if (number - number.round()).abs() <= NOISE * number.abs().max(1.0) {
            return (number.round() * lot, number.round() * lot);
        }
        let end = self.held + self.scaled;
        let (mut below, mut above) = (number.floor() * lot, number.ceil() * lot);
        // Rounding alone must not turn a long position into a short one, or back.
        if end >= 0.0 && self.held >= 0.0 {
            below = below.max(-self.held);
        }
        if end <= 0.0 && self.held <= 0.0 {
            above = above.min(-self.held);
        }
        (below, above)
    }

    /// The value that the position lacks against the scaled wish.
    pub fn lacks(&self) -> f64 {
        (self.scaled - self.trade) * self.p
    }

    /// The trade in exact shares: whole lots, or all that is held.
    pub fn exact_trade(&self) -> Result<Quantity, MoneyError> {
        if self.trade == -self.held {
            return Ok(-self.holding);
        }
        Quantity::from_f64(self.trade)
    }
}
