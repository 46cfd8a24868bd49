//! Telling webhooks of events: what is due is taken from the catalog, signed, and sent.
//!
//! [`deliver`] runs beside the server. Several servers over one database share the work; what one
//! took and did not finish, another takes when its lease ends. Addresses are checked by [`target`]
//! before every attempt, and [`send`] connects to what was checked and nothing else.

mod deliver;
mod key;
mod payload;
mod seal;
mod send;
mod sign;
mod target;

use std::sync::OnceLock;
use std::time::Duration;

use catalog::CatalogError;
use catalog::webhooks::{Event, Webhook};
use tokio::sync::Notify;
use tokio_rustls::TlsConnector;
use url::Url;

use crate::access::WebhookRules;
use crate::app::Options;
use crate::error::ServeError;
use seal::Seal;
use send::Answer;

pub use deliver::deliver;
pub use send::connector;

/// How long an attempt may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What webhooks are sent with.
pub struct Webhooks {
    seal: Seal,
    rules: WebhookRules,
    /// Whether bodies say in which workspace something happened.
    workspaces: bool,
    connector: OnceLock<Result<TlsConnector, String>>,
    due: Notify,
}

impl Webhooks {
    /// Reads or makes the key under which secrets are kept.
    pub fn open(options: &Options) -> Result<Self, ServeError> {
        let rules = options.security.webhooks.clone();
        let key = match &rules.key {
            Some(given) => key::parse(given)?,
            None => key::in_folder(&options.home)?,
        };
        Ok(Self {
            seal: Seal::new(&key),
            rules,
            workspaces: options.workspaces,
            connector: OnceLock::new(),
            due: Notify::new(),
        })
    }

    /// Something may be due: it is looked for at once.
    pub fn nudge(&self) {
        self.due.notify_one();
    }

    /// A secret as it is kept; an empty one stays empty, which removes it.
    pub fn seal(&self, secret: &str) -> Result<Vec<u8>, CatalogError> {
        if secret.is_empty() { Ok(vec![]) } else { self.seal.close(secret) }
    }

    /// Refuses an address that webhooks are not sent to.
    pub async fn check(&self, url: &str) -> Result<(), CatalogError> {
        let target = target::parse(url, self.rules.allow_private)?;
        let found = target::resolve(&target, self.rules.allow_private).await;
        found.map(|_| ()).map_err(|error| CatalogError::invalid(error.to_string()))
    }

    /// Sends an example of an event, once.
    pub async fn try_out(
        &self,
        webhook: &Webhook,
        event: Event,
        now: i64,
    ) -> Result<Answer, String> {
        let data = payload::example(event).to_string();
        let workspace = self.workspaces.then_some(webhook.workspace.as_str());
        let letter = Letter {
            id: uuid::Uuid::new_v4().to_string(),
            url: webhook.url.clone(),
            secret: webhook.secret.clone(),
            body: payload::body(event, &data, now, workspace),
        };
        self.post(&letter, now).await.map_err(|failure| failure.to_string())
    }

    async fn post(&self, letter: &Letter, now: i64) -> Result<Answer, Failure> {
        let target = target::parse(&letter.url, self.rules.allow_private)
            .map_err(|error| Failure::Refused(error.message))?;
        let signature = match &letter.secret {
            None => None,
            Some(sealed) => {
                let secret =
                    self.seal.open(sealed).map_err(|error| Failure::Refused(error.message))?;
                Some(sign::sign(&secret, &letter.id, now / 1_000, &letter.body))
            }
        };
        let work = async {
            let addresses = target::resolve(&target, self.rules.allow_private).await?;
            let connector = self.connector(&target.url)?;
            send::post(&target, &addresses, connector, letter, now / 1_000, signature).await
        };
        match tokio::time::timeout(PATIENCE, work).await {
            Ok(done) => done,
            Err(_) => Err(Failure::Lost(format!("no answer within {} s", PATIENCE.as_secs()))),
        }
    }

    /// What speaks TLS, trusting whom the system trusts; read when it is first needed.
    fn connector(&self, url: &Url) -> Result<Option<&TlsConnector>, Failure> {
        if url.scheme() != "https" {
            return Ok(None);
        }
        let connector = self.connector.get_or_init(send::connector).as_ref();
        connector.map(Some).map_err(|error| Failure::Lost(error.clone()))
    }
}

/// Something that is sent to a webhook.
struct Letter {
    id: String,
    url: String,
    secret: Option<Vec<u8>>,
    body: String,
}

/// Why something was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It must not be sent there: trying again is no use.
    #[error("{0}")]
    Refused(String),
    /// It did not get through: another time it may.
    #[error("{0}")]
    Lost(String),
}
