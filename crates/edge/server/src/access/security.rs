//! How the server protects itself, and what is too open to start with.

use std::net::SocketAddr;
use std::path::PathBuf;

use catalog::access::Permission;

use super::secret::Secret;
use crate::error::ServeError;

/// How the server protects itself.
#[derive(Debug, Clone, Default)]
pub struct Security {
    /// Who may come in; without it, everybody.
    pub auth: Option<BasicAuth>,
    /// Lets a server without authentication listen beyond this machine.
    pub allow_unauthenticated: bool,
    /// The names under which browsers may reach the server, with `*` for any part; without any,
    /// those of this machine and of private networks.
    pub allowed_hosts: Vec<String>,
    /// The pages, beside those of this machine, that may send changes from a browser, such as
    /// `https://notebooks.example.com`, with `*` for any part.
    pub allowed_origins: Vec<String>,
    /// The certificate under which the server speaks TLS; without it, it speaks plain HTTP.
    pub tls: Option<Tls>,
    /// How webhooks are sent.
    pub webhooks: WebhookRules,
}

/// People say who they are by name and password, programs also by token.
#[derive(Debug, Clone)]
pub struct BasicAuth {
    /// The name of the first administrator.
    pub admin_username: Option<String>,
    /// Their password, needed when the server first starts.
    pub admin_password: Option<Secret>,
    /// What everybody may do with what they were granted nothing on.
    pub default_permission: Permission,
}

impl Default for BasicAuth {
    fn default() -> Self {
        Self { admin_username: None, admin_password: None, default_permission: Permission::Read }
    }
}

/// Where the certificate and its key are, as PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// The certificate, with those between it and the authority behind it.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// How webhooks are sent.
#[derive(Debug, Clone, Default)]
pub struct WebhookRules {
    /// Lets webhooks go to this machine and to private networks, there also without TLS.
    pub allow_private: bool,
    /// The key under which the secrets of webhooks are kept: 32 bytes as Base64. Servers that share
    /// a database need the same. Without it, one is made and kept in the home folder.
    pub key: Option<Secret>,
}

impl Security {
    /// Refuses to serve everybody on a network, unless that was asked for.
    pub fn check(&self, address: SocketAddr) -> Result<(), ServeError> {
        if self.auth.is_some() || self.allow_unauthenticated || address.ip().is_loopback() {
            return Ok(());
        }
        Err(ServeError::Refused(format!(
            "everybody who reaches {address} could read, change and delete everything: ask for \
             passwords with --auth basic, listen on 127.0.0.1 only, or insist with \
             --allow-unauthenticated"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_authentication_only_this_machine_is_served() {
        let open = Security::default();
        for address in ["127.0.0.1:5000", "[::1]:5000", "127.0.0.9:0"] {
            open.check(address.parse().unwrap()).unwrap();
        }
        for address in ["0.0.0.0:5000", "[::]:5000", "10.0.0.1:5000"] {
            let said = open.check(address.parse().unwrap()).unwrap_err().to_string();
            assert!(said.contains("--auth basic"), "{said}");
            let insisted = Security { allow_unauthenticated: true, ..Security::default() };
            insisted.check(address.parse().unwrap()).unwrap();
            let closed = Security { auth: Some(BasicAuth::default()), ..Security::default() };
            closed.check(address.parse().unwrap()).unwrap();
        }
    }

    #[test]
    fn secrets_are_not_printed() {
        let auth = BasicAuth { admin_password: Some(Secret::new("hush")), ..BasicAuth::default() };
        assert!(!format!("{auth:?}").contains("hush"));
    }
}
