//! What a thing is called where it comes from, in tags of what was made of it elsewhere.

use catalog::Tag;
use catalog::import::{ORIGIN_DIGEST, ORIGIN_ID, ORIGIN_SERVER};

/// What the tags of a thing say of where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    /// What it is called there.
    pub id: String,
    /// The digest of what it was there, if all of it was brought.
    pub digest: Option<String>,
}

impl Origin {
    /// Reads the tags of a thing.
    pub(crate) fn of(tags: &[Tag]) -> Option<Self> {
        let value = |key| tags.iter().find(|tag| tag.key == key).map(|tag| tag.value.clone());
        Some(Self { id: value(ORIGIN_ID)?, digest: value(ORIGIN_DIGEST) })
    }
}

/// The tags that name an origin, without that which says that all was brought.
pub(crate) fn tags(server: &str, id: &str) -> [Tag; 2] {
    [(ORIGIN_SERVER, server), (ORIGIN_ID, id)]
        .map(|(key, value)| Tag { key: key.to_owned(), value: value.to_owned() })
}

/// The tag that says that all was brought.
pub(crate) fn whole(digest: &str) -> Tag {
    Tag { key: ORIGIN_DIGEST.to_owned(), value: digest.to_owned() }
}

/// The tags without those that name an origin: they tell of another journey.
pub(crate) fn without(tags: &[Tag]) -> Vec<Tag> {
    let names = [ORIGIN_SERVER, ORIGIN_ID, ORIGIN_DIGEST];
    tags.iter().filter(|tag| !names.contains(&tag.key.as_str())).cloned().collect()
}
