//! The built-in features, packages and operators: what mandates can compute.

use features::{Expression, library, operators, packages};

use crate::commands::Found;
use crate::show::{Format, json, say, table};

/// The built-in features, each as a value for programs.
pub(super) fn values() -> Vec<serde_json::Value> {
    let entry = |e: &features::LibraryEntry| serde_json::json!({"kind": "builtin", "name": e.name, "source": e.source, "doc": e.doc});
    library().iter().map(entry).collect()
}

/// Prints the built-in features and packages.
pub(super) fn list() {
    table(
        &["name", "definition"],
        library().iter().map(|entry| vec![entry.name.to_owned(), entry.source.to_owned()]),
    );
    for package in packages() {
        let (name, size) = (package.name, package.definitions.len());
        say(&format!("{name}: {size} features (trimtab features list {name})"));
        say(&format!("    {}", package.doc));
    }
}

/// Prints the features of a package.
pub(super) fn list_package(name: &str, format: Format) -> anyhow::Result<()> {
    let Some(package) = packages().iter().find(|package| package.name == name) else {
        let known: Vec<&str> = packages().iter().map(|package| package.name).collect();
        anyhow::bail!("no package `{name}`; there are {}", known.join(", "));
    };
    match format {
        Format::Json => json(&package.definitions),
        Format::Table => {
            let rows = package.definitions.iter();
            table(
                &["name", "definition"],
                rows.map(|feature| vec![feature.name.clone(), feature.source.clone()]),
            );
            Ok(())
        }
    }
}

/// Prints the operators.
pub(super) fn operators_of_the_language(format: Format) -> anyhow::Result<Found> {
    match format {
        Format::Json => {
            let entries = operators().iter();
            json(&entries.map(|o| serde_json::json!({"name": o.name, "signature": o.signature, "doc": o.doc})).collect::<Vec<_>>())?;
        }
        Format::Table => {
            for operator in operators() {
                say(operator.signature);
                say(&format!("    {}", operator.doc));
            }
        }
    }
    Ok(Found::AllWell)
}

/// Parses an expression and says what it reads.
pub(super) fn check(expression: &str) -> anyhow::Result<Found> {
    let parsed = Expression::parse(expression)?;
    let window = parsed.window();
    say(&format!("{parsed}"));
    say(&format!("reads {}", parsed.fields().into_iter().collect::<Vec<_>>().join(", ")));
    say(&format!("{} days back, {} days ahead", window.left, window.right));
    if window.right > 0 {
        say("it looks ahead: a label, not a feature");
    }
    Ok(Found::AllWell)
}
