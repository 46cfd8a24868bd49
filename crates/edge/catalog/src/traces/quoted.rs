//! Names in filters, which may be between quotes.

/// Where the name ends: at a space or an operator that is not between quotes.
pub(crate) fn end_of_name(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if matches!(c, '`' | '\'' | '"') => quote = Some(c),
            None if c.is_whitespace() || matches!(c, '=' | '!' | '<' | '>') => return Some(at),
            None => {}
        }
    }
    None
}
