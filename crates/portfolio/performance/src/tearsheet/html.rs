//! Sections in, the page out.
//!
//! It knows the order of the report; [`super::sections`] knows what is in each part.

use super::TearsheetInput;
use super::sections;
use crate::PerformanceError;
use crate::plot::{Plot, escape, plots};

const STYLE: &str = include_str!("style.css");

/// The report as one HTML file: style and pictures inside, no script, nothing fetched.
///
/// Errors when `input` contradicts itself; the message names the part and what to change.
pub fn tearsheet_html(input: &TearsheetInput) -> Result<String, PerformanceError> {
    let pictures = Pictures(plots(input)?);
    let body = [
        sections::header(input),
        sections::headline(input),
        sections::growth(&pictures),
        sections::holdings(&pictures),
        sections::calendar(input, &pictures)?,
        sections::risk(input, &pictures),
        sections::attribution(input, &pictures),
        sections::trading(input, &pictures),
        sections::frontier(input, &pictures),
        sections::models(input, &pictures),
        sections::figures(input),
        sections::provenance(input),
    ]
    .concat();
    let title = escape(&input.title);
    Ok(format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{body}\
         </main>\n</body>\n</html>\n"
    ))
}

/// The plots that there are, by name.
pub(super) struct Pictures(Vec<Plot>);

impl Pictures {
    /// A plot with its caption; nothing if it was not drawn.
    pub fn figure(&self, name: &str) -> String {
        let Some(plot) = self.0.iter().find(|plot| plot.name == name) else {
            return String::new();
        };
        let (caption, svg) = (escape(&plot.title), &plot.svg);
        format!("<figure>\n<figcaption>{caption}</figcaption>\n{svg}</figure>\n")
    }

    /// Two plots side by side, or the one that there is.
    pub fn pair(&self, left: &str, right: &str) -> String {
        let both = [self.figure(left), self.figure(right)];
        match both.iter().all(String::is_empty) {
            true => String::new(),
            false => format!("<div class=\"pair\">\n{}</div>\n", both.concat()),
        }
    }
}

/// A part of the page under its heading; nothing if it is empty.
pub(super) fn section(heading: &str, content: &str) -> String {
    if content.is_empty() {
        return String::new();
    }
    format!("<section>\n<h2>{heading}</h2>\n{content}</section>\n")
}
