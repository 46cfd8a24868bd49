//! The little JSON that is needed: a line of members goes out, members are found in answers.
//!
//! Answers are searched and not parsed, so that reading them costs the client next to nothing.

use std::fmt::Write;

/// An object, member by member.
pub struct Line(String);

impl Line {
    /// No members yet.
    pub fn new() -> Self {
        Self(String::from("{"))
    }

    /// A member that is a number; what is not finite is written as null.
    pub fn number(&mut self, name: &str, value: f64) {
        self.name(name);
        if value.is_finite() {
            write!(self.0, "{value}").expect("memory takes what is written to it");
        } else {
            self.0.push_str("null");
        }
    }

    /// A member that is a text.
    pub fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        self.0.push_str(&quoted(value));
    }

    /// The whole object.
    pub fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }

    fn name(&mut self, name: &str) {
        if self.0.len() > 1 {
            self.0.push_str(", ");
        }
        write!(self.0, "\"{name}\": ").expect("memory takes what is written to it");
    }
}

/// A text in quotation marks.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c < ' ' => write!(out, "\\u{:04x}", c as u32).expect("memory takes it"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The text of the first member of that name, if it has no escapes, as ids and page tokens have none.
pub fn member<'a>(body: &'a str, name: &str) -> Option<&'a str> {
    let at = body.find(&format!("\"{name}\""))?;
    let value = body[at + name.len() + 2..].trim_start().strip_prefix(':')?;
    value.trim_start().strip_prefix('"')?.split('"').next()
}

/// How many members have that name.
pub fn count(body: &str, name: &str) -> u64 {
    body.matches(&format!("\"{name}\"")).count() as u64
}
