//! Random words for a block of neighbouring lanes at one step, at the cost of about a nanosecond.
//!
//! In come a generator, a block's number and a step; out come words, the `i`-th of which belongs to
//! the `i`-th lane of the block. [`Philox`] decides where four xoshiro sequences start, and they run
//! side by side, so that no word has to wait for the one before it.

use std::array;

use super::random::Philox;

/// Lanes of a block. What a lane gets depends on this number, so that it is part of the definition.
pub(super) const LANES: usize = 256;
/// Sequences that run side by side.
const WIDTH: usize = 4;
/// Marks the counters of blocks apart from those of [`Stream`](super::Stream).
const BLOCKS: u64 = 1 << 63;

/// The words of block `block` at `step`, which is below `2⁴⁰`.
pub(super) fn words(philox: Philox, block: u64, step: u64) -> [u64; LANES] {
    let starts: [[u64; 4]; WIDTH] = array::from_fn(|sequence| {
        let place = (block * WIDTH as u64 + sequence as u64) * 2;
        let [a, b] = philox.at([place, step | BLOCKS]);
        let [c, d] = philox.at([place + 1, step | BLOCKS]);
        [a, b, c, d]
    });
    let mut state = array::from_fn(|word| starts.map(|start| start[word]));
    let mut words = [0; LANES];
    for row in words.chunks_exact_mut(WIDTH) {
        row.copy_from_slice(&next(&mut state));
    }
    words
}

/// One word of each sequence: xoshiro256++ (Blackman and Vigna 2021, "Scrambled linear pseudorandom
/// number generators").
#[inline]
fn next(state: &mut [[u64; WIDTH]; 4]) -> [u64; WIDTH] {
    let [s0, s1, s2, s3] = state;
    let mut out = [0; WIDTH];
    for i in 0..WIDTH {
        out[i] = s0[i].wrapping_add(s3[i]).rotate_left(23).wrapping_add(s0[i]);
        let shifted = s1[i] << 17;
        s2[i] ^= s0[i];
        s3[i] ^= s1[i];
        s1[i] ^= s2[i];
        s0[i] ^= s3[i];
        s2[i] ^= shifted;
        s3[i] = s3[i].rotate_left(45);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first words from the state 1, 2, 3, 4, as the authors' C program gives them.
    #[test]
    fn xoshiro_gives_its_published_answers() {
        let mut state = [1, 2, 3, 4].map(|word| [word; WIDTH]);
        for expected in [
            41_943_041,
            58_720_359,
            3_588_806_011_781_223,
            3_591_011_842_654_386,
            9_228_616_714_210_784_205,
            9_973_669_472_204_895_162,
        ] {
            assert_eq!(next(&mut state), [expected; WIDTH]);
        }
    }
}
