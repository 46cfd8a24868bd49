//! What is expected beyond estimates: views, scenarios that are drawn, and stresses.
//!
//! In: options of the command line and the symbols of the question. Out: what `allocation` takes.

use std::collections::BTreeMap;

use allocation::{Prospects, Source, SourceKind, ViewMethod};
use anyhow::{Context, bail};
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use risk::{BlackLitterman, Moments, View, Vocabulary, stress};
use types::Symbol;

use super::given::pairs;

/// Views, scenarios and stresses.
#[derive(Debug, Args)]
pub struct Outlook {
    /// A view on returns over the horizon, such as "AAPL - MSFT == 2% with confidence 60%"; may be
    /// given several times. Groups stand for the mean of their members
    #[arg(long = "view", value_name = "SENTENCE")]
    views: Vec<String>,
    /// How views are joined with what is estimated
    #[arg(long, value_name = "METHOD", default_value = "black-litterman", value_parser = methods())]
    views_by: ViewMethod,
    /// For black-litterman: the variance of the prior means as a fraction of that of returns
    #[arg(long, default_value_t = BlackLitterman::default().tau)]
    tau: f64,
    /// Where the scenarios of measures such as cvar(95%) come from
    #[arg(long, value_name = "KIND", default_value = "history", value_parser = kinds())]
    scenarios: SourceKind,
    /// How many scenarios are drawn; 2000 if left out
    #[arg(long, value_name = "NUMBER")]
    scenario_count: Option<usize>,
    /// Where the random numbers of drawn scenarios start
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// For the bootstraps: days of a block; estimated from the returns if left out
    #[arg(long, value_name = "DAYS")]
    block: Option<f64>,
    /// For student: degrees of freedom; 5 if left out
    #[arg(long)]
    degrees: Option<f64>,
    /// Shocks by name, such as "slump=AAPL:-20%,XOM:-30%": what the rest is then expected to return
    /// is shown, and is a characteristic for constraints such as "slump >= -15%"; may be given several
    /// times
    #[arg(long = "stress", value_name = "NAME=SYMBOL:RETURN,...", allow_hyphen_values = true)]
    stresses: Vec<String>,
}

fn methods() -> impl TypedValueParser<Value = ViewMethod> {
    let values = ViewMethod::ALL.map(|(_, name, help)| PossibleValue::new(name).help(help));
    PossibleValuesParser::new(values).try_map(|name| name.parse::<ViewMethod>())
}

fn kinds() -> impl TypedValueParser<Value = SourceKind> {
    let values = SourceKind::ALL.map(|(_, name, help)| PossibleValue::new(name).help(help));
    PossibleValuesParser::new(values).try_map(|name| name.parse::<SourceKind>())
}

impl Outlook {
    /// Where scenarios come from.
    pub fn source(&self) -> anyhow::Result<Source> {
        let source = Source {
            kind: self.scenarios,
            count: self.scenario_count,
            seed: self.seed,
            block: self.block,
            degrees: self.degrees,
        };
        source.check()?;
        Ok(source)
    }

    /// Whether there are views.
    pub fn has_views(&self) -> bool {
        !self.views.is_empty()
    }

    /// The prospects with the views, and what they moved.
    pub fn joined<'a>(
        &self,
        prospects: Prospects<'a>,
        symbols: &[Symbol],
        groups: &BTreeMap<String, Vec<Symbol>>,
    ) -> anyhow::Result<(Prospects<'a>, allocation::Moved)> {
        let mut names = Vocabulary::new(symbols);
        for (group, members) in groups {
            let here = members.iter().filter(|member| symbols.contains(member));
            let here: Vec<&str> = here.map(Symbol::as_str).collect();
            if self.has_views() && !here.is_empty() {
                names = names.with_group(group, &here).context("--group")?;
            }
        }
        let views = self.views.iter().map(|sentence| View::parse(sentence, &names));
        let views: Vec<View> = views.collect::<Result<_, _>>()?;
        Ok(prospects.with_views(self.views_by, &views, self.tau)?)
    }

    /// The return of each symbol in each stress.
    pub fn stresses(&self, moments: &Moments) -> anyhow::Result<BTreeMap<String, Vec<f64>>> {
        let mut all = BTreeMap::new();
        for text in &self.stresses {
            let Some((name, shocks)) = text.split_once('=') else {
                bail!("--stress {text}: expected a name and shocks, such as slump=AAPL:-20%");
            };
            let shocks = pairs("--stress", shocks, &moments.symbols)?;
            if shocks.is_empty() {
                bail!("--stress {text}: name a symbol and its return, such as slump=AAPL:-20%");
            }
            let found = stress(moments, &shocks).with_context(|| format!("--stress {text}"))?;
            if all.insert(name.trim().to_owned(), found.moments.mean).is_some() {
                bail!("--stress {text}: there are two of this name: rename one");
            }
        }
        Ok(all)
    }
}
