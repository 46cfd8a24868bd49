//! NaN and infinities in JSON. Clients write them as bare words, which JSON does not have.

use std::borrow::Cow;

const WORDS: [&[u8]; 3] = [b"NaN", b"Infinity", b"-Infinity"];

/// The same JSON with `NaN`, `Infinity` and `-Infinity` in quotes, where they stand outside of texts.
pub fn quoted(json: &[u8]) -> Cow<'_, [u8]> {
    if !may_have_words(json) {
        return Cow::Borrowed(json);
    }
    let mut out = Vec::with_capacity(json.len() + 64);
    let (mut at, mut in_text) = (0, false);
    while at < json.len() {
        let byte = json[at];
        if in_text {
            let escaped = byte == b'\\' && at + 1 < json.len();
            out.extend_from_slice(&json[at..=at + usize::from(escaped)]);
            in_text = byte != b'"';
            at += 1 + usize::from(escaped);
            continue;
        }
        match WORDS.iter().find(|word| json[at..].starts_with(word)) {
            Some(word) => {
                out.push(b'"');
                out.extend_from_slice(word);
                out.push(b'"');
                at += word.len();
            }
            None => {
                in_text = byte == b'"';
                out.push(byte);
                at += 1;
            }
        }
    }
    Cow::Owned(out)
}

fn may_have_words(json: &[u8]) -> bool {
    json.windows(3).any(|three| three == b"NaN" || three == b"Inf")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_outside_of_texts_are_quoted() {
        let text = |json: &str| String::from_utf8(quoted(json.as_bytes()).into_owned()).unwrap();
        assert_eq!(text("[1, NaN,-Infinity]"), r#"[1, "NaN","-Infinity"]"#);
        assert_eq!(
            text(r#"{"NaN": "a\"NaN", "b": Infinity}"#),
            r#"{"NaN": "a\"NaN", "b": "Infinity"}"#
        );
        assert_eq!(text("[1, 2]"), "[1, 2]");
        assert_eq!(text("\"Inf\\"), "\"Inf\\");
    }
}
