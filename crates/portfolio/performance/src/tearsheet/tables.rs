//! Rows of text in, HTML tables out. Every cell is escaped here and nowhere else.

use crate::plot::escape;

/// One cell: its text, and whether it is a number or a loss.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    text: String,
    class: &'static str,
}

/// Words, on the left.
pub(super) fn words(text: impl Into<String>) -> Cell {
    let text = text.into();
    Cell { text, class: "" }
}

/// A number, on the right.
pub(super) fn figure(text: impl Into<String>) -> Cell {
    let text = text.into();
    let class = if text.starts_with('−') { "n loss" } else { "n" };
    Cell { text, class }
}

/// A number that is not coloured when it is negative.
pub(super) fn plain(text: impl Into<String>) -> Cell {
    let text = text.into();
    Cell { text, class: "n" }
}

/// A table with a heading for each column; the headings align as the first row does.
pub(super) fn table(headings: &[&str], rows: &[Vec<Cell>]) -> String {
    let Some(first) = rows.first() else {
        return String::new();
    };
    let head = headings.iter().zip(first).map(|(heading, cell)| {
        let class = if cell.class.is_empty() { "" } else { " class=\"n\"" };
        format!("<th{class}>{}</th>", escape(heading))
    });
    let head: String = head.collect();
    let body: String = rows.iter().map(|row| line(row, "")).collect();
    wrapped(&format!("<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>"))
}

/// The same with a last row of sums.
pub(super) fn table_with_sum(headings: &[&str], rows: &[Vec<Cell>], sum: &[Cell]) -> String {
    let table = table(headings, rows);
    table.replace("</tbody>", &format!("{}</tbody>", line(sum, " class=\"sum\"")))
}

/// Names and values without headings.
pub(super) fn facts<'a>(rows: impl Iterator<Item = (&'a str, String)>) -> String {
    let body: String = rows
        .map(|(name, value)| {
            let (name, value) = (escape(name), escape(&value));
            format!("<tr><td class=\"name\">{name}</td><td>{value}</td></tr>\n")
        })
        .collect();
    if body.is_empty() {
        return body;
    }
    wrapped(&format!("<tbody>\n{body}</tbody>"))
}

fn line(row: &[Cell], class: &str) -> String {
    let cells = row.iter().map(|cell| {
        let kind = match cell.class {
            "" => String::new(),
            class => format!(" class=\"{class}\""),
        };
        format!("<td{kind}>{}</td>", escape(&cell.text))
    });
    format!("<tr{class}>{}</tr>\n", cells.collect::<String>())
}

fn wrapped(inside: &str) -> String {
    format!("<div class=\"wide\"><table>\n{inside}\n</table></div>\n")
}
