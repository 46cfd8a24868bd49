//! Reading JSON: strict, but for the numbers that Python writes and JSON has not.

use std::collections::HashMap;

use super::Json;

/// How deep values may stand in values.
const DEEPEST: usize = 200;

pub(super) fn parse(text: &str) -> Option<Json> {
    let mut reader = Reader { text, at: 0 };
    let value = reader.value(0)?;
    reader.space();
    (reader.at == text.len()).then_some(value)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\n', '\r', '\t']).len();
    }

    fn takes(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        if depth > DEEPEST {
            return None;
        }
        self.space();
        match self.rest().as_bytes().first()? {
            b'{' => self.object(depth),
            b'[' => self.list(depth),
            b'"' => self.string().map(Json::Text),
            _ => self.word().or_else(|| self.number()),
        }
    }

    fn word(&mut self) -> Option<Json> {
        let words = [
            ("null", Json::Null),
            ("true", Json::Bool(true)),
            ("false", Json::Bool(false)),
            ("NaN", Json::Float(f64::NAN)),
            ("Infinity", Json::Float(f64::INFINITY)),
            ("-Infinity", Json::Float(f64::NEG_INFINITY)),
        ];
        words.into_iter().find(|(word, _)| self.takes(word)).map(|(_, value)| value)
    }

    fn number(&mut self) -> Option<Json> {
        let rest = self.rest();
        let ends = |c: char| !matches!(c, '0'..='9' | '-' | '+' | '.' | 'e' | 'E');
        let written = &rest[..rest.find(ends).unwrap_or(rest.len())];
        let parsed = read_number(written)?;
        self.at += written.len();
        Some(parsed)
    }

    fn list(&mut self, depth: usize) -> Option<Json> {
        let mut values = Vec::new();
        self.takes("[");
        self.space();
        if self.takes("]") {
            return Some(Json::List(values));
        }
        loop {
            values.push(self.value(depth + 1)?);
            self.space();
            if self.takes("]") {
                return Some(Json::List(values));
            }
            self.takes(",").then_some(())?;
        }
    }

    fn object(&mut self, depth: usize) -> Option<Json> {
        let mut fields = Fields::default();
        self.takes("{");
        self.space();
        if self.takes("}") {
            return Some(Json::Object(fields.list));
        }
        loop {
            self.space();
            let key = self.string()?;
            self.space();
            self.takes(":").then_some(())?;
            fields.put(key, self.value(depth + 1)?);
            self.space();
            if self.takes("}") {
                return Some(Json::Object(fields.list));
            }
            self.takes(",").then_some(())?;
        }
    }

    fn string(&mut self) -> Option<String> {
        self.takes("\"").then_some(())?;
        let mut text = String::new();
        loop {
            let rest = self.rest();
            let plain = rest.find(|c: char| c == '"' || c == '\\' || c < ' ')?;
            text.push_str(&rest[..plain]);
            self.at += plain;
            if self.takes("\"") {
                return Some(text);
            }
            self.takes("\\").then_some(())?;
            text.push(self.escape()?);
        }
    }

    fn escape(&mut self) -> Option<char> {
        let c = self.rest().chars().next()?;
        self.at += c.len_utf8();
        Some(match c {
            '"' | '\\' | '/' => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return self.code_point(),
            _ => return None,
        })
    }

    /// A character by four hexadecimal digits, or by two such halves; a half alone stands for none.
    fn code_point(&mut self) -> Option<char> {
        let first = self.hex()?;
        if !(0xd800..0xdc00).contains(&first) {
            return Some(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        let before = self.at;
        if self.takes("\\u") {
            let second = self.hex()?;
            if (0xdc00..0xe000).contains(&second) {
                return char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00));
            }
            self.at = before;
        }
        Some(char::REPLACEMENT_CHARACTER)
    }

    fn hex(&mut self) -> Option<u32> {
        let digits =
            self.rest().get(..4).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
        let code = u32::from_str_radix(digits, 16).ok()?;
        self.at += 4;
        Some(code)
    }
}

/// The fields of an object, of which a later one replaces an earlier one of its key.
#[derive(Default)]
struct Fields {
    list: Vec<(String, Json)>,
    places: HashMap<String, usize>,
}

impl Fields {
    /// So many fields are looked through; more are looked up.
    const FEW: usize = 16;

    fn put(&mut self, key: String, value: Json) {
        if self.list.len() == Self::FEW {
            let places = self.list.iter().enumerate();
            self.places = places.map(|(place, (key, _))| (key.clone(), place)).collect();
        }
        let held = match self.list.len() < Self::FEW {
            true => self.list.iter().position(|(name, _)| *name == key),
            false => self.places.get(&key).copied(),
        };
        match held {
            Some(place) => self.list[place].1 = value,
            None => {
                if self.list.len() >= Self::FEW {
                    self.places.insert(key.clone(), self.list.len());
                }
                self.list.push((key, value));
            }
        }
    }
}

fn read_number(written: &str) -> Option<Json> {
    let digits = written.strip_prefix('-').unwrap_or(written);
    let whole_end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let (whole, rest) = digits.split_at(whole_end);
    if whole.is_empty() || (whole.len() > 1 && whole.starts_with('0')) {
        return None;
    }
    if rest.is_empty() {
        let parsed = written.parse().map(Json::Int);
        return Some(parsed.unwrap_or_else(|_| Json::Big(written.to_owned())));
    }
    let exponent = match rest.strip_prefix('.') {
        Some(fraction) => {
            let end = fraction.find(|c: char| !c.is_ascii_digit()).unwrap_or(fraction.len());
            (end > 0).then_some(())?;
            &fraction[end..]
        }
        None => rest,
    };
    let is_exponent = |text: &str| {
        let digits = text.strip_prefix(['e', 'E']).unwrap_or_default();
        let digits = digits.strip_prefix(['+', '-']).unwrap_or(digits);
        !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
    };
    if !exponent.is_empty() && !is_exponent(exponent) {
        return None;
    }
    written.parse().ok().map(Json::Float)
}
