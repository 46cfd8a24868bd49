//! How far an exchange is, on standard error.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use exchange::{Summary, Watch};
use indicatif::{ProgressBar, ProgressStyle};

use crate::show::{grouped, note};

/// Where there is no terminal, a line so often.
const LINES: Duration = Duration::from_secs(10);

/// Shows how far an exchange is.
pub enum Progress {
    /// Says nothing.
    Silent,
    /// One line that changes.
    Spinner(ProgressBar),
    /// Now and then a line.
    Lines(Mutex<Instant>),
}

impl Progress {
    /// Shows progress, or is silent.
    pub fn new(silent: bool) -> Self {
        if silent {
            return Self::Silent;
        }
        if !std::io::stderr().is_terminal() {
            return Self::Lines(Mutex::new(Instant::now()));
        }
        let spinner = ProgressBar::new_spinner();
        spinner.set_style(ProgressStyle::default_spinner());
        spinner.enable_steady_tick(Duration::from_millis(200));
        Self::Spinner(spinner)
    }

    /// Takes the changing line away.
    pub fn end(&self) {
        if let Self::Spinner(spinner) = self {
            spinner.finish_and_clear();
        }
    }
}

impl Watch for Progress {
    fn at(&self, doing: &str, so_far: &Summary) {
        let line = || {
            let number = |count: usize| grouped(count as f64, 0);
            format!(
                "{doing}: {} runs, {} metric values, {} files, {} MiB",
                number(so_far.runs.made + so_far.runs.there),
                number(so_far.metrics),
                number(so_far.files.made),
                number((so_far.bytes >> 20) as usize)
            )
        };
        match self {
            Self::Silent => {}
            Self::Spinner(spinner) => spinner.set_message(line()),
            Self::Lines(last) => {
                let mut last = last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                if last.elapsed() >= LINES {
                    *last = Instant::now();
                    note(&line());
                }
            }
        }
    }
}
