//! Any bytes as a raw tensor: the first picks the datatype, the second the number of elements. What is
//! read and written again is read as the same tensor.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serving::Datatype;
use serving::oip::{decode, encode};

fuzz_target!(|data: &[u8]| {
    let [kind, count, raw @ ..] = data else { return };
    let datatype = Datatype::ALL[usize::from(*kind) % Datatype::ALL.len()];
    let count = usize::from(*count);
    if let Ok(read) = decode("x", datatype, count, raw) {
        let written = encode(datatype, &read);
        let again = decode("x", datatype, count, &written).expect("what was written is a tensor");
        assert_eq!(encode(datatype, &again), written);
        assert_eq!(again.len(), count);
    }
});
