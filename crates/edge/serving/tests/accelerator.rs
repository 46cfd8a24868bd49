//! A library of ONNX Runtime and our own evaluator give the same.
//!
//! It needs the cargo feature `ort` and a library, such as that of the Python package:
//! `ORT_DYLIB_PATH=…/onnxruntime/capi/libonnxruntime.so.1.32.0`. Without one it says so, and passes.
#![cfg(feature = "ort")]

use std::path::Path;

use learning::{Model, Output, Values};
use serving::{Manifest, Servable, accelerator};

/// Files of which a number differs on purpose: `conformance/onnx/README.md` says where onnxruntime
/// leaves the specification. The last mixes rows.
const OTHERWISE: [&str; 2] = ["hand_binary", "hand_tensors"];

/// The largest difference, relative to the largest number.
fn gap(ours: &Output, theirs: &Output) -> f64 {
    assert_eq!((&ours.name, &ours.dims), (&theirs.name, &theirs.dims));
    let (Values::Numbers(ours), Values::Numbers(theirs)) = (&ours.values, &theirs.values) else {
        panic!("{} holds texts", ours.name);
    };
    let size = ours.iter().filter(|v| v.is_finite()).map(|v| v.abs()).fold(1.0, f64::max);
    let gaps = ours.iter().zip(theirs).map(|(a, b)| match a.is_nan() && b.is_nan() {
        true => 0.0,
        false => (a - b).abs() / size,
    });
    gaps.fold(0.0, |worst: f64, gap| if gap.is_nan() { f64::INFINITY } else { worst.max(gap) })
}

#[test]
fn a_library_gives_what_our_evaluator_gives() {
    match accelerator() {
        None => return eprintln!("skipped: ORT_DYLIB_PATH names no library"),
        Some(found) => eprintln!("{}", found.expect("the library that is named can be loaded")),
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../conformance/onnx/cases");
    let manifest = b"flavors:\n  onnx:\n    data: model.onnx\n";
    let mut tried = 0;
    for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let is_model = file.extension().is_some_and(|extension| extension == "onnx");
        if !is_model || OTHERWISE.iter().any(|other| name.starts_with(other)) {
            continue;
        }
        let onnx = std::fs::read(&file).unwrap();
        let model = Model::load(&onnx).unwrap();
        let servable = match Servable::read(Manifest::read(manifest).unwrap(), &onnx) {
            Ok(servable) if servable.is_accelerated() => servable,
            _ => continue,
        };
        let x: Vec<f64> = (0..7 * model.features()).map(|i| (i % 13) as f64 / 3.0 - 2.0).collect();
        let (ours, theirs) = (model.run(&x).unwrap(), servable.evaluate(&x, 1).unwrap());
        let worst = ours.iter().zip(&theirs).map(|(a, b)| gap(a, b)).fold(0.0, f64::max);
        eprintln!("{name:40} {worst:.1e}");
        assert!(worst <= 1e-6, "{name}: {worst:e}");
        tried += 1;
    }
    assert!(tried >= 20, "{tried} files were tried");
}
