//! Requests and answers of the Open Inference Protocol.
//!
//! Examples of JSON follow the protocol's public text; the bytes of binary tensors were written by
//! tritonclient 2.73 (`InferInput.set_data_from_numpy` of the arrays that are named beside them).

use proptest::prelude::*;
use serving::oip::{InferRequest, InferResponse, decode, encode};
use serving::{Data, Datatype, Limits, ServingError, Tensor};

fn read(json: &str) -> Result<InferRequest, ServingError> {
    InferRequest::read(json.as_bytes(), None, &Limits::default())
}

fn input(shape: &str, datatype: &str, data: &str) -> Result<Tensor, ServingError> {
    let json = format!(
        r#"{{"id":"42","inputs":[{{"name":"x","shape":{shape},"datatype":"{datatype}","data":{data}}}]}}"#
    );
    read(&json).map(|mut request| request.inputs.remove(0))
}

fn refused(result: Result<Tensor, ServingError>) -> String {
    result.expect_err("it is refused").to_string()
}

#[test]
fn nested_and_flat_data_mean_the_same() {
    let nested = input("[2,2]", "UINT32", "[[1,2],[3,4]]").unwrap();
    assert_eq!(nested, input("[2,2]", "UINT32", "[1,2,3,4]").unwrap());
    assert_eq!(nested.data, Data::Numbers(vec![1.0, 2.0, 3.0, 4.0]));
    let truths = input("[3]", "BOOL", "[true,false,1]").unwrap();
    assert_eq!(truths.data, Data::Numbers(vec![1.0, 0.0, 1.0]));
    let texts = input("[2]", "BYTES", r#"["a","käse"]"#).unwrap();
    assert_eq!(texts.data, Data::Bytes(vec![b"a".to_vec(), "käse".into()]));
}

#[test]
fn what_json_does_not_have_is_read_bare_or_as_text() {
    for data in ["[NaN,Infinity,-Infinity]", r#"["NaN","Infinity","-Infinity"]"#] {
        let Data::Numbers(numbers) = input("[3]", "FP32", data).unwrap().data else {
            panic!("numbers")
        };
        assert!(numbers[0].is_nan());
        assert_eq!(numbers[1..], [f64::INFINITY, f64::NEG_INFINITY]);
    }
    assert!(refused(input("[1]", "INT32", "[NaN]")).contains("is no INT32"));
}

#[test]
fn bad_inputs_are_refused_with_their_names() {
    for (shape, datatype, data, why) in [
        ("[2,2]", "FP32", "[[1,2],[3]]", "different lengths"),
        ("[2,2]", "FP32", "[1,2,3]", "its shape is [2, 2]"),
        ("[4]", "FP32", "[[1,2],[3,4]]", "its shape is [4]"),
        ("[-1]", "FP32", "[1]", "impossible shape"),
        ("[9223372036854775807,9223372036854775807]", "FP32", "[1]", "impossible shape"),
        ("[1]", "FP33", "[1]", "datatype 'FP33' is unknown"),
        ("[1]", "UINT8", "[256]", "no UINT8 between 0 and 255"),
        ("[1]", "INT8", "[1.5]", "1.5 is no INT8"),
        ("[1]", "INT64", "[9007199254740993]", "is no INT64"),
        ("[1]", "FP32", r#"["a"]"#, "the text 'a'"),
        ("[1]", "BYTES", "[1]", "texts only"),
        ("[1]", "FP32", "1", "no array"),
    ] {
        let error = refused(input(shape, datatype, data));
        assert!(error.contains(why) && error.contains("'x'"), "{error}");
    }
    assert!(matches!(read("{"), Err(ServingError::Malformed(_))));
    assert!(matches!(read(r#"{"inputs":[]}"#), Err(ServingError::Invalid(_))));
    let none = r#"{"inputs":[{"name":"x","shape":[1],"datatype":"FP32"}]}"#;
    assert!(read(none).unwrap_err().to_string().contains("has no data"));
    let huge = input("[100000000]", "FP32", "[1]").unwrap_err();
    assert!(matches!(huge, ServingError::TooLarge(_)), "{huge}");
    let deep = "[".repeat(100_000);
    assert!(input("[1]", "FP32", &deep).is_err());
}

/// float32 [[1.5, -2.0]], int16 [-1, 258], and the objects [b"ab", b""] behind each other.
const RAW: [u8; 22] = [0, 0, 192, 63, 0, 0, 0, 192, 255, 255, 2, 1, 2, 0, 0, 0, 97, 98, 0, 0, 0, 0];

fn binary(sizes: [usize; 3]) -> Vec<u8> {
    let tensor = |name: &str, shape: &str, datatype: &str, size: usize| {
        format!(
            r#"{{"name":"{name}","shape":{shape},"datatype":"{datatype}","parameters":{{"binary_data_size":{size}}}}}"#
        )
    };
    let [a, b, c] = sizes;
    let inputs = [
        tensor("a", "[1,2]", "FP32", a),
        tensor("b", "[2]", "INT16", b),
        tensor("c", "[2]", "BYTES", c),
    ];
    let inputs = inputs.join(",");
    format!(r#"{{"inputs":[{inputs}],"parameters":{{"binary_data_output":true}}}}"#).into_bytes()
}

#[test]
fn raw_tensors_stand_behind_the_json() {
    let mut body = binary([8, 4, 10]);
    let header = body.len();
    body.extend(RAW);
    let request = InferRequest::read(&body, Some(header), &Limits::default()).unwrap();
    assert!(request.binary);
    assert_eq!(request.inputs[0].data, Data::Numbers(vec![1.5, -2.0]));
    assert_eq!(request.inputs[1].data, Data::Numbers(vec![-1.0, 258.0]));
    assert_eq!(request.inputs[2].data, Data::Bytes(vec![b"ab".to_vec(), vec![]]));
    for sizes in [[8, 4, 9], [8, 4, 11], [7, 5, 10], [4, 8, 10], [usize::MAX, 4, 10]] {
        let mut body = binary(sizes);
        let header = body.len();
        body.extend(RAW);
        let read = InferRequest::read(&body, Some(header), &Limits::default());
        assert!(read.is_err(), "{sizes:?}");
    }
    assert!(InferRequest::read(&body, Some(body.len() + 1), &Limits::default()).is_err());
    assert!(InferRequest::read(&body, None, &Limits::default()).is_err());
}

#[test]
fn answers_carry_tensors_within_or_behind() {
    let tensor = |name: &str, datatype, data: &[f64]| Tensor {
        name: name.to_owned(),
        datatype,
        shape: vec![data.len(), 1],
        data: Data::Numbers(data.to_vec()),
    };
    let mut response = InferResponse {
        model_name: "m".to_owned(),
        model_version: "3".to_owned(),
        id: Some("7".to_owned()),
        parameters: serde_json::Map::new(),
        outputs: vec![
            tensor("label", Datatype::Int64, &[1.0, 0.0]),
            tensor("p", Datatype::Fp32, &[f64::from(0.1f32), f64::NAN]),
        ],
    };
    let (json, header) = response.write(&[], false);
    assert_eq!(header, None);
    assert_eq!(
        String::from_utf8(json).unwrap(),
        r#"{"model_name":"m","model_version":"3","id":"7","outputs":[{"name":"label","datatype":"INT64","shape":[2, 1],"data":[1,0]},{"name":"p","datatype":"FP32","shape":[2, 1],"data":[0.1,"NaN"]}]}"#
    );
    let request = r#"{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}],
        "outputs":[{"name":"p","parameters":{"binary_data":true}},{"name":"label"}]}"#;
    let wanted = read(request).unwrap().outputs;
    response.select(&wanted).unwrap();
    let (body, header) = response.write(&wanted, false);
    let (json, raw) = body.split_at(header.unwrap());
    assert_eq!(raw, [0.1f32.to_le_bytes(), f32::NAN.to_le_bytes()].concat());
    let json: serde_json::Value = serde_json::from_slice(json).unwrap();
    assert_eq!(json["outputs"][0]["parameters"]["binary_data_size"], 8);
    assert_eq!(json["outputs"][1]["data"], serde_json::json!([1, 0]));
    let unknown = [serving::oip::Requested { name: "q".to_owned(), binary: false }];
    assert!(response.select(&unknown).unwrap_err().to_string().contains("'q'"));
}

proptest! {
    /// Whatever a tensor of a type holds, its bytes read again are the same bytes.
    #[test]
    fn bytes_survive_the_round_trip(at in 0usize..13, raw in prop::collection::vec(any::<u8>(), 0..64)) {
        let datatype = Datatype::ALL[at];
        let count = datatype.size().map_or(raw.len() / 8, |size| raw.len() / size);
        let raw = &raw[..count * datatype.size().unwrap_or(8)];
        if let Ok(data) = decode("x", datatype, count, raw) {
            let again = encode(datatype, &data);
            prop_assert_eq!(decode("x", datatype, count, &again).map(|d| d.len()), Ok(count));
            let nan = matches!(&data, Data::Numbers(n) if n.iter().any(|v| v.is_nan()));
            prop_assert!(nan || again == raw || datatype == Datatype::Bool);
        }
    }

    /// No body makes the reader panic, and what is read has as many elements as its shape says.
    #[test]
    fn any_body_is_read_or_refused(body in prop::collection::vec(any::<u8>(), 0..200), header in 0usize..220) {
        if let Ok(request) = InferRequest::read(&body, Some(header), &Limits::default()) {
            for tensor in request.inputs {
                prop_assert_eq!(tensor.data.len(), tensor.shape.iter().product::<usize>());
            }
        }
    }
}
