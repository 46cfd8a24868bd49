//! Weights and realised returns in, the parts of active return out.
//!
//! Two questions: which segments earned it ([`brinson_fachler`]), and which stage of the decision
//! earned it ([`decision_attribution`]). Both add up exactly, over one period and linked over many.

mod brinson;
mod decision;
mod linking;

pub use brinson::{Brinson, Segment, SegmentEffects, brinson_fachler, link_brinson};
pub use decision::{
    DecisionAttribution, DecisionPeriod, Effects, PeriodEffects, YearEffects, decision_attribution,
};
