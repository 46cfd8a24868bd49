//! What spans say of their trace, where nobody said it better.

use database::{Tx, Value, values};

use super::{Kept, Owner};
use crate::CatalogError;
use crate::traces::USER;
use crate::traces::info::State;
use crate::traces::json::Json;
use crate::traces::preview::{self, Role};
use crate::traces::span::{self, Status};
use crate::traces::usage::{self, Costs, Node, Tokens};

/// Nanoseconds in a millisecond.
const NANOS: i64 = 1_000_000;

/// Longest id of a session or a user.
const ID: usize = 250;

/// What some spans say of their trace.
pub(super) struct Learned {
    /// When the first began, in milliseconds.
    pub(super) start: i64,
    /// When the last ended.
    pub(super) end: Option<i64>,
    /// How it ended, if the first span is among them.
    pub(super) state: Option<State>,
}

impl Learned {
    pub(super) fn of(spans: &[Kept<'_>]) -> Self {
        let start = spans.iter().map(|kept| kept.span.start).min().unwrap_or_default();
        let end = spans.iter().filter_map(|kept| kept.span.end).max();
        let root = spans.iter().find(|kept| kept.span.parent.is_none());
        let state = root.map(|root| match root.span.status {
            Status::Error => State::Error,
            Status::Ok | Status::Unset => State::Ok,
        });
        Self { start: start.div_euclid(NANOS), end: end.map(|end| end.div_euclid(NANOS)), state }
    }
}

/// What the trace says already.
struct Known {
    start: i64,
    duration: Option<i64>,
    state: State,
    finalized: bool,
    request: bool,
    response: bool,
    session: bool,
    tokens: bool,
    costs: bool,
}

/// Adds to a trace what its new spans say of it.
pub(super) fn learn(
    tx: &mut Tx<'_>,
    trace: &Owner,
    made: bool,
    spans: &[Kept<'_>],
) -> Result<(), CatalogError> {
    let known = known(tx, trace.id)?;
    let mut changes = Changes::default();
    times(&known, made, &Learned::of(spans), &mut changes);
    previews(&known, spans, &mut changes);
    if !known.session {
        let said = |kept: &Kept<'_>| {
            let said = kept.short("session.id", ID);
            said.or_else(|| kept.short("gen_ai.conversation.id", ID)).filter(|id| !id.is_empty())
        };
        changes.text("session", spans.iter().find_map(said));
    }
    if !(known.finalized && known.tokens)
        && let Some(tokens) = add_up(tx, trace.id, made, spans, span::TOKENS, usage::total_tokens)?
    {
        changes.tokens(tokens);
    }
    if !(known.finalized && known.costs)
        && let Some(costs) = add_up(tx, trace.id, made, spans, span::COST, usage::total_costs)?
    {
        changes.costs(costs);
    }
    changes.apply(tx, trace.id)?;
    if changes.moved {
        let sql = "UPDATE assessment SET trace_time = (SELECT start_time FROM trace WHERE id = ?1)
                   WHERE trace = ?1";
        tx.execute(sql, values![trace.id])?;
    }
    if let Some(user) = spans.iter().find_map(|kept| kept.short("user.id", ID)) {
        tx.execute(
            "INSERT INTO trace_metadata (trace, key, experiment, value) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO NOTHING",
            values![trace.id, USER, trace.experiment, &user],
        )?;
    }
    Ok(())
}

fn known(tx: &mut Tx<'_>, id: i64) -> Result<Known, CatalogError> {
    let some = |columns: &[&str]| {
        let tests: Vec<_> = columns.iter().map(|column| format!("{column} IS NOT NULL")).collect();
        format!("CAST(CASE WHEN {} THEN 1 ELSE 0 END AS BIGINT)", tests.join(" OR "))
    };
    let sql = format!(
        "SELECT start_time, duration, state, finalized, {}, {}, {}, {}, {} FROM trace WHERE id = ?1",
        some(&["request_preview"]),
        some(&["response_preview"]),
        some(&["session"]),
        some(&usage::TOKENS),
        some(&usage::COSTS)
    );
    let known = tx.first(&sql, values![id], |row| {
        Ok(Known {
            start: row.get(0)?,
            duration: row.get(1)?,
            state: State::parse("state", &row.get::<String>(2)?).unwrap_or_default(),
            finalized: row.get(3)?,
            request: row.get(4)?,
            response: row.get(5)?,
            session: row.get(6)?,
            tokens: row.get(7)?,
            costs: row.get(8)?,
        })
    })?;
    known.ok_or_else(|| CatalogError::missing("the trace was deleted meanwhile"))
}

/// The trace covers all of its spans, unless it was said when it was.
fn times(known: &Known, made: bool, learned: &Learned, changes: &mut Changes) {
    if matches!(known.state, State::InProgress | State::Unspecified) {
        changes.text("state", learned.state.map(|state| state.as_str().to_owned()));
    }
    if made || known.finalized {
        return;
    }
    let start = known.start.min(learned.start);
    if start < known.start {
        changes.number("start_time", Some(start));
        changes.moved = true;
    }
    let ended = known.duration.map(|duration| known.start + duration);
    let end = ended.into_iter().chain(learned.end).max();
    changes.number("duration", end.map(|end| end - start));
}

fn previews(known: &Known, spans: &[Kept<'_>], changes: &mut Changes) {
    let Some(root) = spans.iter().find(|kept| kept.span.parent.is_none()) else { return };
    for (there, column, key, role) in [
        (known.request, "request_preview", span::INPUTS, Role::User),
        (known.response, "response_preview", span::OUTPUTS, Role::Assistant),
    ] {
        if !there && let Some(text) = root.attributes.get(key) {
            changes.text(column, Some(preview::of(text, role).replace('\0', "\u{fffd}")));
        }
    }
}

/// What all spans of the trace say together. Those that came before count as well, for who speaks
/// for all below may come after them.
fn add_up<T>(
    tx: &mut Tx<'_>,
    trace: i64,
    made: bool,
    spans: &[Kept<'_>],
    key: &str,
    total: impl Fn(&[Node]) -> Option<T>,
) -> Result<Option<T>, CatalogError> {
    let said = |value: Option<Json>| value.filter(|value| value.as_object().is_some());
    let mut nodes: Vec<Node> = spans
        .iter()
        .map(|kept| Node {
            id: kept.span_id.clone(),
            parent: kept.parent_id.clone(),
            said: said(kept.attributes.json(key)),
        })
        .collect();
    if nodes.iter().all(|node| node.said.is_none()) {
        return Ok(None);
    }
    if !made {
        let new: std::collections::HashSet<String> =
            nodes.iter().map(|node| node.id.clone()).collect();
        let sql = "SELECT span_id, parent_id, content FROM span WHERE trace = ?1";
        tx.each(sql, values![trace], |row| {
            let (id, parent): (String, Option<String>) = (row.get(0)?, row.get(1)?);
            if !new.contains(&id) {
                let content = Json::parse(&row.get::<String>(2)?).unwrap_or_default();
                let text = content.get("attributes").and_then(|all| all.get(key)?.as_text());
                nodes.push(Node { id, parent, said: said(text.and_then(Json::parse)) });
            }
            Ok(())
        })?;
    }
    Ok(total(&nodes))
}

/// Columns of a trace that change.
#[derive(Default)]
struct Changes {
    columns: Vec<(&'static str, Change)>,
    moved: bool,
}

enum Change {
    Number(i64),
    Real(f64),
    Text(String),
}

impl Changes {
    fn number(&mut self, column: &'static str, value: Option<i64>) {
        self.columns.extend(value.map(|value| (column, Change::Number(value))));
    }

    fn text(&mut self, column: &'static str, value: Option<String>) {
        self.columns.extend(value.map(|value| (column, Change::Text(value))));
    }

    fn tokens(&mut self, tokens: Tokens) {
        for (column, count) in usage::TOKENS.into_iter().zip(tokens) {
            self.number(column, count);
        }
    }

    fn costs(&mut self, costs: Costs) {
        for (column, cost) in usage::COSTS.into_iter().zip(costs) {
            self.columns.extend(cost.map(|cost| (column, Change::Real(cost))));
        }
    }

    fn apply(&self, tx: &mut Tx<'_>, trace: i64) -> Result<(), CatalogError> {
        if self.columns.is_empty() {
            return Ok(());
        }
        let set = self.columns.iter().enumerate();
        let set: Vec<_> =
            set.map(|(place, (column, _))| format!("{column} = ?{}", place + 2)).collect();
        let mut given = vec![Value::Int(trace)];
        given.extend(self.columns.iter().map(|(_, change)| match change {
            Change::Number(value) => Value::Int(*value),
            Change::Real(value) => Value::Real(*value),
            Change::Text(text) => Value::Text(text),
        }));
        tx.execute(&format!("UPDATE trace SET {} WHERE id = ?1", set.join(", ")), &given)?;
        Ok(())
    }
}
