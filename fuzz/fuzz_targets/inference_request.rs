//! Any bytes as a request of the Open Inference Protocol: the first two say how many of the rest are
//! JSON, the rest may be raw tensors. Nothing may panic, and a tensor that is read has as many elements
//! as its shape says.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serving::Limits;
use serving::oip::InferRequest;

fuzz_target!(|data: &[u8]| {
    let Some((first, body)) = data.split_first_chunk::<2>() else { return };
    let header = usize::from(u16::from_le_bytes(*first));
    let limits = Limits { rows: 1_000, cells: 100_000 };
    for header in [None, Some(header)] {
        match InferRequest::read(body, header, &limits) {
            Err(error) => drop(error.to_string()),
            Ok(request) => {
                for tensor in request.inputs {
                    assert_eq!(tensor.data.len(), tensor.shape.iter().product::<usize>());
                }
            }
        }
    }
});
