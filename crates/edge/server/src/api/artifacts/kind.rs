//! What kind of content a file has, by its name.
//!
//! As clients of the protocol expect it: text that people read is plain text, whatever it is called,
//! so that a page in a browser shows it; the rest goes by the usual names, and what nobody knows is
//! bytes.

/// Ends of names, and whole names, of text that is shown as it is.
const TEXT: &[&str] = &[
    "txt",
    "log",
    "err",
    "cfg",
    "conf",
    "cnf",
    "cf",
    "ini",
    "properties",
    "prop",
    "hocon",
    "toml",
    "yaml",
    "yml",
    "xml",
    "json",
    "js",
    "py",
    "py3",
    "csv",
    "tsv",
    "md",
    "rst",
    "ipynb",
    "MLmodel",
    "mlproject",
];

/// Ends of names that say how a file is packed; what is packed stands before them.
const PACKED: &[&str] = &["gz", "Z", "bz2", "xz", "br"];

/// Content types by the ends of names.
const KINDS: &[(&str, &str)] = &[
    ("aac", "audio/aac"),
    ("avi", "video/x-msvideo"),
    ("bmp", "image/bmp"),
    ("css", "text/css"),
    ("csv", "text/csv"),
    ("doc", "application/msword"),
    ("eps", "application/postscript"),
    ("flac", "audio/flac"),
    ("gif", "image/gif"),
    ("h5", "application/x-hdf5"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("ico", "image/vnd.microsoft.icon"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("js", "text/javascript"),
    ("json", "application/json"),
    ("md", "text/markdown"),
    ("mjs", "text/javascript"),
    ("mov", "video/quicktime"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("mpeg", "video/mpeg"),
    ("ogg", "audio/ogg"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("ppt", "application/vnd.ms-powerpoint"),
    ("ps", "application/postscript"),
    ("rtf", "application/rtf"),
    ("svg", "image/svg+xml"),
    ("svgz", "image/svg+xml"),
    ("tar", "application/x-tar"),
    ("tgz", "application/x-tar"),
    ("tif", "image/tiff"),
    ("tiff", "image/tiff"),
    ("tsv", "text/tab-separated-values"),
    ("txt", "text/plain"),
    ("wasm", "application/wasm"),
    ("wav", "audio/x-wav"),
    ("webm", "video/webm"),
    ("webp", "image/webp"),
    ("xls", "application/vnd.ms-excel"),
    ("xml", "application/xml"),
    ("zip", "application/zip"),
];

/// What nobody knows.
const BYTES: &str = "application/octet-stream";

/// The content type of a file of this name.
pub(super) fn of(name: &str) -> &'static str {
    let Some((stem, end)) = parted(name) else {
        return if TEXT.contains(&name) { "text/plain" } else { BYTES };
    };
    if TEXT.contains(&end) {
        return "text/plain";
    }
    let end = match parted(stem) {
        Some((_, packed)) if PACKED.contains(&end) => packed,
        _ => end,
    };
    let end = end.to_ascii_lowercase();
    KINDS.iter().find(|(known, _)| *known == end).map_or(BYTES, |(_, kind)| kind)
}

/// A name before and behind its last dot; none if it has no dot, or only at its beginning.
fn parted(name: &str) -> Option<(&str, &str)> {
    name.rsplit_once('.').filter(|(stem, _)| !stem.trim_start_matches('.').is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values from MLflow 3.17.2's `_guess_mime_type`.
    #[test]
    fn kinds_are_those_that_clients_expect() {
        for (name, kind) in [
            ("a.txt", "text/plain"),
            ("A.TXT", "text/plain"),
            ("a.json", "text/plain"),
            ("MLmodel", "text/plain"),
            ("mlproject", "text/plain"),
            ("MLproject", BYTES),
            (".txt", BYTES),
            (".hidden", BYTES),
            ("a.", BYTES),
            ("no", BYTES),
            ("page.html", "text/html"),
            ("A.PNG", "image/png"),
            ("x.tar.gz", "application/x-tar"),
            ("x.tgz", "application/x-tar"),
            ("x.csv.gz", "text/csv"),
            ("x.parquet", BYTES),
        ] {
            assert_eq!(of(name), kind, "{name}");
        }
    }
}
