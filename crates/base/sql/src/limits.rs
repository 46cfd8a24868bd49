//! How much a session may use of the machine.

use std::path::PathBuf;

/// What the questions of a session may use, all of them together.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of memory for sorts, joins and groups, and for a result that is asked for as a whole.
    /// What is needed to read files (some megabytes a thread) comes on top.
    pub memory_bytes: usize,
    /// Bytes of files for what does not fit into memory.
    pub spill_bytes: u64,
    /// Where those files go; the folder of the system for temporary files if `None`.
    pub spill_folder: Option<PathBuf>,
    /// Threads that work. With more than one, rows without `ORDER BY` come in any order, and sums
    /// of floating-point numbers may differ in their last bits from one time to the next.
    pub threads: usize,
}

impl Default for Limits {
    /// 512 MiB of memory, 16 GiB of files, one thread.
    fn default() -> Self {
        Self { memory_bytes: 512 << 20, spill_bytes: 16 << 30, spill_folder: None, threads: 1 }
    }
}
