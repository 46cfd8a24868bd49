//! From an [`Objective`] to the sentence that is read as the same, in text and in serialised forms.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{Linkage, Measure, Objective, Regularisation, SHARE};
use crate::risk_of::Risk;

/// ` with ward linkage`, unless that is what is meant anyway.
fn write_linkage(f: &mut fmt::Formatter<'_>, linkage: Linkage, usual: Linkage) -> fmt::Result {
    match linkage == usual {
        true => Ok(()),
        false => write!(f, " with {linkage} linkage"),
    }
}

impl fmt::Display for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Objective::MinimumVariance => f.write_str("minimise variance"),
            Objective::MeanVariance { risk_aversion, costs } => {
                f.write_str("maximise return")?;
                if *risk_aversion > 0.0 {
                    write!(f, " - {risk_aversion} * variance")?;
                }
                f.write_str(if *costs { " - costs" } else { "" })
            }
            Objective::MinimumRisk(risk) => write!(f, "minimise {risk}"),
            Objective::MeanRisk { penalties, costs } => {
                let robust = |(_, risk): &&(f64, Risk)| *risk == Risk::ReturnUncertainty;
                let sure = if penalties.iter().any(|p| robust(&p)) { "robust " } else { "" };
                write!(f, "maximise {sure}return")?;
                for (factor, risk) in penalties.iter().filter(|p| !robust(p)) {
                    write!(f, " - {factor} * {risk}")?;
                }
                write!(f, "{costs}")
            }
            Objective::MaximumRatio { risk, risk_free, robust } => {
                let sure = if *robust { "robust " } else { "" };
                write!(f, "maximise {sure}return / {risk}")?;
                match *risk_free == 0.0 {
                    true => Ok(()),
                    false => write!(f, " over {risk_free}"),
                }
            }
            Objective::RelaxedRiskParity { regularisation } => {
                f.write_str(self.method())?;
                match regularisation {
                    Regularisation::None => Ok(()),
                    Regularisation::Risk => f.write_str(" regularised"),
                    Regularisation::Penalty(factor) => write!(f, " penalised by {factor}"),
                }
            }
            Objective::FactorRiskParity { factors } => {
                write!(f, "{}: {}", self.method(), factors.join(", "))
            }
            Objective::RiskParity { risk, budgets } => {
                f.write_str(self.method())?;
                if *risk != Risk::Variance {
                    write!(f, " by {risk}")?;
                }
                let budgets: Vec<String> =
                    budgets.iter().map(|(name, budget)| format!("{name} {budget}")).collect();
                match budgets.is_empty() {
                    true => Ok(()),
                    false => write!(f, " with budgets {}", budgets.join(", ")),
                }
            }
            Objective::MaximumGrowth => f.write_str("maximise growth"),
            Objective::MaximumSharpe { risk_free: 0.0 } => f.write_str("maximise sharpe"),
            Objective::MaximumSharpe { risk_free } => {
                write!(f, "maximise sharpe over {risk_free}")
            }
            Objective::MaximumDiversification => f.write_str("maximise diversification"),
            Objective::MaximumDecorrelation => f.write_str("minimise correlation"),
            Objective::HierarchicalRiskParity { linkage, measure }
            | Objective::HierarchicalEqualRisk { linkage, measure } => {
                f.write_str(self.method())?;
                if *measure != Measure::Variance {
                    write!(f, " by {measure}")?;
                }
                let equal = matches!(self, Objective::HierarchicalEqualRisk { .. });
                write_linkage(f, *linkage, if equal { Linkage::Ward } else { Linkage::Single })
            }
            Objective::NestedClusters { linkage } => {
                f.write_str(self.method())?;
                write_linkage(f, *linkage, Linkage::Ward)
            }
            Objective::SchurComplementary { linkage, share } => {
                f.write_str(self.method())?;
                if (share - SHARE).abs() > 0.0 {
                    write!(f, " at {share}")?;
                }
                write_linkage(f, *linkage, Linkage::Ward)
            }
            Objective::Learned { hidden, period, seed } => {
                write!(f, "learned with {hidden} hidden every {period} days from seed {seed}")
            }
            simple => f.write_str(simple.method()),
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Measure::Variance => f.write_str("variance"),
            Measure::Volatility => f.write_str("volatility"),
            Measure::Of(measure) => measure.fmt(f),
        }
    }
}

impl fmt::Display for Linkage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Linkage::Single => "single",
            Linkage::Average => "average",
            Linkage::Complete => "complete",
            Linkage::Weighted => "weighted",
            Linkage::Ward => "ward",
        })
    }
}

impl Serialize for Objective {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A whole sentence, or a table of one verb: `{ maximise = "return - 5 * variance" }`.
impl<'de> Deserialize<'de> for Objective {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum Verb {
            #[serde(alias = "maximize")]
            Maximise(String),
            #[serde(alias = "minimize")]
            Minimise(String),
        }
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Sentence(String),
            Table(Verb),
        }
        let form = Form::deserialize(deserializer).map_err(|_| {
            D::Error::custom(
                "expected an objective such as `risk parity` or { maximise = \"return - 5 * variance\" }",
            )
        })?;
        let sentence = match form {
            Form::Sentence(sentence) => sentence,
            Form::Table(Verb::Maximise(what)) => format!("maximise {what}"),
            Form::Table(Verb::Minimise(what)) => format!("minimise {what}"),
        };
        sentence.parse().map_err(D::Error::custom)
    }
}
