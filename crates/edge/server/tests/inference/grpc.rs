//! The Open Inference Protocol over gRPC: a client of its own, over HTTP/2 and a socket.

use futures_util::future::join_all;
use server::Options;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::Code;
use tonic::transport::Channel;

use super::{EXPECTED, ROWS, Serving, lookup};

/// What `build.rs` generates for clients from `proto/inference.proto`.
#[allow(missing_docs, dead_code, clippy::all, clippy::pedantic, unused_qualifications)]
mod proto {
    include!(concat!(env!("OUT_DIR"), "/client/inference.rs"));
}

use proto::grpc_inference_service_client::GrpcInferenceServiceClient;
use proto::infer_parameter::ParameterChoice;
use proto::model_infer_request::InferInputTensor;
use proto::{
    InferTensorContents, ModelInferRequest, ModelInferResponse, ModelReadyRequest,
    ServerLiveRequest,
};

/// A server that listens, over the home of another in which the models are registered.
struct Listening {
    client: GrpcInferenceServiceClient<Channel>,
    serving: JoinHandle<Result<(), server::ServeError>>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn listen(serving: &Serving, change: impl FnOnce(&mut Options)) -> Listening {
    let home = serving.server.home.path().to_owned();
    let mut options = Options::new(([127, 0, 0, 1], 0).into(), home);
    change(&mut options);
    let (tell, told) = oneshot::channel();
    let ready = |address, _: &server::App| {
        let _ = tell.send(address);
    };
    let serving = tokio::spawn(async move { server::serve(options, ready).await });
    let address = told.await.expect("it listens");
    let channel = Channel::from_shared(format!("http://{address}")).unwrap();
    let channel = channel.connect().await.expect("it answers");
    Listening { client: GrpcInferenceServiceClient::new(channel), serving }
}

fn tensor(datatype: &str, shape: [i64; 2], contents: InferTensorContents) -> ModelInferRequest {
    ModelInferRequest {
        model_name: "m".to_owned(),
        id: "7".to_owned(),
        inputs: vec![InferInputTensor {
            name: "X".to_owned(),
            datatype: datatype.to_owned(),
            shape: shape.to_vec(),
            contents: Some(contents),
            ..InferInputTensor::default()
        }],
        ..ModelInferRequest::default()
    }
}

fn rows() -> ModelInferRequest {
    let fp32_contents = ROWS.iter().flatten().map(|v| *v as f32).collect();
    tensor("FP32", [2, 3], InferTensorContents { fp32_contents, ..Default::default() })
}

fn raw() -> ModelInferRequest {
    let mut request = rows();
    request.inputs[0].contents = None;
    request.raw_input_contents =
        vec![ROWS.iter().flatten().flat_map(|v| (*v as f32).to_le_bytes()).collect()];
    request
}

fn assert_expected(answer: &ModelInferResponse) {
    assert_eq!((answer.model_name.as_str(), answer.model_version.as_str()), ("m", "1"));
    assert_eq!((answer.id.as_str(), answer.outputs[0].datatype.as_str()), ("7", "FP32"));
    assert_eq!(answer.outputs[0].shape, [2, 1]);
    let found: Vec<f64> = answer.raw_output_contents[0]
        .chunks_exact(4)
        .map(|four| f64::from(f32::from_le_bytes(four.try_into().unwrap())))
        .collect();
    assert_eq!(found.len(), 2);
    for (found, expected) in found.iter().zip(EXPECTED) {
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    }
}

#[tokio::test]
async fn a_model_answers_whatever_its_tensors_come_as() {
    let serving = Serving::start().await;
    serving.register("m", "columns").await;
    let mut listening = listen(&serving, |_| {}).await;
    let client = &mut listening.client;
    let live = client.server_live(ServerLiveRequest {}).await.unwrap().into_inner();
    assert!(live.live);
    for (name, version, expected) in
        [("m", "", true), ("m", "1", true), ("m", "2", false), ("none", "", false)]
    {
        let asked = ModelReadyRequest { name: name.to_owned(), version: version.to_owned() };
        let ready = client.model_ready(asked).await.unwrap().into_inner().ready;
        assert_eq!(ready, expected, "{name} {version}");
    }
    for request in [rows(), raw()] {
        let answer = client.model_infer(request).await.unwrap().into_inner();
        assert_expected(&answer);
        assert!(answer.parameters.contains_key("prediction_id"));
    }
}

#[tokio::test]
async fn what_is_wrong_has_a_code_and_says_so() {
    let serving = Serving::start().await;
    serving.register("m", "columns").await;
    let mut listening = listen(&serving, |_| {}).await;
    let wholes = InferTensorContents { int64_contents: vec![1, 2, 3], ..Default::default() };
    let mut unknown = rows();
    unknown.model_name = "none".to_owned();
    let mut twice = raw();
    twice.inputs[0].contents = rows().inputs[0].contents.clone();
    let mut short = raw();
    short.raw_input_contents[0].pop();
    let mut many = raw();
    many.raw_input_contents.push(vec![]);
    let mut other = rows();
    other.inputs[0].name = "Y".to_owned();
    for (request, code, words) in [
        (tensor("INT64", [1, 3], wholes), Code::InvalidArgument, "'INT64', but the model expects"),
        (tensor("FP7", [1, 3], Default::default()), Code::InvalidArgument, "'FP7' is unknown"),
        (unknown, Code::NotFound, "none"),
        (twice, Code::InvalidArgument, "send one of them"),
        (short, Code::InvalidArgument, "has 23 bytes"),
        (many, Code::InvalidArgument, "2 raw contents for 1 inputs"),
        (other, Code::InvalidArgument, "unexpected inference input 'Y'"),
    ] {
        let status = listening.client.model_infer(request).await.unwrap_err();
        assert_eq!(status.code(), code, "{status}");
        assert!(status.message().contains(words), "{status}");
    }
}

/// Tensors that name entities, each a column.
fn entities() -> ModelInferRequest {
    let bytes_contents = vec![b"AAPL".to_vec(), b"MSFT".to_vec()];
    let texts = InferTensorContents { bytes_contents, ..Default::default() };
    let wholes = InferTensorContents { int64_contents: vec![7, 8], ..Default::default() };
    let mut request = tensor("BYTES", [2, 1], texts);
    request.inputs[0].name = "symbol".to_owned();
    request.inputs.extend(tensor("INT64", [2, 1], wholes).inputs);
    request.inputs[1].name = "sector_id".to_owned();
    request
}

#[tokio::test]
async fn tensors_may_name_entities() {
    let serving = Serving::with(lookup::define).await;
    let (version, _) = serving.register("m", "columns").await;
    lookup::tag_version(&serving, "m", &version, "both").await;
    {
        let store = feature_online::Serving::open(serving.server.home.path(), None).unwrap();
        for (view, rows) in lookup::written() {
            let columns = serde_json::from_value(rows).unwrap();
            store.write(&feature_online::Target::View(view.to_owned()), &columns).unwrap();
        }
    }
    {
        let mut without = listen(&serving, |options| options.serving.log = false).await;
        let status = without.client.model_infer(entities()).await.unwrap_err();
        assert_eq!(status.code(), Code::Unimplemented, "{status}");
    }
    let with = |options: &mut Options| {
        options.features = Some(server::Features { online: None });
    };
    let mut listening = listen(&serving, with).await;
    let answer = listening.client.model_infer(entities()).await.unwrap().into_inner();
    assert_expected(&answer);
    assert!(!answer.parameters.contains_key("features"));
    let mut unknown = entities();
    unknown.inputs[0].contents.as_mut().unwrap().bytes_contents[1] = b"NEW".to_vec();
    let answer = listening.client.model_infer(unknown).await.unwrap().into_inner();
    let told = answer.parameters["features"].parameter_choice.clone();
    let words = "1: unknown_entity signals:a signals:b".to_owned();
    assert_eq!(told, Some(ParameterChoice::StringParam(words)));
}

#[tokio::test]
async fn more_than_may_wait_is_refused_as_exhausted() {
    let serving = Serving::start().await;
    serving.register("m", "columns").await;
    let mut listening = listen(&serving, super::crowded::few).await;
    let asked = ModelReadyRequest { name: "m".to_owned(), ..Default::default() };
    assert!(listening.client.model_ready(asked).await.unwrap().into_inner().ready);
    // Five requests of two rows find room, and three others do not.
    let asking = (0..8).map(|_| {
        let mut client = listening.client.clone();
        async move { client.model_infer(raw()).await }
    });
    let (answered, refused): (Vec<_>, Vec<_>) =
        join_all(asking).await.into_iter().partition(Result::is_ok);
    assert_eq!((answered.len(), refused.len()), (5, 3));
    answered.into_iter().flatten().for_each(|answer| assert_expected(answer.get_ref()));
    for status in refused.into_iter().filter_map(Result::err) {
        assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
        assert!(status.message().contains("10 rows wait for this model already"), "{status}");
    }
}
