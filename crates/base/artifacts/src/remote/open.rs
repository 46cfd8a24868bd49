//! Opening a remote store: which settings of the environment become which settings of its client.
//!
//! In: an address and the variables of the environment. Out: a [`Remote`]. No request is made.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::path::Path as Key;
use object_store::{BackoffConfig, ClientConfigKey, RetryConfig};
use url::{Host, Url};

use super::{Remote, profile};
use crate::Result;
use crate::address::{Address, refused};

/// The settings of a process: names and values.
pub(crate) type Settings = Vec<(String, String)>;

/// How long one request may take. It moves 64 MiB at most.
const REQUEST_SECONDS_MAX: &str = "120 seconds";

impl Remote {
    /// Opens the store at an address that is no folder.
    pub(crate) fn open(uri: &str, address: Address, settings: Settings) -> Result<Self> {
        match address {
            Address::Folder(_) => Err(refused(uri, "it is a folder")),
            Address::S3 { bucket, prefix } => open_s3(uri, &bucket, &prefix, &settings),
            Address::Gcs { bucket, prefix } => open_gcs(uri, &bucket, &prefix, &settings),
            Address::Azure { container, host, prefix } => {
                open_azure(uri, &container, host.as_deref(), &prefix, &settings)
            }
        }
    }
}

fn open_s3(uri: &str, bucket: &str, prefix: &str, settings: &Settings) -> Result<Remote> {
    let mut builder = AmazonS3Builder::new()
        .with_retry(retries())
        .with_config(AmazonS3ConfigKey::Client(ClientConfigKey::Timeout), REQUEST_SECONDS_MAX);
    let profile = profile::settings(settings);
    for (key, value) in known::<AmazonS3ConfigKey>(&profile, "AWS_") {
        builder = builder.with_config(key, value);
    }
    for (key, value) in known::<AmazonS3ConfigKey>(settings, "AWS_") {
        builder = builder.with_config(key, value);
    }
    if let Some(endpoint) = setting(settings, "MLFLOW_S3_ENDPOINT_URL") {
        builder = builder.with_config(AmazonS3ConfigKey::S3Endpoint, endpoint);
    }
    if is_true(settings, "MLFLOW_S3_IGNORE_TLS") {
        let key = AmazonS3ConfigKey::Client(ClientConfigKey::AllowInvalidCertificates);
        builder = builder.with_config(key, "true");
    }
    if setting(settings, "MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE") == Some("virtual") {
        builder = builder.with_virtual_hosted_style_request(true);
    }
    let endpoint = builder.get_config_value(&AmazonS3ConfigKey::S3Endpoint);
    let endpoint = endpoint.or_else(|| builder.get_config_value(&AmazonS3ConfigKey::Endpoint));
    if let Some(endpoint) = endpoint
        && is_plain(uri, &endpoint, is_true(settings, "AWS_ALLOW_HTTP"), "AWS_ALLOW_HTTP")?
    {
        builder = builder.with_allow_http(true);
    }
    let built = builder.with_bucket_name(bucket).build();
    let s3 = Arc::new(built.map_err(|error| refused(uri, &error.to_string()))?);
    let prefix = key(uri, prefix)?;
    Ok(Remote { kind: "S3", store: s3.clone(), signer: s3.clone(), s3: Some(s3), prefix })
}

fn open_gcs(uri: &str, bucket: &str, prefix: &str, settings: &Settings) -> Result<Remote> {
    let mut builder = GoogleCloudStorageBuilder::new()
        .with_retry(retries())
        .with_config(GoogleConfigKey::Client(ClientConfigKey::Timeout), REQUEST_SECONDS_MAX);
    for (key, value) in known::<GoogleConfigKey>(settings, "GOOGLE_") {
        builder = builder.with_config(key, value);
    }
    let built = builder.with_bucket_name(bucket).build();
    let gcs = Arc::new(built.map_err(|error| refused(uri, &error.to_string()))?);
    let prefix = key(uri, prefix)?;
    let kind = "Google Cloud Storage";
    Ok(Remote { kind, store: gcs.clone(), signer: gcs, s3: None, prefix })
}

fn open_azure(
    uri: &str,
    container: &str,
    host: Option<&str>,
    prefix: &str,
    settings: &Settings,
) -> Result<Remote> {
    let mut builder = MicrosoftAzureBuilder::new()
        .with_retry(retries())
        .with_config(AzureConfigKey::Client(ClientConfigKey::Timeout), REQUEST_SECONDS_MAX);
    let connection = setting(settings, "AZURE_STORAGE_CONNECTION_STRING").unwrap_or_default();
    for (key, value) in connection_settings(connection) {
        builder = builder.with_config(key, value);
    }
    for (key, value) in known::<AzureConfigKey>(settings, "AZURE_") {
        builder = builder.with_config(key, value);
    }
    for (key, value) in host.map(host_settings).unwrap_or_default() {
        builder = builder.with_config(key, value);
    }
    if let Some(endpoint) = builder.get_config_value(&AzureConfigKey::Endpoint)
        && is_plain(uri, &endpoint, is_true(settings, "AZURE_ALLOW_HTTP"), "AZURE_ALLOW_HTTP")?
    {
        builder = builder.with_allow_http(true);
    }
    let built = builder.with_container_name(container).build();
    let azure = Arc::new(built.map_err(|error| refused(uri, &error.to_string()))?);
    let prefix = key(uri, prefix)?;
    let kind = "Azure Blob Storage";
    Ok(Remote { kind, store: azure.clone(), signer: azure, s3: None, prefix })
}

/// The settings that a client knows, of those whose names begin so.
fn known<'a, K: std::str::FromStr>(
    settings: &'a Settings,
    start: &'a str,
) -> impl Iterator<Item = (K, &'a str)> {
    settings
        .iter()
        .filter(move |(name, value)| name.starts_with(start) && !value.is_empty())
        .filter_map(|(name, value)| Some((name.to_ascii_lowercase().parse().ok()?, value.as_str())))
}

/// The value of a setting that is not empty.
pub(super) fn setting<'a>(settings: &'a Settings, name: &str) -> Option<&'a str> {
    let found = settings.iter().find(|(candidate, _)| candidate == name);
    found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
}

fn is_true(settings: &Settings, name: &str) -> bool {
    let yes = |value: &str| ["1", "true", "on", "yes", "y"].contains(&value);
    setting(settings, name).is_some_and(|value| yes(&value.to_ascii_lowercase()))
}

/// Whether an endpoint is without TLS. Such a one must be on this machine, or be allowed.
fn is_plain(uri: &str, endpoint: &str, allowed: bool, name: &str) -> Result<bool> {
    let url = Url::parse(endpoint)
        .map_err(|error| refused(uri, &format!("its endpoint `{endpoint}` is no URL: {error}")))?;
    if url.scheme() != "http" {
        return Ok(false);
    }
    let here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
        None => false,
    };
    if here || allowed {
        return Ok(true);
    }
    let why = format!("its endpoint `{endpoint}` has no TLS; use https, or set {name}=true");
    Err(refused(uri, &why))
}

/// What a connection string of Azure says, in the words of its client.
fn connection_settings(text: &str) -> Vec<(AzureConfigKey, String)> {
    let pairs = text.split(';').filter_map(|pair| pair.split_once('='));
    pairs
        .filter_map(|(name, value)| {
            let key = match name.trim() {
                "AccountName" => AzureConfigKey::AccountName,
                "AccountKey" => AzureConfigKey::AccessKey,
                "SharedAccessSignature" => AzureConfigKey::SasKey,
                "BlobEndpoint" => AzureConfigKey::Endpoint,
                _ => return None,
            };
            Some((key, value.trim().to_owned()))
        })
        .collect()
}

/// What a host such as `account.blob.core.windows.net` says. The clouds of other countries have
/// other hosts.
fn host_settings(host: &str) -> Vec<(AzureConfigKey, String)> {
    let (account, domain) = host.split_once('.').unwrap_or((host, ""));
    let mut settings = vec![(AzureConfigKey::AccountName, account.to_owned())];
    let elsewhere = domain.strip_prefix("dfs.").or_else(|| domain.strip_prefix("blob."));
    if let Some(domain) = elsewhere.filter(|domain| *domain != "core.windows.net") {
        settings.push((AzureConfigKey::Endpoint, format!("https://{account}.blob.{domain}")));
    }
    settings
}

fn key(uri: &str, prefix: &str) -> Result<Key> {
    Key::parse(prefix).map_err(|error| refused(uri, &error.to_string()))
}

/// A store that is away for longer than half a minute is reported.
fn retries() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(5),
            base: 2.0,
        },
        max_retries: 5,
        retry_timeout: Duration::from_secs(30),
    }
}
