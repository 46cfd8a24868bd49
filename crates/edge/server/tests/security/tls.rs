//! TLS: who trusts the certificate is answered, and requests at hand are finished.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use server::{Options, Security, Tls};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

struct Listening {
    home: tempfile::TempDir,
    address: SocketAddr,
    certificate: rcgen::Certificate,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen() -> Listening {
    let home = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let tls =
        Tls { certificate: home.path().join("certificate.pem"), key: home.path().join("key.pem") };
    std::fs::write(&tls.certificate, made.cert.pem()).unwrap();
    std::fs::write(&tls.key, made.signing_key.serialize_pem()).unwrap();
    let security = Security { tls: Some(tls), ..Security::default() };
    let address = "127.0.0.1:0".parse().unwrap();
    let options = Options { security, ..Options::new(address, home.path().to_owned()) };
    let (to, bound) = tokio::sync::oneshot::channel();
    let task = tokio::spawn(async move {
        let served = server::serve(options, |address, _| to.send(address).unwrap()).await;
        served.unwrap();
    });
    let address = bound.await.unwrap();
    Listening { home, address, certificate: made.cert, task }
}

async fn connect(to: &Listening, trusted: bool) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    if trusted {
        roots.add(to.certificate.der().clone()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(to.address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

async fn asked(mut stream: TlsStream<TcpStream>) -> String {
    let request = "GET /version HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

#[tokio::test]
async fn whoever_trusts_the_certificate_is_answered() {
    let listening = listen().await;
    let answer = asked(connect(&listening, true).await.unwrap()).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    connect(&listening, false).await.unwrap_err();

    // Plain HTTP is no TLS, and somebody who says nothing keeps nobody from being answered.
    let mut plain = TcpStream::connect(listening.address).await.unwrap();
    plain.write_all(b"GET /version HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut said = Vec::new();
    let _ = plain.read_to_end(&mut said).await;
    assert!(!said.starts_with(b"HTTP"), "{said:?}");
    let _silent = TcpStream::connect(listening.address).await.unwrap();
    let answering = async { asked(connect(&listening, true).await.unwrap()).await };
    let answer = tokio::time::timeout(Duration::from_secs(5), answering).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_is_said_at_once() {
    let listening = listen().await;
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let home = listening.home.path();
    let (certificate, key) = (home.join("certificate.pem"), home.join("other.pem"));
    std::fs::write(&key, other.signing_key.serialize_pem()).unwrap();
    std::fs::write(home.join("empty.pem"), "").unwrap();
    for (certificate, key) in [
        (certificate.clone(), key),
        (home.join("empty.pem"), home.join("key.pem")),
        (certificate.clone(), home.join("empty.pem")),
        (home.join("none.pem"), home.join("key.pem")),
    ] {
        let tls = Tls { certificate, key };
        let security = Security { tls: Some(tls.clone()), ..Security::default() };
        let fresh = tempfile::tempdir().unwrap();
        let address = "127.0.0.1:0".parse().unwrap();
        let options = Options { security, ..Options::new(address, fresh.path().to_owned()) };
        let error = server::serve(options, |_, _| {}).await.unwrap_err().to_string();
        assert!(error.contains(".pem"), "{tls:?}: {error}");
    }
}
