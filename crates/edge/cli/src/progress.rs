//! Progress of long work on standard error: a bar, or where there is no terminal a line at a tenth,
//! if the one before it is some seconds old.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

use crate::show::{grouped, note};

/// Shows how far work is. Clones show the same.
#[derive(Debug, Clone)]
pub struct Progress {
    what: &'static str,
    things: &'static str,
    total: u64,
    done: u64,
    way: Way,
}

#[derive(Debug, Clone)]
enum Way {
    Silent,
    Bar(ProgressBar),
    /// Since when nothing was said.
    Lines(Instant),
}

/// Work that is done sooner needs no line.
const QUIET: Duration = Duration::from_secs(2);

impl Progress {
    /// Shows that `what` is done with so many `things`, or is silent.
    pub fn new(silent: bool, what: &'static str, things: &'static str) -> Self {
        let way = match (silent, std::io::stderr().is_terminal()) {
            (true, _) => Way::Silent,
            (false, true) => Way::Bar(bar(what, things)),
            (false, false) => Way::Lines(Instant::now()),
        };
        Self { what, things, total: 0, done: 0, way }
    }

    /// There is so much to do. Where nobody says so, only what is done is shown.
    pub fn total(&mut self, total: u64) {
        self.total = total;
        if let Way::Bar(bar) = &self.way {
            bar.set_length(total);
        }
    }

    /// So much more was done, of this.
    pub fn done(&mut self, more: u64, of: &str) {
        let before = self.tenths();
        self.done += more;
        let tenths = self.tenths();
        match &mut self.way {
            Way::Silent => {}
            Way::Bar(bar) => {
                if self.total == 0 {
                    bar.set_length(self.done);
                }
                bar.set_position(self.done);
                bar.set_message(of.to_owned());
            }
            Way::Lines(said) if self.total == 0 && said.elapsed() >= QUIET => {
                *said = Instant::now();
                let (what, things, done) = (self.what, self.things, grouped(self.done as f64, 0));
                note(&format!("{what}  {done} {things}"));
            }
            Way::Lines(said) if tenths > before && said.elapsed() >= QUIET => {
                *said = Instant::now();
                let (what, things, done) = (self.what, self.things, grouped(self.done as f64, 0));
                note(&format!("{what}  {tenths}0%  {done} {things}"));
            }
            Way::Lines(_) => {}
        }
    }

    fn tenths(&self) -> u64 {
        (self.done * 10).checked_div(self.total).unwrap_or(0)
    }
}

fn bar(what: &str, things: &str) -> ProgressBar {
    let template =
        format!("{what} {{wide_bar:.cyan/blue}} {{pos}}/{{len}} {things} {{msg}} {{elapsed}}");
    let style = ProgressStyle::with_template(&template).expect("the template is well formed");
    let bar = ProgressBar::new(0).with_style(style).with_finish(ProgressFinish::AndClear);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
