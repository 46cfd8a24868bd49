//! JSON arrays of any depth, taken apart into one row of cells while they are read.
//!
//! In: nested arrays of numbers, truth values, texts and nulls. Out: numbers in their order, texts
//! beside them, and the dimensions, if the nesting is regular. Nothing is kept of the JSON itself, so
//! that a large batch costs little more than its numbers.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};

/// Cells in their order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Flat {
    /// One for each cell: its number; NaN for a null, and where a text stands.
    pub numbers: Vec<f64>,
    /// The texts, with the place where each stands.
    pub texts: Vec<(usize, String)>,
    /// How long the arrays of each depth are, from the outermost.
    pub dims: Vec<usize>,
    /// Whether arrays of one depth differ in length, or cells stand beside arrays.
    pub ragged: bool,
}

impl Flat {
    /// Cells that stand in a table or a tensor already.
    pub fn new(numbers: Vec<f64>, dims: Vec<usize>) -> Self {
        Self { numbers, dims, ..Self::default() }
    }

    /// How many cells there are.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Adds a number.
    pub fn number(&mut self, number: f64) {
        self.numbers.push(number);
    }

    /// Adds a text.
    pub fn text(&mut self, text: String) {
        self.texts.push((self.numbers.len(), text));
        self.numbers.push(f64::NAN);
    }

    /// Adds the cells of another.
    pub fn extend(&mut self, other: Self) {
        let start = self.numbers.len();
        self.numbers.extend(other.numbers);
        self.texts.extend(other.texts.into_iter().map(|(at, text)| (start + at, text)));
        self.ragged |= other.ragged;
    }
}

impl<'de> Deserialize<'de> for Flat {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut flat = Self::default();
        let mut depths = Vec::new();
        Level { flat: &mut flat, depths: &mut depths, depth: 0 }.deserialize(deserializer)?;
        flat.ragged |= depths.iter().any(|depth: &Depth| depth.cells && depth.arrays);
        flat.dims = depths.iter().map_while(|depth| depth.length).collect();
        Ok(flat)
    }
}

/// What was seen within the arrays of one depth.
#[derive(Default)]
struct Depth {
    length: Option<usize>,
    cells: bool,
    arrays: bool,
}

/// One cell or array on its way in.
struct Level<'a> {
    flat: &'a mut Flat,
    depths: &'a mut Vec<Depth>,
    depth: usize,
}

impl Level<'_> {
    fn cell(&mut self) {
        if let Some(above) = self.depth.checked_sub(1) {
            self.depths[above].cells = true;
        }
    }
}

impl<'de> DeserializeSeed<'de> for Level<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, a truth value, a text, null or an array of these")
    }

    fn visit_bool<E: Error>(mut self, v: bool) -> Result<(), E> {
        self.cell();
        self.flat.number(f64::from(u8::from(v)));
        Ok(())
    }

    fn visit_i64<E: Error>(mut self, v: i64) -> Result<(), E> {
        self.cell();
        self.flat.number(v as f64);
        Ok(())
    }

    fn visit_u64<E: Error>(mut self, v: u64) -> Result<(), E> {
        self.cell();
        self.flat.number(v as f64);
        Ok(())
    }

    fn visit_f64<E: Error>(mut self, v: f64) -> Result<(), E> {
        self.cell();
        self.flat.number(v);
        Ok(())
    }

    fn visit_str<E: Error>(mut self, v: &str) -> Result<(), E> {
        self.cell();
        self.flat.text(v.to_owned());
        Ok(())
    }

    fn visit_unit<E: Error>(mut self) -> Result<(), E> {
        self.cell();
        self.flat.number(f64::NAN);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        if let Some(above) = self.depth.checked_sub(1) {
            self.depths[above].arrays = true;
        }
        if self.depths.len() == self.depth {
            self.depths.push(Depth::default());
        }
        let mut length = 0;
        loop {
            let depth = self.depth + 1;
            let level = Level { flat: &mut *self.flat, depths: &mut *self.depths, depth };
            if seq.next_element_seed(level)?.is_none() {
                break;
            }
            length += 1;
        }
        let depth = &mut self.depths[self.depth];
        if *depth.length.get_or_insert(length) != length {
            self.flat.ragged = true;
        }
        Ok(())
    }
}

/// The number that a text stands for where JSON has none.
pub(crate) fn word(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Flat {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn nested_arrays_have_dimensions_and_lose_nothing() {
        let flat = read("[[1, 2.5, null], [true, -3, \"a\"]]");
        assert_eq!(flat.dims, [2, 3]);
        assert!(!flat.ragged);
        assert_eq!(flat.texts, [(5, "a".to_owned())]);
        assert_eq!(flat.numbers[..2], [1.0, 2.5]);
        assert!(flat.numbers[2].is_nan());
        assert_eq!(flat.numbers[3..5], [1.0, -3.0]);
        assert_eq!(read("7").dims, [0usize; 0]);
        assert_eq!(read("[]").dims, [0]);
        assert_eq!(read("[[], []]").dims, [2, 0]);
    }

    #[test]
    fn irregular_arrays_are_told() {
        for json in ["[[1, 2], [3]]", "[1, [2]]", "[[1], 2]", "[[[1]], [2]]"] {
            assert!(read(json).ragged, "{json}");
        }
    }
}
