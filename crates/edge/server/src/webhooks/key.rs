//! The key under which the secrets of webhooks are kept.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::seal::Key;
use crate::access::{Secret, random};
use crate::error::ServeError;

const FILE: &str = "webhook.key";

/// Reads a key that was given.
pub fn parse(given: &Secret) -> Result<Key, ServeError> {
    read(given.expose()).ok_or_else(|| {
        ServeError::Refused("the key of webhooks is not 32 bytes written as Base64".to_owned())
    })
}

/// The key in the home folder, which is made when there is none. Only its owner may read it.
pub fn in_folder(home: &Path) -> Result<Key, ServeError> {
    let path = home.join(FILE);
    let failed = |source| ServeError::System { what: path.display().to_string(), source };
    let key = random::<32>()?;
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    match made {
        Ok(mut file) => {
            let text = format!("{}\n", STANDARD.encode(key));
            file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
            Ok(key)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let text = fs::read_to_string(&path).map_err(failed)?;
            read(&text).ok_or_else(|| {
                ServeError::Refused(format!(
                    "{} is damaged: without it the secrets of webhooks cannot be read; restore it, \
                     or delete it and set the secrets anew",
                    path.display()
                ))
            })
        }
        Err(error) => Err(failed(error)),
    }
}

fn read(text: &str) -> Option<Key> {
    STANDARD.decode(text.trim()).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_only_its_owner_reads_it() {
        let home = tempfile::tempdir().unwrap();
        let key = in_folder(home.path()).unwrap();
        assert_eq!(in_folder(home.path()).unwrap(), key);
        let path = home.path().join(FILE);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(parse(&Secret::new(text)).unwrap(), key);
        fs::write(&path, "half").unwrap();
        in_folder(home.path()).unwrap_err();
        parse(&Secret::new("c2hvcnQ=")).unwrap_err();
    }
}
