//! Bodies that were packed on the way, up to a size: a small body can hold a large one.

use std::io::Read;

use bytes::Bytes;
use flate2::read::{DeflateDecoder, GzDecoder, ZlibDecoder};

/// The body as it was before it was packed.
pub(crate) fn unpack(body: Bytes, packing: &str, limit: usize) -> Result<Bytes, String> {
    match packing.to_ascii_lowercase().as_str() {
        "" | "identity" => Ok(body),
        "gzip" => read(GzDecoder::new(&body[..]), limit)
            .map_err(|what| format!("Failed to decompress gzip payload{what}")),
        // Some clients leave the header out that belongs there.
        "deflate" => read(ZlibDecoder::new(&body[..]), limit)
            .or_else(|_| read(DeflateDecoder::new(&body[..]), limit))
            .map_err(|what| format!("Failed to decompress deflate payload{what}")),
        other => Err(format!("Unsupported Content-Encoding: {other}")),
    }
}

fn read(packed: impl Read, limit: usize) -> Result<Bytes, String> {
    let mut whole = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    match packed.take(most.saturating_add(1)).read_to_end(&mut whole) {
        Ok(length) if length > limit => Err(format!(": it has more than {limit} bytes")),
        Ok(_) => Ok(Bytes::from(whole)),
        Err(_) => Err(String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    fn packed(length: usize) -> Bytes {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&vec![b'a'; length]).unwrap();
        encoder.finish().unwrap().into()
    }

    #[test]
    fn a_body_is_unpacked_up_to_its_limit() {
        assert_eq!(unpack(packed(10), "GZIP", 10).unwrap(), Bytes::from(vec![b'a'; 10]));
        let error = unpack(packed(100_000), "gzip", 10).unwrap_err();
        assert_eq!(error, "Failed to decompress gzip payload: it has more than 10 bytes");
        assert_eq!(
            unpack(Bytes::from_static(b"x"), "br", 10).unwrap_err(),
            "Unsupported Content-Encoding: br"
        );
        unpack(Bytes::from_static(b"x"), "gzip", 10).unwrap_err();
    }
}
