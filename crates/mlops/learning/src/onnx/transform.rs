//! Post-evaluation transforms of scores, and how a binary score becomes two columns.

use super::Fault;

/// What is done to the scores of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Transform {
    None,
    Logistic,
    Softmax,
    SoftmaxZero,
    Probit,
}

impl Transform {
    pub(crate) fn parse(name: &str) -> Result<Self, Fault> {
        Ok(match name {
            "NONE" => Self::None,
            "LOGISTIC" => Self::Logistic,
            "SOFTMAX" => Self::Softmax,
            "SOFTMAX_ZERO" => Self::SoftmaxZero,
            "PROBIT" => Self::Probit,
            other => return Err(format!("post transform `{other}` is not known").into()),
        })
    }

    /// Transforms the scores of one row with at least two columns.
    pub(crate) fn apply(self, scores: &mut [f32]) {
        match self {
            Self::None => {}
            Self::Logistic => scores.iter_mut().for_each(|s| *s = logistic(*s)),
            Self::Probit => scores.iter_mut().for_each(|s| *s = probit(*s)),
            Self::Softmax => softmax(scores, |_| true),
            Self::SoftmaxZero => softmax(scores, |s| s.abs() > 1e-7),
        }
    }

    /// Transforms the only score of a row: the specification's softmax would always give 1, and
    /// onnxruntime leaves all but the probit as it is.
    pub(crate) fn apply_to_one(self, score: f32) -> f32 {
        match self {
            Self::Probit => probit(score),
            _ => score,
        }
    }
}

pub(crate) fn logistic(x: f32) -> f32 {
    let v = 1.0 / (1.0 + (-x.abs()).exp());
    if x < 0.0 { 1.0 - v } else { v }
}

/// √2 times Winitzki's approximation of the inverse error function with a = 0.147, as onnxruntime
/// computes it.
fn probit(p: f32) -> f32 {
    let x = 2.0 * p - 1.0;
    let log = ((1.0 - x) * (1.0 + x)).ln();
    let v = 2.0 / (std::f32::consts::PI * 0.147) + 0.5 * log;
    let root = ((v * v - log / 0.147).sqrt() - v).sqrt();
    std::f32::consts::SQRT_2 * if x < 0.0 { -root } else { root }
}

/// Scores that are not `counted` weigh nothing.
fn softmax(scores: &mut [f32], counted: impl Fn(f32) -> bool) {
    let top = scores.iter().copied().fold(f32::MIN, f32::max);
    let mut sum = 0.0;
    for s in scores.iter_mut() {
        if counted(*s) {
            *s = (*s - top).exp();
            sum += *s;
        } else {
            *s *= (-top).exp();
        }
    }
    scores.iter_mut().for_each(|s| *s /= sum);
}
