//! Names for runs that were given none.

const KINDS: [&str; 48] = [
    "able", "amber", "apt", "bold", "brave", "bright", "brisk", "calm", "clean", "clear", "crisp",
    "deft", "eager", "even", "fair", "fast", "firm", "fleet", "fresh", "gentle", "glad", "grand",
    "keen", "kind", "late", "lean", "light", "lively", "loyal", "mild", "neat", "nimble", "noble",
    "plain", "proud", "quick", "quiet", "ready", "sharp", "sleek", "smart", "steady", "still",
    "sure", "swift", "true", "warm", "wise",
];

const THINGS: [&str; 48] = [
    "anchor", "beacon", "boom", "bow", "brig", "buoy", "cape", "cleat", "cove", "crest", "cutter",
    "deck", "delta", "dock", "fjord", "foil", "gale", "gull", "harbour", "haven", "heron", "hull",
    "isle", "jetty", "keel", "ketch", "knot", "lagoon", "lantern", "mast", "oar", "pier", "prow",
    "quay", "reef", "rudder", "sail", "shoal", "shore", "skiff", "sloop", "spar", "strait", "surf",
    "tern", "tide", "wake", "yawl",
];

/// Such as `steady-keel-421`. It need not be unique.
pub(crate) fn made_up_name() -> String {
    let kind = KINDS[fastrand::usize(..KINDS.len())];
    let thing = THINGS[fastrand::usize(..THINGS.len())];
    format!("{kind}-{thing}-{}", fastrand::u16(..1_000))
}
