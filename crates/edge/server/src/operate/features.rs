//! The numbers of features that are served: how the values stood, and what was written.

use feature_online::Status;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Stood {
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Wrote {
    view: String,
    outcome: &'static str,
}

/// The numbers of features that are served.
#[derive(Debug, Default)]
pub struct OfFeatures {
    values: Family<Stood, Counter>,
    rows: Family<Wrote, Counter>,
}

impl OfFeatures {
    /// Makes them known to a scrape.
    pub fn register(&self, registry: &mut Registry) {
        let help = "Values of features that were given, by how they stood";
        registry.register("feature_values", help, self.values.clone());
        let help = "Rows that were written to the online store, by what became of them";
        registry.register("feature_rows", help, self.rows.clone());
    }

    /// So many values were given of each status.
    pub fn read(&self, counted: &[(Status, u64)]) {
        for (status, count) in counted.iter().filter(|(_, count)| *count > 0) {
            self.values.get_or_create(&Stood { status: status.name() }).inc_by(*count);
        }
    }

    /// So many rows of a view were taken, and gave way to newer ones.
    pub fn written(&self, view: &str, taken: u64, superseded: u64) {
        for (outcome, count) in [("taken", taken), ("superseded", superseded)] {
            let wrote = Wrote { view: view.to_owned(), outcome };
            self.rows.get_or_create(&wrote).inc_by(count);
        }
    }
}
