//! What each stage of a run used of the machine, and what that costs.
//!
//! Measurements come in from outside; sums by stage, shares and prices go out.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// What was used.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Processor time, in seconds.
    pub cpu_seconds: f64,
    /// Time that passed, in seconds.
    pub wall_seconds: f64,
    /// Bytes read.
    pub bytes_read: u64,
    /// Bytes written.
    pub bytes_written: u64,
    /// How many times the stage ran.
    pub count: u64,
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Usage) {
        self.cpu_seconds += other.cpu_seconds;
        self.wall_seconds += other.wall_seconds;
        self.bytes_read += other.bytes_read;
        self.bytes_written += other.bytes_written;
        self.count += other.count;
    }
}

/// Usage by stage, in the order in which the stages were first seen.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Meter {
    /// The name of each stage with what it used.
    pub stages: Vec<(String, Usage)>,
}

impl Meter {
    /// Adds what a stage used.
    pub fn add(&mut self, stage: &str, usage: Usage) {
        match self.stages.iter_mut().find(|(name, _)| name == stage) {
            Some((_, sum)) => *sum += usage,
            None => self.stages.push((stage.to_owned(), usage)),
        }
    }

    /// Adds all that another meter has: of another thread, or another run.
    pub fn absorb(&mut self, other: &Meter) {
        for (stage, usage) in &other.stages {
            self.add(stage, *usage);
        }
    }

    /// All stages together.
    pub fn total(&self) -> Usage {
        let mut total = Usage::default();
        for (_, usage) in &self.stages {
            total += *usage;
        }
        total
    }

    /// The table of costs at a price for one CPU hour, in any currency.
    pub fn costs(&self, price_per_cpu_hour: f64) -> CostTable {
        let total = self.total();
        let cost = |usage: &Usage| usage.cpu_seconds / 3600.0 * price_per_cpu_hour;
        let row = |stage: &str, usage: &Usage| StageCost {
            stage: stage.to_owned(),
            usage: *usage,
            cpu_share: if total.cpu_seconds > 0.0 {
                usage.cpu_seconds / total.cpu_seconds
            } else {
                0.0
            },
            cost: cost(usage),
        };
        CostTable {
            stages: self.stages.iter().map(|(s, usage)| row(s, usage)).collect(),
            total: row("total", &total),
        }
    }
}

/// One row of the table of costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageCost {
    /// The stage.
    pub stage: String,
    /// What it used.
    pub usage: Usage,
    /// Its share of all processor time, as a fraction; nought where none was used.
    pub cpu_share: f64,
    /// Its price.
    pub cost: f64,
}

/// What each stage cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CostTable {
    /// The stages, in the order of the meter.
    pub stages: Vec<StageCost>,
    /// All of them together.
    pub total: StageCost,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cpu(seconds: f64) -> Usage {
        Usage { cpu_seconds: seconds, bytes_read: 10, count: 1, ..Usage::default() }
    }

    #[test]
    fn stages_add_up_and_are_priced() {
        let mut meter = Meter::default();
        for (stage, seconds) in [("train", 2000.0), ("forecast", 900.0), ("train", 700.0)] {
            meter.add(stage, cpu(seconds));
        }
        let mut both = Meter::default();
        both.absorb(&meter);
        assert_eq!(both, meter);
        let table = meter.costs(0.04);
        let rows: Vec<_> = table
            .stages
            .iter()
            .map(|row| (row.stage.as_str(), row.cpu_share, row.usage.count, row.cost))
            .collect();
        assert_eq!(rows, [("train", 0.75, 2, 0.03), ("forecast", 0.25, 1, 0.01)]);
        assert_eq!((table.total.cost, table.total.cpu_share), (0.04, 1.0));
        assert_eq!(table.total.usage.bytes_read, 30);
        assert_eq!(Meter::default().costs(1.0).total.cpu_share, 0.0);
    }
}
