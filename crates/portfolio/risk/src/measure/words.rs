//! Risk measures as people write them.
//!
//! In comes a text such as `cvar(95%)`, `semi-deviation` or `max drawdown(compounded)`; out comes
//! the measure, or an error that names the place and what exists; and the way back. A confidence
//! stands where people expect it: `cvar(95%)` is the mean of the worst 5 %. A tail that no confidence
//! from 50 % on leaves is written as it is, `cvar(tail 0.7)`, and so is a target of many digits, so
//! that what is written is read as the same. The names in
//! Riskfolio-Lib (`MSV`, `CDaR_Rel`) and skfolio (`worst_realization`) are understood too.

use std::fmt;
use std::str::FromStr;

use super::arguments::{Arguments, amount, confidence};
use super::{RiskMeasure, Target, Wealth};
use crate::sentence::{Cursor, SentenceError, closest};

const KIND: &str = "risk measure";

/// Makes a measure from what stands in parentheses.
type Make = fn(&mut Arguments<'_>) -> Result<RiskMeasure, SentenceError>;

/// The name that is printed, other names, and how the measure is made.
type Entry = (&'static str, &'static [&'static str], Make);

/// Every name there is. Blanks, hyphens and underscores are one and the same, and so are letters of
/// either case.
const NAMES: &[Entry] = {
    use RiskMeasure::*;
    &[
        ("variance", &[], |_| Ok(Variance)),
        ("standard deviation", &["volatility", "std", "vol", "mv"], |_| Ok(StandardDeviation)),
        ("semi-variance", &[], |a| Ok(SemiVariance { target: a.target(Target::Mean)? })),
        ("semi-deviation", &["msv"], |a| Ok(SemiDeviation { target: a.target(Target::Mean)? })),
        ("mean absolute deviation", &["mad"], |_| Ok(MeanAbsoluteDeviation)),
        ("gini mean difference", &["gmd", "gini"], |_| Ok(GiniMeanDifference)),
        ("square-root kurtosis", &["kt"], |_| Ok(SquareRootKurtosis)),
        ("square-root semi-kurtosis", &["semi-kurtosis", "skt"], |_| Ok(SquareRootSemiKurtosis)),
        ("even moment", &["em"], |a| Ok(EvenMoment { p: a.whole(2)? })),
        ("even semi-moment", &["esm"], |a| Ok(EvenSemiMoment { p: a.whole(2)? })),
        ("third central moment", &[], |_| Ok(ThirdCentralMoment)),
        ("fourth central moment", &[], |_| Ok(FourthCentralMoment)),
        ("fourth lower partial moment", &[], |a| {
            Ok(FourthLowerPartialMoment { target: a.target(Target::Mean)? })
        }),
        ("skewness", &["skew"], |_| Ok(Skewness)),
        ("kurtosis", &[], |_| Ok(Kurtosis)),
        ("first lower partial moment", &["flpm", "omega"], |a| {
            Ok(FirstLowerPartialMoment { target: a.target(Target::Fixed(0.0))? })
        }),
        ("second lower partial moment", &["slpm", "sortino", "downside deviation"], |a| {
            Ok(SemiDeviation { target: a.target(Target::Fixed(0.0))? })
        }),
        ("worst realisation", &["worst realization", "worst loss", "wr"], |_| Ok(WorstRealisation)),
        ("var", &["value at risk"], |a| Ok(ValueAtRisk { tail: a.tail()? })),
        ("cvar", &["conditional value at risk", "expected shortfall", "es"], |a| {
            Ok(ConditionalValueAtRisk { tail: a.tail()? })
        }),
        ("tail gini", &["tg"], |a| Ok(TailGini { tail: a.tail()? })),
        ("evar", &["entropic value at risk"], |a| Ok(EntropicValueAtRisk { tail: a.tail()? })),
        ("rlvar", &["relativistic value at risk", "rvar"], |a| {
            Ok(RelativisticValueAtRisk { tail: a.tail()?, kappa: a.number(0.3)? })
        }),
        ("entropic risk", &["entropic risk measure"], |a| {
            Ok(EntropicRisk { tail: a.tail()?, theta: a.number(1.0)? })
        }),
        ("range", &["rg"], |_| Ok(Range)),
        ("var range", &["value at risk range", "vrg"], |a| {
            let (tail, gain_tail) = a.tails()?;
            Ok(ValueAtRiskRange { tail, gain_tail })
        }),
        ("cvar range", &["conditional value at risk range", "cvrg"], |a| {
            let (tail, gain_tail) = a.tails()?;
            Ok(ConditionalValueAtRiskRange { tail, gain_tail })
        }),
        ("tail gini range", &["tgrg"], |a| {
            let (tail, gain_tail) = a.tails()?;
            Ok(TailGiniRange { tail, gain_tail })
        }),
        ("evar range", &["entropic value at risk range", "evrg"], |a| {
            let (tail, gain_tail) = a.tails()?;
            Ok(EntropicValueAtRiskRange { tail, gain_tail })
        }),
        ("rlvar range", &["relativistic value at risk range", "rvrg"], |a| {
            let (tail, gain_tail) = a.tails()?;
            let kappa = a.number(0.3)?;
            let gain_kappa = a.number(kappa)?;
            Ok(RelativisticValueAtRiskRange { tail, gain_tail, kappa, gain_kappa })
        }),
        ("max drawdown", &["maximum drawdown", "mdd"], |a| Ok(MaxDrawdown { wealth: a.wealth()? })),
        ("average drawdown", &["add"], |a| Ok(AverageDrawdown { wealth: a.wealth()? })),
        ("ulcer index", &["ulcer", "uci"], |a| Ok(UlcerIndex { wealth: a.wealth()? })),
        ("dar", &["drawdown at risk"], |a| {
            Ok(DrawdownAtRisk { tail: a.tail()?, wealth: a.wealth()? })
        }),
        ("cdar", &["conditional drawdown at risk"], |a| {
            Ok(ConditionalDrawdownAtRisk { tail: a.tail()?, wealth: a.wealth()? })
        }),
        ("edar", &["entropic drawdown at risk"], |a| {
            Ok(EntropicDrawdownAtRisk { tail: a.tail()?, wealth: a.wealth()? })
        }),
        ("rldar", &["relativistic drawdown at risk"], |a| {
            let (tail, kappa) = (a.tail()?, a.number(0.3)?);
            Ok(RelativisticDrawdownAtRisk { tail, kappa, wealth: a.wealth()? })
        }),
    ]
};

impl RiskMeasure {
    /// The names that [`FromStr`] understands. Each alone is a measure with usual parameters.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, _, _)| *name)
    }

    /// The name, without its parameters.
    pub fn name(&self) -> &'static str {
        use RiskMeasure::*;
        match self {
            Variance => "variance",
            StandardDeviation => "standard deviation",
            SemiVariance { .. } => "semi-variance",
            SemiDeviation { .. } => "semi-deviation",
            MeanAbsoluteDeviation => "mean absolute deviation",
            GiniMeanDifference => "gini mean difference",
            SquareRootKurtosis => "square-root kurtosis",
            SquareRootSemiKurtosis => "square-root semi-kurtosis",
            EvenMoment { .. } => "even moment",
            EvenSemiMoment { .. } => "even semi-moment",
            ThirdCentralMoment => "third central moment",
            FourthCentralMoment => "fourth central moment",
            FourthLowerPartialMoment { .. } => "fourth lower partial moment",
            Skewness => "skewness",
            Kurtosis => "kurtosis",
            FirstLowerPartialMoment { .. } => "first lower partial moment",
            WorstRealisation => "worst realisation",
            ValueAtRisk { .. } => "var",
            ConditionalValueAtRisk { .. } => "cvar",
            TailGini { .. } => "tail gini",
            EntropicValueAtRisk { .. } => "evar",
            RelativisticValueAtRisk { .. } => "rlvar",
            EntropicRisk { .. } => "entropic risk",
            Range => "range",
            ValueAtRiskRange { .. } => "var range",
            ConditionalValueAtRiskRange { .. } => "cvar range",
            TailGiniRange { .. } => "tail gini range",
            EntropicValueAtRiskRange { .. } => "evar range",
            RelativisticValueAtRiskRange { .. } => "rlvar range",
            MaxDrawdown { .. } => "max drawdown",
            AverageDrawdown { .. } => "average drawdown",
            UlcerIndex { .. } => "ulcer index",
            DrawdownAtRisk { .. } => "dar",
            ConditionalDrawdownAtRisk { .. } => "cdar",
            EntropicDrawdownAtRisk { .. } => "edar",
            RelativisticDrawdownAtRisk { .. } => "rldar",
        }
    }
}

impl FromStr for RiskMeasure {
    type Err = SentenceError;

    fn from_str(text: &str) -> Result<Self, SentenceError> {
        let mut cursor = Cursor::new(KIND, text);
        let start = cursor.here();
        let found = cursor.until(&['(']);
        let (name, compounded) = plain(found);
        let mut arguments = Arguments::read(cursor, compounded)?;
        let entry = NAMES.iter().find(|(printed, others, _)| {
            plain(printed).0 == name || others.iter().any(|other| plain(other).0 == name)
        });
        let Some((_, _, make)) = entry else {
            let names = NAMES
                .iter()
                .flat_map(|(name, others, _)| std::iter::once(name).chain(others.iter()).copied());
            let suggestion = closest(&name, names);
            let printed = Self::names().collect::<Vec<_>>().join(", ");
            return Err(cursor.error_at(start, format!("one of {printed}"), suggestion));
        };
        let measure = make(&mut arguments)?;
        arguments.finish()?;
        Ok(measure)
    }
}

/// A name in lower case with single blanks, and whether it ends like Riskfolio's compounded
/// drawdowns.
fn plain(name: &str) -> (String, bool) {
    let words = name.to_lowercase().replace(['-', '_'], " ");
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.strip_suffix(" rel") {
        Some(name) => (name.to_owned(), true),
        None => (words, false),
    }
}

impl fmt::Display for RiskMeasure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use RiskMeasure::*;
        let target = |target| match target {
            Target::Mean => "mean".to_owned(),
            Target::Fixed(value) => amount(value),
        };
        let ([tail, gain_tail], [kappa, gain_kappa]) = self.parameters();
        let mut arguments: Vec<String> =
            [tail, gain_tail].into_iter().flatten().map(confidence).collect();
        arguments.extend([kappa, gain_kappa].into_iter().flatten().map(|kappa| kappa.to_string()));
        match *self {
            SemiVariance { target: from } | SemiDeviation { target: from }
                if from != Target::Mean =>
            {
                arguments.push(target(from));
            }
            FourthLowerPartialMoment { target: from } if from != Target::Mean => {
                arguments.push(target(from));
            }
            FirstLowerPartialMoment { target: from } if from != Target::Fixed(0.0) => {
                arguments.push(target(from));
            }
            EvenMoment { p } | EvenSemiMoment { p } => arguments.push(p.to_string()),
            EntropicRisk { theta, .. } => arguments.push(theta.to_string()),
            _ => {}
        }
        if self.wealth() == Some(Wealth::Compounded) {
            arguments.push("compounded".to_owned());
        }
        f.write_str(self.name())?;
        if arguments.is_empty() { Ok(()) } else { write!(f, "({})", arguments.join(", ")) }
    }
}

impl From<RiskMeasure> for String {
    fn from(measure: RiskMeasure) -> String {
        measure.to_string()
    }
}

impl TryFrom<String> for RiskMeasure {
    type Error = SentenceError;

    fn try_from(text: String) -> Result<Self, SentenceError> {
        text.parse()
    }
}
