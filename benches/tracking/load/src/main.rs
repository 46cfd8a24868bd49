//! Puts load on a tracking server: a question and its arguments come in, one line of JSON goes out.
//!
//! `load QUESTION --port 5000 --clients 16 ...`; the questions are the arms of [`ask`]. Every client
//! is a thread with one kept-alive connection and asks again as soon as it is answered. It knows the
//! wire, and not which server is behind it.

mod arguments;
mod crowd;
mod data;
mod files;
mod http;
mod json;
mod reads;
mod writes;

use arguments::Arguments;
use std::process::ExitCode;

/// What every part gives back: a sentence for the person who runs the bench, if it fails.
pub type Outcome<T> = Result<T, String>;

fn main() -> ExitCode {
    match Arguments::read(std::env::args().skip(1)).and_then(|arguments| ask(&arguments)) {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(reason) => {
            eprintln!("error: load: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn ask(arguments: &Arguments) -> Outcome<String> {
    match arguments.question() {
        "log-metric" => writes::log_metric(arguments),
        "log-batch" => writes::log_batch(arguments),
        "create-run" => writes::create_run(arguments),
        "fill" => writes::fill(arguments),
        "points" => writes::points(arguments),
        "search" => reads::search(arguments),
        "history" => reads::history(arguments),
        "upload" => files::upload(arguments),
        "download" => files::download(arguments),
        "runs" => Ok(data::table(arguments.number("from")?, arguments.number("to")?)),
        other => Err(format!("there is no question '{other}'")),
    }
}
