//! Predictions -> the columns of the table `predictions`.

use std::sync::{Arc, LazyLock};

use arrow_array::builder::{
    BooleanBuilder, Float64Builder, Int64Builder, MapBuilder, MapFieldNames, StringBuilder,
    TimestampMicrosecondBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};

use crate::{Flag, Prediction, Value};

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let text = |name, nullable| Field::new(name, DataType::Utf8, nullable);
    let moment = || DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    Arc::new(Schema::new(vec![
        text("id", false),
        Field::new("at", moment(), false),
        text("model", false),
        text("version", false),
        text("alias", true),
        text("run", true),
        text("model_digest", true),
        text("route", true),
        text("mandate", true),
        text("decision", true),
        text("caller", true),
        text("request", true),
        text("entity_key", false),
        map("entity", DataType::Utf8),
        map("features", DataType::Float64),
        map("texts", DataType::Utf8),
        text("features_digest", false),
        text("input_digest", true),
        Field::new("prediction", DataType::Float64, true),
        map("outputs", DataType::Float64),
        Field::new("latency_us", DataType::Int64, false),
        text("flags", false),
        Field::new("withheld", DataType::Boolean, false),
        Field::new("matures_at", moment(), true),
    ]))
});

/// The columns of the table `predictions`.
pub fn schema() -> SchemaRef {
    SCHEMA.clone()
}

fn key() -> Field {
    Field::new("key", DataType::Utf8, false)
}

fn map(name: &str, of: DataType) -> Field {
    let pair = Fields::from(vec![key(), Field::new("value", of, true)]);
    let entries = Field::new("entries", DataType::Struct(pair), false);
    Field::new(name, DataType::Map(Arc::new(entries), false), false)
}

fn names() -> Option<MapFieldNames> {
    let [entry, key, value] = ["entries", "key", "value"].map(str::to_owned);
    Some(MapFieldNames { entry, key, value })
}

/// Builds the columns row by row.
struct Columns {
    texts: [StringBuilder; 15],
    at: TimestampMicrosecondBuilder,
    matures_at: TimestampMicrosecondBuilder,
    entity: MapBuilder<StringBuilder, StringBuilder>,
    features: MapBuilder<StringBuilder, Float64Builder>,
    features_texts: MapBuilder<StringBuilder, StringBuilder>,
    prediction: Float64Builder,
    outputs: MapBuilder<StringBuilder, Float64Builder>,
    latency_us: Int64Builder,
    withheld: BooleanBuilder,
}

impl Columns {
    fn new() -> Self {
        let moments = || TimestampMicrosecondBuilder::new().with_timezone("UTC");
        let texts = || MapBuilder::new(names(), StringBuilder::new(), StringBuilder::new());
        let numbers = || MapBuilder::new(names(), StringBuilder::new(), Float64Builder::new());
        Self {
            texts: std::array::from_fn(|_| StringBuilder::new()),
            at: moments(),
            matures_at: moments(),
            entity: texts(),
            features: numbers(),
            features_texts: texts(),
            prediction: Float64Builder::new(),
            outputs: numbers(),
            latency_us: Int64Builder::new(),
            withheld: BooleanBuilder::new(),
        }
    }

    fn push(&mut self, one: &Prediction) {
        let mut room = [0; 36];
        let model = &*one.model;
        let features_digest = one.features_digest.to_string();
        let input_digest = one.input_digest.map(|digest| digest.to_string());
        let (entity_key, flags) = (one.entity_key(), one.flags.to_string());
        let texts: [Option<&str>; 15] = [
            Some(one.id.text(&mut room)),
            Some(&model.name),
            Some(&model.version),
            model.alias.as_deref(),
            model.run.as_deref(),
            model.digest.as_deref(),
            model.route.as_deref(),
            one.mandate.as_deref(),
            one.decision.as_deref(),
            one.caller.as_deref(),
            one.request.as_deref(),
            Some(&entity_key),
            Some(&features_digest),
            input_digest.as_deref(),
            Some(&flags),
        ];
        for (column, text) in self.texts.iter_mut().zip(texts) {
            column.append_option(text);
        }
        self.at.append_value(one.at.timestamp_micros());
        self.matures_at.append_option(one.matures_at.map(|at| at.timestamp_micros()));
        self.push_maps(one);
        self.prediction.append_option(one.outputs.first().copied());
        self.latency_us.append_value(i64::try_from(one.latency_us).unwrap_or(i64::MAX));
        self.withheld.append_value(one.flags.has(Flag::Withheld));
    }

    fn push_maps(&mut self, one: &Prediction) {
        for (name, value) in one.entity_names.iter().zip(&one.entity) {
            self.entity.keys().append_value(name);
            self.entity.values().append_value(value);
        }
        for (name, value) in one.feature_names.iter().zip(&one.features) {
            if let Value::Text(text) = value {
                self.features_texts.keys().append_value(name);
                self.features_texts.values().append_value(text);
                continue;
            }
            self.features.keys().append_value(name);
            let number = if let Value::Number(number) = value { Some(*number) } else { None };
            self.features.values().append_option(number);
        }
        for (name, value) in one.output_names.iter().zip(&one.outputs) {
            self.outputs.keys().append_value(name);
            self.outputs.values().append_value(*value);
        }
        let whole = "the keys and values of a map were appended in pairs";
        self.entity.append(true).expect(whole);
        self.features.append(true).expect(whole);
        self.features_texts.append(true).expect(whole);
        self.outputs.append(true).expect(whole);
    }

    fn finish(mut self) -> RecordBatch {
        let mut texts = self.texts.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef);
        let mut text = || texts.next().expect("fifteen columns of text");
        let columns: Vec<ArrayRef> = vec![
            text(),
            Arc::new(self.at.finish()),
            text(),
            text(),
            text(),
            text(),
            text(),
            text(),
            text(),
            text(),
            text(),
            text(),
            text(),
            Arc::new(self.entity.finish()),
            Arc::new(self.features.finish()),
            Arc::new(self.features_texts.finish()),
            text(),
            text(),
            Arc::new(self.prediction.finish()),
            Arc::new(self.outputs.finish()),
            Arc::new(self.latency_us.finish()),
            text(),
            Arc::new(self.withheld.finish()),
            Arc::new(self.matures_at.finish()),
        ];
        RecordBatch::try_new(schema(), columns).expect("the columns are those of the schema")
    }
}

/// Predictions as rows of the table `predictions`.
pub fn record_batch<'a>(predictions: impl IntoIterator<Item = &'a Prediction>) -> RecordBatch {
    let mut columns = Columns::new();
    predictions.into_iter().for_each(|one| columns.push(one));
    columns.finish()
}
