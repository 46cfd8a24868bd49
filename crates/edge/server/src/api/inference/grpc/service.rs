//! The calls of the service.

use std::sync::Arc;
use std::time::Instant;

use catalog::access::Action;
use serving::Timing;
use tonic::{Request, Response, Status};

use super::messages;
use super::proto::grpc_inference_service_server::GrpcInferenceService;
use super::proto::model_metadata_response::TensorMetadata;
use super::proto::repository_index_response::ModelIndex;
use super::proto::*;
use crate::access::Me;
use crate::api::inference::line::Line;
use crate::api::inference::loaded::Loaded;
use crate::api::inference::models::Slot;
use crate::api::inference::predict::Choice;
use crate::api::inference::record::Circumstances;
use crate::api::inference::refusal::Refusal;
use crate::api::inference::{Pick, Reference, known, metadata, protocol, stats};
use crate::app::App;
use crate::ask::workspace;

/// Answers the calls.
pub(super) struct Inferring {
    pub(super) app: App,
}

/// Who calls, from where.
struct Caller {
    me: Option<Me>,
    workspace: String,
}

type Answer<T> = Result<Response<T>, Status>;

fn refused(refusal: Refusal) -> Status {
    refusal.grpc()
}

impl Inferring {
    fn caller<T>(&self, request: &Request<T>) -> Result<Caller, Status> {
        let me = request.extensions().get::<Me>().cloned();
        let headers = request.metadata().clone().into_headers();
        let workspace = workspace(&headers, &self.app).map_err(|e| refused(e.into()))?;
        Ok(Caller { me, workspace })
    }

    async fn must(&self, caller: &Caller, name: &str, action: Action) -> Result<(), Status> {
        known::must(&self.app, caller.me.as_ref(), &caller.workspace, name, action)
            .await
            .map_err(refused)
    }

    async fn line<T>(
        &self,
        request: &Request<T>,
        name: &str,
        version: &str,
        action: Action,
    ) -> Result<(Caller, Arc<Line>), Status> {
        let caller = self.caller(request)?;
        let reference = Reference::of_path(name, Some(version))
            .map_err(|why| refused(Refusal::invalid(why)))?;
        self.must(&caller, &reference.name, action).await?;
        let line = self.app.inference().line(&self.app, &caller.workspace, &reference).await;
        Ok((caller, line.map_err(refused)?))
    }

    async fn seen(&self, caller: &Caller) -> Result<Vec<Arc<Slot>>, Status> {
        let mut seen = Vec::new();
        for slot in self.app.inference().all(&caller.workspace) {
            let (me, name) = (caller.me.as_ref(), &slot.reference.name);
            let may = known::may(&self.app, me, &caller.workspace, name, Action::Read).await;
            if may.map_err(refused)? {
                seen.push(slot);
            }
        }
        Ok(seen)
    }
}

#[tonic::async_trait]
impl GrpcInferenceService for Inferring {
    async fn server_live(&self, _: Request<ServerLiveRequest>) -> Answer<ServerLiveResponse> {
        Ok(Response::new(ServerLiveResponse { live: true }))
    }

    async fn server_ready(&self, _: Request<ServerReadyRequest>) -> Answer<ServerReadyResponse> {
        let ready = metadata::is_ready(&self.app).await;
        Ok(Response::new(ServerReadyResponse { ready }))
    }

    async fn model_ready(&self, asked: Request<ModelReadyRequest>) -> Answer<ModelReadyResponse> {
        let named = asked.get_ref();
        let line = self.line(&asked, &named.name, &named.version, Action::Read).await;
        Ok(Response::new(ModelReadyResponse { ready: line.is_ok() }))
    }

    async fn server_metadata(
        &self,
        _: Request<ServerMetadataRequest>,
    ) -> Answer<ServerMetadataResponse> {
        Ok(Response::new(ServerMetadataResponse {
            name: metadata::NAME.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            extensions: metadata::EXTENSIONS.map(str::to_owned).into(),
        }))
    }

    async fn model_metadata(
        &self,
        asked: Request<ModelMetadataRequest>,
    ) -> Answer<ModelMetadataResponse> {
        let named = asked.get_ref();
        let (caller, line) = self.line(&asked, &named.name, &named.version, Action::Read).await?;
        let loaded = &line.first;
        let tensors = |inputs| {
            let ports = metadata::ports(loaded, inputs).into_iter();
            ports
                .map(|(name, datatype, shape)| TensorMetadata {
                    name,
                    datatype: datatype.word().to_owned(),
                    shape,
                })
                .collect()
        };
        Ok(Response::new(ModelMetadataResponse {
            name: loaded.name.clone(),
            versions: metadata::versions(&self.app, &caller.workspace, &loaded.name).await,
            platform: loaded.platform().to_owned(),
            inputs: tensors(true),
            outputs: tensors(false),
        }))
    }

    async fn model_infer(&self, asked: Request<ModelInferRequest>) -> Answer<ModelInferResponse> {
        let began = Instant::now();
        let named = asked.get_ref();
        let (name, version) = (named.model_name.clone(), named.model_version.clone());
        let (_, line) = self.line(&asked, &name, &version, Action::Use).await?;
        let circumstances = circumstances(&asked, &name, &version);
        let limits = &self.app.options().serving.limits;
        let asked = messages::read(asked.into_inner(), limits).map_err(|e| refused(e.into()))?;
        let choice = Choice::of(line);
        let circumstances =
            Circumstances { request: asked.id.as_deref().map(Into::into), ..circumstances };
        let given = protocol::infer_with(&self.app, &choice, &asked, circumstances, began).await;
        let given = given.map_err(refused)?;
        let written = Instant::now();
        let response = protocol::respond(&given, &asked).map_err(refused)?;
        let response = messages::write(response);
        given.count(written);
        Ok(Response::new(response))
    }

    async fn model_statistics(
        &self,
        asked: Request<ModelStatisticsRequest>,
    ) -> Answer<ModelStatisticsResponse> {
        let named = asked.get_ref().clone();
        let slots = match named.name.is_empty() {
            true => self.seen(&self.caller(&asked)?).await?,
            false => {
                let (caller, _) =
                    self.line(&asked, &named.name, &named.version, Action::Read).await?;
                self.app.inference().of_model(&caller.workspace, &named.name)
            }
        };
        let of =
            |loaded: &&Arc<Loaded>| named.version.is_empty() || loaded.version == named.version;
        let loaded = stats::loaded(&slots);
        let model_stats = loaded.values().filter(of).map(|loaded| statistics(loaded)).collect();
        Ok(Response::new(ModelStatisticsResponse { model_stats }))
    }

    async fn repository_index(
        &self,
        asked: Request<RepositoryIndexRequest>,
    ) -> Answer<RepositoryIndexResponse> {
        let slots = self.seen(&self.caller(&asked)?).await?;
        let models = stats::loaded(&slots).into_values().map(|loaded| ModelIndex {
            name: loaded.name.clone(),
            version: loaded.version.clone(),
            state: "READY".to_owned(),
            reason: String::new(),
        });
        Ok(Response::new(RepositoryIndexResponse { models: models.collect() }))
    }

    async fn repository_model_load(
        &self,
        asked: Request<RepositoryModelLoadRequest>,
    ) -> Answer<RepositoryModelLoadResponse> {
        let caller = self.caller(&asked)?;
        let reference = Reference::parse(&asked.get_ref().model_name)
            .map_err(|why| refused(Refusal::invalid(why)))?;
        self.must(&caller, &reference.name, Action::Update).await?;
        let loaded = self.app.inference().reload(&self.app, &caller.workspace, &reference).await;
        loaded.map_err(refused)?;
        Ok(Response::new(RepositoryModelLoadResponse {}))
    }

    async fn repository_model_unload(
        &self,
        asked: Request<RepositoryModelUnloadRequest>,
    ) -> Answer<RepositoryModelUnloadResponse> {
        let caller = self.caller(&asked)?;
        let name = &asked.get_ref().model_name;
        self.must(&caller, name, Action::Update).await?;
        if !self.app.inference().unload(&caller.workspace, name) {
            return Err(Status::not_found(format!("model '{name}' is not loaded")));
        }
        Ok(Response::new(RepositoryModelUnloadResponse {}))
    }
}

/// Who asks, and how.
fn circumstances<T>(asked: &Request<T>, name: &str, version: &str) -> Circumstances {
    let alias = match Reference::of_path(name, Some(version)) {
        Ok(Reference { pick: Pick::Alias(alias), .. }) => Some(alias),
        _ => None,
    };
    let mandate = asked.metadata().get("x-trimtab-mandate");
    Circumstances {
        caller: asked.extensions().get::<Me>().map(|me| me.account.username.as_str().into()),
        mandate: mandate.and_then(|mandate| mandate.to_str().ok()).map(Into::into),
        alias,
        ..Circumstances::default()
    }
}

fn statistics(loaded: &Loaded) -> ModelStatistics {
    let tally = loaded.statistics.so_far();
    let duration = |timing: Timing| Some(StatisticDuration { count: timing.count, ns: timing.ns });
    let unmeasured = |timing: Timing| Some(StatisticDuration { count: timing.count, ns: 0 });
    let batch_stats = tally.batches.iter().map(|(size, timing)| InferBatchStatistics {
        batch_size: *size as u64,
        compute_input: unmeasured(*timing),
        compute_infer: duration(*timing),
        compute_output: unmeasured(*timing),
    });
    ModelStatistics {
        name: loaded.name.clone(),
        version: loaded.version.clone(),
        last_inference: tally.last_inference,
        inference_count: tally.inference_count,
        execution_count: tally.execution_count,
        inference_stats: Some(InferStatistics {
            success: duration(tally.success),
            fail: duration(tally.fail),
            queue: duration(tally.queue),
            compute_input: duration(tally.compute_input),
            compute_infer: duration(tally.compute_infer),
            compute_output: duration(tally.compute_output),
        }),
        batch_stats: batch_stats.collect(),
    }
}
