//! Finding out who asks: a name with a password, or a token.
//!
//! The account is read from the database each time, so that what is changed there counts at once and
//! on every server. Only that a password fits a hash is remembered for a while, under a keyed hash of
//! both: another password or another hash is another key.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use catalog::CatalogError;
use catalog::access::{self, Account};
use ring::rand::{SecureRandom, SystemRandom};
use ring::{digest, hmac};
use tokio::sync::Semaphore;

use super::attempts::Attempts;
use super::denial::Denial;
use super::passwords;
use super::secret::Secret;
use crate::app::App;

/// How long it is remembered that a password fits.
const REMEMBERED: Duration = Duration::from_secs(300);

/// So much is remembered.
const ENTRIES: usize = 10_000;

/// So many passwords are hashed at once, each with 19 MiB of memory.
const AT_ONCE: usize = 2;

/// How long a login waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// The beginning of every token, so that a leaked one is recognised.
const TOKEN: &str = "trimtab_";

/// Somebody who said who they are, and was believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Me {
    /// Their account.
    pub account: Account,
    /// Whether they showed a token in place of their password.
    pub by_token: bool,
}

type Key = [u8; 32];

/// What is remembered of logins.
pub struct Logins {
    key: hmac::Key,
    /// The hash of a password that nobody has: names without an account take as long as others.
    nobody: String,
    fitting: Mutex<HashMap<Key, Instant>>,
    /// Whoever verifies holds one of these, so that the same password is verified once.
    turns: Vec<tokio::sync::Mutex<()>>,
    hashing: Arc<Semaphore>,
    attempts: Attempts,
}

/// What a request says of who sends it.
#[derive(Debug, PartialEq, Eq)]
enum Shown {
    Password(String, Secret),
    Token(Secret),
}

impl Logins {
    /// Nothing is remembered yet.
    pub fn new() -> Result<Self, CatalogError> {
        let key = random::<32>()?;
        let nobody = passwords::hash(&URL_SAFE_NO_PAD.encode(random::<32>()?))?;
        Ok(Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &key),
            nobody,
            fitting: Mutex::default(),
            turns: (0..64).map(|_| tokio::sync::Mutex::new(())).collect(),
            hashing: Arc::new(Semaphore::new(AT_ONCE)),
            attempts: Attempts::default(),
        })
    }

    /// Who sends a request from an address.
    pub async fn who(
        &self,
        app: &App,
        headers: &HeaderMap,
        from: IpAddr,
        now: i64,
    ) -> Result<Me, Denial> {
        match shown(headers).ok_or(Denial::Unauthenticated)? {
            Shown::Token(token) => {
                let hash = hash_of_token(token.expose());
                let found = app.db().read(move |tx| access::find_token(tx, &hash, now)).await?;
                found.map(|account| Me { account, by_token: true }).ok_or(Denial::Unauthenticated)
            }
            Shown::Password(name, password) => {
                let sought = name.clone();
                let found = app.db().read(move |tx| access::find(tx, &sought)).await?;
                let fits = self.fits(&name, found.as_ref(), &password, from).await?;
                found
                    .filter(|_| fits)
                    .map(|account| Me { account, by_token: false })
                    .ok_or(Denial::Unauthenticated)
            }
        }
    }

    /// Whether a password is that of an account.
    pub async fn fits(
        &self,
        name: &str,
        account: Option<&Account>,
        password: &Secret,
        from: IpAddr,
    ) -> Result<bool, Denial> {
        let hash = account.map_or(&self.nobody, |account| &account.password_hash);
        let key = self.key_of(hash, password);
        if self.remembered(&key) {
            return Ok(account.is_some());
        }
        let _turn = self.turns[usize::from(key[0]) % self.turns.len()].lock().await;
        if self.remembered(&key) {
            return Ok(account.is_some());
        }
        self.attempts.begin(name, from, Instant::now()).map_err(Denial::TooOften)?;
        let fits = self.verify(hash.clone(), password.clone()).await? && account.is_some();
        if fits {
            self.attempts.succeeded(name, from);
            self.remember(key);
        } else {
            tracing::warn!(%from, "a login failed");
        }
        Ok(fits)
    }

    async fn verify(&self, hash: String, password: Secret) -> Result<bool, Denial> {
        let permit = self.permit().await?;
        let work = move || {
            let fits = passwords::fits(password.expose(), &hash);
            drop(permit);
            fits
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| Denial::broken("verifying a password"))
    }

    /// The hash of a new password.
    pub async fn hash(&self, password: Secret) -> Result<String, Denial> {
        passwords::check(password.expose())?;
        let permit = self.permit().await?;
        let work = move || {
            let hash = passwords::hash(password.expose());
            drop(permit);
            hash
        };
        let hash = tokio::task::spawn_blocking(work).await;
        Ok(hash.map_err(|_| Denial::broken("hashing a password"))??)
    }

    async fn permit(&self) -> Result<tokio::sync::OwnedSemaphorePermit, Denial> {
        let turn = tokio::time::timeout(PATIENCE, self.hashing.clone().acquire_owned()).await;
        turn.ok().and_then(Result::ok).ok_or(Denial::TooOften(PATIENCE))
    }

    fn key_of(&self, hash: &str, password: &Secret) -> Key {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(hash.as_bytes());
        context.update(&[0]);
        context.update(password.expose().as_bytes());
        let mut key = Key::default();
        key.copy_from_slice(context.sign().as_ref());
        key
    }

    fn remembered(&self, key: &Key) -> bool {
        let fitting = self.fitting.lock().expect("no holder of the lock panics");
        fitting.get(key).is_some_and(|until| *until > Instant::now())
    }

    fn remember(&self, key: Key) {
        let now = Instant::now();
        let mut fitting = self.fitting.lock().expect("no holder of the lock panics");
        if fitting.len() >= ENTRIES {
            fitting.retain(|_, until| *until > now);
        }
        if fitting.len() >= ENTRIES {
            fitting.clear();
        }
        fitting.insert(key, now + REMEMBERED);
    }
}

/// A new token, with its hash.
pub fn new_token() -> Result<(Secret, String), CatalogError> {
    let token = format!("{TOKEN}{}", URL_SAFE_NO_PAD.encode(random::<32>()?));
    let hash = hash_of_token(&token);
    Ok((Secret::new(token), hash))
}

/// A token has 256 bits that nobody can guess: a plain hash of it is enough.
fn hash_of_token(token: &str) -> String {
    let digest = digest::digest(&digest::SHA256, token.as_bytes());
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes that nobody can guess.
pub fn random<const N: usize>() -> Result<[u8; N], CatalogError> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| {
        CatalogError::new(catalog::Code::InternalError, "the system gives no random bytes")
    })?;
    Ok(bytes)
}

fn shown(headers: &HeaderMap) -> Option<Shown> {
    let mut given = headers.get_all(AUTHORIZATION).iter();
    let (value, None) = (given.next()?, given.next()) else { return None };
    let (scheme, rest) = value.to_str().ok()?.trim().split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return rest.starts_with(TOKEN).then(|| Shown::Token(Secret::new(rest)));
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(rest).ok()?).ok()?;
    let (name, password) = decoded.split_once(':')?;
    Some(Shown::Password(name.to_owned(), Secret::new(password)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: &str) -> Option<Shown> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, value.parse().unwrap());
        shown(&headers)
    }

    /// The example of RFC 7617, section 2.
    #[test]
    fn a_name_and_a_password_are_read() {
        let found = of("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(found, Some(Shown::Password("Aladdin".into(), Secret::new("open sesame"))));
        // "test:123\u{a3}" in UTF-8, from section 2.1; a colon may stand in a password.
        let found = of("basic dGVzdDoxMjPCow==");
        assert_eq!(found, Some(Shown::Password("test".into(), Secret::new("123\u{a3}"))));
        let found = of(&format!("Basic {}", STANDARD.encode("a:b:c")));
        assert_eq!(found, Some(Shown::Password("a".into(), Secret::new("b:c"))));
    }

    #[test]
    fn what_is_neither_is_nobody() {
        for value in ["", "Basic", "Basic !", "Basic YWJj", "Bearer x", "Digest a=b", "trimtab_x"] {
            assert_eq!(of(value), None, "{value}");
        }
        let mut twice = HeaderMap::new();
        twice.append(AUTHORIZATION, "Basic YTpi".parse().unwrap());
        twice.append(AUTHORIZATION, "Basic Yzpk".parse().unwrap());
        assert_eq!(shown(&twice), None);
    }

    #[test]
    fn tokens_are_long_and_kept_as_a_hash() {
        let (one, hash) = new_token().unwrap();
        let (other, _) = new_token().unwrap();
        assert_ne!(one, other);
        assert_eq!(one.expose().len(), TOKEN.len() + 43);
        assert_eq!(hash.len(), 64);
        assert!(!hash.contains(&one.expose()[TOKEN.len()..]));
        assert_eq!(of(&format!("Bearer {}", one.expose())), Some(Shown::Token(one)));
    }
}
