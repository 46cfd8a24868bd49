//! A sentence with choices, as all the sentences that it stands for.
//!
//! In: `maximise return - {1,2,5} * variance`. Out: three sentences, one for each choice; of two
//! braces every pair, the last brace changing first. Knows nothing about what the words mean.

use crate::PerformanceError;

/// The sentences that `sentence` stands for: itself, if it has no braces.
///
/// Fails on a brace without its partner, on braces within braces, and on an empty choice.
pub fn expand(sentence: &str) -> Result<Vec<String>, PerformanceError> {
    let wrong = |what: &str| PerformanceError::Grid {
        sentence: sentence.to_owned(),
        what: what.to_owned(),
    };
    let Some(open) = sentence.find(['{', '}']) else {
        return Ok(vec![sentence.to_owned()]);
    };
    let (before, rest) = sentence.split_at(open);
    let rest = rest.strip_prefix('{').ok_or_else(|| wrong("`}` has no `{` before it"))?;
    let Some((inside, after)) = rest.split_once('}') else {
        return Err(wrong("`{` has no `}` after it"));
    };
    if inside.contains('{') {
        return Err(wrong("braces stand within braces"));
    }
    let choices: Vec<&str> = inside.split(',').map(str::trim).collect();
    if choices.iter().any(|choice| choice.is_empty()) {
        return Err(wrong("a choice is empty"));
    }
    let tails = expand(after).map_err(|_| wrong("a later brace has no partner or no choice"))?;
    let pairs = choices.iter().flat_map(|choice| tails.iter().map(move |tail| (choice, tail)));
    Ok(pairs.map(|(choice, tail)| format!("{before}{choice}{tail}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_of_every_brace_is_taken() {
        assert_eq!(expand("risk parity").unwrap(), ["risk parity"]);
        assert_eq!(
            expand("return - {1, 5} * cvar({90%,95%})").unwrap(),
            [
                "return - 1 * cvar(90%)",
                "return - 1 * cvar(95%)",
                "return - 5 * cvar(90%)",
                "return - 5 * cvar(95%)",
            ]
        );
    }

    #[test]
    fn braces_that_do_not_pair_are_refused() {
        for (sentence, said) in [
            ("a {1,2", "`{` has no `}` after it"),
            ("a 1}", "`}` has no `{` before it"),
            ("a {1,{2}}", "braces stand within braces"),
            ("a {1,,2}", "a choice is empty"),
            ("a {1} b {", "a later brace"),
        ] {
            let error = expand(sentence).unwrap_err().to_string();
            assert!(error.contains(said) && error.contains(sentence), "{error}");
        }
    }
}
