//! The numbers of a server, and how they are written for a scrape.

use database::Database;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, prometheus_text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use super::features::OfFeatures;
use super::process::Process;
use super::usage::OfDatabase;
use crate::api::server::PROTOCOL;

/// Bounds of how long requests took, in seconds.
const SECONDS: [f64; 14] =
    [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Which endpoint. The route is the path as it was written down, so that there are few.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Endpoint {
    route: String,
    method: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    route: String,
    method: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Attempt {
    outcome: Delivered,
}

/// How an attempt to deliver to a webhook ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Delivered {
    /// It arrived.
    Arrived,
    /// It is tried again.
    Again,
    /// It was given up.
    GivenUp,
}

impl EncodeLabelValue for Delivered {
    fn encode(
        &self,
        encoder: &mut prometheus_client::encoding::LabelValueEncoder<'_>,
    ) -> std::fmt::Result {
        let word = match self {
            Self::Arrived => "arrived",
            Self::Again => "again",
            Self::GivenUp => "given_up",
        };
        word.encode(encoder)
    }
}

/// The numbers of a server.
pub struct Meters {
    registry: Registry,
    requests: Family<Answered, Counter>,
    seconds: Family<Endpoint, Histogram, fn() -> Histogram>,
    at_hand: Gauge,
    received: Counter,
    sent: Counter,
    deliveries: Family<Attempt, Counter>,
    features: OfFeatures,
}

impl Meters {
    /// The numbers of a server over a database. All are at nought.
    pub fn new(db: &Database) -> Self {
        let bounds: fn() -> Histogram = || Histogram::new(SECONDS);
        let mut meters = Self {
            registry: Registry::default(),
            requests: Family::default(),
            seconds: Family::new_with_constructor(bounds),
            at_hand: Gauge::default(),
            received: Counter::default(),
            sent: Counter::default(),
            deliveries: Family::default(),
            features: OfFeatures::default(),
        };
        meters.register(db);
        meters
    }

    fn register(&mut self, db: &Database) {
        self.registry.register_collector(Box::new(Process::new()));
        let named = self.registry.sub_registry_with_prefix("trimtab");
        let labels = vec![("version", env!("CARGO_PKG_VERSION")), ("protocol", PROTOCOL)];
        named.register("build", "The program that serves", Info::new(labels));
        named.register("http_requests", "Requests that were answered", self.requests.clone());
        let help = "How long it took until an answer began";
        named.register("http_request_seconds", help, self.seconds.clone());
        let help = "Requests that are being answered";
        named.register("http_requests_at_hand", help, self.at_hand.clone());
        let help = "Bytes of artifacts that clients sent";
        named.register("artifact_received_bytes", help, self.received.clone());
        let help = "Bytes of artifacts that clients were sent";
        named.register("artifact_sent_bytes", help, self.sent.clone());
        let help = "Attempts to deliver to webhooks, by how they ended";
        named.register("webhook_deliveries", help, self.deliveries.clone());
        self.features.register(named);
        named.register_collector(Box::new(OfDatabase(db.clone())));
    }

    /// A request is at hand, until what is returned is dropped.
    pub fn begin(&self) -> AtHand {
        self.at_hand.inc();
        AtHand(self.at_hand.clone())
    }

    /// A request was answered.
    pub fn answered(&self, route: &str, method: &'static str, status: u16, seconds: f64) {
        let route = route.to_owned();
        let endpoint = Endpoint { route, method };
        self.seconds.get_or_create(&endpoint).observe(seconds);
        let answered = Answered { route: endpoint.route, method, status };
        self.requests.get_or_create(&answered).inc();
    }

    /// What counts the bytes of artifacts on their way in.
    pub fn received(&self) -> Counter {
        self.received.clone()
    }

    /// What counts the bytes of artifacts on their way out.
    pub fn sent(&self) -> Counter {
        self.sent.clone()
    }

    /// What counts features that are served.
    pub fn features(&self) -> &OfFeatures {
        &self.features
    }

    /// An attempt to deliver to a webhook ended.
    pub fn delivered(&self, outcome: Delivered) {
        self.deliveries.get_or_create(&Attempt { outcome }).inc();
    }

    /// All numbers, in the text format of Prometheus.
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(16 << 10);
        prometheus_text::encode(&mut text, &self.registry).expect("text takes all that is written");
        text
    }
}

/// A request at hand.
pub struct AtHand(Gauge);

impl Drop for AtHand {
    fn drop(&mut self) {
        self.0.dec();
    }
}
