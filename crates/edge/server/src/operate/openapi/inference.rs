//! Predictions.

use super::words::Row;

/// Predictions of registered models.
#[rustfmt::skip]
pub const PREDICTIONS: &[Row] = &[
    ("GET", "/v2", "inferenceServer", "Says what the server is and which extensions it offers", "", "name!: str, version: str, extensions: []str"),
    ("GET", "/v2/health/live", "inferenceLive", "Says that the server runs", "", "live!: bool"),
    ("GET", "/v2/health/ready", "inferenceReady", "Says whether the default model can answer", "", "ready!: bool"),
    ("GET", "/v2/models/stats", "allModelStats", "Gives what all models were asked and how long it took", "", "model_stats!: []any, comparisons: []any"),
    ("GET", "/v2/models/{model}", "servedModel", "Shows the inputs and outputs of the version that is served", "", "name!: str, versions: []str, platform: str, inputs: []TensorMetadata, outputs: []TensorMetadata, parameters: any"),
    ("GET", "/v2/models/{model}/ready", "servedModelReady", "Says whether the version that is served can answer", "", "name!: str, ready!: bool"),
    ("POST", "/v2/models/{model}/infer", "infer", "Predicts with the version that is served", "inputs!: []InferInput, outputs: []InferRequested, id: str, parameters: any", "model_name!: str, model_version: str, id: str, parameters: any, outputs!: []InferOutput"),
    ("GET", "/v2/models/{model}/stats", "servedModelStats", "Gives what the version that is served was asked and how far it decides like the second", "", "model_stats!: []any, comparisons: []any"),
    ("GET", "/v2/models/{model}/versions/{version}", "servedModelVersion", "Shows the inputs and outputs of a version, or the one with an alias", "", "name!: str, versions: []str, platform: str, inputs: []TensorMetadata, outputs: []TensorMetadata, parameters: any"),
    ("GET", "/v2/models/{model}/versions/{version}/ready", "servedModelVersionReady", "Says whether a version, or the one with an alias can answer", "", "name!: str, ready!: bool"),
    ("POST", "/v2/models/{model}/versions/{version}/infer", "inferVersion", "Predicts with a version, or the one with an alias", "inputs!: []InferInput, outputs: []InferRequested, id: str, parameters: any", "model_name!: str, model_version: str, id: str, parameters: any, outputs!: []InferOutput"),
    ("GET", "/v2/models/{model}/versions/{version}/stats", "servedModelVersionStats", "Gives what a version, or the one with an alias was asked and how far it decides like the second", "", "model_stats!: []any, comparisons: []any"),
    ("POST", "/v2/repository/index", "servedModels", "Lists the versions that are served", "", "=any"),
    ("POST", "/v2/repository/models/{model}/load", "loadModel", "Loads a model anew", "", ""),
    ("POST", "/v2/repository/models/{model}/unload", "unloadModel", "Lets go of a model until it is loaded again", "", ""),
    ("GET", "/ping", "ping", "Says whether the default model can answer", "", "=text"),
    ("POST", "/invocations", "score", "Predicts with the default model, or the one that the header X-Trimtab-Model names", "dataframe_split: any, dataframe_records: []any, instances: any, inputs: any, entities: any, params: any", "predictions!: any"),
    ("POST", "/invocations/{model}", "scoreModel", "Predicts with a model", "dataframe_split: any, dataframe_records: []any, instances: any, inputs: any, entities: any, params: any", "predictions!: any"),
    ("POST", "/invocations/{model}/{version}", "scoreModelVersion", "Predicts with a version of a model, or the one with an alias", "dataframe_split: any, dataframe_records: []any, instances: any, inputs: any, entities: any, params: any", "predictions!: any"),
    ("POST", "/inference.GRPCInferenceService/{method}", "inferenceGrpc", "Answers the Open Inference Protocol over gRPC", "=protobuf", "=protobuf"),
];
