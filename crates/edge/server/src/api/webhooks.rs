//! Webhooks.

use axum::routing::{MethodRouter, get, post};
use catalog::webhooks::{self, Event, Given, Status};
use catalog::{CatalogError, Code};
use serde_json::{Value, json};

use crate::api::runs::{page_json, page_offset};
use crate::app::App;
use crate::ask::Ask;
use crate::fields::Fields;
use crate::reply::{Answer, bytes, json, nothing};

pub(crate) fn endpoints() -> Vec<(&'static str, MethodRouter<App>)> {
    vec![
        ("2.0/mlflow/webhooks", get(list).post(create)),
        ("2.0/mlflow/webhooks/{webhook_id}", get(show).patch(update).delete(delete)),
        ("2.0/mlflow/webhooks/{webhook_id}/test", post(test)),
    ]
}

async fn create(ask: Ask) -> Answer {
    ask.fields.text("name")?;
    let url = ask.fields.text("url")?.to_owned();
    if !ask.fields.has("events") {
        return Err(crate::fields::missing("events").into());
    }
    let mut given = given(&ask)?;
    given.events.get_or_insert_default();
    ask.app.webhooks().check(&url).await?;
    let (workspace, now) = (ask.workspace.clone(), ask.now);
    let made = ask.write(move |tx| webhooks::create(tx, &workspace, &given, now)).await?;
    Ok(json(&json!({ "webhook": made })))
}

async fn list(ask: Ask) -> Answer {
    let max = match ask.fields.opt_int("max_results")?.unwrap_or_default() {
        0 => 100,
        max => usize::try_from(max)
            .ok()
            .filter(|max| *max <= 1_000)
            .ok_or_else(|| CatalogError::invalid("max_results must be between 1 and 1000."))?,
    };
    let (offset, workspace) = (page_offset(&ask.fields)?, ask.workspace.clone());
    let page = ask.read(move |tx| webhooks::list(tx, &workspace, offset, max)).await?;
    Ok(bytes(page_json("webhooks", &page.items, page.next.as_deref())))
}

fn id(ask: &Ask) -> Result<String, CatalogError> {
    Ok(ask.fields.text("webhook_id")?.to_owned())
}

async fn show(ask: Ask) -> Answer {
    let (id, workspace) = (id(&ask)?, ask.workspace.clone());
    let found = ask.read(move |tx| webhooks::get(tx, &workspace, &id)).await?;
    Ok(json(&json!({ "webhook": found })))
}

async fn update(ask: Ask) -> Answer {
    let (id, workspace, now) = (id(&ask)?, ask.workspace.clone(), ask.now);
    let given = given(&ask)?;
    if let Some(url) = &given.url {
        ask.app.webhooks().check(url).await?;
    }
    let changed = ask.write(move |tx| webhooks::update(tx, &workspace, &id, &given, now)).await?;
    Ok(json(&json!({ "webhook": changed })))
}

async fn delete(ask: Ask) -> Answer {
    let (id, workspace) = (id(&ask)?, ask.workspace.clone());
    ask.write(move |tx| webhooks::delete(tx, &workspace, &id)).await?;
    Ok(nothing())
}

/// Sends an example, of the event that is named or of the first that the webhook is told of.
async fn test(ask: Ask) -> Answer {
    let (id, workspace) = (id(&ask)?, ask.workspace.clone());
    let named = ask.fields.opt_object("event")?.map(|event| read(&event)).transpose()?;
    let webhook = ask.read(move |tx| webhooks::get(tx, &workspace, &id)).await?;
    let event = named.or_else(|| webhook.events.first().copied());
    let none = || CatalogError::new(Code::InternalError, "the webhook is told of nothing");
    let event = event.ok_or_else(none)?;
    let result = match ask.app.webhooks().try_out(&webhook, event, ask.now).await {
        Ok(answer) => json!({
            "success": answer.status < 400,
            "response_status": answer.status,
            "response_body": answer.body,
        }),
        Err(error) => json!({
            "success": false,
            "error_message": format!("Failed to test webhook: {error}"),
        }),
    };
    Ok(json(&json!({ "result": result })))
}

/// What is given of a webhook. Empty texts stand for nothing, except a description or a secret that
/// is to be removed.
fn given(ask: &Ask) -> Result<Given, CatalogError> {
    let fields = &ask.fields;
    let filled = |name| {
        let text = fields.opt_text(name)?.filter(|text| !text.is_empty());
        Ok::<_, CatalogError>(text.map(str::to_owned))
    };
    let events: Vec<Event> =
        fields.objects("events")?.iter().map(read).collect::<Result<_, _>>()?;
    let secret = fields.opt_text("secret")?;
    let secret = secret.map(|secret| ask.app.webhooks().seal(secret)).transpose()?;
    Ok(Given {
        name: filled("name")?,
        url: filled("url")?,
        description: fields.opt_text("description")?.map(str::to_owned),
        events: (!events.is_empty()).then_some(events),
        secret,
        status: filled("status")?.map(|status| Status::parse(&status)).transpose()?,
    })
}

fn read(event: &Fields) -> Result<Event, CatalogError> {
    let word = |name| match event.find(name) {
        Some(Value::String(word)) => Ok(word.clone()),
        _ => Err(crate::fields::missing(name)),
    };
    Event::parse(&word("entity")?, &word("action")?)
}
