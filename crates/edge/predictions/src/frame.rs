//! Predictions ↔ frames: the bytes that are appended as one.
//!
//! ```text
//! frame   = mark (4 bytes) · length of payload (u32 LE) · CRC-32 of length and payload (u32 LE) · payload
//! payload = shapes, rows (postcard): what the rows of an append share is written once
//! ```

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use types::{Digest, Timestamp};

use crate::prediction::Outputs;
use crate::{Flags, LogError, Prediction, PredictionId, Served, Value};

/// Where a frame begins. No UTF-8 text has these bytes, so they are rare inside of frames.
const MARK: [u8; 4] = [0xf5, b'P', 0xf6, 0xf7];

/// Bytes before the payload.
const HEAD: usize = 12;

/// The largest payload.
const LARGEST: usize = 64 << 20;

/// Rows of a frame, at most: a long list becomes several frames.
const ROWS: usize = 4_096;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Shape {
    model: Arc<Served>,
    mandate: Option<Arc<str>>,
    caller: Option<Arc<str>>,
    entity_names: Arc<[String]>,
    feature_names: Arc<[String]>,
    output_names: Outputs,
}

impl Shape {
    fn of(one: &Prediction) -> Self {
        Self {
            model: one.model.clone(),
            mandate: one.mandate.clone(),
            caller: one.caller.clone(),
            entity_names: one.entity_names.clone(),
            feature_names: one.feature_names.clone(),
            output_names: one.output_names.clone(),
        }
    }

    fn is_of(&self, one: &Prediction) -> bool {
        same(&self.model, &one.model)
            && self.mandate == one.mandate
            && self.caller == one.caller
            && same(&self.entity_names, &one.entity_names)
            && same(&self.feature_names, &one.feature_names)
            && same(&self.output_names, &one.output_names)
    }
}

fn same<T: PartialEq + ?Sized>(a: &Arc<T>, b: &Arc<T>) -> bool {
    Arc::ptr_eq(a, b) || a == b
}

#[derive(Serialize)]
struct RowRef<'a> {
    shape: u32,
    id: PredictionId,
    at_us: i64,
    matures_at_us: Option<i64>,
    decision: Option<&'a str>,
    request: Option<&'a str>,
    entity: &'a [Arc<str>],
    features: &'a [Value],
    features_digest: &'a [u8; 32],
    input_digest: Option<&'a [u8; 32]>,
    outputs: &'a [f64],
    latency_us: u64,
    flags: &'a Flags,
}

#[derive(Deserialize)]
struct Row {
    shape: u32,
    id: PredictionId,
    at_us: i64,
    matures_at_us: Option<i64>,
    decision: Option<Arc<str>>,
    request: Option<Arc<str>>,
    entity: Vec<Arc<str>>,
    features: Vec<Value>,
    features_digest: [u8; 32],
    input_digest: Option<[u8; 32]>,
    outputs: Vec<f64>,
    latency_us: u64,
    flags: Flags,
}

/// The frames of some predictions, one behind the other.
pub(crate) fn encode(predictions: &[Prediction]) -> Result<Vec<u8>, LogError> {
    let mut bytes = Vec::new();
    for some in predictions.chunks(ROWS) {
        bytes = append(bytes, some)?;
    }
    Ok(bytes)
}

fn append(mut bytes: Vec<u8>, predictions: &[Prediction]) -> Result<Vec<u8>, LogError> {
    let start = bytes.len();
    bytes.reserve(HEAD + predictions.iter().map(room).sum::<usize>());
    bytes.extend([0; HEAD]);
    let mut shapes: Vec<Shape> = Vec::new();
    let mut rows = Vec::with_capacity(predictions.len());
    for one in predictions {
        if let Some(fault) = one.fault() {
            return Err(LogError::Invalid(fault));
        }
        // Neighbours mostly share their shape, so the newest is looked at first.
        let shape = shapes.iter().rposition(|shape| shape.is_of(one)).unwrap_or_else(|| {
            shapes.push(Shape::of(one));
            shapes.len() - 1
        });
        rows.push(row(one, shape as u32));
    }
    let invalid =
        |error: postcard::Error| LogError::Invalid(format!("it cannot be written: {error}"));
    let mut bytes = postcard::to_extend(&(&shapes, &rows), bytes).map_err(invalid)?;
    let length = bytes.len() - start - HEAD;
    if length > LARGEST {
        return Err(LogError::Invalid(format!(
            "{} predictions with {length} bytes are more than the {LARGEST} bytes that are written \
             at once; log fewer at a time",
            predictions.len()
        )));
    }
    let head = &mut bytes[start..];
    head[..4].copy_from_slice(&MARK);
    head[4..8].copy_from_slice(&(length as u32).to_le_bytes());
    let sum = checksum(&head[4..8], &head[HEAD..]);
    head[8..HEAD].copy_from_slice(&sum.to_le_bytes());
    Ok(bytes)
}

fn row(one: &Prediction, shape: u32) -> RowRef<'_> {
    RowRef {
        shape,
        id: one.id,
        at_us: one.at.timestamp_micros(),
        matures_at_us: one.matures_at.map(|at| at.timestamp_micros()),
        decision: one.decision.as_deref(),
        request: one.request.as_deref(),
        entity: &one.entity,
        features: &one.features,
        features_digest: one.features_digest.as_bytes(),
        input_digest: one.input_digest.as_ref().map(Digest::as_bytes),
        outputs: &one.outputs,
        latency_us: one.latency_us,
        flags: &one.flags,
    }
}

/// About as many bytes as a row takes.
fn room(one: &Prediction) -> usize {
    160 + 9 * one.features.len() + 8 * one.outputs.len()
}

fn checksum(length: &[u8], payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(length);
    hasher.update(payload);
    hasher.finalize()
}

/// The payload of the frame that begins at the start of `bytes`, if a whole one does.
pub(crate) fn payload(bytes: &[u8]) -> Option<&[u8]> {
    let head = bytes.get(..HEAD)?;
    let number = |at: usize| u32::from_le_bytes(head[at..at + 4].try_into().expect("four bytes"));
    let length = number(4) as usize;
    if head[..4] != MARK || length > LARGEST {
        return None;
    }
    let payload = bytes.get(HEAD..HEAD + length)?;
    (checksum(&head[4..8], payload) == number(8)).then_some(payload)
}

/// How many bytes the frame with this payload has.
pub(crate) fn length(payload: &[u8]) -> usize {
    HEAD + payload.len()
}

/// The next place at or after `from` where a whole frame begins.
pub(crate) fn next(bytes: &[u8], from: usize) -> Option<usize> {
    let marks = bytes.get(from..)?.windows(MARK.len()).enumerate();
    let mut places = marks.filter(|(_, window)| *window == MARK).map(|(place, _)| from + place);
    places.find(|place| payload(&bytes[*place..]).is_some())
}

/// The predictions of a payload.
pub(crate) fn decode(payload: &[u8]) -> Result<Vec<Prediction>, String> {
    let (shapes, rows): (Vec<Shape>, Vec<Row>) =
        postcard::from_bytes(payload).map_err(|error| error.to_string())?;
    rows.into_iter().map(|row| prediction(&shapes, row)).collect()
}

fn prediction(shapes: &[Shape], row: Row) -> Result<Prediction, String> {
    let shape = shapes.get(row.shape as usize).ok_or("a row has a shape that is not there")?;
    let moment = |us| Timestamp::from_timestamp_micros(us).ok_or("a moment is out of range");
    let one = Prediction {
        id: row.id,
        at: moment(row.at_us)?,
        matures_at: row.matures_at_us.map(moment).transpose()?,
        model: shape.model.clone(),
        mandate: shape.mandate.clone(),
        decision: row.decision,
        caller: shape.caller.clone(),
        request: row.request,
        entity_names: shape.entity_names.clone(),
        entity: row.entity,
        feature_names: shape.feature_names.clone(),
        features: row.features,
        features_digest: Digest::from_bytes(row.features_digest),
        input_digest: row.input_digest.map(Digest::from_bytes),
        output_names: shape.output_names.clone(),
        outputs: row.outputs,
        latency_us: row.latency_us,
        flags: row.flags,
    };
    one.fault().map_or(Ok(one), Err)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Flag;

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Missing),
            any::<u64>().prop_map(|bits| Value::Number(f64::from_bits(bits))),
            "[a-zé]{0,8}".prop_map(|text| Value::Text(text.into())),
        ]
    }

    fn prediction() -> impl Strategy<Value = Prediction> {
        let features = prop::collection::vec(("[a-z]{1,6}", value()), 0..5);
        let outputs = prop::collection::vec(any::<u64>().prop_map(f64::from_bits), 0..3);
        let words = prop::option::of("[a-z ]{0,6}");
        (features, outputs, words, 0_i64..4_000_000_000_000_000, any::<u64>()).prop_map(
            |(features, outputs, word, at_us, latency_us)| {
                let (names, values): (Vec<String>, Vec<Value>) = features.into_iter().unzip();
                let output_names = (0..outputs.len()).map(|n| format!("y{n}")).collect();
                let at = Timestamp::from_timestamp_micros(at_us).expect("before the year 2100");
                let model = Arc::new(Served { alias: word.clone(), ..Served::default() });
                let mut one =
                    Prediction::new(at, model, names.into(), values, output_names, outputs);
                one.caller = word.map(Into::into);
                one.latency_us = latency_us;
                one.matures_at = (latency_us % 2 == 0).then_some(at);
                if latency_us % 3 == 0 {
                    one.flags.set(Flag::StaleFeature);
                }
                one
            },
        )
    }

    /// As texts: NaN differs from itself.
    fn texts(predictions: &[Prediction]) -> Vec<String> {
        predictions.iter().map(|one| format!("{one:?}")).collect()
    }

    proptest! {
        #[test]
        fn predictions_come_back_as_they_were(rows in prop::collection::vec(prediction(), 1..9)) {
            let bytes = encode(&rows).unwrap();
            let payload = payload(&bytes).unwrap();
            prop_assert_eq!(length(payload), bytes.len());
            prop_assert_eq!(texts(&decode(payload).unwrap()), texts(&rows));
        }

        #[test]
        fn a_frame_is_whole_or_it_is_none(
            rows in prop::collection::vec(prediction(), 1..5),
            place in any::<prop::sample::Index>(),
            bit in 0_u8..8,
        ) {
            let bytes = encode(&rows).unwrap();
            let cut = place.index(bytes.len());
            prop_assert!(payload(&bytes[..cut]).is_none());
            let mut changed = bytes.clone();
            changed[cut] ^= 1 << bit;
            prop_assert!(payload(&changed).is_none());
        }

        #[test]
        fn bytes_that_are_no_payload_are_refused_or_read_and_never_a_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let _ = decode(&bytes);
            prop_assert!(next(&bytes, 0).is_none());
        }
    }
}
