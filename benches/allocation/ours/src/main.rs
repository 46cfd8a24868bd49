//! One question of `make bench NAME=allocation`, asked of the rooms `risk` and `allocation` alone.
//!
//! `ours QUESTION FOLDER TIMES` reads numbers from files of the folder (f64, little endian), answers so many
//! times, writes the last answer to `weights.f64`, and prints the median in seconds.

mod costs;
mod numbers;
mod questions;

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [question, folder, times] = words.as_slice() else {
        eprintln!("error: ours QUESTION FOLDER TIMES");
        return ExitCode::FAILURE;
    };
    let Ok(times) = times.parse() else {
        eprintln!("error: TIMES is a number");
        return ExitCode::FAILURE;
    };
    match questions::answer(question, &PathBuf::from(folder), times) {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(reason) => {
            eprintln!("error: {question}: {reason}");
            ExitCode::FAILURE
        }
    }
}
