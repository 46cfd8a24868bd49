//! Watching a run: processor time by stage, and progress on standard error.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use backtest::Watcher;
use cpu_time::ProcessTime;
use cycle::Stages;
use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};
use monitoring::{Meter, Usage};
use types::Date;

use crate::show::{grouped, note};

/// Meters stages and shows progress.
pub struct Clock {
    meter: Meter,
    stage: Option<(&'static str, ProcessTime, Instant)>,
    progress: Progress,
}

enum Progress {
    Silent,
    /// Drawn from the first day on; gone when the clock is.
    Bar(Option<ProgressBar>),
    /// Where there is no terminal: a line at each tenth.
    Lines(usize),
}

impl Clock {
    /// A clock that shows progress, or is silent.
    pub fn new(silent: bool) -> Self {
        let progress = match (silent, std::io::stderr().is_terminal()) {
            (true, _) => Progress::Silent,
            (false, true) => Progress::Bar(None),
            (false, false) => Progress::Lines(0),
        };
        Self { meter: Meter::default(), stage: None, progress }
    }

    /// Ends the running stage and gives what was metered.
    pub fn finish(mut self) -> Meter {
        self.leave();
        self.meter
    }

    fn leave(&mut self) {
        if let Some((stage, cpu, wall)) = self.stage.take() {
            let usage = Usage {
                cpu_seconds: cpu.elapsed().as_secs_f64(),
                wall_seconds: wall.elapsed().as_secs_f64(),
                count: 1,
                ..Usage::default()
            };
            self.meter.add(stage, usage);
        }
    }
}

fn bar(days: usize) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{msg} {wide_bar:.cyan/blue} {pos}/{len} days {elapsed}")
            .expect("the template is well formed");
    let bar = ProgressBar::new(days as u64).with_style(style).with_finish(ProgressFinish::AndClear);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

impl Stages for Clock {
    fn enter(&mut self, stage: &'static str) {
        if self.stage.as_ref().is_some_and(|(running, _, _)| *running == stage) {
            return;
        }
        self.leave();
        self.stage = Some((stage, ProcessTime::now(), Instant::now()));
    }
}

impl Watcher for Clock {
    fn kept(&mut self, bytes: usize) {
        if let Some((stage, _, _)) = self.stage {
            let usage = Usage { bytes_written: bytes as u64, ..Usage::default() };
            self.meter.add(stage, usage);
        }
    }

    fn day(&mut self, day: Date, done: usize, total: usize, value: f64) {
        match &mut self.progress {
            Progress::Silent => {}
            Progress::Bar(bar) => {
                let bar = bar.get_or_insert_with(|| self::bar(total));
                if done.is_multiple_of(64) || done == total {
                    bar.set_position(done as u64);
                    bar.set_message(format!("{day}  {}", grouped(value, 0)));
                }
            }
            Progress::Lines(tenths) => {
                if done * 10 / total > *tenths {
                    *tenths = done * 10 / total;
                    note(&format!("{day}  {tenths}0%  {}", grouped(value, 0)));
                }
            }
        }
    }

    fn stages(&mut self) -> &mut dyn Stages {
        self
    }
}
