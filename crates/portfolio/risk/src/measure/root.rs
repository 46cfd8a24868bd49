//! The root of an increasing function of one positive variable.
//!
//! In come a first guess and a function that gives value and derivative; out comes the root to
//! rounding. Newton's method in the logarithm, with a bracket that always shrinks.

/// Doublings before a root is taken to lie at infinity.
const MAX_DOUBLINGS: usize = 200;
/// Steps of Newton's method or bisection; the bracket halves at least every other step.
const MAX_STEPS: usize = 200;

/// Relative change at which the iteration stops; the next change would be its square.
const TOLERANCE: f64 = 1e-13;

/// The `x > 0` at which `f` turns from negative to positive. `f` gives its value and derivative.
pub(crate) fn increasing_root(guess: f64, f: impl Fn(f64) -> (f64, f64)) -> f64 {
    let (mut low, mut high) = (guess, guess * 2.0);
    for _ in 0..MAX_DOUBLINGS {
        if f(low).0 <= 0.0 {
            break;
        }
        (low, high) = (low / 2.0, low);
    }
    for _ in 0..MAX_DOUBLINGS {
        if f(high).0 >= 0.0 {
            break;
        }
        (low, high) = (high, high * 2.0);
    }
    let mut x = (low * high).sqrt();
    for _ in 0..MAX_STEPS {
        let (value, slope) = f(x);
        if value < 0.0 {
            low = x;
        } else {
            high = x;
        }
        // A step in ln x, where the function is closer to a line.
        let newton = x * (-value / (slope * x)).exp();
        if (newton - x).abs() <= TOLERANCE * x || high <= low {
            return newton;
        }
        let inside = newton > low && newton < high;
        let next = if inside { newton } else { (low * high).sqrt() };
        x = next;
    }
    x
}
