//! The machine: room on the disk, and how long it takes until something is safe there.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use super::Check;
use crate::kept::KeptArgs;
use crate::show::grouped;

/// Less room than this is worth a look, in bytes.
const LITTLE: u64 = 2 << 30;

/// With less than this, writes will soon fail.
const HARDLY_ANY: u64 = 64 << 20;

/// A disk that takes longer than this holds every write up.
const SLOW: Duration = Duration::from_millis(50);

/// So often the disk is asked.
const TIMES: usize = 9;

/// Looks at the disks of the home and of the artifacts.
pub fn checks(kept: &KeptArgs) -> Vec<Check> {
    let mut checks = vec![room("room at home", kept.home())];
    let artifacts = kept.artifacts();
    let artifacts = Path::new(artifacts.strip_prefix("file://").unwrap_or(&artifacts));
    if artifacts.is_dir() {
        checks.push(room("room for artifacts", artifacts));
    }
    if kept.file().is_some() {
        checks.push(sync(kept.home()));
    }
    checks.extend(serving::accelerator().map(accelerator));
    checks
}

/// The library that computes models in place of our own evaluator.
fn accelerator(found: Result<String, String>) -> Check {
    let name = "onnxruntime";
    match found {
        Ok(path) => Check::good(name, format!("models are computed by {path}")),
        Err(why) => Check::doubt(name, format!("{why}: models are computed without it")),
    }
}

fn room(name: &'static str, folder: &Path) -> Check {
    let disk = match rustix::fs::statvfs(folder) {
        Ok(disk) => disk,
        Err(error) => return Check::bad(name, format!("{}: {error}", folder.display())),
    };
    let (free, all) = (disk.f_bavail * disk.f_frsize, (disk.f_blocks * disk.f_frsize).max(1));
    let gib = |bytes: u64| grouped(bytes as f64 / f64::from(1 << 30), 1);
    let found = format!("{} GiB of {} free at {}", gib(free), gib(all), folder.display());
    match free {
        free if free < HARDLY_ANY => Check::bad(name, format!("{found}: make room")),
        free if free < LITTLE => Check::doubt(name, format!("{found}: make room")),
        _ => Check::good(name, found),
    }
}

/// How long the disk takes until something small is safe: every write waits for it.
fn sync(home: &Path) -> Check {
    let name = "disk sync";
    match median(home) {
        Err(error) => Check::bad(name, format!("{}: {error}", home.display())),
        Ok(took) => {
            let found = format!("{:.1} ms, median of {TIMES}", took.as_secs_f64() * 1e3);
            match took > SLOW {
                true => Check::doubt(name, format!("{found}: every write waits so long")),
                false => Check::good(name, found),
            }
        }
    }
}

fn median(home: &Path) -> std::io::Result<Duration> {
    let path = home.join(format!(".trimtab-doctor-{}", std::process::id()));
    let mut file = File::create_new(&path)?;
    let mut measure = || -> std::io::Result<Duration> {
        let began = Instant::now();
        file.write_all(&[0; 4_096])?;
        file.sync_all()?;
        Ok(began.elapsed())
    };
    let times: std::io::Result<Vec<Duration>> = (0..TIMES).map(|_| measure()).collect();
    fs::remove_file(&path)?;
    let mut times = times?;
    times.sort_unstable();
    Ok(times[TIMES / 2])
}
