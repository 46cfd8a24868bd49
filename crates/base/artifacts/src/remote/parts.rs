//! Uploads in parts into S3: clients PUT the parts at signed addresses, this room opens and
//! completes the upload.

use std::time::Duration;

use object_store::aws::AmazonS3;
use object_store::multipart::{MultipartStore, PartId};

use super::Remote;
use super::presign::{Verb, presign_s3};
use crate::Result;
use crate::error::ArtifactError;
use crate::path::ArtifactPath;
use crate::upload::{Part, Upload, refusal};

impl Remote {
    /// Whether uploads in parts work here.
    pub(crate) fn offers_uploads(&self) -> bool {
        self.s3.is_some()
    }

    fn s3(&self) -> Result<&AmazonS3> {
        self.s3.as_deref().ok_or_else(|| self.unsupported("an upload in parts"))
    }

    /// Opens an upload and signs an address for each part.
    pub(crate) async fn create_upload(
        &self,
        path: &ArtifactPath,
        n_parts: usize,
        valid: Duration,
    ) -> Result<Upload> {
        let (s3, key) = (self.s3()?, self.key(path)?);
        let failed = |error| ArtifactError::remote(path, error);
        let id = s3.create_multipart(&key).await.map_err(failed)?;
        let mut urls = Vec::with_capacity(n_parts);
        for number in 1..=n_parts {
            let number = number.to_string();
            let extra = [("partNumber", number.as_str()), ("uploadId", id.as_str())];
            urls.push(presign_s3(s3, &key, Verb::Put, valid, &extra).await.map_err(failed)?);
        }
        Ok(Upload { id, urls })
    }

    /// Makes the object of its parts.
    pub(crate) async fn complete_upload(
        &self,
        path: &ArtifactPath,
        id: &str,
        parts: Vec<Part>,
    ) -> Result<()> {
        let parts = parts.into_iter().map(|part| PartId { content_id: part.etag }).collect();
        match self.s3()?.complete_multipart(&self.key(path)?, &id.to_owned(), parts).await {
            Ok(_) => Ok(()),
            Err(error) => Err(not_open(path, id, ArtifactError::remote(path, error))),
        }
    }

    /// Gives an upload up.
    pub(crate) async fn abort_upload(&self, path: &ArtifactPath, id: &str) -> Result<()> {
        match self.s3()?.abort_multipart(&self.key(path)?, &id.to_owned()).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(ArtifactError::remote(path, error)),
        }
    }
}

/// An upload that is missing is not a file that is missing.
fn not_open(path: &ArtifactPath, id: &str, error: ArtifactError) -> ArtifactError {
    match error {
        ArtifactError::Missing { .. } => refusal(path, id, "no such upload is open for this path"),
        error => error,
    }
}
