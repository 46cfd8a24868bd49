//! A malformed or hostile model file is an error: never a panic, an endless loop or an absurd
//! allocation.

use std::path::Path;

use learning::explain::{Sampling, shapley};
use learning::{Data, Evaluator, Feed, Graph, LearnError, Model};
use proptest::prelude::*;

fn case(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../conformance/onnx/cases");
    std::fs::read(folder.join(format!("{name}.onnx"))).unwrap()
}

const SMALL: [&str; 14] = [
    "hand_activations",
    "hand_network",
    "hand_trees_inequalities",
    "sklearn_ridge",
    "hand_tensors",
    "hand_preparation",
    "hand_trees_modes_sum",
    "hand_trees_three_average",
    "hand_three_bases",
    "sklearn_sgd_classifier",
    "sklearn_polynomial_ridge",
    "sklearn_mlp_regressor",
    "sklearn_logistic_names",
    "sklearn_imputer_scaler_linear",
];

/// Whatever the bytes are, loading and forecasting return.
fn survive(bytes: &[u8]) {
    if let Ok(model) = Model::load(bytes) {
        let rows = if model.features() > 1000 { 1 } else { 9 };
        let x: Vec<f64> = (0..rows * model.features())
            .map(|i| if i % 11 == 3 { f64::NAN } else { (i % 7) as f64 - 3.0 })
            .collect();
        let _ = model.run(&x);
        let _ = model.predict(&x);
        if model.features() < 20 {
            let _ = shapley(bytes, &x, &x[..model.features()], Sampling { orders: 1, seed: 0 });
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn flipped_bytes_are_survived(
        which in 0usize..SMALL.len(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = case(SMALL[which]);
        for (at, byte) in flips {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        survive(&bytes);
    }

    #[test]
    fn cut_files_are_survived(which in 0usize..SMALL.len(), at in any::<prop::sample::Index>()) {
        let bytes = case(SMALL[which]);
        survive(&bytes[..at.index(bytes.len())]);
    }

    #[test]
    fn noise_is_survived(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        survive(&bytes);
    }
}

/// A protobuf field of bytes.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    let mut rest = bytes.len();
    while rest >= 128 {
        out.push(rest as u8 | 128);
        rest >>= 7;
    }
    out.push(rest as u8);
    out.extend_from_slice(bytes);
    out
}

fn varint(number: u8, value: u8) -> Vec<u8> {
    vec![number << 3, value]
}

/// A graph `X [rows, columns] → y` of nodes given as their messages.
fn model(nodes: &[Vec<u8>], columns: u8) -> Vec<u8> {
    let dims = [field(1, &field(2, b"n")), field(1, &varint(1, columns))].concat();
    let tensor = [varint(1, 1), field(2, &dims)].concat();
    let input = [field(1, b"X"), field(2, &field(1, &tensor))].concat();
    let mut graph: Vec<u8> = nodes.iter().flat_map(|n| field(1, n)).collect();
    graph.extend(field(11, &input));
    graph.extend(field(12, &field(1, b"y")));
    field(7, &graph)
}

fn node(operator: &str, inputs: &[&str], output: &str, rest: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = inputs.iter().flat_map(|i| field(1, i.as_bytes())).collect();
    out.extend(field(2, output.as_bytes()));
    out.extend(field(4, operator.as_bytes()));
    out.extend(rest);
    out
}

fn ints(name: &str, values: &[u8]) -> Vec<u8> {
    let values: Vec<u8> = values.iter().flat_map(|v| varint(8, *v)).collect();
    field(5, &[field(1, name.as_bytes()), values, vec![0xa0, 1, 7]].concat())
}

fn floats(name: &str, values: &[f32]) -> Vec<u8> {
    let each = |v: &f32| [vec![7 << 3 | 5], v.to_le_bytes().to_vec()].concat();
    let values: Vec<u8> = values.iter().flat_map(each).collect();
    field(5, &[field(1, name.as_bytes()), values].concat())
}

/// Three nodes with the given true and false children; node 2 is a leaf.
fn three_nodes(yes: [u8; 3], no: [u8; 3]) -> Vec<u8> {
    let modes: Vec<u8> =
        ["BRANCH_LEQ", "BRANCH_LEQ", "LEAF"].iter().flat_map(|m| field(9, m.as_bytes())).collect();
    let rest = [
        field(7, b"ai.onnx.ml"),
        ints("nodes_treeids", &[0, 0, 0]),
        ints("nodes_nodeids", &[0, 1, 2]),
        ints("nodes_featureids", &[0, 0, 0]),
        ints("nodes_truenodeids", &yes),
        ints("nodes_falsenodeids", &no),
        field(5, &[field(1, b"nodes_modes"), modes].concat()),
        floats("nodes_values", &[0.0; 3]),
        ints("target_treeids", &[0]),
        ints("target_nodeids", &[2]),
        ints("target_ids", &[0]),
        floats("target_weights", &[1.0]),
    ]
    .concat();
    model(&[node("TreeEnsembleRegressor", &["X"], "y", &rest)], 1)
}

#[test]
fn trees_with_cycles_are_refused() {
    for (yes, no, says) in [
        ([1, 0, 0], [2, 2, 0], "two parents"),
        ([0, 2, 0], [1, 2, 0], "two parents"),
        ([1, 1, 0], [2, 2, 0], "two parents"),
        ([9, 2, 0], [1, 2, 0], "has no node 9"),
    ] {
        let error = Model::load(&three_nodes(yes, no)).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn doubling_tensors_run_out_of_room() {
    let names: Vec<String> = (0..60).map(|i| format!("d{i}")).collect();
    let mut nodes = vec![node("Identity", &["X"], "d0", &[])];
    let axis = [field(1, b"axis"), varint(3, 1)].concat();
    for pair in names.windows(2) {
        nodes.push(node("Concat", &[&pair[0], &pair[0]], &pair[1], &field(5, &axis)));
    }
    nodes.push(node("Identity", &["d59"], "y", &[]));
    let error = Model::load(&model(&nodes, 2)).unwrap().predict(&[1.0, 2.0]).unwrap_err();
    assert!(error.to_string().contains("elements allowed"), "{error}");
}

#[test]
fn unknown_operators_are_named_with_what_is_known() {
    let error = Model::load(&model(&[node("Conv", &["X"], "y", &[])], 2)).unwrap_err();
    assert!(matches!(error, LearnError::UnsupportedOperator { .. }));
    let text = error.to_string();
    assert!(text.starts_with("operator `Conv` of domain `ai.onnx` is not supported"), "{text}");
    assert!(text.contains("TreeEnsembleRegressor") && text.contains("MatMul"), "{text}");
}

#[test]
fn malformed_graphs_say_what_is_wrong() {
    for (bytes, says) in [
        (Vec::new(), "it has no graph"),
        (b"hello".to_vec(), "not an ONNX file"),
        (model(&[node("Identity", &["later"], "y", &[])], 2), "`later` is read before"),
        (model(&[node("Identity", &["X"], "X", &[])], 2), "`X` is defined twice"),
        (model(&[], 2), "`y` is read before"),
        (model(&[node("Identity", &["X"], "y", &[])], 0), "must state its columns"),
    ] {
        let error = Model::load(&bytes).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    let identity = Model::load(&model(&[node("Identity", &["X"], "y", &[])], 2)).unwrap();
    let ragged = identity.predict(&[1.0, 2.0, 3.0]).unwrap_err();
    assert_eq!(ragged.to_string(), "the model takes rows of 2 features, found 3 values");
    let wide = identity.predict(&[1.0, 2.0]).unwrap_err();
    assert_eq!(
        wide.to_string(),
        "output `y` has 2 values for 1 rows: a forecast is one number for each row"
    );
}

/// A number of neighbours that there are not, and a tree that reads a feature that there is not.
#[test]
fn what_is_not_there_is_not_read() {
    let k = |k: u8| {
        let tensor = [varint(1, 1), varint(2, 7), varint(7, k), field(8, b"k")].concat();
        let mut bytes = node("TopK", &["X", "k"], "y", &[]);
        bytes.extend(field(2, b"places"));
        let graph = model(&[bytes], 3);
        let inner = [&graph[2..], &field(5, &tensor)].concat();
        Model::load(&field(7, &inner)).unwrap().run(&[1.0, 2.0, 3.0])
    };
    assert!(k(2).is_ok());
    for too_many in [0, 4, 100] {
        assert!(k(too_many).unwrap_err().to_string().contains("cannot be picked"), "{too_many}");
    }
    let modes: Vec<u8> =
        ["BRANCH_LEQ", "LEAF", "LEAF"].iter().flat_map(|m| field(9, m.as_bytes())).collect();
    let rest = [
        field(7, b"ai.onnx.ml"),
        ints("nodes_treeids", &[0, 0, 0]),
        ints("nodes_nodeids", &[0, 1, 2]),
        ints("nodes_featureids", &[7, 0, 0]),
        ints("nodes_truenodeids", &[1, 0, 0]),
        ints("nodes_falsenodeids", &[2, 0, 0]),
        field(5, &[field(1, b"nodes_modes"), modes].concat()),
        floats("nodes_values", &[0.0; 3]),
        ints("target_treeids", &[0]),
        ints("target_nodeids", &[2]),
        ints("target_ids", &[0]),
        floats("target_weights", &[1.0]),
    ]
    .concat();
    let bytes = model(&[node("TreeEnsembleRegressor", &["X"], "y", &rest)], 2);
    let error = shapley(&bytes, &[1.0, 2.0], &[1.0, 2.0], Sampling::default()).unwrap_err();
    assert!(error.to_string().contains("read feature 7 of 2"), "{error}");
    assert!(Model::load(&bytes).unwrap().predict(&[1.0, 2.0]).is_err());
}

/// A chain of 50,000 splits: laid out and walked without recursion.
#[test]
fn deep_trees_do_not_overflow_the_stack() {
    let n = 50_000usize;
    let long = |name: &str, values: Vec<usize>| {
        let values: Vec<u8> = values
            .iter()
            .flat_map(|v| {
                let low = |shift: usize| (v >> shift & 127) as u8;
                [8 << 3, low(0) | 128, low(7) | 128, low(14)]
            })
            .collect();
        field(5, &[field(1, name.as_bytes()), values].concat())
    };
    let count = 2 * n + 1;
    let inner = |i: usize| i.is_multiple_of(2) && i < 2 * n;
    let modes: Vec<u8> =
        (0..count).flat_map(|i| field(9, if inner(i) { b"BRANCH_LEQ" } else { b"LEAF" })).collect();
    let child = |by: usize| move |i: usize| if inner(i) { i + by } else { 0 };
    let rest = [
        field(7, b"ai.onnx.ml"),
        long("nodes_treeids", vec![0; count]),
        long("nodes_nodeids", (0..count).collect()),
        long("nodes_featureids", vec![0; count]),
        long("nodes_truenodeids", (0..count).map(child(1)).collect()),
        long("nodes_falsenodeids", (0..count).map(child(2)).collect()),
        field(5, &[field(1, b"nodes_modes"), modes].concat()),
        floats("nodes_values", &vec![0.5; count]),
        ints("target_treeids", &[0]),
        long("target_nodeids", vec![2 * n]),
        ints("target_ids", &[0]),
        floats("target_weights", &[7.0]),
    ]
    .concat();
    let bytes = model(&[node("TreeEnsembleRegressor", &["X"], "y", &rest)], 1);
    let model = Model::load(&bytes).unwrap();
    assert_eq!(model.predict(&[1.0, 0.0]).unwrap(), [7.0, 0.0]);
}

/// A constant of whole numbers, as a field of a graph.
fn whole(name: &str, values: &[i64]) -> Vec<u8> {
    let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    let dims = varint(1, values.len() as u8);
    field(5, &[dims, varint(2, 7), field(8, name.as_bytes()), field(9, &bytes)].concat())
}

/// What makes more of something than there is room for is refused before it is made.
#[test]
fn sizes_that_are_bombs_are_refused() {
    for (operator, inputs, constants) in [
        (
            "Range",
            &["a", "b", "c"][..],
            vec![("a", vec![0]), ("b", vec![i64::MAX]), ("c", vec![1])],
        ),
        ("Tile", &["X", "a"], vec![("a", vec![1 << 40, 1 << 40])]),
        ("Tile", &["X", "a"], vec![("a", vec![1, 1 << 33])]),
        ("Expand", &["X", "a"], vec![("a", vec![1 << 20, 1 << 20, 1, 2])]),
        ("ConstantOfShape", &["a"], vec![("a", vec![1 << 31, 1 << 31])]),
    ] {
        let graph = model(&[node(operator, inputs, "y", &[])], 2);
        // Scalars that `Range` takes may be vectors of one element here.
        let constants: Vec<u8> =
            constants.iter().flat_map(|(name, values)| whole(name, values)).collect();
        let length = graph.iter().skip(1).position(|b| *b < 128).unwrap() + 2;
        let bytes = field(7, &[&graph[length..], &constants].concat());
        let error = Model::load(&bytes).unwrap().run(&[1.0, 2.0]).unwrap_err().to_string();
        assert!(error.contains("elements allowed") || error.contains("repeated"), "{error}");
        let feed = Feed { name: "X".to_owned(), dims: vec![1, 2], data: Data::F32(vec![1.0, 2.0]) };
        let error = Graph::load(&bytes).unwrap().evaluate(vec![feed]).unwrap_err().to_string();
        assert!(error.contains("elements allowed") || error.contains("repeated"), "{error}");
    }
}

#[test]
fn feeds_that_do_not_fit_are_refused() {
    let graph = Graph::load(&model(&[node("Identity", &["X"], "y", &[])], 2)).unwrap();
    let feed = |name: &str, data| Feed { name: name.to_owned(), dims: vec![1, 2], data };
    for (feeds, says) in [
        (vec![], "input `X` of the graph is not given"),
        (vec![feed("x", Data::F32(vec![1.0, 2.0]))], "is not given"),
        (vec![feed("X", Data::I64(vec![1, 2]))], "takes elements of type F32"),
        (vec![feed("X", Data::F32(vec![1.0]))], "1 elements do not fill [1, 2]"),
        (
            vec![feed("X", Data::F32(vec![1.0, 2.0])), feed("Z", Data::F32(vec![1.0, 2.0]))],
            "input `Z` of the graph is none of its",
        ),
    ] {
        let error = graph.evaluate(feeds).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}
