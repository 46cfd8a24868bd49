//! Any text as an expression: nothing may panic, canonical text read again must be the same
//! expression over the same rows, and an error must be sayable. What looks ahead is refused as a
//! feature, and nothing else is.

#![no_main]

use features::{Definition, Expression, FeatureSet};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(source) = std::str::from_utf8(data) else { return };
    match Expression::parse(source) {
        Err(error) => drop(error.to_string()),
        Ok(expression) => {
            let again = Expression::parse(&expression.to_string());
            assert_eq!(again.as_ref(), Ok(&expression));
            let set = FeatureSet::compile(&[Definition::new("fuzzed", source)]);
            assert_eq!(set.is_ok(), expression.window().right == 0);
        }
    }
});
