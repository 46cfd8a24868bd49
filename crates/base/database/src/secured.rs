//! TLS to PostgreSQL, in the words of its own clients: `sslmode` and `sslrootcert` in the address.
//!
//! `prefer` (the default) and `require` encrypt and ask nobody who the server is, as libpq does:
//! they keep listeners out, not impostors. `verify-ca` and `verify-full` check the certificate and the
//! host name, against `sslrootcert` or else against what the system trusts. An `sslrootcert` makes
//! `require` check too. Source: PostgreSQL 17 documentation, section 32.19 "SSL Support"; here
//! `verify-ca` is as strict as `verify-full`.

use std::sync::Arc;

use percent_encoding::percent_decode_str;
use postgres::config::SslMode;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ConfigBuilder, DigitallySignedStruct, RootCertStore, SignatureScheme,
    WantsVerifier,
};
use tokio_postgres_rustls::MakeRustlsConnect;

/// What an address says of TLS.
pub(crate) struct Secured {
    pub mode: SslMode,
    pub connector: MakeRustlsConnect,
}

/// Takes what is said of TLS out of an address; the error says what is wrong with it.
pub(crate) fn take(address: &str) -> Result<(String, Secured), String> {
    let (place, query) = address.split_once('?').unwrap_or((address, ""));
    let (mut mode, mut root, mut rest) = (None, None, Vec::new());
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decoded = || percent_decode_str(value).decode_utf8().map(|text| text.into_owned());
        match key {
            "sslmode" => mode = Some(decoded().map_err(|error| error.to_string())?),
            "sslrootcert" => root = Some(decoded().map_err(|error| error.to_string())?),
            _ => rest.push(pair),
        }
    }
    let query = if rest.is_empty() { String::new() } else { format!("?{}", rest.join("&")) };
    let (mode, check) = match mode.as_deref() {
        None | Some("prefer" | "allow") => (SslMode::Prefer, false),
        Some("disable") => (SslMode::Disable, false),
        Some("require") => (SslMode::Require, root.is_some()),
        Some("verify-ca" | "verify-full") => (SslMode::Require, true),
        Some(other) => {
            return Err(format!(
                "sslmode is `{other}`: it may be disable, prefer, require, verify-ca or verify-full"
            ));
        }
    };
    let connector = MakeRustlsConnect::new(if check { checked(root.as_deref())? } else { open()? });
    Ok((format!("{place}{query}"), Secured { mode, connector }))
}

fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider);
    builder.with_safe_default_protocol_versions().map_err(|error| error.to_string())
}

/// Any certificate will do.
fn open() -> Result<ClientConfig, String> {
    let builder = builder()?;
    let unchecked = Arc::new(Unchecked(builder.crypto_provider().clone()));
    Ok(builder.dangerous().with_custom_certificate_verifier(unchecked).with_no_client_auth())
}

/// A certificate that leads to one of a file, or to one that the system trusts.
fn checked(file: Option<&str>) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    let found = match file {
        None | Some("system") => rustls_native_certs::load_native_certs().certs,
        Some(file) => {
            let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect);
            let read: Vec<_> = read.map_err(|error| format!("sslrootcert {file}: {error}"))?;
            read
        }
    };
    roots.add_parsable_certificates(found);
    if roots.is_empty() {
        return Err(match file {
            None | Some("system") => {
                "the system trusts no certificate: name one with sslrootcert=FILE".to_owned()
            }
            Some(file) => format!("sslrootcert {file}: there is no certificate in it"),
        });
    }
    Ok(builder()?.with_root_certificates(roots).with_no_client_auth())
}

/// Believes every certificate, if only its holder has the key to it.
#[derive(Debug)]
struct Unchecked(Arc<CryptoProvider>);

impl ServerCertVerifier for Unchecked {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_tls_is_taken_out_of_the_address() {
        let (address, secured) =
            take("postgres://u@h/db?connect_timeout=3&sslmode=require&application_name=x").unwrap();
        assert_eq!(address, "postgres://u@h/db?connect_timeout=3&application_name=x");
        assert_eq!(secured.mode, SslMode::Require);
        let (address, secured) = take("postgres://u@h/db?sslmode=disable").unwrap();
        assert_eq!((address.as_str(), secured.mode), ("postgres://u@h/db", SslMode::Disable));
        assert_eq!(take("postgres://u@h/db").unwrap().1.mode, SslMode::Prefer);
    }

    #[test]
    fn a_mode_or_a_file_that_is_not_there_is_refused() {
        let said = take("postgres://h/db?sslmode=always").err().unwrap();
        assert!(said.starts_with("sslmode is `always`: it may be disable"), "{said}");
        let said = take("postgres://h/db?sslmode=verify-full&sslrootcert=%2Fno%2Fsuch.pem");
        assert!(said.err().unwrap().starts_with("sslrootcert /no/such.pem: "));
    }
}
