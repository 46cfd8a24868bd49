//! The values of the best rows so far, one for each slot of a timeline.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float32Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef, BooleanArray, PrimitiveArray, StringArray};
use features::store::ValueKind;

/// A slot and the row of a batch whose value it takes.
pub(super) type Taken = (u32, u32);

/// A column of values by slot.
pub(super) trait SlotColumn: Send {
    /// Copies values of a batch into slots.
    fn put(&mut self, batch: &ArrayRef, taken: &[Taken]);
    /// Copies values of another column of the same kind.
    fn adopt(&mut self, other: &dyn SlotColumn, slots: &[u32]);
    /// The values of slots, null where there is none.
    fn give(&self, slots: &mut dyn Iterator<Item = Option<u32>>) -> ArrayRef;
    /// For [`SlotColumn::adopt`].
    fn any(&self) -> &dyn std::any::Any;
}

/// An empty column for so many slots.
pub(super) fn column(kind: ValueKind, slots: usize) -> Box<dyn SlotColumn> {
    match kind {
        ValueKind::Bool => Box::new(Truths { values: vec![None; slots] }),
        ValueKind::Int32 => Box::new(Fixed::<Int32Type>::new(slots)),
        ValueKind::Int64 => Box::new(Fixed::<Int64Type>::new(slots)),
        ValueKind::Float32 => Box::new(Fixed::<Float32Type>::new(slots)),
        ValueKind::Float64 => Box::new(Fixed::<Float64Type>::new(slots)),
        ValueKind::String => Box::new(Texts { values: vec![None; slots] }),
        ValueKind::Timestamp => Box::new(Fixed::<TimestampMicrosecondType>::new(slots)),
    }
}

/// What a value of a kind takes in memory while it is kept for a slot.
pub(super) fn width(kind: ValueKind) -> usize {
    match kind {
        ValueKind::Bool => 1,
        ValueKind::Int32 | ValueKind::Float32 => 5,
        ValueKind::Int64 | ValueKind::Float64 | ValueKind::Timestamp => 9,
        ValueKind::String => 48,
    }
}

struct Fixed<T: ArrowPrimitiveType> {
    values: Vec<T::Native>,
    valid: Vec<bool>,
}

impl<T: ArrowPrimitiveType> Fixed<T> {
    fn new(slots: usize) -> Self {
        Self { values: vec![T::default_value(); slots], valid: vec![false; slots] }
    }
}

impl<T: ArrowPrimitiveType> SlotColumn for Fixed<T> {
    fn put(&mut self, batch: &ArrayRef, taken: &[Taken]) {
        let (array, nulls) = (batch.as_primitive::<T>(), batch.nulls());
        let values = array.values();
        match nulls {
            None => {
                for (slot, row) in taken {
                    self.values[*slot as usize] = values[*row as usize];
                    self.valid[*slot as usize] = true;
                }
            }
            Some(nulls) => {
                for (slot, row) in taken {
                    self.values[*slot as usize] = values[*row as usize];
                    self.valid[*slot as usize] = nulls.is_valid(*row as usize);
                }
            }
        }
    }

    fn adopt(&mut self, other: &dyn SlotColumn, slots: &[u32]) {
        let other =
            other.any().downcast_ref::<Self>().expect("columns of one feature are of one kind");
        for slot in slots {
            self.values[*slot as usize] = other.values[*slot as usize];
            self.valid[*slot as usize] = other.valid[*slot as usize];
        }
    }

    fn give(&self, slots: &mut dyn Iterator<Item = Option<u32>>) -> ArrayRef {
        let value = |slot: Option<u32>| {
            let slot = slot? as usize;
            self.valid[slot].then(|| self.values[slot])
        };
        let array: PrimitiveArray<T> = slots.map(value).collect();
        if T::DATA_TYPE == TimestampMicrosecondType::DATA_TYPE {
            let moments = array.as_any().downcast_ref::<PrimitiveArray<TimestampMicrosecondType>>();
            return Arc::new(moments.expect("it is that type").clone().with_timezone("UTC"));
        }
        Arc::new(array)
    }

    fn any(&self) -> &dyn std::any::Any {
        self
    }
}

struct Truths {
    values: Vec<Option<bool>>,
}

impl SlotColumn for Truths {
    fn put(&mut self, batch: &ArrayRef, taken: &[Taken]) {
        let array = batch.as_boolean();
        for (slot, row) in taken {
            let row = *row as usize;
            self.values[*slot as usize] = array.is_valid(row).then(|| array.value(row));
        }
    }

    fn adopt(&mut self, other: &dyn SlotColumn, slots: &[u32]) {
        let other =
            other.any().downcast_ref::<Self>().expect("columns of one feature are of one kind");
        for slot in slots {
            self.values[*slot as usize] = other.values[*slot as usize];
        }
    }

    fn give(&self, slots: &mut dyn Iterator<Item = Option<u32>>) -> ArrayRef {
        let values = slots.map(|slot| self.values[slot? as usize]);
        Arc::new(values.collect::<BooleanArray>())
    }

    fn any(&self) -> &dyn std::any::Any {
        self
    }
}

struct Texts {
    values: Vec<Option<Box<str>>>,
}

impl SlotColumn for Texts {
    fn put(&mut self, batch: &ArrayRef, taken: &[Taken]) {
        let array = batch.as_string::<i32>();
        for (slot, row) in taken {
            let row = *row as usize;
            self.values[*slot as usize] = array.is_valid(row).then(|| array.value(row).into());
        }
    }

    fn adopt(&mut self, other: &dyn SlotColumn, slots: &[u32]) {
        let other =
            other.any().downcast_ref::<Self>().expect("columns of one feature are of one kind");
        for slot in slots {
            self.values[*slot as usize].clone_from(&other.values[*slot as usize]);
        }
    }

    fn give(&self, slots: &mut dyn Iterator<Item = Option<u32>>) -> ArrayRef {
        let values = slots.map(|slot| self.values[slot? as usize].as_deref());
        Arc::new(values.collect::<StringArray>())
    }

    fn any(&self) -> &dyn std::any::Any {
        self
    }
}
