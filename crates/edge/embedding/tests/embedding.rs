//! Tokens and embeddings against the Python package `tokenizers` and onnxruntime, by
//! `conformance/embedding/generate.py`; and files that are hostile.

use std::path::Path;
use std::sync::Arc;

use embedding::{Cutter, Embedder, Spec};
use learning::text::{Encoder, Pooling, Tokens};
use learning::{Evaluator, Graph};
use proptest::prelude::*;
use serde_json::Value;

fn read(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../conformance/embedding");
    std::fs::read(folder.join(name)).unwrap()
}

fn expected() -> Value {
    serde_json::from_slice(&read("expected.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    serde_json::from_value(value.clone()).unwrap()
}

fn tokens(value: &Value) -> Tokens {
    let whole = |key: &str| serde_json::from_value(value[key].clone()).unwrap();
    Tokens { ids: whole("ids"), mask: whole("mask"), kinds: whole("kinds") }
}

fn graph() -> Arc<dyn Evaluator> {
    Arc::new(Graph::load(&read("tiny/model.onnx")).unwrap())
}

fn spec(all: &Value) -> Spec {
    let max_tokens = all["max_tokens"].as_u64().unwrap() as usize;
    Spec { pooling: Pooling::Mean, normalise: true, max_tokens, windows: 1 }
}

fn near(found: &[f64], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (f, e) in found.iter().zip(expected) {
        assert!((f - e).abs() < 1e-5, "{what}: {f} is not {e}");
    }
}

#[test]
fn tokens_are_those_of_the_python_package() {
    let all = expected();
    let windows = all["windows"].as_u64().unwrap() as usize;
    let json = read("tiny/tokenizer.json");
    let cutter = Cutter::read(&json, spec(&all).max_tokens, windows).unwrap();
    for case in all["cases"].as_array().unwrap() {
        let text = case["text"].as_str().unwrap();
        let found = cutter.cut(text).unwrap();
        let expected: Vec<Tokens> = case["tokens"].as_array().unwrap().iter().map(tokens).collect();
        assert_eq!(found, expected, "{text}");
    }
    for (name, rows) in all["others"].as_object().unwrap() {
        let cutter = Cutter::read(&read(&format!("{name}.json")), 8192, 1).unwrap();
        for (case, ids) in all["cases"].as_array().unwrap().iter().zip(rows.as_array().unwrap()) {
            let text = case["text"].as_str().unwrap();
            let expected: Vec<i64> = serde_json::from_value(ids.clone()).unwrap();
            assert_eq!(cutter.cut(text).unwrap()[0].ids, expected, "{name}: {text}");
        }
    }
}

#[test]
fn vectors_are_those_of_onnxruntime() {
    let all = expected();
    let cases = all["cases"].as_array().unwrap();
    let texts: Vec<&str> = cases.iter().map(|case| case["text"].as_str().unwrap()).collect();
    let windows = all["windows"].as_u64().unwrap() as usize;
    let plain = spec(&all);
    for (key, spec) in [
        ("mean", Spec { normalise: false, ..plain }),
        ("mean_unit", plain),
        ("cls_unit", Spec { pooling: Pooling::Cls, ..plain }),
        ("windows_unit", Spec { windows, ..plain }),
    ] {
        let embedder = Embedder::new(graph(), &read("tiny/tokenizer.json"), spec).unwrap();
        let found = embedder.embed(&texts).unwrap();
        for (case, found) in cases.iter().zip(&found) {
            near(found, &numbers(&case[key]), key);
        }
        let alone = embedder.embed(&texts[2..3]).unwrap();
        let bits = |v: &[f64]| v.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&alone[0]), bits(&found[2]), "a text alone gives the same bits");
    }
}

/// Tokens that fill a text up to the length of another change nothing.
#[test]
fn the_mask_hides_what_fills_up() {
    let encoder = Encoder::new(graph(), Pooling::Mean, false).unwrap();
    for row in expected()["batch"].as_array().unwrap() {
        near(&encoder.encode(&tokens(row)).unwrap(), &numbers(&row["mean"]), "a row of a batch");
    }
}

#[test]
fn a_text_without_words_has_no_vector() {
    let embedder = Embedder::new(graph(), &read("tiny/tokenizer.json"), spec(&expected())).unwrap();
    let found = embedder.embed(&["", " \n\t ", "growth"]).unwrap();
    assert!(found[..2].iter().flatten().all(|v| v.is_nan()));
    assert!(found[2].iter().all(|v| v.is_finite()));
    assert_eq!(found[0].len(), embedder.width());
    assert!(embedder.embed(&[]).unwrap().is_empty());
}

#[test]
fn what_does_not_fit_is_said() {
    let tokenizer = read("tiny/tokenizer.json");
    let plain = spec(&expected());
    let refused = |graph: Arc<dyn Evaluator>, tokenizer: &[u8], spec| match Embedder::new(
        graph, tokenizer, spec,
    ) {
        Ok(_) => panic!("it is not refused"),
        Err(error) => error.to_string(),
    };
    let said = refused(graph(), b"{}", plain);
    assert!(said.starts_with("tokenizer.json: it is no tokenizer"), "{said}");
    let said = refused(graph(), &tokenizer, Spec { max_tokens: 2, ..plain });
    assert!(said.contains("2 tokens leave no room beside its 2 special ones"), "{said}");
    let random = String::from_utf8(read("byte_pairs.json")).unwrap();
    let random = random.replace("\"dropout\":null", "\"dropout\":0.1");
    let said = refused(graph(), random.as_bytes(), plain);
    assert!(said.contains("drops tokens by chance"), "{said}");

    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../conformance/onnx/cases");
    let ridge = std::fs::read(cases.join("sklearn_ridge.onnx")).unwrap();
    let ridge = Arc::new(Graph::load(&ridge).unwrap());
    let said = refused(ridge, &tokenizer, plain);
    assert!(said.contains("is none that an encoder of texts has: input_ids"), "{said}");

    // More tokens than the model has positions for.
    let long = Spec { max_tokens: 512, ..plain };
    let embedder = Embedder::new(graph(), &tokenizer, long).unwrap();
    let text = "growth and rates ".repeat(60);
    let said = embedder.embed(&["growth", &text]).unwrap_err().to_string();
    assert!(said.starts_with("text 2 of "), "{said}");
}

/// Whatever the bytes are, reading and cutting return.
fn survive(json: &[u8]) {
    if let Ok(cutter) = Cutter::read(json, 16, 3) {
        let _ = cutter.cut("Größere rates, 利率 2.75%");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn hostile_tokenizers_are_survived(
        which in 0usize..3,
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<Option<prop::sample::Index>>(),
    ) {
        let mut bytes = read(["tiny/tokenizer.json", "byte_pairs.json", "unigram.json"][which]);
        for (at, byte) in flips {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        survive(&bytes);
    }

    #[test]
    fn hostile_models_are_survived(
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = read("tiny/model.onnx");
        for (at, byte) in flips {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(graph) = Graph::load(&bytes)
            && let Ok(encoder) = Encoder::new(Arc::new(graph), Pooling::Mean, true)
        {
            let tokens = Tokens { ids: vec![2, 9, 70, 3], mask: vec![1; 4], kinds: vec![0; 4] };
            let _ = encoder.encode(&tokens);
        }
    }
}
