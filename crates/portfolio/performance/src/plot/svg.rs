//! Shapes and text in, an SVG document out.
//!
//! It writes what it is told at the positions that it is told; it does not know axes or data.

use std::fmt::Write;

use super::Plot;

/// The one font stack of all plots.
pub(crate) const FONT: &str = "DejaVu Sans, Helvetica, Arial, sans-serif";
/// Ordinary text.
pub(super) const INK: &str = "#23272e";
/// Ticks and remarks.
pub(super) const MUTED: &str = "#6a717b";
/// The portfolio.
pub(super) const PORTFOLIO: &str = "#2f6fb3";
/// What it is compared with.
pub(super) const BENCHMARK: &str = "#959ba5";
/// Losses.
pub(super) const LOSS: &str = "#c8553d";

/// Where a text hangs on its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A drawing under construction. Units are pixels, the origin is top left.
pub(super) struct Canvas {
    pub width: f64,
    pub height: f64,
    body: String,
}

impl Canvas {
    pub fn new(width: f64, height: f64) -> Self {
        Self { width, height, body: String::new() }
    }

    /// A straight line of a style class (`grid` or `axis`).
    pub fn rule(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let stroke = if class == "grid" { "#e4e7eb" } else { "#9aa1ab" };
        let ((x1, y1), (x2, y2)) = (from, to);
        self.put(format_args!(
            r#"<line class="{class}" x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}" stroke="{stroke}"/>"#
        ));
    }

    /// Open lines; a point that is not finite breaks the line.
    pub fn path(&mut self, points: &[(f64, f64)], colour: &str, width: f64) {
        let mut d = String::new();
        let mut pen_down = false;
        for &(x, y) in points {
            if x.is_finite() && y.is_finite() {
                let _ = write!(d, "{}{x:.1} {y:.1}", if pen_down { 'L' } else { 'M' });
            }
            pen_down = x.is_finite() && y.is_finite();
        }
        self.put(format_args!(
            r#"<path d="{d}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-linejoin="round"/>"#
        ));
    }

    /// A filled shape.
    pub fn area(&mut self, points: &[(f64, f64)], colour: &str, opacity: f64) {
        let mut d = String::new();
        for (x, y) in points {
            let _ = write!(d, "{}{x:.1} {y:.1}", if d.is_empty() { 'M' } else { 'L' });
        }
        self.put(format_args!(r#"<path d="{d}Z" fill="{colour}" fill-opacity="{opacity}"/>"#));
    }

    /// A filled rectangle; nothing if it has no extent.
    pub fn rect(&mut self, at: (f64, f64), size: (f64, f64), colour: &str) {
        let ((x, y), (w, h)) = (at, size);
        if w > 0.0 && h > 0.0 {
            self.put(format_args!(
                r#"<rect x="{x:.1}" y="{y:.1}" width="{w:.1}" height="{h:.1}" fill="{colour}"/>"#
            ));
        }
    }

    /// A filled disc.
    pub fn disc(&mut self, at: (f64, f64), radius: f64, colour: &str) {
        let (x, y) = at;
        self.put(format_args!(r#"<circle cx="{x:.1}" cy="{y:.1}" r="{radius}" fill="{colour}"/>"#));
    }

    /// Ordinary text, escaped, with its baseline at `at`.
    pub fn text(&mut self, at: (f64, f64), anchor: Anchor, size: f64, text: &str) {
        self.write(at, anchor, size, INK, " class=\"ink\"", text);
    }

    /// Quiet text, escaped.
    pub fn remark(&mut self, at: (f64, f64), anchor: Anchor, size: f64, text: &str) {
        self.write(at, anchor, size, MUTED, " class=\"muted\"", text);
    }

    /// Text in a colour of its own, escaped.
    pub fn label(&mut self, at: (f64, f64), anchor: Anchor, size: f64, colour: &str, text: &str) {
        self.write(at, anchor, size, colour, "", text);
    }

    /// A small square of colour with its name to the right.
    pub fn swatch(&mut self, at: (f64, f64), colour: &str, name: &str) {
        self.rect((at.0, at.1 - 8.5), (10.0, 10.0), colour);
        self.text((at.0 + 15.0, at.1), Anchor::Start, 11.0, name);
    }

    fn write(
        &mut self,
        at: (f64, f64),
        anchor: Anchor,
        size: f64,
        colour: &str,
        class: &str,
        text: &str,
    ) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let ((x, y), text) = (at, escape(text));
        self.put(format_args!(
            r#"<text{class} x="{x:.1}" y="{y:.1}" font-size="{size}" fill="{colour}"{anchor}>{text}</text>"#
        ));
    }

    fn put(&mut self, shape: std::fmt::Arguments<'_>) {
        let _ = self.body.write_fmt(shape);
        self.body.push('\n');
    }

    /// The finished picture.
    pub fn finish(self, name: &str, title: &str) -> Plot {
        let (width, height, body) = (self.width, self.height, self.body);
        let label = escape(title);
        Plot {
            name: name.to_owned(),
            title: title.to_owned(),
            svg: format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
                 viewBox=\"0 0 {width} {height}\" font-family=\"{FONT}\" role=\"img\" \
                 aria-label=\"{label}\">\n<title>{label}</title>\n\
                 <rect class=\"page\" width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n\
                 {body}</svg>\n"
            ),
        }
    }
}

/// Text that is safe inside HTML and SVG, in elements and in quoted attributes. Characters that
/// XML cannot hold become the replacement character.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\n' | '\t' => safe.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

/// The width of `text` in pixels, roughly: no font is at hand, and DejaVu Sans is a wide one.
pub(super) fn text_width(text: &str, size: f64) -> f64 {
    0.61 * size * text.chars().count() as f64
}

/// At most `most` characters of `text`, the last one an ellipsis if any were cut.
pub(super) fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
    short.push('…');
    short
}
