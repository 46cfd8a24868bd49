//! Any text as a filter, an order and a page token of any entity: nothing may panic, and the text of a
//! filter, read again, must be the same filter. The first byte picks the entity.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tracking::search::{Entity, page, parse_filter, parse_logged_model_order, parse_order_by};

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let Ok(source) = std::str::from_utf8(rest) else { return };
    let entity = Entity::ALL[usize::from(*first) % Entity::ALL.len()];
    let _ = parse_order_by(entity, source);
    let _ = parse_logged_model_order(source, true);
    let _ = page::parse(source);
    if let Ok(filter) = parse_filter(entity, source) {
        assert_eq!(parse_filter(entity, &filter.to_string()), Ok(filter));
    }
});
