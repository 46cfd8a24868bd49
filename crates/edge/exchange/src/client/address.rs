//! The address of a server, and who asks.

use std::path::PathBuf;

use http::HeaderValue;
use url::Url;

use crate::{ExchangeError, Result};

/// Who asks a server, and whom the server's certificate must come from.
#[derive(Debug, Clone, Default)]
pub struct Login {
    /// A name with a password.
    pub user: Option<(String, String)>,
    /// A token, before the name.
    pub token: Option<String>,
    /// Takes any certificate.
    pub insecure: bool,
    /// A file of certificates that are trusted beside those of the system.
    pub certificates: Option<PathBuf>,
}

impl Login {
    /// The login in the variables that MLflow's own client reads: `MLFLOW_TRACKING_USERNAME` and
    /// `…_PASSWORD`, `…_TOKEN`, `…_INSECURE_TLS`, `…_SERVER_CERT_PATH`. Another prefix than
    /// `MLFLOW_TRACKING` names those of another server.
    pub fn of_environment(prefix: &str) -> Self {
        let read = |name: &str| {
            std::env::var(format!("{prefix}_{name}")).ok().filter(|value| !value.is_empty())
        };
        let password = || read("PASSWORD").unwrap_or_default();
        Self {
            user: read("USERNAME").map(|name| (name, password())),
            token: read("TOKEN"),
            insecure: read("INSECURE_TLS").is_some_and(|value| value == "true" || value == "1"),
            certificates: read("SERVER_CERT_PATH").map(PathBuf::from),
        }
    }
}

/// Where requests go.
#[derive(Debug, Clone)]
pub(super) struct Address {
    /// Scheme, host, port and prefix, without a slash at the end.
    pub base: String,
    /// The same for messages.
    pub name: String,
    /// The header that says who asks.
    pub authorization: Option<HeaderValue>,
}

impl Address {
    pub(super) fn parse(given: &str, login: &Login) -> Result<Self> {
        let wrong = |why: &str| ExchangeError::Address {
            given: without_password(given),
            why: why.to_owned(),
        };
        let mut url = Url::parse(given.trim())
            .map_err(|_| wrong("it begins with http:// or https://, then a host"))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(wrong("it begins with http:// or https://, then a host"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("leave out what stands behind `?` or `#`"));
        }
        let own = (!url.username().is_empty())
            .then(|| (decoded(url.username()), decoded(url.password().unwrap_or_default())));
        let cleaned = url.set_username("").and_then(|()| url.set_password(None));
        cleaned.map_err(|()| wrong("it has no host"))?;
        let base = url.as_str().trim_end_matches('/').to_owned();
        let authorization = match (own, &login.token, &login.user) {
            (Some((name, password)), _, _) => Some(basic(&name, &password)),
            (None, Some(token), _) => Some(format!("Bearer {token}")),
            (None, None, Some((name, password))) => Some(basic(name, password)),
            (None, None, None) => None,
        };
        let authorization = authorization
            .map(|text| {
                HeaderValue::try_from(text).map_err(|_| wrong("the token is not plain text"))
            })
            .transpose()?
            .map(|mut value| {
                value.set_sensitive(true);
                value
            });
        Ok(Self { name: base.clone(), base, authorization })
    }
}

fn basic(name: &str, password: &str) -> String {
    use base64::Engine as _;
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}"));
    format!("Basic {pair}")
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The address as it may be shown, whatever is wrong with it.
fn without_password(given: &str) -> String {
    let Some((scheme, rest)) = given.split_once("://") else { return given.to_owned() };
    let (authority, path) = rest
        .split_once('/')
        .map_or((rest, String::new()), |(host, path)| (host, format!("/{path}")));
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://{host}{path}"),
        None => given.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_cleaned_and_logins_chosen() {
        let login = Login { user: Some(("ann".into(), "secret".into())), ..Login::default() };
        let of = |given: &str, login: &Login| {
            let address = Address::parse(given, login).unwrap();
            let said = address.authorization.map(|value| value.to_str().unwrap().to_owned());
            (address.base, said)
        };
        // The pair in base64 is the example of RFC 7617, section 2.
        let own = of("http://Aladdin:open%20sesame@h:5000/", &login);
        let pair = "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==".to_owned();
        assert_eq!(own, ("http://h:5000".to_owned(), Some(pair)));
        assert!(of("https://h/mlflow/", &login).1.unwrap().starts_with("Basic "));
        let token = Login { token: Some("t".into()), ..login };
        let (base, said) = of("https://h/mlflow/", &token);
        assert_eq!((base.as_str(), said.as_deref()), ("https://h/mlflow", Some("Bearer t")));
        assert_eq!(of("http://h", &Login::default()).1, None);
    }

    #[test]
    fn what_is_no_address_is_refused_without_its_password() {
        for given in ["h:5000", "ftp://ann:secret@h", "http://", "http://ann:secret@h/?a=1", ""] {
            let error = Address::parse(given, &Login::default()).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
