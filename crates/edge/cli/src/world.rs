//! From files to snapshots, and from snapshots to the history that a run is shown.
//!
//! A run never reads a file directly: what it reads is first put into one canonical form, stored
//! under its digest, and read back from there. So a replay, which only has the digests, sees the
//! same bytes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use backtest::{History, Vanished};
use cycle::{Desk, Given, Mandate};
use journal::{Draft, Spine, SpineError};
use market::{
    Calendar, CorporateAction, Finding, ImportOptions, Imported, Memberships, Prices, Requirement,
    Universe, import, import_actions,
};
use store::{Home, tables};
use types::{Date, Digest, Id, Panel, Symbol, Table, Timestamp, Values};

use crate::show::{count, some};
use crate::{stored, texts};

/// Snapshots in memory: canonical bytes by what they are used for.
pub type Snapshots = BTreeMap<String, Vec<u8>>;

/// The snapshot of what a registry says of a model that is given to a run.
pub const GIVEN: &str = "model";
/// The snapshot of that model's file.
pub const GIVEN_FILE: &str = "model.onnx";

/// Reads the mandate's files into canonical snapshots; also what was found on the way.
pub fn read(mandate: &Mandate, folder: &Path) -> anyhow::Result<(Snapshots, Vec<Finding>)> {
    let universe = &mandate.universe;
    let mut snapshots = Snapshots::new();
    let mut actions = vec![];
    let mut findings = vec![];
    if let Some(file) = &universe.actions {
        let table = one(folder, "universe", "actions", file)?;
        let read = import_actions(&table, &Calendar::nyse())?;
        snapshots.insert("actions".to_owned(), tables::to_parquet(&actions_table(&read.actions))?);
        findings.extend(read.findings);
        actions = read.actions;
    }
    let imported = import_prices(&folder.join(&universe.prices), actions)
        .with_context(|| key("universe", "prices", &universe.prices))?;
    findings.extend(imported.findings.iter().cloned());
    let prices = accept(imported)?;
    snapshots.insert("prices".to_owned(), tables::to_parquet(&prices.to_table("prices"))?);
    let others = [
        ("universe", "members", universe.members.as_ref().map(|members| &members.file)),
        ("cash", "rates", mandate.cash.rates.as_ref().map(|rates| &rates.file)),
        ("universe", "fundamentals", universe.fundamentals.as_ref().map(|known| &known.file)),
        ("features", "text", mandate.features.text.as_ref().map(|text| &text.file)),
        (
            "features",
            "dictionary",
            mandate.features.text.as_ref().and_then(|text| text.dictionary.as_ref()),
        ),
    ];
    for (section, name, file) in others {
        if let Some(file) = file {
            let table = one(folder, section, name, file)?;
            snapshots.insert(name.to_owned(), tables::to_parquet(&table)?);
        }
    }
    let embedding = mandate.features.text.as_ref().and_then(|text| text.embedding.as_ref());
    if let Some(embedding) = embedding {
        for (name, file) in texts::FILES {
            let bytes = of_model(&folder.join(&embedding.model), file)
                .with_context(|| key("features", "text.embedding.model", &embedding.model))?;
            snapshots.insert(name.to_owned(), bytes);
        }
    }
    Ok((snapshots, findings))
}

/// Reads a file of a model's folder, or of its folder `onnx`, where sentence-transformers puts graphs.
fn of_model(model: &Path, file: &str) -> anyhow::Result<Vec<u8>> {
    let (path, inner) = (model.join(file), model.join("onnx").join(file));
    let path = if !path.exists() && inner.exists() { inner } else { path };
    fs::read(&path).with_context(|| path.display().to_string())
}

/// Reads and checks prices from a file or folder.
pub fn import_prices(path: &Path, actions: Vec<CorporateAction>) -> anyhow::Result<Imported> {
    let tables = tables::read_all(path)?;
    Ok(import(&tables, &ImportOptions { actions, ..ImportOptions::default() })?)
}

/// The prices, if nothing that was found is an error; the first errors are named.
pub fn accept(imported: Imported) -> anyhow::Result<Prices> {
    const NAMED: usize = 10;
    let errors: Vec<String> = imported.errors().map(ToString::to_string).collect();
    if errors.is_empty() {
        return Ok(imported.accept()?);
    }
    let named: Vec<&str> = errors.iter().map(|error| error.trim_start_matches("error: ")).collect();
    let more = errors.len().saturating_sub(NAMED);
    let rest = if more > 0 { format!("\n  and {more} more") } else { String::new() };
    bail!(
        "{} in the prices; mend them, or take those rows out:\n  {}{rest}",
        count(errors.len(), "error"),
        named[..errors.len().min(NAMED)].join("\n  ")
    )
}

/// Reads a table that a key of the mandate names.
fn one(folder: &Path, section: &str, name: &str, file: &str) -> anyhow::Result<Table> {
    tables::read(&folder.join(file)).with_context(|| key(section, name, file))
}

fn key(section: &str, name: &str, file: &str) -> String {
    format!("[{section}] {name} = \"{file}\"")
}

/// The canonical table of corporate actions.
fn actions_table(actions: &[CorporateAction]) -> Table {
    let kind = |action: &CorporateAction| match action.kind {
        market::ActionKind::Split { ratio } => ("split", ratio, f64::NAN),
        market::ActionKind::Dividend { amount } => ("dividend", f64::NAN, amount),
    };
    let text = |value: &str| Some(value.to_owned());
    Table {
        origin: "actions".to_owned(),
        first_line: 1,
        columns: vec![
            (
                "symbol".to_owned(),
                Values::Text(actions.iter().map(|a| text(a.symbol.as_str())).collect()),
            ),
            ("ex_date".to_owned(), Values::Date(actions.iter().map(|a| Some(a.ex_date)).collect())),
            ("type".to_owned(), Values::Text(actions.iter().map(|a| text(kind(a).0)).collect())),
            ("ratio".to_owned(), Values::Number(actions.iter().map(|a| kind(a).1).collect())),
            ("amount".to_owned(), Values::Number(actions.iter().map(|a| kind(a).2).collect())),
        ],
    }
}

/// The name of the record of a snapshot.
pub fn snapshot_id(digest: &Digest) -> Id {
    format!("snapshot-{}", digest.short()).into()
}

/// Puts a snapshot into a home and says so in its journal, once.
pub fn keep(home: &mut Home, name: &str, bytes: &[u8]) -> Result<(), SpineError> {
    let digest = Digest::of(bytes);
    if home.record(&snapshot_id(&digest)).is_some() {
        return Ok(());
    }
    let says = serde_json::json!({ "snapshot": digest, "name": name, "bytes": bytes.len() });
    let says = says.to_string().into_bytes();
    let draft = Draft::observed(Timestamp::UNIX_EPOCH, snapshot_id(&digest), says);
    home.append(vec![draft.with_objects([bytes.to_vec()])])
}

/// Reads the snapshots of a run back from its home.
pub fn recall(home: &Home, digests: &BTreeMap<String, Digest>) -> anyhow::Result<Snapshots> {
    digests
        .iter()
        .map(|(name, digest)| {
            let bytes = home.payload(digest).with_context(|| format!("snapshot `{name}`"))?;
            Ok((name.clone(), bytes))
        })
        .collect()
}

/// The desk with the registered model that its mandate names, if it names one.
pub fn with_model(desk: Desk, snapshots: &Snapshots) -> anyhow::Result<Desk> {
    let (Some(says), Some(bytes)) = (snapshots.get(GIVEN), snapshots.get(GIVEN_FILE)) else {
        return Ok(desk);
    };
    let says = serde_json::from_slice(says).context("what the registry says of the model")?;
    Ok(desk.with_model(Given { says, bytes: bytes.clone() }))
}

/// The history that a mandate's run is shown, from canonical snapshots.
pub fn history(mandate: &Mandate, snapshots: &Snapshots) -> anyhow::Result<History> {
    let calendar = Calendar::nyse();
    let table = |name: &str| -> anyhow::Result<Option<Table>> {
        let bytes = snapshots.get(name);
        Ok(bytes.map(|bytes| tables::from_parquet(name, bytes)).transpose()?)
    };
    let prices = table("prices")?.context("a run has prices")?;
    let mut prices = Prices::from_table(&prices)?;
    let mut actions: BTreeMap<Date, Vec<CorporateAction>> = BTreeMap::new();
    if let Some(table) = table("actions")? {
        let read = import_actions(&table, &calendar)?.actions;
        let read: Vec<_> = read.into_iter().filter(|a| wanted(mandate, &a.symbol)).collect();
        prices = prices.only(|symbol| wanted(mandate, symbol)).chained(&read)?;
        for action in read {
            actions.entry(action.ex_date).or_default().push(action);
        }
    }
    let source = Digest::of(&snapshots["prices"]);
    let mut panel = select(mandate, &prices.panel(source))?;
    if let (Some(known), Some(table)) = (&mandate.universe.fundamentals, table("fundamentals")?) {
        let both = [source, Digest::of(&snapshots["fundamentals"])];
        let source = Digest::of_parts(both.iter().map(|digest| digest.as_bytes().as_slice()));
        panel =
            market::with_known(&panel, &table, &known.known, &known.fields, known.valid.0, source)?;
    }
    if let (Some(plan), Some(documents)) = (&mandate.features.text, table("text")?) {
        let parts = ["text", "dictionary", texts::FILES[0].0, texts::FILES[1].0];
        let parts = parts.map(|name| snapshots.get(name).map(|bytes| Digest::of(bytes)));
        let digests: Vec<Digest> = parts.into_iter().flatten().chain([panel.source()]).collect();
        let source = Digest::of_parts(digests.iter().map(|digest| digest.as_bytes().as_slice()));
        let dictionary = table("dictionary")?;
        let embedder = texts::embedder(plan, snapshots).context("[features] text.embedding")?;
        let by = texts::By { dictionary: dictionary.as_ref(), embedder: embedder.as_ref() };
        panel = texts::add(&panel, plan, &documents, by, source).context("[features] text")?;
    }
    if let Some(table) = table(stored::VALUES)? {
        let both = [panel.source(), Digest::of(&snapshots[stored::VALUES])];
        let source = Digest::of_parts(both.iter().map(|digest| digest.as_bytes().as_slice()));
        panel = stored::add(&panel, &table, source).context("[features] store")?;
    }
    let universe = match (&mandate.universe.members, table("members")?) {
        (Some(members), Some(table)) => {
            Universe::Members(Memberships::from_table(&table, Some(&members.index))?)
        }
        _ => Universe::Everything,
    };
    Ok(History {
        panel,
        universe,
        requirements: requirements(mandate)?,
        actions,
        rates: rates(mandate, table("rates")?)?,
        calendar,
        vanished: match mandate.universe.vanished.as_deref() {
            Some("sell at last price") => Vanished::SellAtLastPrice,
            _ => Vanished::Stop,
        },
    })
}

fn wanted(mandate: &Mandate, symbol: &Symbol) -> bool {
    let symbols = mandate.universe.symbols.as_ref();
    symbols.is_none_or(|symbols| symbols.iter().any(|wanted| wanted == symbol.as_str()))
}

fn select(mandate: &Mandate, panel: &Panel) -> anyhow::Result<Panel> {
    let Some(symbols) = &mandate.universe.symbols else { return Ok(panel.clone()) };
    let symbols: Vec<Symbol> = symbols.iter().map(|symbol| symbol.as_str().into()).collect();
    if let Some(unknown) = symbols.iter().find(|symbol| panel.column(symbol).is_err()) {
        let known = some(panel.symbols().iter().map(Symbol::as_str));
        bail!("[universe] symbols: {unknown} has no prices; the prices have {known}");
    }
    Ok(panel.select(&symbols)?)
}

fn requirements(mandate: &Mandate) -> anyhow::Result<Vec<Requirement>> {
    let parsed = mandate.universe.require.iter().map(|sentence| sentence.parse());
    parsed.collect::<Result<_, _>>().context("[universe] require")
}

/// Yearly rates on cash as fractions, by day.
fn rates(mandate: &Mandate, table: Option<Table>) -> anyhow::Result<BTreeMap<Date, f64>> {
    if let Some(rate) = mandate.cash.rate {
        return Ok(BTreeMap::from([(Date::MIN, rate.0)]));
    }
    let (Some(rates), Some(table)) = (&mandate.cash.rates, table) else {
        return Ok(BTreeMap::new());
    };
    let names =
        || table.columns.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
    let Some(Values::Date(days)) = table.column("date") else {
        bail!("{}: no column `date` of days; it has {}", rates.file, names());
    };
    let Some(Values::Number(values)) = table.column(&rates.column) else {
        bail!("{}: no column `{}` of numbers; it has {}", rates.file, rates.column, names());
    };
    let known = days.iter().zip(values).filter(|(_, value)| value.is_finite());
    Ok(known.filter_map(|(day, value)| Some(((*day)?, value / 100.0))).collect())
}
