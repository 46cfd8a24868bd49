//! What the database was asked to do, as numbers for a scrape.

use std::fmt;

use database::{Database, KindOfWork, Spread};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

/// Asks the database at every scrape.
pub struct OfDatabase(pub Database);

impl fmt::Debug for OfDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OfDatabase").field(&self.0.dialect()).finish()
    }
}

type Kinds = [(&'static str, KindOfWork); 2];

impl Collector for OfDatabase {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let usage = self.0.usage();
        let kinds = [("read", usage.reads), ("write", usage.writes)];
        counts(&mut encoder, &kinds)?;
        spreads(&mut encoder, &kinds)?;
        let help = "Writes that shared a commit";
        let kind = MetricType::Histogram;
        spread(encoder.encode_descriptor("database_group_writes", help, None, kind)?, &usage.groups)
    }
}

fn counts(encoder: &mut DescriptorEncoder<'_>, kinds: &Kinds) -> fmt::Result {
    type Count = fn(&KindOfWork) -> u64;
    let rows: [(&str, &str, Count); 3] = [
        ("database_work", "Transactions that ended, well or not", |kind| kind.done),
        ("database_failures", "Transactions that failed in the database", |kind| kind.failed),
        ("database_refusals", "Transactions refused because too many waited", |kind| kind.refused),
    ];
    for (name, help, count) in rows {
        let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (word, kind) in kinds {
            let labels = [("kind", *word)];
            let mut one = family.encode_family(&labels)?;
            one.encode_counter::<NoLabelSet, _, f64>(&count(kind), None)?;
        }
    }
    let help = "Transactions that wait for their turn";
    let mut family =
        encoder.encode_descriptor("database_waiting", help, None, MetricType::Gauge)?;
    for (word, kind) in kinds {
        let labels = [("kind", *word)];
        family.encode_family(&labels)?.encode_gauge(&(kind.waiting as i64))?;
    }
    Ok(())
}

fn spreads(encoder: &mut DescriptorEncoder<'_>, kinds: &Kinds) -> fmt::Result {
    type Of = fn(&KindOfWork) -> &Spread;
    let rows: [(&str, &str, Of); 2] = [
        ("database_wait_seconds", "How long transactions waited for their turn", |k| &k.waited),
        ("database_seconds", "How long transactions took, with wait and commit", |k| &k.took),
    ];
    for (name, help, of) in rows {
        let mut family = encoder.encode_descriptor(name, help, None, MetricType::Histogram)?;
        for (word, kind) in kinds {
            let labels = [("kind", *word)];
            spread(family.encode_family(&labels)?, of(kind))?;
        }
    }
    Ok(())
}

fn spread(
    mut encoder: prometheus_client::encoding::MetricEncoder<'_>,
    spread: &Spread,
) -> fmt::Result {
    let count = spread.counts.iter().map(|(_, count)| count).sum();
    encoder.encode_histogram::<NoLabelSet>(spread.sum, count, &spread.counts, None)
}
