//! `trimtab report`: the tearsheet of a run as one HTML file, and its plots as SVG and PNG.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use performance::{Plot, TearsheetInput, plots, tearsheet_html};
use resvg::{tiny_skia, usvg};
use store::Home;

use crate::HomeArgs;
use crate::commands::run::outcome_of;
use crate::commands::{Found, find_run};
use crate::show::say;

/// The name of the page.
const PAGE: &str = "tearsheet.html";

/// Options of `trimtab report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The run; the newest if left out
    run: Option<String>,
    /// The folder to write to
    #[arg(long, value_name = "DIR", default_value = "report")]
    out: PathBuf,
    #[command(flatten)]
    home: HomeArgs,
}

/// Writes the report of a run that is complete.
pub fn report(args: &ReportArgs) -> anyhow::Result<Found> {
    let home = Home::read(&args.home.home)?;
    let run = find_run(&home, args.run.as_deref())?;
    let outcome = outcome_of(&home, &run)?;
    say(&write(&outcome.report, &args.out)?.display().to_string());
    Ok(Found::AllWell)
}

/// Writes `tearsheet.html` and `plots/` into a folder; gives the path of the page.
pub fn write(input: &TearsheetInput, folder: &Path) -> anyhow::Result<PathBuf> {
    let images = folder.join("plots");
    fs::create_dir_all(&images).with_context(|| images.display().to_string())?;
    for (path, bytes) in files(input)? {
        save(&folder.join(path), &bytes)?;
    }
    Ok(folder.join(PAGE))
}

/// The page and the plots, by their paths in a folder; the page last.
pub fn files(input: &TearsheetInput) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let mut files = images(plots(input)?)?;
    files.iter_mut().for_each(|(path, _)| path.insert_str(0, "plots/"));
    files.push((PAGE.to_owned(), tearsheet_html(input)?.into_bytes()));
    Ok(files)
}

/// Each plot as SVG and as PNG, by name.
pub fn images(plots: Vec<Plot>) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let options = usvg::Options {
        font_family: "Ubuntu".to_owned(),
        fontdb: Arc::new(fonts()),
        ..usvg::Options::default()
    };
    let mut files = vec![];
    for plot in plots {
        let png = png(&plot.svg, &options).with_context(|| plot.name.to_owned())?;
        files.push((format!("{}.svg", plot.name), plot.svg.into_bytes()));
        files.push((format!("{}.png", plot.name), png));
    }
    Ok(files)
}

/// Writes a file whole or not at all.
pub fn save(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let partial = path.with_added_extension("partial");
    let written = fs::write(&partial, bytes).and_then(|()| fs::rename(&partial, path));
    if written.is_err() {
        let _ = fs::remove_file(&partial);
    }
    written.with_context(|| path.display().to_string())
}

/// The fonts that the binary carries: a fresh machine may have none.
fn fonts() -> usvg::fontdb::Database {
    let mut fonts = usvg::fontdb::Database::new();
    fonts.load_font_data(epaint_default_fonts::UBUNTU_LIGHT.to_vec());
    fonts.load_font_data(epaint_default_fonts::HACK_REGULAR.to_vec());
    fonts.set_sans_serif_family("Ubuntu");
    fonts
}

fn png(svg: &str, options: &usvg::Options<'_>) -> anyhow::Result<Vec<u8>> {
    const SCALE: f32 = 2.0;
    let tree = usvg::Tree::from_str(svg, options)?;
    let size = tree.size().to_int_size().scale_by(SCALE).context("an empty plot")?;
    let mut image =
        tiny_skia::Pixmap::new(size.width(), size.height()).context("a plot without size")?;
    image.fill(tiny_skia::Color::WHITE);
    resvg::render(&tree, tiny_skia::Transform::from_scale(SCALE, SCALE), &mut image.as_mut());
    Ok(image.encode_png()?)
}
