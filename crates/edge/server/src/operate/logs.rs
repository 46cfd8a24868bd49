//! Where lines go, and which: to standard error, for people or as JSON; and where spans go, if
//! anybody asked for them.

use std::fmt;
use std::time::Duration;

use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, fmt as lines};

use super::{otlp, spans};
use crate::error::ServeError;

/// How long the last spans may take to be sent.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is told while the server runs.
#[derive(Debug, Clone)]
pub struct Telemetry {
    /// Which lines: `error`, `warn`, `info`, `debug` or `trace`, for all or for parts of the program:
    /// `warn,trimtab=info`.
    pub level: String,
    /// Whether lines are JSON.
    pub json: bool,
    /// Where spans are sent by OTLP over HTTP, if anywhere.
    pub otlp: Option<String>,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self { level: "info".to_owned(), json: false, otlp: None }
    }
}

/// Telling, until it is dropped: then the spans that are left are sent.
#[must_use = "when it is dropped, nothing is sent any more"]
pub struct Observing {
    provider: Option<SdkTracerProvider>,
}

impl fmt::Debug for Observing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observing").field("sends", &self.provider.is_some()).finish()
    }
}

impl Drop for Observing {
    fn drop(&mut self) {
        if let Some(provider) = &self.provider
            && let Err(error) = provider.shutdown_with_timeout(PATIENCE)
        {
            tracing::warn!(%error, "the last spans were not sent");
        }
    }
}

/// Begins to tell, for the whole process. To be called once, within the runtime of the server.
pub fn observe(telemetry: &Telemetry) -> Result<Observing, ServeError> {
    let (subscriber, observing) = subscriber(telemetry, std::io::stderr)?;
    tracing::subscriber::set_global_default(subscriber)
        .map_err(|error| ServeError::Refused(format!("lines of the log: {error}")))?;
    Ok(observing)
}

/// Whether it says `LEVEL` or `PART=LEVEL`. A word alone could also name a part, all of whose lines
/// would be logged.
fn is_level(one: &str) -> bool {
    let (part, level) = one.split_once('=').unwrap_or(("all", one));
    !part.trim().is_empty() && level.trim().parse::<LevelFilter>().is_ok()
}

pub(super) fn subscriber<W>(
    telemetry: &Telemetry,
    writer: W,
) -> Result<(impl Subscriber + Send + Sync + use<W>, Observing), ServeError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let refused = || {
        ServeError::Refused(format!(
            "`{}` is no level of the log: say error, warn, info, debug or trace, or one for each \
             part as in warn,trimtab=info",
            telemetry.level
        ))
    };
    if !telemetry.level.split(',').all(is_level) {
        return Err(refused());
    }
    let filter: Targets = telemetry.level.parse().map_err(|_| refused())?;
    let filter = filter.with_target(spans::SENT, LevelFilter::OFF);
    let base = lines::layer().with_writer(writer).with_ansi(false);
    let logged = match telemetry.json {
        true => base.json().flatten_event(true).with_span_list(false).boxed(),
        false => base.boxed(),
    };
    let (layer, provider) = match &telemetry.otlp {
        None => (None, None),
        Some(endpoint) => {
            let (tracer, provider) = otlp::tracer(endpoint)?;
            let only = Targets::new().with_target(spans::SENT, LevelFilter::INFO);
            let layer = tracing_opentelemetry::layer()
                .with_tracer(tracer)
                .with_location(false)
                .with_threads(false)
                .with_target(false)
                .with_level(false)
                .with_tracked_inactivity(false);
            (Some(layer.with_filter(only)), Some(provider))
        }
    };
    let registry = tracing_subscriber::registry().with(layer).with(logged.with_filter(filter));
    Ok((registry, Observing { provider }))
}
