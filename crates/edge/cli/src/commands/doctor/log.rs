//! The prediction log: whether it can be read, and whether something was put aside.

use std::fs;

use super::Check;
use crate::forecasts::log_folder;
use crate::kept::KeptArgs;
use crate::show::{count, grouped};

/// Looks at the log, where there is one.
pub fn checks(kept: &KeptArgs) -> Option<Check> {
    let name = "predictions";
    let folder = log_folder(kept.home());
    if !folder.is_dir() {
        return None;
    }
    let damaged = fs::read_dir(folder.join("damaged")).map_or(0, Iterator::count);
    Some(match predictions::kept(&folder) {
        Err(error) => Check::bad(name, error.to_string()),
        Ok(_) if damaged > 0 => Check::doubt(
            name,
            format!(
                "{} had changed bytes and is in {}: what was whole in it was kept",
                count(damaged, "segment"),
                folder.join("damaged").display()
            ),
        ),
        Ok(kept) => {
            let newest: usize = kept.newest.iter().map(|batch| batch.num_rows()).sum();
            let newest = grouped(newest as f64, 0);
            let files = count(kept.files.len(), "file");
            Check::good(name, format!("{files} and {newest} newer rows, none damaged"))
        }
    })
}
