//! A mandate held against its data before the first day: what it names must be there.

use anyhow::{Context, bail, ensure};
use cycle::{Desk, Outlook};
use types::{Panel, Symbol};

use crate::show::some;

/// Refuses a mandate that names fields, symbols or days which the prices do not have.
pub fn check(desk: &Desk, panel: &Panel) -> anyhow::Result<()> {
    if let Some(features) = &desk.features {
        features.check_fields(panel).context("[features] use")?;
    }
    if let Outlook::Signal { signal, .. } = &desk.outlook {
        signal.check_fields(panel).context("[forecast] signal")?;
    }
    check_benchmark(&desk.mandate.mandate.benchmark, panel)?;
    check_groups(desk, panel)?;
    check_days(desk, panel)
}

fn check_benchmark(benchmark: &str, panel: &Panel) -> anyhow::Result<()> {
    ensure!(
        benchmark == "equal-weight" || panel.column(&benchmark.into()).is_ok(),
        "[mandate] benchmark = \"{benchmark}\": say \"equal-weight\" or a symbol of the prices: {}",
        known(panel)
    );
    Ok(())
}

fn check_groups(desk: &Desk, panel: &Panel) -> anyhow::Result<()> {
    for (name, symbols) in &desk.groups {
        if let Some(unknown) = symbols.iter().find(|symbol| panel.column(symbol).is_err()) {
            bail!(
                "[universe] groups: `{name}` has {unknown}, but the prices have {}",
                known(panel)
            );
        }
    }
    Ok(())
}

fn check_days(desk: &Desk, panel: &Panel) -> anyhow::Result<()> {
    let (Some(first), Some(last)) = (panel.dates().first(), panel.last_date()) else {
        bail!("[universe] prices: there is not one day in them");
    };
    let purpose = &desk.mandate.mandate;
    for (key, day) in [("start", purpose.start), ("end", purpose.end)] {
        if let Some(day) = day {
            let outside = if key == "start" { day >= last } else { day <= *first };
            ensure!(!outside, "[mandate] {key} = {day}, but the prices are of {first} to {last}");
        }
    }
    Ok(())
}

fn known(panel: &Panel) -> String {
    some(panel.symbols().iter().map(Symbol::as_str))
}
