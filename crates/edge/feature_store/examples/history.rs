//! A training set from the command line, timed: what `make bench NAME=features` runs.
//!
//!     history FOLDER HOME ASKED OUT THREADS [--ignore-created] VIEW…
//!
//! Applies the definitions of FOLDER to HOME, answers the rows of ASKED, writes OUT, and prints the
//! seconds that it took from the applied store to the written file, as JSON.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use feature_store::history::{Question, Spine, TableFile, history};
use feature_store::{FeatureStore, read_folder};
use features::point_in_time::Knowledge;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let ignored = arguments.iter().any(|one| one == "--ignore-created");
    let plain: Vec<&String> = arguments.iter().filter(|one| !one.starts_with("--")).collect();
    let [folder, home, asked, out, threads, views @ ..] = plain.as_slice() else {
        return Err("usage: history FOLDER HOME ASKED OUT THREADS [--ignore-created] VIEW…".into());
    };
    let mut store = FeatureStore::create(Path::new(home))?;
    store.apply(&read_folder(Path::new(folder))?, false, std::time::SystemTime::now().into())?;
    let began = Instant::now();
    let features = views.iter().map(|view| view.parse()).collect::<Result<Vec<_>, _>>()?;
    let question = Question {
        knowledge: if ignored { Knowledge::Ignored } else { Knowledge::Respected },
        full_names: true,
        threads: threads.parse()?,
        ..Question::new(features)
    };
    let keys = store.key_kinds(&question.features)?;
    let spine = Spine::file(Path::new(asked), &question.time, &keys)?;
    let report = history(&store, &question, spine, &mut TableFile::new(Path::new(out))?)?;
    let seconds = began.elapsed().as_secs_f64();
    let answered: u64 = report.views.iter().map(|view| view.answered).sum();
    let rows = report.rows;
    #[allow(clippy::print_stdout)] // It is a program, and this is what it says.
    {
        println!("{{\"seconds\": {seconds}, \"rows\": {rows}, \"answered\": {answered}}}");
    }
    Ok(())
}
