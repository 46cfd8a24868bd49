//! The command line, `QUESTION --name value ...` → what a question asks for by name.

use crate::Outcome;
use crate::crowd::Window;
use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

/// A question and its named values.
pub struct Arguments {
    question: String,
    values: BTreeMap<String, String>,
}

impl Arguments {
    /// Reads the words after the program's name.
    pub fn read(mut words: impl Iterator<Item = String>) -> Outcome<Self> {
        let question =
            words.next().ok_or("name a question, as in `load log-metric --port 5000`")?;
        let mut values = BTreeMap::new();
        while let Some(word) = words.next() {
            let name = word.strip_prefix("--").ok_or(format!("'{word}' is not a --name"))?;
            let value = words.next().ok_or(format!("--{name} has no value"))?;
            values.insert(name.to_owned(), value);
        }
        Ok(Self { question, values })
    }

    /// The first word.
    pub fn question(&self) -> &str {
        &self.question
    }

    /// A value that must be there.
    pub fn text(&self, name: &str) -> Outcome<&str> {
        self.values.get(name).map(String::as_str).ok_or(format!("--{name} is missing"))
    }

    /// A number that must be there.
    pub fn number<N: FromStr>(&self, name: &str) -> Outcome<N> {
        let text = self.text(name)?;
        text.parse().map_err(|_| format!("--{name} {text} is not a number that fits"))
    }

    /// A number, or what stands for it.
    pub fn number_or<N: FromStr>(&self, name: &str, otherwise: N) -> Outcome<N> {
        if self.values.contains_key(name) { self.number(name) } else { Ok(otherwise) }
    }

    /// The server's port on this machine.
    pub fn port(&self) -> Outcome<u16> {
        self.number("port")
    }

    /// How many clients ask, for how long, and how often at most.
    pub fn window(&self) -> Outcome<Window> {
        Ok(Window {
            clients: self.number("clients")?,
            warm: Duration::from_secs_f64(self.number_or("warm", 0.0)?),
            timed: Duration::from_secs_f64(self.number("seconds")?),
            most: self.number_or("most", u64::MAX)?,
        })
    }
}
