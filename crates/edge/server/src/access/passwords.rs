//! Passwords: how good they must be, and the hashes that are kept of them.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use catalog::{CatalogError, Code};

/// The shortest password.
const SHORTEST: usize = 12;

/// The longest password: hashing must not be made slow by what is sent.
const LONGEST: usize = 1_024;

/// Passwords that were shipped as a default once, and are tried first.
const KNOWN: [&str; 3] = ["password1234", "passwordpassword", "123456789012"];

/// Refuses a password that would soon be guessed.
pub fn check(password: &str) -> Result<(), CatalogError> {
    if password.chars().count() < SHORTEST {
        let message = format!("Password must be at least {SHORTEST} characters.");
        return Err(CatalogError::invalid(message));
    }
    if password.len() > LONGEST {
        let message = format!("Password must be at most {LONGEST} bytes.");
        return Err(CatalogError::invalid(message));
    }
    let first = password.chars().next();
    if KNOWN.contains(&password) || password.chars().all(|c| Some(c) == first) {
        return Err(CatalogError::invalid("Password is one that everybody tries: use another."));
    }
    Ok(())
}

/// The hash of a password, by Argon2id under a salt of its own. Takes tens of milliseconds: not for
/// a thread that serves.
pub fn hash(password: &str) -> Result<String, CatalogError> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| {
        CatalogError::new(Code::InternalError, format!("hashing a password: {error}"))
    })
}

/// Whether a hash is of this password. Takes as long as [`hash`], also where it is not.
pub fn fits(password: &str, hash: &str) -> bool {
    match PasswordHash::new(hash) {
        Ok(hash) if password.len() <= LONGEST => {
            Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_fit_their_own_hash_only() {
        let one = hash("correct horse battery").unwrap();
        assert!(one.starts_with("$argon2id$v=19$"), "{one}");
        assert_ne!(one, hash("correct horse battery").unwrap());
        assert!(fits("correct horse battery", &one));
        assert!(!fits("correct horse batterz", &one));
        assert!(!fits("correct horse battery", "no hash"));
    }

    /// Made by the reference implementation, Debian's `argon2` 0~20171227:
    /// `printf 'correct horse battery' | argon2 trimtab-salt-16b -id -t 2 -k 19456 -p 1 -e`.
    #[test]
    fn hashes_of_others_are_understood() {
        let theirs = "$argon2id$v=19$m=19456,t=2,p=1$dHJpbXRhYi1zYWx0LTE2Yg$\
                      kHD/R95NiG8DW/nqjq+5izX1amDoz8oXm/FUGlvhdaM";
        assert!(fits("correct horse battery", theirs));
        assert!(!fits("correct horse", theirs));
    }

    #[test]
    fn weak_passwords_are_refused() {
        for weak in ["", "short", "password1234", "aaaaaaaaaaaaaaaa", "elevenchars"] {
            check(weak).unwrap_err();
        }
        check("twelve chars").unwrap();
        check(&"ab".repeat(600)).unwrap_err();
    }
}
