//! Loading a version: its files are verified, read, and made ready to compute.

use std::sync::Arc;

use bytes::Bytes;
use catalog::{CatalogError, Code};
use futures_util::TryStreamExt;
use serving::{Batcher, Manifest, ModelFeatures, Servable, Statistics};

use super::find::Found;
use super::loaded::{Engine, Loaded};
use super::python::Child;
use super::record::Names;
use super::refusal::Refusal;
use crate::api::artifacts::{Place, said};
use crate::api::signing;
use crate::app::App;

const MLMODEL: &str = "MLmodel";

/// The largest `MLmodel` file.
const MANIFEST: u64 = 4 << 20;

/// The largest ONNX file.
const ONNX: u64 = 2 << 30;

/// Loads a version.
pub(super) async fn load(
    app: &App,
    workspace: &str,
    name: &str,
    found: &Found,
) -> Result<Loaded, Refusal> {
    let version = &found.version;
    let of_version = |mut refusal: Refusal| {
        refusal.message = format!("version {version} of model '{name}': {}", refusal.message);
        refusal
    };
    let uri = found.claim.files.as_ref().ok_or_else(|| {
        of_version(Refusal::invalid("it is a prompt, and has nothing that predicts"))
    })?;
    let place = Place::of(app, workspace, uri)?;
    signing::at_serving(app, workspace, name, version, &found.claim).await?;
    let mlmodel = read(&place, MLMODEL, MANIFEST).await.map_err(of_version)?;
    let manifest = Manifest::read(&mlmodel).map_err(|error| of_version(error.into()))?;
    let check = manifest.check.clone();
    let tag = found.features.clone();
    let features = tag.as_deref().and_then(ModelFeatures::of_tag).or(manifest.features.clone());
    let engine = match manifest.onnx_file.clone() {
        Some(file) => {
            let onnx = read(&place, &file, ONNX).await.map_err(of_version)?;
            // What was read is what was verified only if it still is.
            signing::at_serving(app, workspace, name, version, &found.claim).await?;
            let rules = app.options().serving.rules;
            let made = tokio::task::spawn_blocking(move || {
                let servable = Servable::read(manifest, &onnx)?;
                Ok(Batcher::new(Arc::new(servable), rules))
            });
            let made = made.await.unwrap_or_else(|_| {
                Err(serving::ServingError::Model("its ONNX file broke the evaluator".to_owned()))
            });
            Engine::Onnx(made.map_err(|error| of_version(error.into()))?)
        }
        None if manifest.is_python() => {
            let started = Child::start(app, &place, name, version).await.map_err(of_version)?;
            signing::at_serving(app, workspace, name, version, &found.claim).await?;
            Engine::Python(started)
        }
        None => {
            let flavors: Vec<&str> = manifest.flavors.iter().map(String::as_str).collect();
            let what = format!("its flavours ({}) are not served", flavors.join(", "));
            return Err(of_version(Refusal::invalid(what)));
        }
    };
    let invalid = app.options().serving.invalid;
    let names = match &engine {
        Engine::Onnx(batcher) => Names::of(batcher.servable(), invalid),
        Engine::Python(_) => Names::unknown(check, invalid),
    };
    Ok(Loaded {
        name: name.to_owned(),
        version: version.clone(),
        run: found.run.clone(),
        tag,
        features,
        engine,
        names,
        statistics: Statistics::default(),
    })
}

async fn read(place: &Place, file: &str, limit: u64) -> Result<Vec<u8>, Refusal> {
    let path = place.folder.join(file).map_err(said)?;
    let download = place.store.get(&path, None).await.map_err(|error| {
        let error = said(error);
        let missing = error.0.code == Code::ResourceDoesNotExist;
        let what = match missing {
            true => format!("its file `{file}` is not there"),
            false => error.0.message,
        };
        Refusal::from(CatalogError::new(error.0.code, what))
    })?;
    if download.size > limit {
        let what = format!("its file `{file}` is larger than {limit} bytes");
        return Err(Refusal::invalid(what));
    }
    let pieces: Vec<Bytes> = download.stream.try_collect().await.map_err(said)?;
    Ok(pieces.concat())
}
